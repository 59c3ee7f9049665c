"""FAISS: inner products over unit vectors, which are cosine similarities.

Up to a size that was measured every vector is compared with the question. Above it a fast scan of the vectors' codes
chooses some, and these are compared exactly; above another size it scans some lists of like vectors only (`lists.py`).
The vectors, of 16 bits a number, stay on the disk: all processes that have an index open share the pages of its files.
Each inner product is computed by itself (in 13 dimensions or more), so equal vectors score alike to the bit.
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.index import lists
from qa.index.codes import codes_of, turned
from qa.index.comparing import NOTHING, best, blocks, narrowed, nearness, products, widened
from qa.ports import EXACT, DenseSearch, Nearness, Ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors

FILE, CODES = "vectors.npy", "codes.npy"
EXACT_UP_TO = 20_000
"""Vectors up to which all are compared: there a search takes some 2 ms, of which codes would save two thirds
(`benchmarks/dense.md`), not worth the least loss."""
DEPTHS = (250, 1000, 4000, 16_000)
"""How many are chosen by their codes: the first that finds `LEAST_RECALL`; in `benchmarks/dense.md` 250 did."""
LARGEST_SHARE = 1 / 10
"""Of all vectors at most so many are chosen by their codes; comparing more of them is slower than comparing all."""
LEAST_RECALL = 0.995
NEAREST, SAMPLE = 10, 32
"""Recall is the share of so many nearest that are found, over the vectors of a sample, evenly spread, as queries."""
FLAT_UP_TO = 750_000
"""Vectors up to which all codes are scanned; above it those of some lists. Of half a million these take two thirds of
the time, of a million two fifths (`benchmarks/dense.md`)."""
SHARES = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2)
"""Of the lists so many are looked into: the first that loses little."""
MANY, LEAST_RECALL_OF_MANY = 200, 0.975
"""A question is further from all vectors than they are from one another, so lists lose more of its nearest than of a
vector's. Where they found this share of the 200 nearest of the sample, questions had 0.993 to 0.997 of their ten."""
CHOSEN_FOR = 250
"""So many hits a depth is chosen for; who asks for more has more chosen, in proportion. So codes choose nearly all that
is asked for, and of what is found the first third are the nearest: of 300 children that a question takes, the 50
passages with the nearest had 0.9997 of those that an exact search has (`benchmarks/dense.md`)."""
SPARE = 3
"""Who wants the nearest themselves asks for so many times more."""


