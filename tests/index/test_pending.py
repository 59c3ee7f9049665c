"""A build that is broken off does not embed again what it had embedded; torn records are never believed."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import FakeEncoder
from qa.index import vectors
from qa.index.pending import FILE, PendingVectors
from shelf import Shelf

if TYPE_CHECKING:
    from qa.ports import Vectors

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)
DIGESTS = [bytes([number]) * 32 for number in range(3)]


class FailingEncoder(FakeEncoder):
    """Breaks down after some texts."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """As the fake one, until it is enough."""
        if len(self.encoded) + len(texts) > self._most:
            raise MemoryError
        return super().encode(texts)


def test_vectors_come_back_as_they_were(tmp_path: Path) -> None:
    pending = PendingVectors(tmp_path, "encoder")
    assert pending.load() == {}
    pending.add(DIGESTS[:1], ROWS[:1])
    pending.add(DIGESTS[1:], ROWS[1:])
    found = pending.load()
    assert list(found) == DIGESTS
    assert np.array_equal(np.stack(list(found.values())), ROWS)
    pending.clear()
    assert pending.load() == {}
    assert list(tmp_path.iterdir()) == []


def test_another_encoder_finds_nothing_and_clears_it(tmp_path: Path) -> None:
    PendingVectors(tmp_path, "one").add(DIGESTS, ROWS)
    assert PendingVectors(tmp_path, "two").load() == {}
    assert not (tmp_path / FILE).exists()


def test_every_torn_or_damaged_end_is_cut_off(tmp_path: Path) -> None:
    pending = PendingVectors(tmp_path, "encoder")
    pending.add(DIGESTS, ROWS)
    whole = (tmp_path / FILE).read_bytes()
    head = whole.index(b"\n") + 1
    record = (len(whole) - head) // 3
    for length in range(len(whole)):
        for end in (b"", b"\0" * 60):
            (tmp_path / FILE).write_bytes(whole[:length] + end)
            kept = max(0, (length - head) // record)
            assert list(pending.load()) == DIGESTS[:kept], length
    (tmp_path / FILE).write_bytes(whole[:-1])
    pending.load()
    pending.add(DIGESTS[2:], ROWS[2:])
    assert (tmp_path / FILE).read_bytes() == whole, "what follows is whole again"


def test_a_broken_build_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "ENCODE_STEP", 1)
    shelf = Shelf(tmp_path, encoder=FailingEncoder(5)).write()
    with pytest.raises(MemoryError):
        shelf.build()
    assert len(shelf.encoder.encoded) == 5

    shelf.encoder = FakeEncoder()
    report = shelf.build()

    assert len(shelf.encoder.encoded) == 3
    assert (report.embedded, report.reused) == (3, 5)
    assert not (shelf.store.root / FILE).exists()
    fresh = Shelf(tmp_path / "fresh").write()
    fresh.build()
    assert fresh.generation_files() == shelf.generation_files()
