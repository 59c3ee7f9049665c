"""FAISS, its only import: inner products over unit vectors, which are cosine similarities.

Up to a size that was measured every vector is compared with the question. Above it a fast scan of the vectors' codes
chooses some, and these are compared exactly. The vectors themselves are never copied: all processes that have an index
open share the pages of its files. Each inner product is computed by itself (in 13 dimensions or more), so equal vectors
score alike to the bit.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from qa.index.codes import PER_BYTE, codes_of, pairs, turned
from qa.ports import EXACT, DenseSearch, Hit, Nearness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors

FILE, CODES = "vectors.npy", "codes.npy"
EXACT_UP_TO = 20_000
"""Vectors up to which all are compared: there a search takes 1.4 ms and codes would save 0.6; at half of that they
save nothing (`benchmarks/dense.md`)."""
DEPTHS = (250, 1000, 4000, 16_000)
"""How many are chosen by their codes: the first that finds `LEAST_RECALL`; in `benchmarks/dense.md` 250 did."""
LARGEST_SHARE = 1 / 10
"""Of all vectors at most so many are chosen by their codes; comparing more of them is slower than comparing all."""
LEAST_RECALL = 0.995
NEAREST, SAMPLE = 10, 32
"""Recall is the share of so many nearest that are found, over the vectors of a sample, evenly spread, as queries."""
_LEAST_LENGTH = 1e-6
"""Of a mean of vectors that cancel one another out, so that nothing is divided by 0."""
CHOSEN_FOR = 50
"""So many hits a depth is chosen for; who asks for more has more chosen, in proportion: 1,000 for the 200 that a
question takes, which had 0.9998 of the 200 nearest of 200,000."""


class FaissDenseIndex:
    """The open files of some volumes, read-only; without `codes` it is exact. Safe for several threads."""

    def __init__(self, parts: Sequence["Vectors"], codes: Any = None, depth: int = 0) -> None:
        self._parts = parts
        self._starts = np.array(list(accumulate(map(len, parts), initial=0)))
        self._codes = codes
        self._depth = depth
        self.size = int(self._starts[-1])

    def search(self, query: "Vectors", limit: int) -> list[Hit]:
        """The `limit` nearest of a query of shape (dimension,), best first, ties by ordinal."""
        limit = min(limit, self.size)
        if limit == 0:
            return []
        query = np.ascontiguousarray(query, np.float32)
        chosen = max(self._depth, limit * max(1, self._depth // CHOSEN_FOR))
        if self._codes is None or chosen >= self.size:
            ordinals = np.arange(self.size)
            scores = np.concatenate([_products(query, part) for part in self._parts])
        else:
            ordinals = np.sort(self._codes.search(turned(query.reshape(1, -1)), chosen)[1][0])
            scores = self._scores(query, ordinals)
        best = _best(ordinals, scores, limit)
        return [Hit(*hit) for hit in zip(ordinals[best].tolist(), scores[best].tolist(), strict=True)]

    def nearness(self, query: "Vectors", groups: Sequence[Sequence[int]]) -> list[Nearness]:
        """How near a query of shape (dimension,) is to each group of vectors, named by their ordinals."""
        if not any(groups):
            return [Nearness(-1.0, -1.0)] * len(groups)
        asked, places = np.unique(np.concatenate(groups).astype(np.int64), return_inverse=True)
        rows = np.concatenate([part[local] for part, local in self._local(asked)])
        query = np.ascontiguousarray(query, np.float32)
        cuts = pairwise(accumulate(map(len, groups), initial=0))
        return [_nearness(query, rows[places[first:last]]) for first, last in cuts]

    def vectors(self) -> "Vectors":
        """All vectors in index order, shape (size, dimension)."""
        return self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)

    def sample(self, count: int) -> "Vectors":
        """So many of the vectors, evenly spread."""
        ordinals = np.arange(count) * self.size // count
        return np.concatenate([part[local] for part, local in self._local(ordinals)])

    def _scores(self, query: "Vectors", ordinals: "NDArray[np.int64]") -> "Vectors":
        """The same for ordinals that ascend."""
        found = [_products(query, part[local]) for part, local in self._local(ordinals)]
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def _local(self, ordinals: "NDArray[np.int64]") -> "list[tuple[Vectors, NDArray[np.int64]]]":
        """Ascending ordinals by the volumes that they lie in, counted within each."""
        cuts = pairwise(np.searchsorted(ordinals, self._starts).tolist())
        found = zip(self._parts, self._starts.tolist(), cuts, strict=False)
        return [(part, ordinals[first:last] - start) for part, start, (first, last) in found if first < last]


class FaissBackend:
    """Vectors and their codes in two NumPy files a volume. The arguments are the policy; see the constants."""

    def __init__(
        self,
        *,
        exact_up_to: int = EXACT_UP_TO,
        depths: Sequence[int] = DEPTHS,
        largest_share: float = LARGEST_SHARE,
    ) -> None:
        self._exact_up_to = exact_up_to
        self._depths = depths
        self._largest_share = largest_share

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """Write `vectors` (n, dimension) of a volume into `folder`."""
        vectors = np.ascontiguousarray(vectors, np.float32)
        np.save(folder / FILE, vectors)
        np.save(folder / CODES, codes_of(vectors))

    def plan(self, folders: Sequence[Path]) -> DenseSearch:
        """Exact up to a size, and above it too when codes lose too much; else the least depth that is enough."""
        parts = _mapped(folders)
        exact = FaissDenseIndex(parts)
        if exact.size <= self._exact_up_to:
            return EXACT
        codes = _packed(folders)
        queries = exact.sample(SAMPLE)
        bars = np.array([exact.search(query, NEAREST)[-1].score for query in queries])
        for depth in self._depths:
            if depth > exact.size * self._largest_share:
                break
            coded = FaissDenseIndex(parts, codes, depth)
            found = [[hit.score for hit in coded.search(query, NEAREST)] for query in queries]
            recall = float(np.mean(np.array(found) >= bars[:, None]))
            if recall >= LEAST_RECALL:
                return DenseSearch(rescored=depth, recall=round(recall, 4))
        return EXACT

    def open(self, folders: Sequence[Path], search: DenseSearch = EXACT) -> FaissDenseIndex:
        """Open what `build` wrote, in this order; the caller has verified the checksums."""
        parts = _mapped(folders)
        if search.rescored is None:
            return FaissDenseIndex(parts)
        return FaissDenseIndex(parts, _packed(folders), search.rescored)


def _mapped(folders: Sequence[Path]) -> "list[Vectors]":
    """The vectors of each folder, where they lie on the disk."""
    return [np.asarray(np.load(folder / FILE, mmap_mode="r")) for folder in folders]


def _packed(folders: Sequence[Path]) -> Any:
    """The codes of all folders as FAISS scans them: a product quantizer of pairs of numbers, with fixed centroids."""
    codes = np.concatenate([np.load(folder / CODES) for folder in folders])
    width = codes.shape[1] * PER_BYTE
    index: Any = faiss.IndexPQ(width, width // 2, 4, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(np.tile(pairs(width), (width // 2, 1)).ravel(), index.pq.centroids)
    faiss.copy_array_to_vector(codes.ravel(), index.codes)
    index.ntotal, index.is_trained = len(codes), True
    return faiss.IndexPQFastScan(index)


def _products(query: "Vectors", rows: "Vectors") -> "Vectors":
    """The inner products of a query with rows, each by itself: none depends on what stands beside it."""
    products = np.empty(len(rows), np.float32)
    if len(rows):
        library: Any = faiss  # its types leave this function out
        pointers = [faiss.swig_ptr(array) for array in (products, query, rows)]
        library.fvec_inner_products_ny(*pointers, len(query), len(rows))
    return products


def _nearness(query: "Vectors", rows: "Vectors") -> Nearness:
    """How near a query is to vectors of shape (n, dimension)."""
    if not len(rows):
        return Nearness(-1.0, -1.0)
    best = float(_products(query, rows).max())
    if len(rows) == 1:
        return Nearness(best, best)  # alike to the bit where vectors are, which a division might undo
    whole = rows.sum(axis=0, keepdims=True)
    return Nearness(best, float(_products(query, whole)[0] / max(np.linalg.norm(whole), _LEAST_LENGTH)))


def _best(ordinals: "NDArray[np.int64]", scores: "Vectors", limit: int) -> "NDArray[np.int64]":
    """The places of the `limit` best, best first, ties by ordinal; ordinals ascend."""
    places = np.arange(len(scores))
    if len(scores) > limit:
        places = np.flatnonzero(scores >= np.partition(scores, -limit)[-limit])
    order = np.lexsort((ordinals[places], -scores[places]))
    return places[order[:limit]]
