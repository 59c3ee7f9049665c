"""A stamp stands for the bytes only if no second write can hide behind it; lost stamps cost a reading, nothing else."""

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes import no_progress
from qa.index import corpus, gather
from qa.index.build import BuildRequest
from qa.index.corpus import Content, CorpusFile, Stamp
from qa.index.stamps import FILE, LastStamps, Seen, Stamps, load
from qa.types import ParsedDocument, Source
from shelf import FILES, Shelf

SECOND = 1_000_000_000
FINE = Stamp(5, 100 * SECOND, 100 * SECOND + 7, 1)
COARSE = Stamp(5, 100 * SECOND, 100 * SECOND, 1)
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("stamp", "taken", "trusted"),
    [
        (FINE, FINE.ctime_ns, False),
        (FINE, FINE.ctime_ns + SECOND // 20, False),
        (FINE, FINE.ctime_ns + SECOND // 10, True),
        (COARSE, COARSE.ctime_ns + SECOND, False),
        (COARSE, COARSE.ctime_ns + 2 * SECOND, True),
        (FINE._replace(mtime_ns=10**20), FINE.ctime_ns + SECOND, True),  # a time that was set by hand
        (FINE._replace(ctime_ns=10**20 + 1), FINE.ctime_ns + SECOND, False),  # a clock that runs ahead
        (FINE._replace(mtime_ns=0), FINE.ctime_ns, False),
    ],
)
def test_a_stamp_is_trusted_when_the_file_was_at_rest_for_longer_than_a_tick(
    stamp: Stamp, taken: int, trusted: object
) -> None:
    stamps = Stamps("root", {"a": Seen(stamp, "hash", taken)})
    assert stamps.sha256("a", stamp) == ("hash" if trusted else None)
    assert stamps.sha256("a", stamp._replace(inode=2)) is None
    assert stamps.sha256("b", stamp) is None
    assert stamps.sha256("a", None) is None


def test_stamps_are_kept_as_they_are(tmp_path: Path) -> None:
    stamps = Stamps(str(tmp_path / "corpus"), {"é \U0001f600": Seen(FINE, "hash", 7), "closed": Seen(None, None, 8)})
    stamps.save(tmp_path)
    assert load(tmp_path, tmp_path / "corpus") == stamps
    assert load(tmp_path, tmp_path / "other") == Stamps(stamps.root)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_last_stamps_are_read_again_only_when_they_have_been_written(tmp_path: Path) -> None:
    last = LastStamps(tmp_path, tmp_path / "corpus")
    assert last.now() == Stamps()
    for digest in ("one hash", "another"):
        stamps = Stamps(str(tmp_path / "corpus"), {"a": Seen(FINE, digest, 7)})
        stamps.save(tmp_path)
        assert last.now() == stamps
        assert last.now() is last.now()
    (tmp_path / FILE).unlink()
    assert last.now() == Stamps()


def test_stamps_that_cannot_be_read_just_now_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = Stamps(str(tmp_path / "corpus"), {"a": Seen(FINE, "hash", 7)})
    stamps.save(tmp_path)
    last = LastStamps(tmp_path, tmp_path / "corpus")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", _no_descriptor)
        assert last.now() == Stamps()
    assert last.now() == stamps


def _no_descriptor(*_: object, **__: object) -> str:
    raise OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize(
    "damage",
    [b"", b"\0" * 99, b"{", b"[]", b"null", b'{"format":2,"root":"x","files":{}}', b'{"format":1,"root":"x"}', b"\xff",
     b'{"format":1,"root":"ROOT","files":{"a":1}}', b'{"format":1,"root":"ROOT","files":{"a":[[1],"x",1]}}'],
)  # fmt: skip
def test_damaged_stamps_are_no_stamps(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage.replace(b"ROOT", os.fsencode(tmp_path)))
    assert load(tmp_path, tmp_path).files == {}
    (tmp_path / FILE).unlink()
    assert load(tmp_path, tmp_path) == Stamps()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An index whose stamps are trusted: by its clock, the files have been at rest for an hour."""
    made = Shelf(tmp_path / "shelf", clock=lambda: LATER).write()
    made.build()
    return made


@pytest.fixture
def read_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects the files that are read."""
    paths: list[str] = []

    def read(file: CorpusFile, *, max_bytes: int) -> Content:
        paths.append(file.path)
        return corpus.read(file, max_bytes=max_bytes)

    monkeypatch.setattr(gather, "read", read)
    return paths


def test_only_changed_files_are_read(shelf: Shelf, read_paths: list[str]) -> None:
    assert not shelf.build().published
    assert read_paths == []
    shelf.write({"stones.txt": "Marble.", "new.txt": "News."})
    assert shelf.build().published
    assert read_paths == ["new.txt", "stones.txt"]
    read_paths.clear()
    assert not shelf.builder().build(shelf.corpus, no_progress, BuildRequest(rehash=True)).published
    assert len(read_paths) == 4


def test_an_edit_that_puts_size_and_time_back_is_seen(shelf: Shelf, read_paths: list[str]) -> None:
    path = shelf.corpus / "stones.txt"
    before = path.stat()
    path.write_text(FILES["stones.txt"].replace("Granite", "Feldspa"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert shelf.build().published
    assert read_paths == ["stones.txt"]


def test_without_a_moment_of_rest_every_file_is_read_again(tmp_path: Path, read_paths: list[str]) -> None:
    shelf = Shelf(tmp_path / "shelf", clock=lambda: datetime.now(UTC)).write()
    shelf.build()
    read_paths.clear()
    shelf.build()
    assert sorted(read_paths) == sorted(FILES)


def test_lost_stamps_cost_a_reading(shelf: Shelf, read_paths: list[str]) -> None:
    (shelf.store.root / FILE).unlink()
    assert not shelf.build().published
    assert sorted(read_paths) == sorted(FILES)
    assert set(json.loads((shelf.store.root / FILE).read_text())["files"]) == set(FILES)


def test_a_lower_limit_is_applied_to_files_that_are_known(shelf: Shelf) -> None:
    shelf.max_document_bytes = 50
    assert [record.path for record in shelf.build().skipped] == ["birds.md", "sea/tides.txt"]


def test_parsing_and_chunking_are_left_out_for_what_is_known(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    builder = shelf.builder()
    parsed: list[str] = []

    def parse(source: Source, data: bytes) -> ParsedDocument:
        parsed.append(source.path)
        return builder.parse(source, data)

    monkeypatch.setattr(Shelf, "builder", lambda self: replace(builder, parse=parse))
    shelf.write({"stones.txt": "Marble."})
    shelf.build()
    assert parsed == ["stones.txt"]
