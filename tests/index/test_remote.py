"""Vectors in Milvus Lite: the same hits as FAISS has, and nobody sees a collection that is not whole."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import no_progress
from milvus_server import LiteServer, PushingBackend, client_of, shared_server
from qa.errors import BackendUnavailable, IndexStoreError, ModelUnavailable
from qa.index import milvus as milvus_module
from qa.index import remote
from qa.index.comparing import narrowed, widened
from qa.index.dense import FaissBackend, FaissDenseIndex
from qa.index.milvus import FLAT, HNSW, MOST, Found, Milvus
from qa.index.remote import LEAST_RECALL, LEDGER, SPARE, RemoteDenseIndex, RemoteVectors, alias_of
from qa.ports import EXACT
from shelf import vector_volumes

if TYPE_CHECKING:
    from qa.ports import Vectors

FIRST, SECOND, THIRD = "000001-000000000001", "000002-000000000002", "000003-000000000003"


server = shared_server


@pytest.fixture
def milvus(server: LiteServer) -> Iterator[Milvus]:
    """A server without collections."""
    made = Milvus(uri=server.uri)
    for name in client_of(made).list_collections():
        made.drop(name)
    yield made
    made.close()


def unit(count: int, dimension: int = 384, seed: int = 0) -> "Vectors":
    """Random unit vectors of numbers that 16 bits can hold."""
    rows = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    return widened(narrowed(rows / np.linalg.norm(rows, axis=1, keepdims=True)))


def both(
    milvus: Milvus, folder: Path, rows: "Vectors", *cuts: int, flat_up_to: int = 10**9
) -> tuple[FaissDenseIndex, RemoteDenseIndex]:
    """The same vectors in volumes that FAISS searches here, and in Milvus."""
    folders = vector_volumes(folder, rows, *cuts)
    return FaissBackend().open(folders), PushingBackend(milvus, folder, flat_up_to).open(folders)


def pushed(milvus: Milvus, folder: Path, generation: str, *parts: "Vectors") -> RemoteVectors:
    """Vectors that were put there for a generation."""
    made = RemoteVectors(milvus, folder)
    made.push(generation, lambda: list(parts), no_progress)
    return made


def opened(made: RemoteVectors, generation: str) -> RemoteDenseIndex:
    return made.open([], EXACT, Path(generation) / "dense")


def collections(milvus: Milvus) -> set[str]:
    return set(client_of(milvus).list_collections())


@contextmanager
def changed(name: str, value: object) -> Iterator[None]:
    """A constant of the module with another value."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remote, name, value)
        yield


def test_the_same_fifty_with_the_same_scores_in_exact_mode(milvus: Milvus, tmp_path: Path) -> None:
    """To the last bit: 3,000 vectors in three volumes, 50 queries, some of them vectors themselves."""
    rows = unit(3000)
    here, there = both(milvus, tmp_path, rows, 1000, 1007)

    assert there.how == EXACT
    for query in np.concatenate([unit(25, seed=1), rows[::120]]):
        assert there.search(query, 50).hits() == here.search(query, 50).hits()
        groups = [here.search(query, 9).ordinals.tolist(), [5, 2999, 1003], []]
        assert there.nearness(query, groups) == here.nearness(query, groups)
    assert there.vectors().tobytes() == rows.tobytes()


def test_a_graph_finds_almost_all(milvus: Milvus, tmp_path: Path) -> None:
    """The share of the ten nearest, over queries that are not among the vectors; scores are exact all the same."""
    rows = unit(4000, 64)
    here, there = both(milvus, tmp_path, rows, flat_up_to=0)
    wanted = [here.search(query, 10).hits() for query in unit(100, 64, seed=1)]
    found = [there.search(query, 10).hits() for query in unit(100, 64, seed=1)]

    assert milvus.kind(there._alias) == HNSW
    assert np.mean([len({*one} & {*other}) / 10 for one, other in zip(found, wanted, strict=True)]) >= 0.99
    assert there.how.rescored is not None
    assert there.how.recall == LEAST_RECALL


def test_a_graph_that_loses_too_much_is_not_used(milvus: Milvus, tmp_path: Path) -> None:
    with changed("LEAST_RECALL", 1.01):
        here, there = both(milvus, tmp_path, unit(200, 16), flat_up_to=0)

    query = unit(1, 16, seed=1)[0]
    assert there.search(query, 50).hits() == here.search(query, 50).hits()
    assert milvus.kind(there._alias) == FLAT
    assert there.how == EXACT