class FaissDenseIndex:
    """The open files of some volumes, read-only; without `codes` it is exact. Safe for several threads."""

    problem = None

    def __init__(
        self, parts: "Sequence[NDArray[np.float16]]", codes: Any = None, depth: int = 0, how: DenseSearch = EXACT
    ) -> None:
        self.parts = parts
        self._wide: list[Vectors] | None = None
        self.how = how
        self._starts = np.array(list(accumulate(map(len, parts), initial=0)))
        self._codes = codes
        self._depth = depth
        self.size = int(self._starts[-1])

    def search(self, query: "Vectors", limit: int) -> Ranking:
        """The `limit` nearest of a query of shape (dimension,), best first, ties by ordinal.

        Where codes choose, some of the last two thirds are others that are near as well.
        """
        limit = min(limit, self.size)
        if limit == 0:
            return NOTHING
        query = np.ascontiguousarray(query, np.float32)
        ordinals = self._chosen(query, limit)
        if ordinals is None:
            ordinals = np.arange(self.size)
            scores = np.concatenate([products(query, block) for block in self.blocks()])
        else:
            scores = self._scores(query, ordinals)
        return best(ordinals, scores, limit)

    def nearness(self, query: "Vectors", groups: Sequence[Sequence[int]]) -> list[Nearness]:
        """How near a query of shape (dimension,) is to each group of vectors, named by their ordinals."""
        return nearness(query, groups, self._rows)

    def vectors(self) -> "NDArray[np.float16]":
        """All vectors in index order as they are kept, shape (size, dimension)."""
        return self.parts[0] if len(self.parts) == 1 else np.concatenate(self.parts)

    def blocks(self) -> "Iterable[Vectors]":
        """All vectors in index order, wide; of a few these are kept, as every question needs them."""
        if self.size > EXACT_UP_TO:
            return blocks(self.parts)
        if self._wide is None:
            self._wide = list(blocks(self.parts))
        return self._wide

    def sample(self, count: int) -> "Vectors":
        """So many of the vectors, evenly spread; no more than there are."""
        count = min(count, self.size)
        ordinals = np.arange(count) * self.size // count
        return self._rows(ordinals)

    def _chosen(self, query: "Vectors", limit: int) -> "NDArray[np.int64] | None":
        """The ordinals that the codes choose, ascending; None when all are to be compared."""
        count = max(self._depth, limit, limit * self._depth // CHOSEN_FOR)
        if self._codes is None or count >= self.size:
            return None
        found: NDArray[np.int64] = np.sort(self._codes.search(turned(query.reshape(1, -1)), count)[1][0])
        found = found[found >= 0]  # FAISS fills up with -1 when the lists that it looks into hold fewer
        return found if len(found) >= limit else None

    def _scores(self, query: "Vectors", ordinals: "NDArray[np.int64]") -> "Vectors":
        """The inner products with the vectors at ordinals that ascend."""
        return products(query, self._rows(ordinals))

    def _rows(self, ordinals: "NDArray[np.int64]") -> "Vectors":
        """The vectors at ordinals that ascend, side by side."""
        rows, taken = np.empty((len(ordinals), self.parts[0].shape[1]), np.float16), 0
        for part, local in self._local(ordinals):
            part.take(local, axis=0, out=rows[taken : taken + len(local)], mode="clip")  # any other mode copies twice
            taken += len(local)
        return widened(rows)

    def _local(self, ordinals: "NDArray[np.int64]") -> "list[tuple[NDArray[np.float16], NDArray[np.int64]]]":
        """Ascending ordinals by the volumes that they lie in, counted within each."""
        cuts = pairwise(np.searchsorted(ordinals, self._starts).tolist())
        found = zip(self.parts, self._starts.tolist(), cuts, strict=False)
        return [(part, ordinals[first:last] - start) for part, start, (first, last) in found if first < last]


class FaissBackend:
    """Vectors and their codes in two NumPy files a volume. The arguments are the policy; see the constants."""

    def __init__(
        self,
        *,
        exact_up_to: int = EXACT_UP_TO,
        flat_up_to: int = FLAT_UP_TO,
        depths: Sequence[int] = DEPTHS,
        shares: Sequence[float] = SHARES,
        largest_share: float = LARGEST_SHARE,
    ) -> None:
        self._exact_up_to = exact_up_to
        self._flat_up_to = flat_up_to
        self._depths = depths
        self._shares = shares
        self._largest_share = largest_share

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """Write `vectors` (n, dimension) of a volume into `folder`, and the codes of what was written."""
        kept = narrowed(vectors)
        np.save(folder / FILE, kept)
        np.save(folder / CODES, codes_of(widened(kept)))

    def plan(self, folders: Sequence[Path], shared: Path) -> DenseSearch:
        """Exact up to a size, and above it too when codes lose too much; else the cheapest way that is enough.

        With lists, these are written into `shared`.
        """
        exact = FaissDenseIndex(_mapped(folders))
        if exact.size <= self._exact_up_to:
            return EXACT
        trial = _Trial(exact)
        depths = [depth for depth in self._depths if depth <= exact.size * self._largest_share]
        found = self._plan_lists(folders, trial, depths, shared) if exact.size > self._flat_up_to and depths else None
        return found or self._plan_codes(folders, trial, depths) or EXACT

    def _plan_codes(self, folders: Sequence[Path], trial: "_Trial", depths: Sequence[int]) -> DenseSearch | None:
        """The least depth with which codes lose little, if any."""
        codes = lists.flat(_codes(folders)) if depths else None
        for depth in depths:
            recall = trial.recall(FaissDenseIndex(trial.exact.parts, codes, depth), NEAREST)
            if recall >= LEAST_RECALL:
                return DenseSearch(rescored=depth, recall=round(recall, 4))
        return None

    def _plan_lists(
        self, folders: Sequence[Path], trial: "_Trial", depths: Sequence[int], shared: Path
    ) -> DenseSearch | None:
        """The least depth, and for it the fewest lists to look into, with which these lose little, if any."""
        exact = trial.exact
        made = lists.learned(exact.sample(lists.LEARNED_FROM * lists.lists_for(exact.size)), exact.parts)
        codes = lists.packed(_codes(folders), made)
        for depth, share in product(depths, self._shares):
            codes.nprobe = max(1, round(len(made) * share))
            index = FaissDenseIndex(exact.parts, codes, depth)
            deeper = FaissDenseIndex(exact.parts, codes, depth * SPARE * MANY // CHOSEN_FOR)
            recall = trial.recall(index, NEAREST)
            if recall >= LEAST_RECALL and trial.recall(deeper, MANY) >= LEAST_RECALL_OF_MANY:
                made.save(shared)
                return DenseSearch(rescored=depth, recall=round(recall, 4), lists=len(made), probes=codes.nprobe)
        return None

    def open(self, folders: Sequence[Path], search: DenseSearch = EXACT, shared: Path | None = None) -> FaissDenseIndex:
        """Open what `build` wrote, in this order, and `plan`; the caller has verified the checksums."""
        parts = _mapped(folders)
        if search.rescored is None:
            return FaissDenseIndex(parts)
        if search.probes is None:
            return FaissDenseIndex(parts, lists.flat(_codes(folders)), search.rescored, search)
        assert shared is not None, "with lists, the folder that they lie in is named"
        codes = lists.packed(_codes(folders), lists.read(shared, sum(map(len, parts))))
        codes.nprobe = search.probes
        return FaissDenseIndex(parts, codes, search.rescored, search)


class _Trial:
    """Some vectors of an `exact` index as queries, and how near their nearest are."""

    def __init__(self, exact: FaissDenseIndex) -> None:
        self.exact = exact
        self._queries = exact.sample(SAMPLE)
        self._scores = [np.empty(0, np.float32)] * len(self._queries)
        for block in exact.blocks():
            for number, query in enumerate(self._queries):
                scores = np.concatenate([self._scores[number], products(query, block)])
                self._scores[number] = -np.sort(-scores)[:MANY]

    def recall(self, index: FaissDenseIndex, limit: int) -> float:
        """The share of the `limit` nearest that another index over the same vectors finds."""
        limit = min(limit, index.size)
        found = [index.search(query, limit).scores for query in self._queries]
        bars = [scores[limit - 1] for scores in self._scores]
        return float(np.mean(np.array(found) >= np.array(bars)[:, None]))


def _mapped(folders: Sequence[Path]) -> "list[NDArray[np.float16]]":
    """The vectors of each folder, where they lie on the disk."""
    return [np.asarray(np.load(folder / FILE, mmap_mode="r")) for folder in folders]


def _codes(folders: Sequence[Path]) -> "NDArray[np.uint8]":
    """The codes of all folders, shape (n, bytes)."""
    codes: NDArray[np.uint8] = np.concatenate([np.load(folder / CODES) for folder in folders])
    return codes
