"""Exact comparison of a question with some vectors, wherever these lie, so that all indexes score alike to the bit."""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from qa.ports import Hit, Nearness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors


def products(query: "Vectors", rows: "Vectors") -> "Vectors":
    """The inner products of a query with rows, each by itself: none depends on what stands beside it."""
    found = np.empty(len(rows), np.float32)
    if len(rows):
        library: Any = faiss  # its types leave this function out
        pointers = [faiss.swig_ptr(array) for array in (found, query, rows)]
        library.fvec_inner_products_ny(*pointers, len(query), len(rows))
    return found


def best(ordinals: "NDArray[np.int64]", scores: "Vectors", limit: int) -> list[Hit]:
    """The `limit` best, best first, ties by ordinal."""
    places = np.arange(len(scores))
    if len(scores) > limit:
        places = np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])
    places = places[np.lexsort((ordinals[places], -scores[places]))[:limit]]
    return [Hit(*hit) for hit in zip(ordinals[places].tolist(), scores[places].tolist(), strict=True)]


def nearness(
    query: "Vectors", groups: Sequence[Sequence[int]], rows_at: "Callable[[NDArray[np.int64]], Vectors]"
) -> list[Nearness]:
    """How near a query is to each group of vectors, named by ordinals; `rows_at` gives those at ascending ones."""
    if not any(groups):
        return [Nearness(-1.0, -1.0)] * len(groups)
    asked, places = np.unique(np.concatenate(groups).astype(np.int64), return_inverse=True)
    scores = products(np.ascontiguousarray(query, np.float32), rows_at(asked))[places].tolist()
    cuts = pairwise(accumulate(map(len, groups), initial=0))
    return [
        Nearness(max(scores[first:last]), scores[last - 1]) if first < last else Nearness(-1.0, -1.0)
        for first, last in cuts
    ]