def test_the_recall_is_that_of_a_plain_comparison(milvus: Milvus, tmp_path: Path) -> None:
    """Where the second half is missing, so are those of the ten nearest that lie in it."""
    rows = unit(320, 16)
    nearest = np.argsort(-(rows[::10] @ rows.T), axis=1)[:, :10]

    made = pushed(milvus, tmp_path, FIRST, rows)
    assert made._recall(alias_of(FIRST), [rows[:100], rows[100:]]) == 1.0
    made = pushed(milvus, tmp_path, SECOND, rows[:160])
    assert made._recall(alias_of(SECOND), [rows[:100], rows[100:]]) == pytest.approx((nearest < 160).mean())


def test_of_equal_vectors_the_first_come_first(milvus: Milvus, tmp_path: Path) -> None:
    """Also when more of them are there than are asked for at once, which Milvus gives in an order of its own."""
    rows = np.concatenate([unit(20, 8), np.repeat(unit(1, 8, seed=5), 200, axis=0), unit(20, 8, seed=2)])
    here, there = both(milvus, tmp_path, rows)

    for limit in (1, 7, 150):
        assert limit + SPARE < 200
        assert there.search(rows[20], limit).hits() == here.search(rows[20], limit).hits()
        assert there.search(rows[20], limit).ordinals.tolist() == list(range(20, 20 + limit))


def test_more_is_not_asked_for_than_milvus_gives(milvus: Milvus, tmp_path: Path) -> None:
    _, there = both(milvus, tmp_path, unit(30, 8))
    assert len(there.search(unit(1, 8)[0], MOST + 1).hits()) == 30


def test_what_is_there_is_not_put_there_again(milvus: Milvus, tmp_path: Path) -> None:
    made = pushed(milvus, tmp_path, FIRST, unit(40, 8))
    (name,) = collections(milvus)

    made.push(FIRST, lambda: [unit(40, 8)], no_progress)
    assert collections(milvus) == {name}


def test_what_was_lost_is_put_there_again_while_questions_are_asked(milvus: Milvus, tmp_path: Path) -> None:
    """Readers find what the whole collection has, from the old one until the alias is switched, then from the new."""
    rows = unit(400, 16)
    made = pushed(milvus, tmp_path, FIRST, rows)
    (old,) = collections(milvus)
    index, stop = opened(made, FIRST), threading.Event()
    queries = unit(20, 16, seed=3)
    expected = [index.search(query, 20).hits() for query in queries]
    failures: list[object] = []
    answered = 0

    def ask() -> None:
        nonlocal answered
        while not stop.is_set():
            for query, hits in zip(queries, expected, strict=True):
                try:
                    found = index.search(query, 20).hits()
                except BackendUnavailable as error:
                    failures.append(error)
                else:
                    failures.extend([found] * (found != hits))
                    answered += 1

    lost = next(number for number in range(400) if all(number != hit.ordinal for hits in expected for hit in hits))
    client_of(milvus).delete(old, ids=[lost])
    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    made.push(FIRST, lambda: [rows], no_progress)
    stop.set()
    for reader in readers:
        reader.join()

    assert not failures
    assert answered > 10
    assert index.vectors().tobytes() == rows.tobytes()
    assert old not in collections(milvus)
    assert len(collections(milvus)) == 1


def test_a_collection_that_is_not_whole_is_not_published(milvus: Milvus, tmp_path: Path) -> None:
    class Losing(Milvus):
        def size(self, name: str) -> int:
            return super().size(name) - 1

    made = RemoteVectors(Losing(uri=milvus.uri), tmp_path)
    with pytest.raises(BackendUnavailable, match="has 39 of 40 vectors"):
        made.push(FIRST, lambda: [unit(40, 8)], no_progress)
    with pytest.raises(IndexStoreError, match="no vectors of this generation"):
        opened(made, FIRST)

    pushed(milvus, tmp_path, FIRST, unit(40, 8))
    assert len(collections(milvus)) == 1, "what the first try left is gone"


