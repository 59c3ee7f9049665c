"""The corpus folder is read as it is: every file, sorted, no link followed, each refusal with its reason."""

import hashlib
import mimetypes
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.errors import CorpusMissing, DocumentError, DocumentTooLarge, UnreadableDocument
from qa.index.corpus import CorpusFile, read, scan
from shelf import public_folder, without_privileges

LIMIT = 1000


@pytest.fixture
def corpus() -> Iterator[Path]:
    """An empty folder that anyone may read."""
    with public_folder() as folder:
        (folder / "corpus").mkdir()
        yield folder / "corpus"


def refusal(file: CorpusFile) -> str:
    with pytest.raises(DocumentError) as caught:
        read(file, max_bytes=LIMIT)
    return str(caught.value)


def test_files_are_sorted_by_their_path_and_hidden_ones_passed_over(corpus: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/.hidden", ".git/config", "a-1.txt", "B.txt", "old.txt~", "a/deep/er/é.md"):
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_text("x")
    assert [file.path for file in scan(corpus)] == ["B.txt", "a-1.txt", "a/deep/er/é.md", "a/z.txt", "b.txt"]
    assert all(file.problem is None for file in scan(corpus))


def test_a_folder_inside_can_be_left_out(corpus: Path) -> None:
    for name in ("a.txt", "index/b.txt", "index/deep/c.txt", "index2/d.txt", "deep/index/e.txt"):
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_text("x")
    left = ["a.txt", "deep/index/e.txt", "index2/d.txt"]
    assert [file.path for file in scan(corpus, without=corpus / "index")] == left
    (corpus.parent / "link").symlink_to(corpus)
    assert [file.path for file in scan(corpus.parent / "link", without=corpus / "index")] == left
    assert len(scan(corpus, without=corpus.parent / "elsewhere")) == len(scan(corpus)) == 5


def test_a_file_is_its_bytes_with_their_hash(corpus: Path) -> None:
    (corpus / "a.md").write_bytes(b"caf\xe9\0")
    source, data, _ = read(scan(corpus)[0], max_bytes=LIMIT)
    assert data == b"caf\xe9\0"
    assert (source.path, source.size, source.sha256) == ("a.md", 5, hashlib.sha256(data).hexdigest())
    assert source.media_type == "text/markdown"


@pytest.mark.parametrize("make", ["nothing", "file"])
def test_a_missing_folder_is_an_error(corpus: Path, make: str) -> None:
    if make == "file":
        (corpus / "gone").write_text("x")
    with pytest.raises(CorpusMissing, match=r"no corpus folder .*/gone"):
        scan(corpus / "gone")


def test_links_to_files_folders_and_nowhere_are_named_and_not_followed(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.txt").write_text("secret")
    (corpus / "file.txt").symlink_to(tmp_path / "outside" / "secret.txt")
    (corpus / "folder").symlink_to(tmp_path / "outside")
    (corpus / "loop").symlink_to(corpus)
    (corpus / "nowhere.txt").symlink_to("gone.txt")
    found = scan(corpus)
    assert [file.path for file in found] == ["file.txt", "folder", "loop", "nowhere.txt"]
    assert all("symbolic link" in refusal(file) for file in found)


def test_a_link_that_takes_the_place_of_a_scanned_file_is_not_followed(corpus: Path, tmp_path: Path) -> None:
    (corpus / "a.txt").write_text("x")
    found = scan(corpus)
    (tmp_path / "secret.txt").write_text("secret")
    (corpus / "a.txt").unlink()
    (corpus / "a.txt").symlink_to(tmp_path / "secret.txt")
    assert "cannot be read" in refusal(found[0])


def test_pipes_and_sockets_are_refused_without_waiting(corpus: Path) -> None:
    os.mkfifo(corpus / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(corpus / "socket.txt"))
        assert ["not a regular file" in refusal(file) for file in scan(corpus)] == [True, True]
    (corpus / "late.txt").write_text("x")
    late = next(file for file in scan(corpus) if file.path == "late.txt")
    (corpus / "late.txt").unlink()
    os.mkfifo(corpus / "late.txt")
    assert "cannot be read (not a regular file)" in refusal(late)


def test_a_file_may_have_the_limit_and_no_more(corpus: Path) -> None:
    (corpus / "a.txt").write_bytes(b"x" * LIMIT)
    (corpus / "b.txt").write_bytes(b"x" * (LIMIT + 1))
    fits, large = scan(corpus)
    assert len(read(fits, max_bytes=LIMIT)[1]) == LIMIT
    with pytest.raises(DocumentTooLarge, match="over the limit") as caught:
        read(large, max_bytes=LIMIT)
    assert "QA_MAX_DOCUMENT_MEGABYTES" in caught.value.remedy


def test_a_file_without_permission_and_one_that_vanished_are_named(corpus: Path) -> None:
    for name in ("closed.txt", "gone.txt"):
        (corpus / name).write_text("x")
    closed, gone = scan(corpus)
    (corpus / "closed.txt").chmod(0)
    (corpus / "gone.txt").unlink()
    with without_privileges():
        assert "closed.txt cannot be read (Permission denied)" in refusal(closed)
    assert "gone.txt cannot be read (No such file" in refusal(gone)


def test_a_folder_without_permission_is_named_too(corpus: Path) -> None:
    (corpus / "a.txt").write_text("x")
    (corpus / "closed").mkdir()
    (corpus / "closed" / "b.txt").write_text("x")
    (corpus / "closed").chmod(0)
    try:
        with without_privileges():
            found = {file.path: file for file in scan(corpus)}
    finally:
        (corpus / "closed").chmod(0o755)
    assert "closed" in found
    assert "closed cannot be read" in refusal(found["closed"])


def test_a_name_that_is_no_utf8_is_refused_in_letters_that_can_be_shown(corpus: Path) -> None:
    (Path(os.fsdecode(os.fsencode(corpus) + b"/caf\xe9.txt"))).write_text("x")
    (file,) = scan(corpus)
    assert file.path == r"caf\xe9.txt"
    with pytest.raises(UnreadableDocument, match=r"The name of caf\\xe9\.txt is not UTF-8"):
        read(file, max_bytes=LIMIT)


@pytest.mark.parametrize("name", ["a.text", "a.rst", "a.log", "a.md", "a.txt", "a.xyz"])
def test_the_media_type_does_not_depend_on_the_system(corpus: Path, tmp_path: Path, name: str) -> None:
    (corpus / name).write_text("x")
    before = read(scan(corpus)[0], max_bytes=LIMIT)[0]
    (tmp_path / "mime.types").write_text("x-odd/one text rst log md txt xyz\n")
    try:
        mimetypes.init([str(tmp_path / "mime.types")])
        assert read(scan(corpus)[0], max_bytes=LIMIT)[0] == before
    finally:
        mimetypes.init()
