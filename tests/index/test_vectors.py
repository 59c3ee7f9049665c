"""Texts that are encoded by several at once: all of them, a few at a time, and kept as they come."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import FakeEncoder, no_progress
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


def test_a_step_is_neither_tiny_nor_large(tmp_path: Path) -> None:
    encoder = Counting()
    many = {number.to_bytes(32, "big"): TextPart(str(number), Span(0, 1)) for number in range(2_000)}
    encode_missing({}, many, encoder, PendingVectors(tmp_path, "fake"), no_progress, encoders=2)
    assert max(encoder.steps) == ENCODE_STEP
