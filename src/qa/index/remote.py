"""The vectors of generations in Milvus, for machines that neither hold them nor search them.

Each generation has a collection of its own, which is filled, counted and tried before anybody can see it, and then
published by an alias that bears the name of the generation: `quoth_000002_cee570de51b7` for `000002-cee570de51b7`. A
question asks for the alias of the generation whose records it holds, so it never takes records and vectors of two.
Scores are computed here, from the vectors that were found, as all other indexes do it.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from qa.errors import BackendUnavailable, IndexStoreError
from qa.index.comparing import NOTHING, best, blocks, nearness, products, widened
from qa.index.milvus import FLAT, HNSW, LEAST_BREADTH, MOST, Milvus
from qa.ports import EXACT, DenseSearch, Nearness, Progress, Ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import StoredVectors, Vectors

LEDGER = "milvus.json"
"""In the index folder: the collections that were made from there, and that are removed from there."""
FLAT_UP_TO = 100_000
"""Vectors up to which a question is compared with all of them. In Milvus 2.3.5 that took 31 ms, of which 24 are the
call with its 200 vectors, and 63 ms for three times as many (`benchmarks/scaling.md`)."""
LEAST_RECALL = 0.99
"""Where a graph finds less of the `NEAREST` of a `SAMPLE`, all are compared after all."""
NEAREST, SAMPLE = 10, 32
SPARE = 16
"""More rows are asked for than are wanted, so that one sees whether any that is left out is as near as the last."""
SAME = 1e-6
"""Scores that differ by less are taken for the same: Milvus adds up in another order."""
PAUSE_SECONDS = 2.0
"""After Milvus has answered, or failed to, this is believed for so long."""
AGAIN = "Run `qa index` where the index is built: it puts them there again."
T = TypeVar("T")
_LOG = logging.getLogger("qa")


class RemoteDenseIndex:
    """What an alias stands for in Milvus. Safe for several threads; a connection that breaks is made again."""

    def __init__(self, milvus: Milvus, alias: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._milvus, self._alias, self._clock = milvus, alias, clock
        self._kind: str | None = None
        self._is_ready = False
        self._well_until, self._failed_until = -1.0, -1.0
        self._failure: BackendUnavailable | None = None
        self._trying = Lock()

    @property
    def how(self) -> DenseSearch:
        """All are compared, or a graph chooses those that are; of its recall is known that it was enough.

        Until Milvus has answered for the first time nothing is known of a graph.
        """
        return DenseSearch(rescored=LEAST_BREADTH, recall=LEAST_RECALL) if self._kind == HNSW else EXACT

    def look(self) -> None:
        """Ask what is there; raises BackendUnavailable when it cannot be told."""
        self._asked(partial(self._milvus.size, self._alias))

    @property
    def problem(self) -> str | None:
        """Why a question cannot be answered now."""
        now = self._clock()
        if now >= max(self._well_until, self._failed_until) and self._trying.acquire(blocking=False):
            try:
                self.look()
            except BackendUnavailable:
                pass  # it is noted
            finally:
                self._trying.release()
        failure = self._failure  # read once: another thread that is answered takes it away
        return None if failure is None else str(failure)

    def search(self, query: "Vectors", limit: int) -> Ranking:
        """The `limit` nearest of a query of shape (dimension,), best first, ties by ordinal."""
        query = np.ascontiguousarray(query, np.float32)
        wanted = limit + SPARE
        while limit > 0:
            ordinals, rows = self._asked(partial(self._milvus.nearest, self._alias, query, wanted))
            scores = products(query, rows)
            found = best(ordinals, scores, limit)
            left_out = len(ordinals) == wanted < MOST  # there may be more
            if not left_out or float(scores.min()) < float(found.scores[-1]) - SAME:
                return found
            wanted = min(2 * wanted, MOST)
        return NOTHING

    def nearness(self, query: "Vectors", groups: Sequence[Sequence[int]]) -> list[Nearness]:
        """How near a query of shape (dimension,) is to each group of vectors, named by their ordinals."""
        return nearness(query, groups, self._rows)

    def vectors(self) -> "Vectors":
        """All vectors in index order, shape (size, dimension): they are fetched, which takes its time."""
        size = self._asked(partial(self._milvus.size, self._alias))
        dimension = self._asked(partial(self._milvus.dimension, self._alias))
        return self._rows(np.arange(size)) if size else np.zeros((0, dimension), np.float32)

    def _rows(self, ordinals: "NDArray[np.int64]") -> "Vectors":
        return self._asked(partial(self._milvus.rows, self._alias, ordinals))

    def _asked(self, call: Callable[[], T]) -> T:
        """What Milvus answers. Of two failures in a row the second counts, unless the first one took its time.

        The collection that the alias stood for may have been replaced at this moment. For a while after a failure
        nobody waits for another one.
        """
        failure = self._failure  # read once: another thread that is answered takes it away
        if failure is not None and self._clock() < self._failed_until:
            raise _again(failure)
        began = self._clock()
        try:
            try:
                answer = self._tried(call)
            except BackendUnavailable:
                self._is_ready = False
                if self._clock() - began > self._milvus.seconds / 2:
                    raise
                answer = self._tried(call)
        except BackendUnavailable as error:
            self._is_ready = False
            self._failure, self._failed_until = _again(error), self._clock() + PAUSE_SECONDS
            raise
        self._failure, self._well_until = None, self._clock() + PAUSE_SECONDS
        return answer

    def _tried(self, call: Callable[[], T]) -> T:
        if not self._is_ready:
            if not self._milvus.is_ready(self._alias):
                raise BackendUnavailable(_missing(self._milvus, self._alias), remedy=AGAIN)
            self._kind = self._milvus.kind(self._alias)
            self._is_ready = True
        return call()


class RemoteVectors:
    """Puts the vectors of generations into Milvus and opens them there; of two that put, the index lock lets one in."""

    def __init__(self, milvus: Milvus, index: Path, *, flat_up_to: int = FLAT_UP_TO) -> None:
        """`index` is the folder of the index that is built here, where the ledger lies."""
        self._milvus = milvus
        self._ledger = index / LEDGER
        self._flat_up_to = flat_up_to

    def open(
        self,
        folders: Sequence[Path],  # noqa: ARG002  # what lies there is not needed
        search: DenseSearch = EXACT,  # noqa: ARG002  # it is about what lies there
        shared: Path | None = None,
    ) -> RemoteDenseIndex:
        """What Milvus has of the generation in whose folder `shared` lies.

        Raises IndexStoreError when it has nothing. While it does not answer the index opens all the same.
        """
        assert shared is not None, "the folder of a generation names it"
        index = RemoteDenseIndex(self._milvus, alias_of(shared.parent.name))
        try:
            if not self._milvus.is_ready(alias_of(shared.parent.name)):
                raise IndexStoreError(_missing(self._milvus, alias_of(shared.parent.name)), remedy=AGAIN)
            index.look()
        except BackendUnavailable as error:
            _LOG.error("the vectors cannot be reached: %s", error)
        return index

    def push(self, generation: str, parts: Callable[[], "Sequence[StoredVectors]"], progress: Progress) -> None:
        """Have all vectors of a generation there; see `Mirror`."""
        alias, vectors = alias_of(generation), parts()
        rows = sum(map(len, vectors))
        if self._milvus.is_ready(alias) and self._milvus.size(alias) == rows:
            return
        name = f"{alias}_{token_hex(4)}"
        self._note([*self._noted(), name])  # before it is made, so that it is not forgotten whatever happens
        kind = FLAT if rows <= self._flat_up_to else HNSW
        self._milvus.fill(name, vectors, kind, progress)
        found = self._milvus.size(name)
        if found != rows:
            raise BackendUnavailable(
                f"Milvus at {self._milvus.uri} has {found:,} of {rows:,} vectors that were sent.",
                remedy="It is tried again; if it stays so, see the log of Milvus.",
            )
        if kind == HNSW and self._recall(name, vectors) < LEAST_RECALL:
            self._milvus.index_anew(name, FLAT)
        self._milvus.point(alias, name)
        self._drop([other for other in self._noted() if other != name and _alias_in(other) == alias])

    def prune(self, kept: Collection[str]) -> None:
        """Remove what belongs to other generations. What cannot be removed now is tried again the next time."""
        aliases = set(map(alias_of, kept))
        try:
            self._drop([name for name in self._noted() if _alias_in(name) not in aliases])
        except BackendUnavailable as error:
            _LOG.warning("old vectors are left in Milvus: %s", error)

    def _recall(self, name: str, parts: "Sequence[StoredVectors]") -> float:
        """The share of the nearest that a search finds, over some of the vectors as queries, evenly spread."""
        starts = np.cumsum([0, *map(len, parts)])
        chosen = np.arange(SAMPLE) * starts[-1] // SAMPLE
        places = np.searchsorted(starts, chosen, side="right") - 1
        queries = widened(
            np.stack([parts[place][ordinal - starts[place]] for place, ordinal in zip(places, chosen, strict=True)])
        )
        scores = np.full((SAMPLE, 0), 0, np.float32)
        for block in blocks(parts):
            scores = np.concatenate([scores, queries @ block.T], axis=1)
            scores = -np.partition(-scores, min(NEAREST, scores.shape[1]) - 1, axis=1)[:, :NEAREST]
        found = [products(query, self._milvus.nearest(name, query, NEAREST).vectors) for query in queries]
        shares = [(near >= bar - SAME).sum() / NEAREST for near, bar in zip(found, scores.min(axis=1), strict=True)]
        return float(np.mean(shares))

    def _drop(self, names: Sequence[str]) -> None:
        for name in names:
            self._milvus.drop(name)
            self._note([other for other in self._noted() if other != name])

    def _noted(self) -> list[str]:
        try:
            names = json.loads(self._ledger.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        except (ValueError, RecursionError):
            names = None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise IndexStoreError(
                f"{self._ledger}, which names the collections in Milvus that were made from here, is damaged.",
                remedy=f"Delete it, then run `qa index` again. Collections at {self._milvus.uri} that begin with "
                "`quoth_` and that no generation of any index uses are then yours to drop.",
            )
        return names

    def _note(self, names: Sequence[str]) -> None:
        new = self._ledger.with_name(f".{LEDGER}.new")
        with new.open("w", encoding="utf-8") as file:
            file.write(json.dumps(names) + "\n")
            file.flush()
            os.fsync(file.fileno())  # or a power cut leaves an empty file under the name
        new.replace(self._ledger)


def alias_of(generation: str) -> str:
    """The name under which the vectors of a generation are published; Milvus allows letters, digits and `_` in it."""
    return f"quoth_{generation.replace('-', '_')}"


def _alias_in(name: str) -> str:
    """The alias that a collection was made for."""
    return name.rpartition("_")[0]


def _again(failure: BackendUnavailable) -> BackendUnavailable:
    """The same words anew: one error that is raised many times would gather the frames of all who were told."""
    return BackendUnavailable(failure.message, remedy=failure.remedy)


def _missing(milvus: Milvus, alias: str) -> str:
    return f"Milvus at {milvus.uri} has no vectors of this generation (`{alias}`)."
