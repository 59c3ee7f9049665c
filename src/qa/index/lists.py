"""An inverted file, by FAISS: the vectors of a generation in lists of like ones, of which a question looks into some.

Lists that were learned from other texts lose too much, so each generation learns its own, from its vectors and nothing
else: with a fixed seed, in one thread, since the order of additions decides the last bits. The same volumes in the same
order give the same bytes, however the generation came about.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from qa.index.codes import PER_BYTE, pairs, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors

CENTROIDS, NUMBERS = "centroids.npy", "lists.npy"
LEARNED_FROM = 50
"""Vectors for each list that it is learned from; FAISS advises 39 to 256."""
ROUNDS = 10
"""Of k-means; more of them changed little (`benchmarks/dense.md`)."""
_SEED = 1
"""Any would do; another one makes other lists."""


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """`centroids` of shape (lists, dimension), and the list of each vector: `numbers` of shape (size,)."""

    centroids: "Vectors"
    numbers: "NDArray[np.uint16]"

    def __len__(self) -> int:
        """How many lists there are."""
        return len(self.centroids)

    def save(self, folder: Path) -> None:
        """Write them into a folder that is made for it."""
        folder.mkdir()
        np.save(folder / CENTROIDS, self.centroids)
        np.save(folder / NUMBERS, self.numbers)


def lists_for(size: int) -> int:
    """How many lists so many vectors have: about as many as each list then has vectors."""
    return max(1, round(math.sqrt(size)))


def learned(sample: "Vectors", parts: "Sequence[Vectors]") -> Lists:
    """Lists for all vectors of some volumes, learned from a sample of them (`LEARNED_FROM` for each list)."""
    size, dimension = sum(map(len, parts)), sample.shape[1]
    count = min(lists_for(size), len(sample))
    with _one_thread():
        means: Any = faiss.Kmeans(
            dimension,
            count,
            niter=ROUNDS,
            seed=_SEED,
            spherical=True,
            min_points_per_centroid=1,
            max_points_per_centroid=len(sample),
        )
        means.train(np.ascontiguousarray(sample, np.float32))
        nearest: Any = faiss.IndexFlatIP(dimension)
        nearest.add(means.centroids)
        found = [nearest.search(part, 1)[1][:, 0] for part in parts if len(part)]
    return Lists(means.centroids, np.concatenate(found).astype(np.uint16))


def read(folder: Path, size: int) -> Lists:
    """What `save` wrote for so many vectors; raises ValueError when it cannot be of them."""
    lists = Lists(np.load(folder / CENTROIDS), np.load(folder / NUMBERS))
    if len(lists.numbers) != size or int(lists.numbers.max(initial=0)) >= len(lists):
        raise ValueError(f"the lists in {folder} are not of these {size} vectors")
    return lists


def packed(codes: "NDArray[np.uint8]", lists: Lists) -> Any:
    """Codes as FAISS scans them, list by list, for queries that are `turned`; it looks into `nprobe` lists."""
    width = codes.shape[1] * PER_BYTE
    nearest: Any = faiss.IndexFlatIP(width)
    nearest.add(turned(lists.centroids))
    plain: Any = faiss.IndexIVFPQ(nearest, width, len(lists), width // 2, 4, faiss.METRIC_INNER_PRODUCT)
    plain.by_residual, plain.is_trained = False, True
    faiss.copy_array_to_vector(np.tile(pairs(width), (width // 2, 1)).ravel(), plain.pq.centroids)
    order = np.argsort(lists.numbers, kind="stable").astype(np.int64)
    cuts = np.searchsorted(lists.numbers[order], np.arange(len(lists) + 1)).tolist()
    for number in range(len(lists)):
        ordinals = order[cuts[number] : cuts[number + 1]]
        rows = codes[ordinals]
        plain.invlists.add_entries(number, len(rows), faiss.swig_ptr(ordinals), faiss.swig_ptr(rows))
    plain.ntotal = len(codes)
    index: Any = faiss.IndexIVFPQFastScan(plain)
    nearest.this.disown()  # it belongs to the index from now on, which frees it
    index.own_fields = True
    return index


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS uses one thread for what this thread asks of it inside."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
