"""FAISS, its only import: exact inner product over unit vectors, which is cosine similarity."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from qa.ports import Hit

if TYPE_CHECKING:
    from qa.ports import Vectors

FILE = "vectors.npy"


class FaissDenseIndex:
    """An open index, read-only."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def search(self, query: "Vectors", limit: int) -> list[Hit]:
        """The `limit` nearest of a query of shape (dimension,), best first, ties by ordinal."""
        limit = min(limit, self._index.ntotal)
        if limit == 0:
            return []
        row = np.ascontiguousarray(query.reshape(1, -1), np.float32)
        found = self._index.search(row, min(limit + 1, self._index.ntotal))
        scores, ordinals = found[0][0], found[1][0]
        if len(scores) > limit and scores[limit] == scores[limit - 1]:  # a tie at the cut: fetch all that share it
            _, scores, ordinals = self._index.range_search(row, float(np.nextafter(scores[limit], np.float32(-np.inf))))
        hits = [Hit(int(ordinal), float(score)) for ordinal, score in zip(ordinals, scores, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.ordinal))[:limit]

    def scores(self, query: "Vectors", ordinals: Sequence[int]) -> list[float]:
        """The inner products of a query of shape (dimension,) with some of the vectors, in the order asked for."""
        if not ordinals:
            return []
        rows = self._index.reconstruct_batch(np.asarray(ordinals, np.int64))
        scores: list[float] = (rows @ query).tolist()
        return scores

    def vectors(self) -> "Vectors":
        """All vectors in index order, shape (size, dimension)."""
        if self._index.ntotal == 0:
            return np.zeros((0, self._index.d), np.float32)
        result: Vectors = self._index.reconstruct_n(0, self._index.ntotal)
        return result


class FaissBackend:
    """Vectors in one NumPy file a volume, opened as one `IndexFlatIP`."""

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """Write `vectors` (n, dimension) of a volume into `folder`."""
        np.save(folder / FILE, np.ascontiguousarray(vectors, np.float32))

    def open(self, folders: Sequence[Path]) -> FaissDenseIndex:
        """An exact index over what `build` wrote, in this order; the caller has verified the checksums."""
        parts = [np.load(folder / FILE, mmap_mode="r") for folder in folders]
        index = faiss.IndexFlatIP(parts[0].shape[1])
        for part in parts:
            index.add(part)
        return FaissDenseIndex(index)
