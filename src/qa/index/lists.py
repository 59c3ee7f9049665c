"""An inverted file, by FAISS: the vectors of a generation in lists of like ones, of which a question looks into some.

Lists that were learned from other texts lose too much, so each generation learns its own, from its vectors and nothing
else: with a fixed seed, in one thread, since the order of additions decides the last bits. The same volumes in the same
order give the same bytes, however the generation came about.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np

from qa.index.codes import PER_BYTE, pairs, turned
from qa.index.comparing import blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import StoredVectors, Vectors

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


@contextmanager
def _one_thread() -> Iterator[None]:
    """FAISS uses one thread for what this thread asks of it inside."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def learned(sample: "Vectors", parts: "Sequence[StoredVectors]") -> Lists:
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
        found = [nearest.search(block, 1)[1][:, 0] for block in blocks(parts)]
    return Lists(means.centroids, np.concatenate(found).astype(np.uint16))


def read(folder: Path, size: int) -> Lists:
    """What `save` wrote for so many vectors; raises ValueError when it cannot be of them."""
    lists = Lists(np.load(folder / CENTROIDS), np.load(folder / NUMBERS))
    if len(lists.numbers) != size or int(lists.numbers.max(initial=0)) >= len(lists):
        raise ValueError(f"the lists in {folder} are not of these {size} vectors")
    return lists


def flat(codes: "NDArray[np.uint8]") -> Any:
    """Codes as FAISS scans all of them, for queries that are `turned`: a product quantizer with fixed centroids."""
    width = codes.shape[1] * PER_BYTE
    plain: Any = faiss.IndexPQ(width, width // 2, 4, faiss.METRIC_INNER_PRODUCT)
    _fix(plain)
    faiss.copy_array_to_vector(codes.ravel(), plain.codes)
    plain.ntotal = len(codes)
    return faiss.IndexPQFastScan(plain)


def packed(codes: "NDArray[np.uint8]", lists: Lists) -> Any:
    """The same list by list; of these it looks into `nprobe`.

    One list after another is packed, so that nothing but the result needs memory.
    """
    width = codes.shape[1] * PER_BYTE
    nearest: Any = faiss.IndexFlatIP(width)
    nearest.add(turned(lists.centroids))
    index: Any = faiss.IndexIVFPQFastScan(nearest, width, len(lists), width // 2, 4, faiss.METRIC_INNER_PRODUCT)
    nearest.this.disown()  # it belongs to the index from now on, which frees it
    index.own_fields, index.by_residual = True, False
    _fix(index)
    order = np.argsort(lists.numbers, kind="stable").astype(np.int64)
    cuts = np.searchsorted(lists.numbers[order], np.arange(len(lists) + 1)).tolist()
    for number, (first, last) in enumerate(pairwise(cuts)):
        if first < last:
            ordinals = order[first:last]
            own = flat(codes[ordinals])  # both kinds of index pack codes alike
            index.invlists.add_entries(number, len(ordinals), faiss.swig_ptr(ordinals), own.codes.get())
    index.ntotal = len(codes)
    return index


def _fix(index: Any) -> None:
    """Give an index the centroids that codes stand for: nothing is left to be learned."""
    faiss.copy_array_to_vector(np.tile(pairs(index.d), (index.pq.M, 1)).ravel(), index.pq.centroids)
    index.is_trained = True
