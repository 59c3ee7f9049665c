"""The follower's steps one by one, by a clock that the test sets; it builds in this process, with real files."""

import time
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from library import HereBuilder, Library
from qa.errors import BuildFailed, ModelUnavailable
from qa.index import corpus, stamps
from qa.live import follower as module
from qa.live.follower import Follower

AT_REST = 0.12
"""Seconds after which a stamp of a file system with fine times is trusted."""


@dataclass
class Watched:
    """A library at rest, its follower and the clock of both."""

    library: Library
    builder: HereBuilder
    follower: Follower = field(init=False)
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.follower = self.library.follower(self.builder, clock=lambda: self.now)

    def step(self, seconds: float = 0.0) -> float:
        """Let time pass and do a step; returns the pause that it asks for."""
        self.now += seconds
        return self.follower.step()

    def remove(self, *paths: str) -> None:
        """Take files out of the corpus."""
        for path in paths:
            (self.library.settings.corpus / path).unlink()

    @property
    def paths(self) -> list[str]:
        """What is indexed."""
        manifest = self.library.store.manifest(self.library.store.current())
        return [record.path for record in manifest.documents if record.reason is None]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """Six documents, indexed."""
    library = Library.at(tmp_path / "library", {f"{name}.txt": f"About {name}.".encode() for name in "abcdef"})
    time.sleep(AT_REST)
    library.build()
    return Watched(library, HereBuilder(library))


def write(watched: Watched, path: str, text: str) -> None:
    """Write a file whose stamp will be trusted."""
    watched.library.write(path, text)
    time.sleep(AT_REST)


def test_nothing_to_do_is_found_without_a_build(watched: Watched) -> None:
    assert watched.step() == watched.library.settings.scan_seconds
    assert watched.builder.requests == []
    assert (watched.follower.state().activity, watched.follower.state().reason) == ("idle", None)


def test_a_change_is_built_when_it_has_settled(watched: Watched) -> None:
    write(watched, "g.txt", "Geese.")
    assert watched.step() == watched.library.settings.settle_seconds
    assert (watched.follower.state().activity, watched.follower.state().changes) == ("settling", 1)
    assert watched.builder.prepared == 1
    watched.step(0.5)
    assert watched.builder.requests == []
    watched.step(0.5)
    assert len(watched.builder.requests) == 1
    assert "g.txt" in watched.paths
    watched.step(10)
    assert len(watched.builder.requests) == 1
    assert watched.follower.state().changes == 0


