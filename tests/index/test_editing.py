"""Files are put into the corpus whole or not at all, never elsewhere, and only under names that documents may have."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qa.errors import ChangeNotWritten, DocumentTooLarge, NameTaken, NoSuchFile, UnsupportedFormat, UnusableName
from qa.index import editing
from qa.index.corpus import scan
from qa.index.editing import CorpusEditor, checked_parts
from qa.wiring import make_parsers

BAD_NAMES = (
    "", "/", "/etc/passwd.txt", "../out.txt", "a/../../out.txt", "a//b.txt", "./a.txt", ".hidden.txt", "a/.git/b.txt",
    "left.txt~", " a.txt", "a.txt ", "a\\b.txt", "a\0.txt", "a\n.txt", "a\x7f.txt", "a\u2028.txt", "\ud800.txt",
    "x" * 197 + ".txt", "/".join("x" * 16) + ".txt" + "/y.txt", "/".join(["x" * 190] * 6) + ".txt",
)  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "there.txt").write_text("old")
    return folder


@pytest.fixture
def editor(corpus: Path, tmp_path: Path) -> CorpusEditor:
    return CorpusEditor(corpus, index=tmp_path / "index", check=make_parsers().for_path, most_bytes=1000)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_file_is_put_in_and_taken_out(editor: CorpusEditor, corpus: Path) -> None:
    assert editor.put("new/caf\u00e9 \u2615.md", b"# New") is False
    assert tree(corpus) == {"new/caf\u00e9 \u2615.md": b"# New", "there.txt": b"old"}
    assert editor.put("there.txt", b"new", replace=True) is True
    assert tree(corpus)["there.txt"] == b"new"

    editor.remove("new/caf\u00e9 \u2615.md")

    assert tree(corpus) == {"there.txt": b"new"}


def test_nothing_is_replaced_unless_that_is_asked_for(editor: CorpusEditor, corpus: Path) -> None:
    with pytest.raises(NameTaken, match=r"there\.txt already"):
        editor.put("there.txt", b"new")
    assert tree(corpus) == {"there.txt": b"old"}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_no_document_may_have(editor: CorpusEditor, tmp_path: Path, name: str) -> None:
    before = tree(tmp_path)
    with pytest.raises(UnusableName):
        editor.put(name, b"x", replace=True)
    with pytest.raises(UnusableName):
        editor.remove(name)
    assert tree(tmp_path) == before


def test_names_up_to_the_bounds_are_taken() -> None:
    assert checked_parts("x" * 196 + ".txt") == ("x" * 196 + ".txt",)
    assert len(checked_parts("/".join("x" * 16))) == 16
    assert checked_parts("a..b/c.d.txt") == ("a..b", "c.d.txt")


@pytest.mark.parametrize(("name", "data", "error"), [
    ("program.exe", b"x", UnsupportedFormat), ("noending", b"x", UnsupportedFormat),
    ("a.txt", b"x" * 1001, DocumentTooLarge),
])  # fmt: skip
def test_only_what_can_be_read_is_taken(
    editor: CorpusEditor, corpus: Path, name: str, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        editor.put(name, data)
    assert tree(corpus) == {"there.txt": b"old"}


def test_links_lead_nowhere(editor: CorpusEditor, corpus: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (corpus / "door").symlink_to(outside)
    (corpus / "link.txt").symlink_to(outside / "secret.txt")

    for change in (lambda: editor.put("door/in.txt", b"x"), lambda: editor.remove("door/secret.txt")):
        with pytest.raises(UnusableName, match="not followed"):
            change()
    for change in (lambda: editor.put("link.txt", b"x", replace=True), lambda: editor.remove("link.txt")):
        with pytest.raises(UnusableName, match="no regular file"):
            change()

    assert tree(outside) == {"secret.txt": b"secret"}
    assert (corpus / "link.txt").is_symlink()


def test_folders_are_not_files(editor: CorpusEditor, corpus: Path) -> None:
    (corpus / "folder.txt").mkdir()
    with pytest.raises(UnusableName, match="no regular file"):
        editor.put("folder.txt", b"x", replace=True)
    for change in (lambda: editor.put("there.txt/below.txt", b"x"), lambda: editor.remove("there.txt/below.txt")):
        with pytest.raises(UnusableName, match="a file or a link"):
            change()
    for name in ("absent.txt", "absent/absent.txt"):
        with pytest.raises(NoSuchFile, match=name.rpartition("/")[0] or name):
            editor.remove(name)


def test_the_index_inside_the_corpus_is_not_written_to(corpus: Path) -> None:
    editor = CorpusEditor(corpus, index=corpus / "index", check=lambda _: None, most_bytes=10)
    (corpus / "index").mkdir()
    with pytest.raises(UnusableName, match="folder of the index"):
        editor.put("index/a.txt", b"x")
    assert tree(corpus) == {"there.txt": b"old"}


def test_a_disk_that_refuses_leaves_all_as_it_was(
    editor: CorpusEditor, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for replace in (False, True):
        with pytest.raises(ChangeNotWritten, match="No space left"):
            editor.put("there.txt" if replace else "new.txt", b"new", replace=replace)
    assert tree(corpus) == {"there.txt": b"old"}


def test_what_is_being_written_is_no_document(
    editor: CorpusEditor, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    link = os.link

    def look(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        seen.append([file.path for file in scan(corpus)])
        link(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "link", look)
    editor.put("new.txt", b"new")

    assert seen == [["there.txt"]]
    assert [file.path for file in scan(corpus)] == ["new.txt", "there.txt"]


def test_a_file_that_comes_in_between_is_not_lost(
    editor: CorpusEditor, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def late(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        (corpus / "new.txt").write_text("another")
        link(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(NameTaken):
        editor.put("new.txt", b"new")
    assert tree(corpus) == {"new.txt": b"another", "there.txt": b"old"}


def test_whether_the_folder_can_be_changed(editor: CorpusEditor, corpus: Path, tmp_path: Path) -> None:
    assert editor.writable()
    (corpus / "there.txt").unlink()
    corpus.rmdir()
    assert not editor.writable()
    with pytest.raises(ChangeNotWritten):
        editor.put("new.txt", b"new")


def test_a_new_name_may_not_turn_the_direction_of_writing(editor: CorpusEditor, corpus: Path) -> None:
    with pytest.raises(UnusableName, match="direction"):
        editor.put("bill\u202etxt.exe.txt", b"x")
    (corpus / "bill\u202etxt.exe.txt").write_text("there already")
    editor.remove("bill\u202etxt.exe.txt")
    assert tree(corpus) == {"there.txt": b"old"}


def test_two_who_delete_and_others_who_put_at_one_place_are_told_how_it_is(editor: CorpusEditor, corpus: Path) -> None:
    # Whoever loses the race is told so; nobody is told that the disk refuses, and no leftover stays.
    def put(number: int) -> str:
        try:
            return f"put {editor.put('deep/one.txt', str(number).encode(), replace=bool(number % 2))}"
        except NameTaken:
            return "taken"

    def remove(_: int) -> str:
        try:
            editor.remove("deep/one.txt")
        except NoSuchFile:
            return "absent"
        return "removed"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda number: (put, remove)[number % 3 == 0](number), range(600)))
    assert {"removed", "put True", "put False"} <= set(said) <= {"removed", "put True", "put False", "taken", "absent"}
    assert set(tree(corpus)) - {"deep/one.txt"} == {"there.txt"}
    assert all(path.name == "one.txt" for path in (corpus / "deep").iterdir())


def test_a_file_that_goes_while_it_is_taken_out_is_not_there(
    editor: CorpusEditor, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def quicker(folder: int, name: str) -> bool:
        (corpus / name).unlink()
        return True

    monkeypatch.setattr(editing, "_is_there", quicker)
    with pytest.raises(NoSuchFile):
        editor.remove("there.txt")
