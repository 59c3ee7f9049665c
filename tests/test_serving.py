"""Which generation answers, step by step, by a clock and an index that the test sets."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from qa.errors import IndexCorrupt, IndexMissing
from qa.serving import RETRY_SECONDS, Serving, Work, aside, at_once


class Works(list[Work]):
    """What is to be done elsewhere, until `do`."""

    def do(self) -> None:
        """Do it."""
        self.pop()()


@dataclass(frozen=True)
class Open:
    """An open generation."""

    generation: str


@dataclass
class Folder:
    """An index: what is published, what of it is damaged, and what was opened, in order."""

    published: str | None = None
    damaged: set[str] = field(default_factory=set)
    others: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    now: float = 100.0

    def current(self) -> str:
        """The published name."""
        if self.published is None:
            raise IndexMissing("Nothing is published.", remedy="Build.")
        return self.published

    def open_current(self) -> Open:
        """Open it, unless it is damaged."""
        name = self.current()
        self.opened.append(name)
        if name in self.damaged:
            raise IndexCorrupt(f"{name} is damaged.", remedy="Build.")
        return Open(name)

    def open_other(self) -> Open:
        """The first of the others."""
        if not self.others:
            raise IndexMissing("There is no other.", remedy="Build.")
        return Open(self.others[0])

    def serving(self, opening: Callable[[Work], None] = at_once) -> Serving[Open]:
        """What serves from it."""
        return Serving(
            current=self.current,
            open_current=self.open_current,
            open_other=self.open_other,
            opening=opening,
            clock=lambda: self.now,
        )


def test_the_published_one_is_opened_once_and_a_newer_one_takes_its_place() -> None:
    folder = Folder("1")
    serving = folder.serving()
    assert [serving.held().generation for _ in range(3)] == ["1", "1", "1"]
    folder.published = "2"
    assert [serving.held().generation for _ in range(3)] == ["2", "2", "2"]
    assert folder.opened == ["1", "2"]
    assert serving.problem is None


def test_a_newer_one_that_is_damaged_is_looked_at_again_only_after_a_while() -> None:
    folder = Folder("1", damaged={"2"})
    serving = folder.serving()
    serving.held()
    folder.published = "2"
    assert [serving.held().generation for _ in range(3)] == ["1", "1", "1"]
    assert folder.opened == ["1", "2"]
    assert serving.problem == "2 is damaged. Build."
    folder.now += RETRY_SECONDS
    serving.held()
    serving.held()
    assert folder.opened == ["1", "2", "2"]
    folder.damaged.clear()
    assert serving.held().generation == "1"
    folder.now += RETRY_SECONDS
    assert serving.held().generation == "2"
    assert serving.problem is None


def test_one_published_after_a_damaged_one_is_opened_at_once() -> None:
    folder = Folder("1", damaged={"2"})
    serving = folder.serving()
    serving.held()
    folder.published = "2"
    serving.held()
    folder.published = "3"
    assert (serving.held().generation, serving.problem) == ("3", None)


def test_a_trouble_ends_when_the_one_that_is_held_is_published_again() -> None:
    folder = Folder("1", damaged={"2"})
    serving = folder.serving()
    serving.held()
    folder.published = "2"
    serving.held()
    folder.published = "1"
    assert (serving.held().generation, serving.problem, folder.opened) == ("1", None, ["1", "2"])


def test_a_start_on_a_damaged_one_takes_another() -> None:
    folder = Folder("2", damaged={"2"}, others=["1"])
    serving = folder.serving()
    assert (serving.held().generation, serving.problem) == ("1", "2 is damaged. Build.")


def test_without_another_the_first_error_is_raised_until_there_is_one() -> None:
    folder = Folder("2", damaged={"2"})
    serving = folder.serving()
    with pytest.raises(IndexCorrupt, match="2 is damaged"):
        serving.held()
    folder.published = None
    with pytest.raises(IndexMissing, match="Nothing is published"):
        serving.held()
    folder.published = "3"
    assert (serving.held().generation, serving.problem) == ("3", None)


def test_a_pointer_that_is_lost_leaves_what_is_held() -> None:
    folder = Folder("1")
    serving = folder.serving()
    serving.held()
    folder.published = None
    assert serving.held().generation == "1"
    assert serving.problem == "Nothing is published. Build."


def test_where_questions_must_not_wait_another_thread_opens_it_once_and_they_are_answered_from_the_last_one() -> None:
    folder, work = Folder("1", damaged={"3"}), Works()
    serving = folder.serving(opening=work.append)
    assert serving.held().generation == "1"
    folder.published = "2"
    assert [serving.held().generation for _ in range(3)] == ["1", "1", "1"]
    assert (len(work), folder.opened) == (1, ["1"])
    work.do()
    assert [serving.held().generation for _ in range(3)] == ["2", "2", "2"]
    folder.published = "3"
    serving.held()
    work.do()
    assert (serving.held().generation, serving.problem, folder.opened) == ("2", "3 is damaged. Build.", ["1", "2", "3"])
    assert not work


def test_who_wants_the_newest_opens_it_and_finds_out_that_another_has_done_so() -> None:
    folder, work = Folder("1"), Works()
    serving = folder.serving(opening=work.append)
    assert serving.newest().generation == "1"
    folder.published = "2"
    assert serving.newest().generation == "2"
    folder.published = "3"
    serving.held()
    waiting = Thread(target=serving.newest)
    waiting.start()
    work.do()
    waiting.join(10)
    assert (serving.held().generation, folder.opened) == ("3", ["1", "2", "3"])
    assert serving.newest().generation == "3"


def test_opened_aside_it_is_there_after_a_while() -> None:
    folder, done = Folder("1"), Event()

    def opening(work: Callable[[], None]) -> None:
        def work_and_tell() -> None:
            work()
            done.set()

        aside(work_and_tell)

    serving = folder.serving(opening=opening)
    serving.held()
    folder.published = "2"
    serving.held()
    assert done.wait(10)
    assert (serving.held().generation, folder.opened) == ("2", ["1", "2"])


def test_where_no_thread_can_be_started_the_question_opens_it_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: Thread) -> None:
        raise RuntimeError("can't start new thread")

    folder = Folder("1")
    serving = folder.serving(opening=aside)
    serving.held()
    folder.published = "2"
    monkeypatch.setattr(Thread, "start", no_room)
    assert serving.held().generation == "2"
