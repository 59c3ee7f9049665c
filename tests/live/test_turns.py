"""Builders of several collections: one at a time, in the order in which they ask, and one warm process for all."""

import fcntl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import pytest

from fakes import no_progress
from qa.errors import BuildFailed
from qa.index.build import BuildRequest
from qa.live.messages import Built
from qa.live.turns import FILE, WAITING, InTurn, Turns
from qa.ports import Progress

BUILT = Built(published=True, generation="000001-0123456789ab", embedded=1, reused=0)


@dataclass
class NotedBuilder:
    """Notes in a common diary what it does; a build lasts until it is let go."""

    name: str
    diary: list[str]
    let_go: Event = field(default_factory=Event)

    def prepare(self) -> None:
        self.diary.append(f"{self.name} prepares")

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        self.diary.append(f"{self.name} begins")
        assert self.let_go.wait(30)
        self.diary.append(f"{self.name} ends")
        return BUILT

    def rest(self) -> None:
        self.diary.append(f"{self.name} rests")

    def stop(self) -> None:
        self.let_go.set()

    def close(self) -> None:
        self.diary.append(f"{self.name} closes")


class Shelf:
    """Three builders that take turns."""

    def __init__(self, folder: Path) -> None:
        self.diary: list[str] = []
        self.file = folder / "index" / FILE
        turns = Turns(self.file)
        self.builders = {name: NotedBuilder(name, self.diary) for name in "abc"}
        self.in_turn = {name: InTurn(builder, turns) for name, builder in self.builders.items()}
        self.threads: list[Thread] = []
        self.failed: list[str] = []
        self.stages: list[str] = []

    def ask(self, name: str) -> None:
        """Ask for a build in a thread of its own, and wait until it stands in line."""

        def run() -> None:
            try:
                self.in_turn[name].build(BuildRequest(), lambda stage, _done, _total: self.stages.append(stage))
            except BuildFailed:
                self.failed.append(name)

        before = len(self.stages)
        self.threads.append(Thread(target=run, daemon=True))
        self.threads[-1].start()
        until(lambda: len(self.stages) > before)

    def end(self) -> None:
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()


def until(what: Callable[[], object]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.005)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


def test_one_builds_at_a_time_in_the_order_of_asking(shelf: Shelf) -> None:
    for name in "bca":
        shelf.ask(name)
        until(lambda: "b begins" in shelf.diary)
        time.sleep(0.05)  # the others stand in line in the order in which they came
    assert shelf.diary == ["b begins"]
    assert shelf.stages == [WAITING] * 3

    for name in "bca":
        shelf.builders[name].let_go.set()
    shelf.end()

    assert [line for line in shelf.diary if "closes" not in line] == [
        "b begins", "b ends", "c begins", "c ends", "a begins", "a ends",
    ]  # fmt: skip


def test_only_the_last_one_keeps_its_process(shelf: Shelf) -> None:
    for name in "abb":
        shelf.builders[name].let_go.set()
        shelf.in_turn[name].build(BuildRequest(), no_progress)

    assert shelf.diary == ["a begins", "a ends", "a closes", "b begins", "b ends", "b begins", "b ends"]


def test_nothing_is_made_ready_while_another_one_builds(shelf: Shelf) -> None:
    shelf.ask("a")
    until(lambda: shelf.diary)
    shelf.in_turn["b"].prepare()
    assert shelf.diary == ["a begins"]
    shelf.builders["a"].let_go.set()
    shelf.end()
    shelf.in_turn["b"].prepare()
    assert shelf.diary[-2:] == ["a closes", "b prepares"]


def test_whoever_waits_can_be_stopped_and_those_behind_go_on(shelf: Shelf) -> None:
    for name in "abc":
        shelf.ask(name)
        until(lambda: shelf.diary)
        time.sleep(0.05)
    shelf.in_turn["b"].stop()
    until(lambda: shelf.failed == ["b"])
    assert shelf.diary == ["a begins"]
    shelf.builders["a"].let_go.set()
    shelf.builders["c"].let_go.set()
    shelf.end()
    assert [line for line in shelf.diary if "closes" not in line] == ["a begins", "a ends", "c begins", "c ends"]


def test_a_builder_of_another_process_is_waited_for(shelf: Shelf) -> None:
    shelf.file.parent.mkdir()
    with shelf.file.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        shelf.ask("a")
        time.sleep(0.2)
        assert shelf.diary == []
    shelf.builders["a"].let_go.set()
    shelf.end()
    assert shelf.diary == ["a begins", "a ends"]


def test_a_failed_build_gives_the_turn_back(shelf: Shelf) -> None:
    def fail(request: BuildRequest, progress: Progress) -> Built:
        raise BuildFailed("It failed.", remedy="Try again.")

    shelf.builders["a"].build = fail  # type: ignore[method-assign]  # a build that fails
    shelf.builders["b"].let_go.set()
    with pytest.raises(BuildFailed, match="It failed"):
        shelf.in_turn["a"].build(BuildRequest(), no_progress)
    assert shelf.in_turn["b"].build(BuildRequest(), no_progress) == BUILT


def test_a_file_that_cannot_be_locked_is_told(shelf: Shelf) -> None:
    shelf.file.parent.write_text("no folder")
    with pytest.raises(BuildFailed, match="no build has its turn"):
        shelf.in_turn["a"].build(BuildRequest(), no_progress)
