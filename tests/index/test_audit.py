"""The audit finds every fault that is put into a generation whose checksums are right, and tells stale from damaged."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes import FakeEncoder, NumpyDenseBackend, no_progress
from qa.errors import IndexMissing, UnreadableDocument
from qa.index import records, wording
from qa.index.audit import DENSE, LEXICAL, RECORDS, Audit, Auditor, Finding
from qa.index.build import IndexBuilder
from qa.index.lists import Lists
from qa.index.manifest import FILE as MANIFEST
from qa.index.manifest import file_sum
from qa.index.volumes import DENSE_FOLDER, LEXICAL_FOLDER
from qa.index.volumes import FOLDER as VOLUMES_FOLDER
from qa.ports import DenseSearch, LexicalEntry
from qa.types import ParsedDocument, Source
from shelf import FILES, Shelf

WORDS = "granite slate marble tide moon heron stork lamp".split()
BIRDS, TIDES, STONES = "birds.md", "sea/tides.txt", "stones.txt"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path).write({**FILES, "locked.bin": b"\0"})
    shelf.build()
    return shelf


def audited(shelf: Shelf, builder: IndexBuilder | None = None, *, sample: int | None = None) -> Audit:
    return Auditor(builder or shelf.builder(), shelf.corpus, no_progress, sample=sample).audit()


def forge(shelf: Shelf, damage: Callable[[Path], None], **changes: Any) -> None:
    """Damage the published generation and give it the checksums and the name that a build would have given it."""
    old = shelf.store.current()
    manifest, folder = shelf.store.manifest(old), shelf.store.folder(old)
    (volume,) = (folder / VOLUMES_FOLDER).iterdir()
    damage(volume)
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    files = {name: file_sum(folder / name) for name in sorted(names) if name != MANIFEST}
    new = replace(manifest, files=files, **changes)
    (folder / MANIFEST).write_text(new.to_json(), encoding="utf-8")
    folder.rename(shelf.store.folder(new.id))
    (shelf.store.root / "CURRENT").write_text(new.id, encoding="utf-8")


def test_a_true_index_is_found_true_and_everything_is_counted(shelf: Shelf) -> None:
    audit = audited(shelf)
    manifest = shelf.store.manifest(shelf.store.current())

    assert (audit.verdict, audit.stale, audit.damaged) == ("true", [], [])
    assert (audit.documents, audit.parsed, audit.skipped) == (3, 3, 1)
    assert (audit.passages, audit.entries) == (manifest.passages, manifest.passages)
    assert (audit.children, audit.encoded) == (manifest.children, manifest.children)
    assert audit.sentences >= audit.passages > 0
    assert audit.files == len(manifest.files)
    assert audit.agreement == pytest.approx(1)


def test_the_audit_writes_nothing(shelf: Shelf) -> None:
    def state() -> list[tuple[str, int]]:
        return sorted((str(path), path.stat().st_mtime_ns) for path in shelf.root.rglob("*"))

    before = state()
    audited(shelf)
    assert state() == before


def test_a_sample_is_spread_over_all_texts(shelf: Shelf) -> None:
    encoder = FakeEncoder()
    shelf.encoder = encoder
    audit = audited(shelf, sample=2)

    assert audit.encoded == len(encoder.encoded) == 2
    assert audit.children > 2


@pytest.mark.parametrize(
    ("statement", "path", "words"),
    [
        ("UPDATE documents SET text = CAST(REPLACE(text, 'hard', 'soft') AS BLOB)", STONES, "another text"),
        ("UPDATE documents SET sha256 = path", STONES, "another file"),
        ("UPDATE documents SET title = 'Pebbles'", STONES, "when it is parsed again"),
        ("UPDATE chunks SET headings = '[]' WHERE headings LIKE '%Nests%'", BIRDS, "when it is cut again"),
        ("UPDATE chunks SET number = 7 WHERE ordinal = 0", BIRDS, "other passages than the manifest counts"),
        ("UPDATE chunks SET stop = 900", STONES, "leaves its text"),
        ("UPDATE children SET sha256 = x'00' WHERE ordinal = 1", BIRDS, "of other words"),
        ("DELETE FROM documents", RECORDS, "cannot be read back"),
        ("UPDATE children SET stop = start WHERE ordinal = 1", RECORDS, "cannot be read back"),
        ("UPDATE chunks SET sentences = x'010203' WHERE ordinal = 0", RECORDS, "cannot be read back"),
        ("INSERT INTO children (chunk, start, stop, sha256) VALUES (99, 1, 2, x'00')", RECORDS, "of no document"),
    ],
)  # fmt: skip
def test_a_fault_of_the_records_is_found(shelf: Shelf, statement: str, path: str, words: str) -> None:
    def damage(folder: Path) -> None:
        with sqlite3.connect(folder / records.FILE) as connection:
            assert connection.execute(statement).rowcount > 0
        connection.close()

    forge(shelf, damage)

    audit = audited(shelf)

    assert audit.verdict == "damaged"
    assert [finding for finding in audit.damaged if finding.path == path and words in finding.words], audit.damaged
    assert audit.stale == []


@pytest.mark.parametrize(
    ("before", "path", "words"),
    [(0, BIRDS, "by other words at 7"), (-1, RECORDS, "cannot be read back"), (None, BIRDS, "by other words at 7")],
    ids=["where the first passage ends", "where the last one ends", "a term"],
)
def test_a_fault_of_the_terms_is_found(shelf: Shelf, before: int | None, path: str, words: str) -> None:
    passages = shelf.open().manifest.passages

    def damage(folder: Path) -> None:
        kept = np.load(folder / wording.FILE)
        kept[passages if before is None else before % passages] += 1
        np.save(folder / wording.FILE, kept)

    forge(shelf, damage)

    assert [finding for finding in audited(shelf).damaged if finding.path == path and words in finding.words]


def test_a_vector_of_another_text_is_found(shelf: Shelf) -> None:
    def swap(folder: Path) -> None:
        rows = np.load(folder / DENSE_FOLDER / "vectors.npy")
        rows[[0, -1]] = rows[[-1, 0]]
        np.save(folder / DENSE_FOLDER / "vectors.npy", rows)

    forge(shelf, swap)
    audit = audited(shelf)

    last = audit.children - 1
    assert [finding.words.split()[-1] for finding in audit.damaged] == ["0", str(last)]
    assert audit.agreement is not None
    assert audit.agreement < 0.98


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_a_vector_that_is_none_is_found(shelf: Shelf, value: float) -> None:
    def spoil(folder: Path) -> None:
        rows = np.load(folder / DENSE_FOLDER / "vectors.npy")
        rows[0] = value
        np.save(folder / DENSE_FOLDER / "vectors.npy", rows)

    forge(shelf, spoil)
    assert [finding.words for finding in audited(shelf).damaged] == ["hold another than that of its text at 0"]


@pytest.mark.parametrize("turn", [0, 1])
def test_lists_that_lead_elsewhere_are_found(tmp_path: Path, turn: int) -> None:
    """Each vector in a list of its own, or in that of its neighbour; one list is looked into."""
    shelf = Shelf(tmp_path, real=True).write({f"{n}.txt": f"{word} here." for n, word in enumerate(WORDS)})
    shelf.build()

    def lay(folder: Path) -> None:
        rows = np.load(folder / DENSE_FOLDER / "vectors.npy")
        Lists(rows, np.roll(np.arange(len(rows)), turn).astype(np.uint16)).save(folder.parents[1] / DENSE_FOLDER)

    forge(shelf, lay, dense=DenseSearch(rescored=1, recall=1.0, lists=len(WORDS), probes=1))
    found = audited(shelf).damaged
    assert [finding.path for finding in found] == [DENSE] * turn
    assert all("are not found by themselves" in finding.words for finding in found)


def test_lists_that_are_not_of_these_vectors_are_found(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, real=True).write({f"{n}.txt": f"{word} here." for n, word in enumerate(WORDS)})
    shelf.build()

    def lay(folder: Path) -> None:
        lists = Lists(np.zeros((1, 384), np.float32), np.zeros(3, np.uint16))
        lists.save(folder.parents[1] / DENSE_FOLDER)

    forge(shelf, lay, dense=DenseSearch(rescored=1, recall=1.0, lists=1, probes=1))
    (finding,) = audited(shelf).damaged
    assert "cannot be searched as the manifest says" in finding.words


def test_missing_vectors_and_words_are_found(shelf: Shelf) -> None:
    def shorten(folder: Path) -> None:
        rows = np.load(folder / DENSE_FOLDER / "vectors.npy")
        NumpyDenseBackend().build(rows[:-1], folder / DENSE_FOLDER)
        shelf.lexical.build([LexicalEntry("a", "b", "c")], folder / LEXICAL_FOLDER)

    forge(shelf, shorten)
    found = {finding.path: finding.words for finding in audited(shelf).damaged}

    assert found.keys() == {DENSE, LEXICAL}
    assert "holds 1 entries for" in found[LEXICAL]


def test_a_damaged_or_foreign_file_ends_the_check(shelf: Shelf) -> None:
    generation = shelf.store.folder(shelf.store.current())
    (folder,) = (generation / VOLUMES_FOLDER).iterdir()
    inside = folder.relative_to(generation).as_posix()
    (folder / "words.txt").write_text("other\n")
    (folder / records.FILE).unlink()
    (folder / "stray").write_text("")

    audit = audited(shelf)

    assert audit.damaged == [
        Finding(f"{inside}/{records.FILE}", "cannot be read (No such file or directory)"),
        Finding(f"{inside}/words.txt", "is not as it was built"),
        Finding(f"{inside}/stray", "does not belong to the generation"),
    ]
    assert audit.documents == 0


def test_what_has_changed_since_is_stale_and_not_damaged(shelf: Shelf) -> None:
    shelf.write({STONES: "Granite is soft.", "new.txt": "News."})
    (shelf.corpus / BIRDS).unlink()

    audit = audited(shelf)

    assert audit.verdict == "stale"
    assert audit.damaged == []
    assert {finding.path: finding.words for finding in audit.stale} == {
        "new.txt": "is new",
        BIRDS: "is no longer in the corpus",
        STONES: "has changed",
    }
    assert (audit.documents, audit.parsed) == (3, 1)


def test_a_missing_corpus_is_stale_and_the_rest_is_checked(shelf: Shelf) -> None:
    shutil.rmtree(shelf.corpus)

    audit = audited(shelf)

    assert audit.verdict == "stale"
    assert "no corpus folder" in audit.stale[0].words
    assert (audit.documents, audit.parsed, audit.encoded) == (3, 0, audit.children)


def test_a_file_that_cannot_be_read_now_is_stale(shelf: Shelf) -> None:
    (shelf.corpus / STONES).unlink()
    (shelf.corpus / STONES).symlink_to(shelf.corpus / BIRDS)

    assert [finding.path for finding in audited(shelf).stale] == [STONES]


def test_a_file_that_is_parsed_otherwise_is_damaged(shelf: Shelf) -> None:
    builder = shelf.builder()

    def otherwise(source: Source, data: bytes) -> ParsedDocument:
        if source.path == STONES:
            raise UnreadableDocument("It is broken.", remedy="Mend it.")
        return builder.parse(source, data + b"!" if source.path == TIDES else data)

    found = {finding.path: finding.words for finding in audited(shelf, replace(builder, parse=otherwise)).damaged}

    assert "when it is parsed again" in found[TIDES]
    assert "cannot be parsed again: It is broken" in found[STONES]
    assert found.keys() == {TIDES, STONES}


def test_another_encoder_or_parser_makes_the_index_stale_and_compares_less(shelf: Shelf) -> None:
    builder = shelf.builder()
    other = replace(builder, recipe=replace(builder.recipe, encoder="other@1", parsers=("plain 99",)))

    audit = audited(shelf, other)

    assert [finding.path for finding in audit.stale] == ["the whole index"]
    assert (audit.verdict, audit.parsed, audit.encoded) == ("stale", 0, 0)


def test_without_an_index_there_is_nothing_to_check(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        audited(Shelf(tmp_path).write())
