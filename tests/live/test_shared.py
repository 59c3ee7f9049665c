"""Several processes over one index: one follows, the others tell what it tells and pass requests on."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from library import HereBuilder, Library
from qa.errors import IndexStoreError
from qa.live import shared as module
from qa.live.follower import Follower
from qa.live.messages import Built
from qa.live.shared import LOCK, REQUEST, STATE, SharedFollower, plain, state_of
from qa.live.stepping import FollowerState, LastBuild
from shelf import public_folder, without_privileges

WHOLE = FollowerState(
    watching=True,
    activity="building",
    reason="Odd “quotes”.",
    changes=3,
    stage="embedding",
    done=4,
    total=9,
    last_build=LastBuild(
        finished=datetime(2026, 1, 1, tzinfo=UTC),
        seconds=1.5,
        built=Built(published=True, generation="000001-0123456789ab", embedded=1, reused=2, damaged=("x",)),
    ),
    checked=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    next_scan=None,
)


def shared(library: Library, *, builder: HereBuilder | None = None) -> SharedFollower:
    """One of several; its follower builds in this process and does not watch."""

    def make(tell: Callable[[FollowerState], None]) -> Follower:
        settings = library.settings.model_copy(update={"watch": False})
        return Follower(settings, builder or HereBuilder(library), tell=tell)

    return SharedFollower(library.settings.index, make, refresh=lambda: None, watching=True)


def until(what: Callable[[], object]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.01)


@pytest.mark.parametrize("state", [WHOLE, FollowerState(watching=False)])
def test_a_state_comes_back_as_it_was(state: FollowerState) -> None:
    assert state_of(json.loads(json.dumps(plain(state)))) == state


def test_one_follows_and_another_takes_over_when_it_ends(built: Library) -> None:
    one, two = shared(built), shared(built)
    for each in (one, two, one, two):
        each.step()
    assert (one.leading, two.leading) == (True, False)
    one.stop()
    two.step()
    assert (one.leading, two.leading) == (False, True)
    two.stop()


def test_a_request_to_any_process_reaches_the_one_that_follows(built: Library) -> None:
    builder = HereBuilder(built)
    one, two = shared(built, builder=builder), shared(built)
    one.step()
    two.step()
    try:
        assert two.reindex(allow_mass_delete=True).activity == "settling"
        assert builder.requests == []
        one.step()
        until(lambda: builder.requests and two.state().checked)
        assert [(request.rehash, request.allow_mass_delete) for request in builder.requests] == [(True, True)]
        assert two.state() == one.state()
        assert not (built.settings.index / REQUEST).exists()
        (built.settings.index / REQUEST).write_text("no JSON")
        one.step()
        until(lambda: len(builder.requests) == 2)
        assert builder.requests[1].allow_mass_delete is False
    finally:
        one.stop()


def test_a_build_that_is_told_of_is_not_asked_for_again(built: Library) -> None:
    (built.settings.index / STATE).write_text(json.dumps(plain(WHOLE)))
    (built.settings.index / LOCK).touch()
    other = shared(built)
    assert other.reindex() == WHOLE
    assert not (built.settings.index / REQUEST).exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"checked": 5}', json.dumps({**plain(WHOLE), "odd": 1})])
def test_what_cannot_be_read_tells_nothing(built: Library, text: str) -> None:
    (built.settings.index / STATE).write_text(text)
    assert shared(built).state() == FollowerState(watching=True)


def test_progress_is_told_now_and_then_and_everything_else_at_once(
    built: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TELL_SECONDS", 60.0)
    other = shared(built)
    tell = other._tell
    for done in range(50):
        tell(FollowerState(watching=True, activity="building", stage="reading", done=done, total=50))
    assert other.state().done == 0
    tell(FollowerState(watching=True))
    assert other.state() == FollowerState(watching=True)


def test_an_index_that_cannot_be_written_is_named_and_tried_again() -> None:
    with public_folder() as folder:
        library = Library.at(folder / "library")
        library.build()
        index: Path = library.settings.index
        other = shared(library)
        index.chmod(0o555)
        try:
            with without_privileges():
                other.step()
                assert not other.leading
                assert "cannot be written (Permission denied)" in (other.state().reason or "")
                with pytest.raises(IndexStoreError, match="then ask again"):
                    other.reindex()
        finally:
            index.chmod(0o755)
        other.step()
        assert other.leading
        other.stop()