def test_only_what_was_made_from_here_is_removed(milvus: Milvus, tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    pushed(milvus, tmp_path / "other", THIRD, unit(10, 8))
    made = pushed(milvus, tmp_path / "one", FIRST, unit(10, 8))
    made.push(SECOND, lambda: [unit(11, 8)], no_progress)

    made.prune([SECOND])
    assert {name.rpartition("_")[0] for name in collections(milvus)} == {alias_of(SECOND), alias_of(THIRD)}
    assert len(json.loads((tmp_path / "one" / LEDGER).read_text())) == 1
    assert opened(made, SECOND).vectors().shape == (11, 8)
    with pytest.raises(IndexStoreError, match="Run `qa index`"):
        opened(made, FIRST)
    made.prune([SECOND])


def test_what_milvus_lacks_of_a_generation_is_said(milvus: Milvus, tmp_path: Path) -> None:
    rows = unit(10, 8)
    index = opened(pushed(milvus, tmp_path, FIRST, rows), FIRST)
    client_of(milvus).delete(alias_of(FIRST), ids=[3])

    def ask() -> None:
        for _ in range(100):  # a server may take a moment until it no longer gives what was deleted
            index.nearness(rows[0], [[2, 3]])
            time.sleep(0.1)

    with pytest.raises(BackendUnavailable, match="lacks some of 2 rows"):
        ask()


def test_a_collection_that_is_gone_is_a_problem_until_it_is_back(milvus: Milvus, tmp_path: Path) -> None:
    now = [0.0]
    made = pushed(milvus, tmp_path, FIRST, unit(10, 8))
    index = RemoteDenseIndex(milvus, alias_of(FIRST), clock=lambda: now[0])
    assert index.problem is None

    (name,) = collections(milvus)
    milvus.drop(name)
    assert index.problem is None, "what was found a moment ago is believed"
    now[0] += remote.PAUSE_SECONDS
    assert "has no vectors of this generation" in str(index.problem)
    with pytest.raises(BackendUnavailable, match="Run `qa index`"):
        index.search(unit(1, 8)[0], 3).hits()
    made.push(FIRST, lambda: [unit(10, 8)], no_progress)
    now[0] += remote.PAUSE_SECONDS
    assert len(index.search(unit(1, 8)[0], 3).hits()) == 3
    assert index.problem is None


@dataclass
class Stumbling(Milvus):
    """Fails to answer as often as it is told, each time after some seconds."""

    failures: int = 0
    takes: float = 0.0
    now: float = 0.0
    asked: int = 0

    def nearest(self, name: str, query: "Vectors", limit: int) -> Found:
        """The rows, or nothing."""
        self.asked += 1
        if self.failures:
            self.failures -= 1
            self.now += self.takes
            raise BackendUnavailable("No.", remedy="Wait.")
        return super().nearest(name, query, limit)


@pytest.mark.parametrize(
    ("failures", "takes", "asked", "answers"), [(1, 0.1, 2, True), (2, 0.1, 2, False), (1, 3.0, 1, False)]
)
def test_a_quick_failure_is_tried_again_and_a_slow_one_is_not(
    milvus: Milvus, tmp_path: Path, failures: int, takes: float, asked: int, *, answers: bool
) -> None:
    """At the moment of a switch the old collection may be gone; a server that is away is not waited for twice."""
    pushed(milvus, tmp_path, FIRST, unit(10, 8))
    stumbling = Stumbling(uri=milvus.uri, failures=failures, takes=takes)
    index = RemoteDenseIndex(stumbling, alias_of(FIRST), clock=lambda: stumbling.now)

    for wait in (0.0, remote.PAUSE_SECONDS / 2):  # who asks again at once is told the same, and Milvus is not asked
        stumbling.now += wait
        if answers:
            assert len(index.search(unit(1, 8)[0], 3).hits()) == 3
            break
        with pytest.raises(BackendUnavailable, match="No"):
            index.search(unit(1, 8)[0], 3).hits()
    assert stumbling.asked == asked
    stumbling.now += remote.PAUSE_SECONDS
    assert len(index.search(unit(1, 8)[0], 3).hits()) == 3


class Away(Milvus):
    """Fails whatever it is asked."""

    def is_ready(self, name: str) -> bool:
        """It never is."""
        raise BackendUnavailable("Milvus is away.", remedy="Wait.")


class Answered(RemoteDenseIndex):
    """Whenever the failure has been looked at, another thread is answered, and takes it away."""

    _noted_failure: BackendUnavailable | None = None

    @property
    def _failure(self) -> BackendUnavailable | None:
        found, self._noted_failure = self._noted_failure, None
        return found

    @_failure.setter
    def _failure(self, failure: BackendUnavailable | None) -> None:
        self._noted_failure = failure


def test_a_failure_that_another_thread_takes_away_meanwhile_is_told_all_the_same() -> None:
    index = Answered(Away(uri="http://127.0.0.1:1"), alias_of(FIRST), clock=lambda: 0.0)
    for _ in range(2):  # the second time it is the failure that was noted
        with pytest.raises(BackendUnavailable, match=r"^Milvus is away"):
            index.search(unit(1, 8)[0], 3).hits()
        index._failure = BackendUnavailable("Milvus is away.", remedy="Wait.")

    assert index.problem == "Milvus is away. Wait."
    assert index.problem is None


def depth(error: BaseException) -> int:
    """The frames that an error holds."""
    frames, trace = 0, error.__traceback__
    while trace is not None:
        frames, trace = frames + 1, trace.tb_next
    return frames


def test_each_who_is_refused_is_told_by_an_error_of_its_own() -> None:
    """One that is raised again and again would keep the frames of all, with what is in them."""
    index = RemoteDenseIndex(Away(uri="http://127.0.0.1:1"), alias_of(FIRST), clock=lambda: 0.0)
    told: list[BackendUnavailable] = []
    for _ in range(10):
        with pytest.raises(BackendUnavailable, match=r"^Milvus is away\. Wait\.$") as caught:
            index.search(unit(1, 8)[0], 3).hits()
        told.append(caught.value)

    assert len({id(error) for error in told}) == 10
    assert {depth(error) for error in told[1:]} == {depth(told[1])}
    assert index._failure is not None
    assert depth(index._failure) == 0


class RefusingModule:
    """Stands for pymilvus; one of two threads that ask for its client is refused while the other one waits."""

    class Refusal(Exception):
        """What pymilvus raises; it has no base in common with others."""

    def __init__(self) -> None:
        self.made, self.error = 0, self.Refusal("connection refused\nand more")
        self._both = threading.Barrier(2)

    @property
    def MilvusClient(self) -> Callable[..., None]:  # noqa: N802  # its name there
        """What refuses, when two have asked for it."""
        self._both.wait(10)
        return self._refuse

    def _refuse(self, *_: object, **__: object) -> None:
        self.made += 1
        time.sleep(0.3)  # the other one comes to the lock
        raise self.error


def test_who_waited_while_another_was_refused_is_told_the_same_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    module = RefusingModule()
    monkeypatch.setattr(milvus_module, "_pymilvus", lambda: module)
    milvus, told = Milvus(uri="http://127.0.0.1:1"), list[str]()

    def ask() -> None:
        try:
            milvus.is_ready("any")
        except BackendUnavailable as error:
            told.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert module.made == 1
    assert len(told) == 2
    assert set(told) == {told[0]}
    assert "does not answer as it should (connection refused)." in told[0]
    assert milvus._refused == (1, "connection refused"), "words alone, not the frames of the one who was refused"


@pytest.mark.parametrize("text", ["", '["quoth_000001', "{}", "[1]", "\udcff"])
def test_a_damaged_ledger_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / LEDGER).write_bytes(text.encode("utf-8", "surrogateescape"))
    made = RemoteVectors(Away(uri="http://127.0.0.1:1"), tmp_path)
    with pytest.raises(IndexStoreError, match=r"milvus\.json.*is damaged\. Delete it"):
        made.prune([])


def test_the_ledger_is_on_the_disk_before_it_replaces_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[int, str]] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append((os.fstat(handle).st_ino, (tmp_path / LEDGER).read_text()))
    )
    (tmp_path / LEDGER).write_text("[]\n")
    RemoteVectors(Away(uri="http://127.0.0.1:1"), tmp_path)._note(["quoth_a"])

    assert synced == [((tmp_path / LEDGER).stat().st_ino, "[]\n")]
    assert json.loads((tmp_path / LEDGER).read_text()) == ["quoth_a"]


def test_a_graph_is_known_as_one_before_the_first_question(milvus: Milvus, tmp_path: Path) -> None:
    _, there = both(milvus, tmp_path, unit(200, 16), flat_up_to=0)
    assert there.how.recall == LEAST_RECALL


def test_without_pymilvus_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    with pytest.raises(ModelUnavailable, match=r"pip install 'quoth\[milvus\]'"):
        Milvus(uri="http://127.0.0.1:1").is_ready("any")