def test_a_scan_that_had_to_wait_does_not_put_off_the_next_one(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While questions are answered, a scan of many files takes seconds, of which it works for a fraction."""
    scan = corpus.scan

    def late(*arguments: Any, **named: Any) -> Any:
        watched.now += 30
        return scan(*arguments, **named)

    monkeypatch.setattr(module, "scan", late)
    write(watched, "g.txt", "Geese.")
    watched.step()
    assert 0 < watched.follower.scan_pause < 1
    watched.step(0.5)
    assert watched.builder.requests == [], "the second look began half a second after the first had ended"
    watched.step(1)
    assert len(watched.builder.requests) == 1


def test_a_touched_file_is_checked_once_and_publishes_nothing(watched: Watched) -> None:
    before = watched.library.store.current()
    (watched.library.settings.corpus / "a.txt").touch()
    time.sleep(AT_REST)
    for _ in range(4):
        watched.step(1)
    assert len(watched.builder.requests) == 1
    assert watched.library.store.current() == before
    assert watched.follower.state().last_build is None
    assert watched.follower.state().checked is not None


def test_a_file_still_being_written_is_held_and_the_others_are_indexed(watched: Watched) -> None:
    write(watched, "g.txt", "Geese.")
    for tick in range(8):
        watched.library.write("slow.txt", "Slow. " * (tick + 1))
        watched.library.write("a.txt", "About a, half wri" + "t" * tick)
        watched.step(1)
    assert (watched.builder.requests[0].settled or {}).keys() == {"g.txt"}
    assert "g.txt" in watched.paths
    assert "slow.txt" not in watched.paths
    manifest = watched.library.store.manifest(watched.library.store.current())
    texts = {record.path: (record.size, record.reason) for record in manifest.documents}
    assert texts["a.txt"] == (8, None), "the last version that was complete"
    assert "still being written" in (texts["slow.txt"][1] or "")

    watched.step(1)
    watched.step(1)
    assert "slow.txt" in watched.paths


def test_a_mass_deletion_must_last(watched: Watched) -> None:
    before = watched.library.store.current()
    watched.remove("a.txt", "b.txt", "c.txt", "d.txt")
    watched.step()
    watched.step(1.5)
    reason = watched.follower.state().reason or ""
    assert "4 of 6 documents are gone" in reason
    assert "30 seconds" in reason
    watched.step(20)
    assert (len(watched.builder.requests), watched.library.store.current()) == (1, before)
    watched.step(9)
    assert watched.paths == ["e.txt", "f.txt"]
    assert watched.follower.state().reason is None


def test_a_mass_deletion_that_is_taken_back_changes_nothing(watched: Watched) -> None:
    before = watched.library.store.current()
    away = {name: watched.library.settings.corpus / name for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt")}
    for path in away.values():
        path.rename(path.with_name("." + path.name))
    for _ in range(3):
        watched.step(5)
    assert watched.follower.state().reason is not None
    for path in away.values():
        path.with_name("." + path.name).rename(path)
    time.sleep(AT_REST)
    for _ in range(3):
        watched.step(1)
    assert watched.follower.state().reason is None, "long before those 30 seconds are over"
    assert watched.library.store.current() == before


def test_a_vanished_and_an_emptied_folder_are_told_and_build_nothing(watched: Watched) -> None:
    before = watched.library.store.current()
    corpus = watched.library.settings.corpus
    away = corpus.rename(corpus.with_name("away"))
    for _ in range(50):
        watched.step(10)
    assert "no corpus folder" in (watched.follower.state().reason or "")
    corpus.mkdir()
    for _ in range(50):
        watched.step(10)
    assert "Nothing is left" in (watched.follower.state().reason or "")
    assert watched.builder.requests == []
    corpus.rmdir()
    away.rename(corpus)
    watched.step(10)
    assert watched.follower.state().reason is None
    assert watched.library.store.current() == before


def test_failures_are_tried_again_ever_more_rarely_and_then_forgotten(watched: Watched) -> None:
    write(watched, "g.txt", "Geese.")
    failing = [BuildFailed("It died.", remedy="Wait."), ModelUnavailable("No model.", remedy="Get one.")] * 4
    watched.builder.errors = list(failing)
    times = []
    for _ in range(2000):
        count = len(watched.builder.requests)
        watched.step(0.25)
        if len(watched.builder.requests) > count:
            times.append(watched.now)
        if watched.follower.state().reason is None and times:
            break
    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert "g.txt" in watched.paths
    watched.builder.errors = [BuildFailed("It died.", remedy="Wait.")]
    write(watched, "h.txt", "Herons.")
    for _ in range(10):
        watched.step(0.5)
    assert "h.txt" in watched.paths, "the pauses begin anew"


def test_an_asked_build_does_not_wait_for_the_next_try(watched: Watched) -> None:
    watched.builder.errors = [BuildFailed("It died.", remedy="Wait.")] * 3
    for _ in range(3):
        watched.follower.reindex()
        watched.step()
    assert len(watched.builder.requests) == 3
    assert watched.follower.state().reason == "It died. Wait."
    watched.step(60)
    assert watched.builder.requests[-1].rehash, "and it is not forgotten either"
    assert watched.follower.state().reason is None


def test_a_fault_of_ours_does_not_end_the_following(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAST_RETRY_SECONDS", 0.05)
    follower = watched.library.follower(watched.builder)
    watched.builder.errors = [ValueError("odd")]  # type: ignore[list-item]  # a fault is no QAError, and no builder should raise one
    follower.reindex()
    follower.start()
    try:
        end = time.monotonic() + 30
        while follower.state().checked is None:
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        follower.stop()
    assert [request.rehash for request in watched.builder.requests] == [True, True]


def test_files_that_were_read_right_after_a_change_are_read_once_more(watched: Watched) -> None:
    settings = watched.library.settings
    for number in range(50):  # a machine that is busy may take long enough for the file to have come to rest
        watched.library.write("g.txt", f"Geese {number}.")
        watched.library.build()
        if not all(seen.trusted for seen in stamps.load(settings.index, settings.corpus).files.values()):
            break
    time.sleep(AT_REST)
    for _ in range(3):
        watched.step(1)
    assert [request.settled for request in watched.builder.requests] == [{}]


def test_a_log_that_never_rests_is_taken_as_it_is_although_others_are_built_meanwhile(watched: Watched) -> None:
    for tick in range(310):
        watched.library.write("diary.log", f"Line {tick}. " * (tick + 1))
        if tick % 50 == 0:
            watched.library.write("g.txt", f"Geese {tick}.")
        watched.step(1)
        if tick in {299, 305}:
            assert ("diary.log" in watched.paths) is (tick > 300)
    assert len(watched.builder.requests) >= 6
