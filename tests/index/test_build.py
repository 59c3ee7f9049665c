"""A build equals the corpus, embeds only what is new, and gives the same bytes for the same files."""

import errno
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import FakeEncoder, no_progress
from qa.errors import CorpusEmpty, CorpusMissing, IndexStoreError
from qa.index.build import WORTH_LOOKING_FOR
from shelf import FILES, Shelf, public_folder, without_privileges

TESTS = Path(__file__).resolve().parents[1]
HERON, WAITS = "The heron stands in the shallow water.", "It waits."


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A corpus with its index."""
    made = Shelf(tmp_path / "shelf").write()
    made.build()
    return made


def test_the_first_build_reads_embeds_and_publishes_everything(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).write()
    report = shelf.build()
    assert report.published
    assert [record.path for record in report.manifest.documents] == ["birds.md", "sea/tides.txt", "stones.txt"]
    assert sorted(shelf.encoder.encoded) == sorted(
        [
            f"{HERON}", f"{WAITS}", f"Birds\n{HERON}\n{WAITS}", "Storks nest on roofs.", "The tide rises twice a day.",
            "The moon pulls the water, and 🌊 follows.",
            "The tide rises twice a day.\nThe moon pulls the water, and 🌊 follows.",
            "Granite is hard. Slate splits into plates.",
        ]
    )  # fmt: skip
    assert (report.embedded, report.reused, report.manifest.children) == (8, 0, 8)
    assert report.manifest.created == "2026-01-01T12:00:00+00:00"
    assert report.skipped == ()


def test_an_unchanged_corpus_publishes_nothing(shelf: Shelf) -> None:
    before = shelf.store.current()
    report = shelf.build()
    assert (report.published, report.embedded, report.manifest.id) == (False, 0, before)
    assert shelf.encoder.encoded == []
    assert shelf.store.generations() == [before]
    os.utime(shelf.corpus / "stones.txt", (1, 1))
    assert not shelf.build().published


@dataclass
class FullDisk:
    """A mirror whose ledger cannot be written when it comes to one of its two methods."""

    fails: str

    def push(self, *_: object) -> None:
        """Put there."""
        self._note("push")

    def prune(self, *_: object) -> None:
        """Take away."""
        self._note("prune")

    def _note(self, name: str) -> None:
        if name == self.fails:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("fails", "changes"), [("push", False), ("push", True), ("prune", True)])
def test_a_ledger_of_the_mirror_that_cannot_be_written_is_said(shelf: Shelf, fails: str, *, changes: bool) -> None:
    if changes:
        shelf.write({"owls.txt": "Owls nest in towers."})
    builder = replace(shelf.builder(), mirror=FullDisk(fails))
    with pytest.raises(IndexStoreError, match=r"cannot be written \(No space left on device\)\. Make room"):
        builder.build(shelf.corpus, no_progress)


def test_force_publishes_the_same_again_without_embedding(shelf: Shelf) -> None:
    before = shelf.store.current()
    report = shelf.build(force=True)
    assert report.published
    assert (report.embedded, report.reused) == (0, 8)
    assert report.manifest.id == before.replace("000001", "000002")


def test_only_passages_that_changed_are_embedded(shelf: Shelf) -> None:
    shelf.write({"birds.md": FILES["birds.md"].replace(WAITS, "It hunts.") + "\n## Owls\n\nOwls nest in towers.\n"})
    report = shelf.build()
    assert sorted(shelf.encoder.encoded) == [
        f"Birds\n{HERON}\nIt hunts.",
        "It hunts.",
        "Owls nest in towers.",
        "The heron stands in the shallow water.",
    ]
    assert (report.embedded, report.reused) == (4, 5)


def test_renaming_and_removing_embed_nothing(shelf: Shelf) -> None:
    (shelf.corpus / "stones.txt").rename(shelf.corpus / "rocks.txt")
    (shelf.corpus / "birds.md").unlink()
    report = shelf.build()
    assert report.published
    assert (shelf.encoder.encoded, report.reused) == ([], 4)
    assert [record.path for record in shelf.open().documents()] == ["rocks.txt", "sea/tides.txt"]


def test_a_text_that_occurs_twice_is_embedded_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).write({"a.txt": "The same words.", "b.txt": "The same words."})
    report = shelf.build()
    assert shelf.encoder.encoded == ["The same words."]
    assert report.manifest.children == 2
    assert len(shelf.open().nearest(shelf.encoder.encode(["The same words."])[0], 5)) == 2


def test_another_encoder_embeds_everything_anew(shelf: Shelf) -> None:
    other = Shelf(shelf.root, encoder=FakeEncoder("fake@2"))
    report = other.build()
    assert (report.published, report.embedded, report.reused) == (True, 8, 0)
    assert not other.build().published


def test_vectors_of_any_generation_that_is_kept_are_used_again(tmp_path: Path) -> None:
    herons = {f"{number}.txt": f"Heron {number} waits." for number in range(WORTH_LOOKING_FOR)}
    shelf = Shelf(tmp_path).write(herons)
    shelf.build()
    other = Shelf(tmp_path, encoder=FakeEncoder("fake@2"))
    assert other.build().embedded == WORTH_LOOKING_FOR
    shelf.encoder.encoded.clear()
    report = shelf.build()
    assert (shelf.encoder.encoded, report.embedded, report.reused) == ([], 0, WORTH_LOOKING_FOR)
    shelf.write({name: text.replace("Heron", "Crane") for name, text in herons.items()}).build()
    shelf.encoder.encoded.clear()
    assert shelf.write(herons).build().embedded == 0
    assert shelf.encoder.encoded == []
    for ordinal, passage in enumerate(shelf.open().passages(range(WORTH_LOOKING_FOR))):
        assert shelf.open().nearest(shelf.encoder.encode([passage.text])[0], 1)[0].ordinal == ordinal


def test_a_damaged_generation_gives_no_vectors(tmp_path: Path) -> None:
    herons = {f"{number}.txt": f"Heron {number} waits." for number in range(WORTH_LOOKING_FOR)}
    shelf = Shelf(tmp_path).write(herons)
    first = shelf.build().manifest.id
    shelf.write({name: text.replace("Heron", "Crane") for name, text in herons.items()}).build()
    next(shelf.store.folder(first).rglob("vectors.npy")).write_bytes(b"damage")
    assert shelf.write(herons).build().embedded == WORTH_LOOKING_FOR


def test_damage_to_the_last_generation_is_mended_by_the_next_build(shelf: Shelf) -> None:
    (damaged,) = shelf.store.folder(shelf.store.current()).rglob("records.sqlite")
    damaged.write_bytes(b"damage")
    report = shelf.build()
    assert (report.published, report.embedded) == (True, 8)
    assert shelf.open().documents() == report.manifest.documents


def test_files_that_cannot_be_indexed_are_listed_with_their_reason() -> None:
    with public_folder() as folder:
        shelf = Shelf(folder, max_document_bytes=200)
        shelf.write(
            {
                "binary.txt": b"\x89PNG\r\n\xff\xfe", "nul.txt": b"a\0b", "image.png": b"x", "noending": b"x",
                "large.txt": b"x " * 101, "empty.txt": b"", "blank.md": b" \n\n", "good.txt": b"A good text.",
            }
        )  # fmt: skip
        (shelf.corpus / "link.txt").symlink_to("good.txt")
        (shelf.corpus / "closed.txt").write_text("closed")
        (shelf.corpus / "closed.txt").chmod(0)
        with without_privileges():
            report = shelf.build()
    reasons = {record.path: record.reason or "" for record in report.skipped}
    says = {
        "binary.txt": "is not UTF-8 text", "nul.txt": "holds NUL bytes", "image.png": "no parser for .png",
        "noending": "no parser for files without", "large.txt": "over the limit", "empty.txt": "holds no text",
        "blank.md": "holds no text", "link.txt": "symbolic link", "closed.txt": "cannot be read (Permission denied)",
    }  # fmt: skip
    assert sorted(reasons) == sorted(says)
    assert {path: says[path] in reason for path, reason in reasons.items()} == dict.fromkeys(says, True)
    assert all(reason.startswith(path) and reason.endswith(".") for path, reason in reasons.items())
    (indexed,) = [record for record in report.manifest.documents if record.status == "indexed"]
    assert (indexed.path, indexed.passages, indexed.characters) == ("good.txt", 1, 12)


def test_a_file_that_turns_bad_is_skipped_and_one_that_is_mended_comes_back(shelf: Shelf) -> None:
    shelf.write({"stones.txt": b"\xff"})
    assert [record.path for record in shelf.build().skipped] == ["stones.txt"]
    assert not shelf.build().published
    shelf.write()
    assert shelf.build().skipped == ()


def test_a_new_reason_is_news(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, max_document_bytes=100).write({"good.txt": "A good text."})
    (shelf.corpus / "bad.txt").symlink_to("good.txt")
    assert "symbolic link" in (shelf.build().skipped[0].reason or "")
    (shelf.corpus / "bad.txt").unlink()
    shelf.write({"bad.txt": "x" * 101})
    assert "over the limit" in (shelf.build().skipped[0].reason or "")


@pytest.mark.parametrize("left", [{}, {"a.png": b"x"}, {".hidden.txt": b"text"}])
def test_a_corpus_without_a_document_leaves_the_last_generation(shelf: Shelf, left: dict[str, bytes]) -> None:
    before = shelf.store.current()
    for name in FILES:
        (shelf.corpus / name).unlink()
    shelf.write(dict(left))
    with pytest.raises(CorpusEmpty, match="then run `qa index` again"):
        shelf.build()
    assert shelf.open().generation == before
    assert shelf.store.generations() == [before]


def test_a_corpus_that_vanished_leaves_the_last_generation(shelf: Shelf) -> None:
    before = shelf.store.current()
    shelf.corpus.rename(shelf.root / "elsewhere")
    for force in (False, True):
        with pytest.raises(CorpusMissing):
            shelf.build(force=force)
    assert shelf.open().generation == before


def test_the_same_files_give_the_same_bytes_in_any_folder_under_any_hash_seed(tmp_path: Path) -> None:
    """R14: five builds under each of two seeds."""
    program = (
        "import sys; from pathlib import Path; from shelf import Shelf\n"
        "for folder in sys.argv[1:]:\n"
        "    shelf = Shelf(Path(folder), real=True)\n"
        "    print(shelf.build().manifest.digest, ascii(shelf.encoder.encoded))"
    )
    found = []
    for seed, name in (("0", "one"), ("1", "another/deeper")):
        shelves = [Shelf(tmp_path / f"{name}{number}").write() for number in range(5)]
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}"}
        command = [sys.executable, "-c", program, *(str(shelf.root) for shelf in shelves)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
        found += list(zip(done.stdout.splitlines(), [shelf.generation_files() for shelf in shelves], strict=True))
    assert len(found[0][1]) > 8
    assert len(found) == 10
    assert all(build == found[0] for build in found)


NAMES = st.sampled_from(["a.txt", "b.md", "deep/c.txt", "d.png"])
CONTENTS = st.sampled_from(["", "One is one.", "# T\n\nOne is one.\n\n- Two.\n", "Six. 🙂 is here.", "x \0"])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.dictionaries(NAMES, CONTENTS, max_size=3), min_size=1, max_size=4))
def test_builds_after_edits_equal_a_first_build(edits: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown = Shelf(Path(folder) / "grown").write({"always.txt": "It is always here."})
        for edit in edits:
            for name, content in edit.items():
                if content:
                    grown.write({name: content})
                else:
                    (grown.corpus / name).unlink(missing_ok=True)
            grown.build()
        fresh = Shelf(Path(folder) / "fresh")
        fresh.root.mkdir()
        grown.corpus.rename(fresh.corpus)
        fresh.build()
        one, other = grown.generation_files(), fresh.generation_files()
        assert one.pop("manifest.json") is not None
        assert other.pop("manifest.json") is not None
        assert one == other
        assert grown.store.current()[7:] == fresh.store.current()[7:]
