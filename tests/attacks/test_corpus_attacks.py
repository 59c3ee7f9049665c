"""C1 to C8: folders made to mislead, seen through a whole build."""

import os
import shutil
import socket
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from fakes import no_progress
from ingest import GOOD, ingest, ingested
from qa.errors import CorpusEmpty, CorpusMissing, MassDeletion
from qa.index.build import IndexBuilder
from qa.types import ParsedDocument, Source
from shelf import Shelf, make_deep, public_folder, without_privileges


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A corpus with two good files."""
    return Shelf(tmp_path).write(GOOD)


def test_c1_links_out_of_the_corpus_are_not_followed(shelf: Shelf) -> None:
    (shelf.root / "secret").mkdir()
    (shelf.root / "secret" / "key.txt").write_text("the secret word")
    (shelf.corpus / "key.txt").symlink_to(shelf.root / "secret" / "key.txt")
    (shelf.corpus / "folder").symlink_to(shelf.root / "secret")
    (shelf.corpus / "users.txt").symlink_to("/etc/passwd")
    done = ingested(shelf)
    assert all("symbolic link" in str(done.reason(name)) for name in ("key.txt", "folder", "users.txt"))
    assert not any("secret" in text for text in done.texts.values())


def test_c2_only_regular_files_are_read(shelf: Shelf) -> None:
    (shelf.corpus / "loop").symlink_to(".")
    os.mkfifo(shelf.corpus / "pipe.txt")
    os.link(shelf.corpus / "a good one.txt", shelf.corpus / "twin.txt")
    with (shelf.corpus / "sparse.txt").open("wb") as file:
        file.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(shelf.corpus / "socket.txt"))
        done = ingested(shelf)
    assert "symbolic link" in str(done.reason("loop"))
    assert all("not a regular file" in str(done.reason(name)) for name in ("pipe.txt", "socket.txt"))
    assert "over the limit" in str(done.reason("sparse.txt"))
    assert done.texts["twin.txt"] == done.texts["a good one.txt"]


NAMES = ["..txt", "line\nbreak.txt", "bell\x07.txt", "left\u202eright.txt", "n" * 251 + ".txt", "a b&c=%2e%2e.txt"]


def test_c3_names_of_any_letters_are_documents_like_others(shelf: Shelf) -> None:
    visible = [name for name in NAMES if not name.startswith(".")]
    done = ingest(shelf, dict.fromkeys(visible, b"The pier."))
    assert [done.texts[name] for name in visible] == ["The pier."] * len(visible)
    ids = {done.records[name].document_id for name in visible}
    assert len(ids) == len(visible)
    assert all(len(found) == 16 and found.isalnum() for found in ids)


def test_c3_a_name_that_is_no_utf8_is_listed_in_letters_that_can_be_shown(shelf: Shelf) -> None:
    Path(os.fsdecode(os.fsencode(shelf.corpus) + b"/caf\xe9.txt")).write_text("The pier.")
    assert "not UTF-8" in str(ingested(shelf).reason(r"caf\xe9.txt"))


def swapping(builder: IndexBuilder, first: Path, second: Path) -> IndexBuilder:
    """A builder that puts another file in the place of `first` when it is already listed and not read yet."""

    def parse(source: Source, data: bytes) -> ParsedDocument:
        if second.exists() or second.is_symlink():
            second.replace(first)
        return builder.parse(source, data)

    return replace(builder, parse=parse)


def test_c4_a_link_that_takes_the_place_of_a_listed_file_is_not_followed(shelf: Shelf) -> None:
    (shelf.root / "secret.txt").write_text("the secret word")
    (shelf.root / "swap").symlink_to(shelf.root / "secret.txt")
    (shelf.corpus / "b.txt").write_text("The pier.")
    builder = swapping(shelf.builder(), shelf.corpus / "b.txt", shelf.root / "swap")
    report = builder.build(shelf.corpus, no_progress)
    assert [(record.path, "cannot be read" in str(record.reason)) for record in report.skipped] == [("b.txt", True)]


def test_c5_twins_are_two_documents_and_many_files_in_deep_folders_are_read(shelf: Shelf) -> None:
    twins = [unicodedata.normalize(form, "caf\u00e9.txt") for form in ("NFC", "NFD")] + ["A.txt", "a.txt"]
    deep = "/".join(["d"] * 300) + "/deep.txt"
    many = {f"{n % 7}/{n}.txt": b"Number %d." % n for n in range(1000)}
    done = ingest(shelf, {**{name: name.encode() for name in twins}, deep: b"The pier.", **many})
    assert all(done.texts[name] == name for name in twins)
    assert done.texts[deep] == "The pier."
    assert len(done.texts) == len(GOOD) + len(twins) + 1 + len(many)


def test_c5_folders_deeper_than_a_path_can_name_are_listed_and_the_rest_is_read(shelf: Shelf) -> None:
    name = make_deep(shelf.corpus)
    shelf.write({f"{name}/above.txt": b"The pier."})
    done = ingested(shelf)
    (skipped,) = (record for record in done.records.values() if record.reason)
    assert skipped.path.startswith(f"{name}/{name}/")
    assert "lies so deep" in str(skipped.reason)
    assert len(str(skipped.reason)) < 250
    assert done.texts[f"{name}/above.txt"] == "The pier."


def test_c6_a_corpus_that_vanishes_never_takes_the_index_with_it(shelf: Shelf) -> None:
    shelf.write({f"{n}.txt": f"Number {n}." for n in range(8)})
    before = ingested(shelf).records
    published = shelf.store.current()
    shelf.corpus.rename(shelf.root / "away")
    with pytest.raises(CorpusMissing):
        shelf.build()
    shelf.corpus.mkdir()
    with pytest.raises(CorpusEmpty):
        shelf.build()
    shutil.copy(shelf.root / "away" / "0.txt", shelf.corpus)
    with pytest.raises(MassDeletion):
        shelf.build()
    assert shelf.store.current() == published
    assert {record.path for record in shelf.open().documents()} == set(before)


def test_c7_a_file_without_permission_is_named_and_read_once_it_has_it() -> None:
    with public_folder() as folder:
        Shelf(folder / "before").write({"any.txt": "The sky."}).build()  # loads what only its owner may be able to
        shelf = Shelf(folder).write({"closed.txt": "The pier.", "open.txt": "The sea."})
        (shelf.corpus / "closed.txt").chmod(0)
        with without_privileges():
            (skipped,) = shelf.build().skipped
        (shelf.corpus / "closed.txt").chmod(0o644)
        with without_privileges():
            assert not shelf.build().skipped
    assert "closed.txt cannot be read (Permission denied)" in str(skipped.reason)
