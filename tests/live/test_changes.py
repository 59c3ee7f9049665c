"""A change counts when it has stayed the same for the settle time; expected values are worked out by hand."""

from qa.index.corpus import Stamp
from qa.live.changes import GATHER_SECONDS, PATIENCE_SECONDS, Changes

OLD, NEW, NEWER = Stamp(1, 10, 10, 1), Stamp(2, 20, 20, 1), Stamp(3, 30, 30, 1)
INDEXED = {"a": OLD, "b": OLD}


def test_an_equal_corpus_has_no_changes() -> None:
    changes = Changes(1.0)
    changes.look({"a": OLD, "b": OLD}, INDEXED, 0.0)
    assert len(changes) == 0
    assert not changes.ready(100.0)


def test_a_change_waits_until_two_scans_a_settle_time_apart_agree() -> None:
    changes = Changes(1.0)
    for now, stamp in ((0.0, NEW), (0.9, NEWER), (1.8, NEWER)):
        changes.look({"a": stamp, "b": OLD}, INDEXED, now)
        assert changes.settled(now) == {}
        assert not changes.ready(now)
    changes.look({"a": NEWER, "b": OLD}, INDEXED, 2.0)
    assert changes.ready(2.0)
    assert changes.settled(2.0) == {"a": NEWER}


def test_new_and_removed_files_wait_as_well() -> None:
    changes = Changes(1.0)
    changes.look({"b": OLD, "c": NEW}, INDEXED, 5.0)
    assert changes.settled(5.0) == {}
    changes.look({"b": OLD, "c": NEW}, INDEXED, 6.0)
    assert changes.ready(6.0)
    assert changes.settled(6.0) == {"a": None, "c": NEW}


def test_a_file_that_comes_back_as_it_was_is_no_change() -> None:
    changes = Changes(1.0)
    changes.look({"b": OLD}, INDEXED, 0.0)
    assert changes.away_seconds(0.5) == 0.5
    changes.look({"a": OLD, "b": OLD}, INDEXED, 1.0)
    assert len(changes) == 0
    assert changes.away_seconds(1.0) == 0.0
    changes.look({"b": OLD}, INDEXED, 2.0)
    assert changes.away_seconds(4.0) == 2.0, "being away is counted anew"


def test_a_file_gone_is_not_the_same_as_a_folder_without_a_stamp() -> None:
    changes = Changes(1.0)
    changes.look({"b": OLD}, INDEXED, 0.0)
    changes.look({"a": None, "b": OLD}, INDEXED, 1.0)
    assert (len(changes), changes.settled(1.0)) == (1, {})


def test_files_at_rest_wait_a_little_for_one_that_is_not_and_then_go_without_it() -> None:
    changes = Changes(1.0)
    for tick in range(int(GATHER_SECONDS) + 2):
        changes.look({"a": Stamp(tick, 50, 50, 1), "b": NEW}, INDEXED, float(tick))
        assert changes.ready(float(tick)) is (tick == GATHER_SECONDS + 1)
    assert changes.settled(float(tick)) == {"b": NEW}


def test_a_file_that_never_rests_is_taken_as_it_is_after_long() -> None:
    changes = Changes(1.0)
    now = 0.0
    while not changes.ready(now):
        changes.look({"a": Stamp(int(now * 2), 50, 50, 1), "b": OLD}, INDEXED, now)
        now += 0.5
        changes.forget({"b"})  # builds of other files do not make it wait longer
    assert now == PATIENCE_SECONDS
    assert changes.settled(now) == {"a": None}, "in whatever state"
    changes.forget()
    assert not changes.ready(now)
