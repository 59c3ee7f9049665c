"""Texts that are encoded by several at once: all of them, a few at a time, and kept as they come."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import FakeEncoder, no_progress
from pools import letting_go
from qa.index import vectors as module
from qa.index.pending import PendingVectors
from qa.index.vectors import ENCODE_STEP, LEAST_STEP, STEPS_EACH, encode_missing
from qa.ports import TextPart
from qa.types import Span

if TYPE_CHECKING:
    from qa.ports import StoredVectors, Vectors

PARTS = {
    number.to_bytes(32, "big"): TextPart(f"heron number {number} waits", Span(0, 5 + number % 7))
    for number in range(200)
}


class Counting(FakeEncoder):
    """Counts how many calls there are at once; from the `broken` call on, all fail."""

    def __init__(self, broken: int = 1_000) -> None:
        super().__init__()
        self._lock, self._now, self._broken = threading.Lock(), 0, broken
        self.most, self.steps = 0, list[int]()
        self._two = threading.Barrier(2)

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """As the fake one, one pair of calls after another."""
        with self._lock:
            self.steps.append(len(parts))
            self._now += 1
            self.most = max(self.most, self._now)
            if len(self.steps) >= self._broken:
                raise MemoryError
        if len(self.steps) <= 2:
            self._two.wait(10)  # the first two are under way at the same time
        try:
            return super().encode_parts(parts)
        finally:
            with self._lock:
                self._now -= 1


def test_several_encode_what_one_does(tmp_path: Path) -> None:
    alone: dict[bytes, StoredVectors] = {}
    together: dict[bytes, StoredVectors] = {}
    encoder = Counting()
    seen: list[tuple[str, int, int]] = []

    assert encode_missing(alone, PARTS, FakeEncoder(), PendingVectors(tmp_path, "fake"), no_progress) == 200
    (tmp_path / "b").mkdir()
    pending = PendingVectors(tmp_path / "b", "fake")
    count = encode_missing(together, PARTS, encoder, pending, lambda *told: seen.append(told), encoders=3)

    assert count == 200
    assert alone.keys() == together.keys() == PARTS.keys()
    assert all(np.array_equal(alone[digest], together[digest]) for digest in PARTS)
    assert 2 <= encoder.most <= 3
    assert max(encoder.steps) == 200 // (STEPS_EACH * 3), "enough steps for all"
    assert pending.load().keys() == PARTS.keys()
    assert seen[0] == ("embedding", 0, 200)
    assert seen[-1] == ("embedding", 200, 200)
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_what_was_encoded_before_a_failure_is_kept(tmp_path: Path) -> None:
    pending = PendingVectors(tmp_path, "fake")
    with pytest.raises(MemoryError):
        encode_missing({}, PARTS, Counting(broken=5), pending, no_progress, encoders=2)
    kept: dict[bytes, StoredVectors] = {**pending.load()}
    assert len(kept) >= 2 * LEAST_STEP

    rest = FakeEncoder()
    assert encode_missing(kept, PARTS, rest, pending, no_progress, encoders=2) == 200 - (200 - len(rest.encoded))
    assert kept.keys() == PARTS.keys()


def test_what_has_been_encoded_comes_before_what_failed_at_the_same_time() -> None:
    under_way: set[Future[tuple[list[bytes], Vectors]]] = {Future() for _ in range(9)}
    for number, future in enumerate(under_way):
        if number == 4:
            future.set_exception(MemoryError())
        else:
            future.set_result(([bytes([number])], np.zeros((1, 2), np.float32)))
    outcomes = module._finished(under_way)
    found = [next(outcomes)[0] for _ in range(8)]
    assert sorted(found) == [[bytes([number])] for number in range(9) if number != 4]
    with pytest.raises(MemoryError):
        next(outcomes)


class Held(FakeEncoder):
    """The first call fails when it should; all others are held until they are let go."""

    def __init__(self, release: threading.Event, *, broken: bool) -> None:
        super().__init__()
        self._release, self._broken, self._lock = release, broken, threading.Lock()
        self.calls, self.fifth = 0, threading.Event()

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """As the fake one."""
        with self._lock:
            self.calls += 1
            number = self.calls
        if number == 5:
            self.fifth.set()
        if number > 1:
            assert self._release.wait(20)
        elif self._broken:
            raise MemoryError
        return super().encode_parts(parts)


def test_after_a_failure_nothing_more_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(module, "ThreadPoolExecutor", letting_go(release))
    encoder = Held(release, broken=True)
    with pytest.raises(MemoryError):
        encode_missing({}, PARTS, encoder, PendingVectors(tmp_path, "fake"), no_progress, encoders=2)
    assert encoder.calls <= 3, "the one that failed, and one more for each thread"


def test_two_steps_for_each_encoder_are_under_way(tmp_path: Path) -> None:
    """Vectors that are not kept yet lie in memory, however slowly they are written."""
    release = threading.Event()
    encoder = Held(release, broken=False)
    early: list[bool] = []

    def progress(stage: str, done: int, total: int) -> None:
        if done and not release.is_set():
            release.set()
            early.append(encoder.fifth.wait(0.3))

    encode_missing({}, PARTS, encoder, PendingVectors(tmp_path, "fake"), progress, encoders=2)
    assert early == [False]
    assert encoder.fifth.is_set()


def test_a_step_is_neither_tiny_nor_large(tmp_path: Path) -> None:
    encoder = Counting()
    many = {number.to_bytes(32, "big"): TextPart(str(number), Span(0, 1)) for number in range(2_000)}
    encode_missing({}, many, encoder, PendingVectors(tmp_path, "fake"), no_progress, encoders=2)
    assert max(encoder.steps) == ENCODE_STEP
