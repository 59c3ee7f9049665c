"""Exact comparison of a question with some vectors, wherever these lie, so that all indexes score alike to the bit.

Vectors are kept in 16 bits a number, which moves a cosine by some 0.00002, and are compared in 32.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from qa.ports import Nearness, Ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import StoredVectors, Vectors

BLOCK = 2048
"""Vectors made wide at a time where all are compared: 3 MB of 384 numbers, which stay in the processor's cache."""
_FRACTION_BITS, _WITHOUT_MORE_SIGNS, _EXPONENT = 23 - 10, np.int32(-0x70000001), np.float32(2.0 ** (127 - 15))

NOTHING = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))


def narrowed(vectors: "Vectors") -> "StoredVectors":
    """Vectors as they are kept: each number the nearest that 16 bits can hold, the even one of two."""
    return np.ascontiguousarray(vectors, np.float16)


def widened(rows: "StoredVectors") -> "Vectors":
    """Kept vectors of shape (n, dimension) in 32 bits, which hold the same (finite) numbers.

    Exponent and fraction of 16 bits (IEEE 754) are those of 32 in other places, but for what the exponent is counted
    from: 15 in place of 127. NumPy's and FAISS's own ways take three times as long.
    """
    if rows.dtype != np.float16:
        return np.ascontiguousarray(rows, np.float32)
    bits = np.ascontiguousarray(rows).view(np.int16).astype(np.int32)  # the sign fills all that is above
    bits <<= _FRACTION_BITS
    bits &= _WITHOUT_MORE_SIGNS
    wide = bits.view(np.float32)
    wide *= _EXPONENT  # exact, also where 16 bits have no exponent left
    return wide


def blocks(parts: "Sequence[StoredVectors]") -> "Iterator[Vectors]":
    """All vectors of some parts in their order, `BLOCK` at a time and wide."""
    for part in parts:
        for first in range(0, len(part), BLOCK):
            yield widened(part[first : first + BLOCK])


def products(query: "Vectors", rows: "Vectors") -> "Vectors":
    """The inner products of a query with rows, each by itself: none depends on what stands beside it."""
    found = np.empty(len(rows), np.float32)
    if len(rows):
        library: Any = faiss  # its types leave this function out
        pointers = [faiss.swig_ptr(array) for array in (found, query, rows)]
        library.fvec_inner_products_ny(*pointers, len(query), len(rows))
    return found


def best(ordinals: "NDArray[np.int64]", scores: "Vectors", limit: int) -> Ranking:
    """The `limit` best, best first, ties by ordinal."""
    places = np.arange(len(scores))
    if len(scores) > limit:
        places = np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])
    places = places[np.lexsort((ordinals[places], -scores[places]))[:limit]]
    return Ranking(ordinals[places], scores[places])


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
