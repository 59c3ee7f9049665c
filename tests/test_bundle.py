"""Bundles: what was packed comes back to the byte with its times, and what is not whole leaves nothing behind."""

import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from commands import Qa, failed
from library import BERTH, BERTH_QUOTE, Library
from qa import bundle
from qa.bundle import digest, pack, restore
from qa.errors import BundleError, CorpusMissing, IndexBusy, IndexCorrupt, IndexMissing, QAError
from qa.journal import Journal
from qa.types import Answer

LONG_AGO = 1_500_000_000.25


@pytest.fixture
def packed(built: Library, tmp_path: Path) -> Path:
    """A bundle of the small library, with a word of a user."""
    os.utime(built.settings.corpus / "harbour.md", (LONG_AGO, LONG_AGO))
    (built.settings.corpus / "link.txt").symlink_to("harbour.md")
    (built.settings.corpus / ".hidden").write_text("no document")
    reply = built.engine().ask(BERTH).reply
    Journal(built.settings.index).say(BERTH, reply, helpful=True)
    held = pack(built.settings.corpus, built.settings.index, tmp_path / "all.tar")
    assert held.left_out == ("link.txt",)
    assert held.generation == built.store.current()
    return tmp_path / "all.tar"


def elsewhere(library: Library, tmp_path: Path) -> Library:
    """The same settings over two other folders."""
    folders = {"corpus": tmp_path / "there" / "corpus", "index": tmp_path / "there" / "index"}
    return Library(settings=library.settings.model_copy(update=folders), encoder=library.encoder)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_packed_comes_back_as_it_was(built: Library, packed: Path, tmp_path: Path) -> None:
    there = elsewhere(built, tmp_path)
    restore(packed, there.settings.corpus, there.settings.index)

    expected = files(built.settings.corpus)
    for name in ("link.txt", ".hidden"):
        del expected[name]
    assert files(there.settings.corpus) == expected
    assert (there.settings.corpus / "harbour.md").stat().st_mtime == LONG_AGO
    generation = f"generations/{built.store.current()}"
    assert files(there.settings.index / generation) == files(built.settings.index / generation)
    assert sorted(path.name for path in there.settings.index.iterdir()) == ["CURRENT", "generations", "journal.sqlite"]
    reply = there.engine().ask(BERTH).reply
    assert isinstance(reply, Answer)
    assert reply.citations[0].quote == BERTH_QUOTE
    assert [said.question for said in Journal(there.settings.index).feedback()] == [BERTH]
    assert not there.build().published, "the index is that of the corpus"


def test_the_sum_is_that_of_the_file(packed: Path) -> None:
    assert digest(packed) == hashlib.sha256(packed.read_bytes()).hexdigest()


def test_a_word_that_is_being_written_is_there_whole_or_not_at_all(built: Library, tmp_path: Path) -> None:
    Journal(built.settings.index).say(BERTH, built.engine().ask(BERTH).reply, helpful=True)
    with sqlite3.connect(built.settings.index / "journal.sqlite") as database:
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE feedback SET question = 'half'")
        pack(built.settings.corpus, built.settings.index, tmp_path / "all.tar")
        database.rollback()
    there = elsewhere(built, tmp_path)
    restore(tmp_path / "all.tar", there.settings.corpus, there.settings.index)
    assert [said.question for said in Journal(there.settings.index).feedback()] == [BERTH]


def refused(packed: Path, library: Library, tmp_path: Path, *words: str, kind: type[QAError] = BundleError) -> None:
    """Restoring fails with these words, and leaves two empty folders at most."""
    there = elsewhere(library, tmp_path).settings
    with pytest.raises(kind) as caught:
        restore(packed, there.corpus, there.index)
    for word in words:
        assert word in str(caught.value)
    assert [list(folder.iterdir()) for folder in (there.corpus, there.index) if folder.exists()] in ([], [[], []])


def rewritten(packed: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], object]) -> None:
    """The bundle with other members."""
    with tarfile.open(packed) as archive:
        members = [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]  # all are files
    change(members)
    with tarfile.open(packed, "w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def named(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    """A member that nobody packed."""
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member, b""


def test_every_byte_that_is_turned_is_noticed(built: Library, packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    step = len(whole) // 60
    for place in range(600, len(whole) - 10_240, step):
        data = bytearray(whole)
        data[place] ^= 1
        packed.write_bytes(data)
        try:
            refused(packed, built, tmp_path, kind=QAError)
        except pytest.fail.Exception:  # padding between the members belongs to nobody: then all must be as it was
            there = elsewhere(built, tmp_path).settings
            assert files(there.corpus)["harbour.md"] == files(built.settings.corpus)["harbour.md"]
            shutil.rmtree(there.corpus.parent)


def test_a_bundle_that_is_cut_off_is_refused(built: Library, packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for size in (0, 100, 700, len(whole) // 3, len(whole) // 2, len(whole) - 20_000):
        packed.write_bytes(whole[:size])
        refused(packed, built, tmp_path)


ODD_NAMES = ["corpus/../../escaped", "/etc/escaped", "corpus//etc/escaped", "../escaped", "escaped", "other/escaped",
             "corpus/", "corpus/a/./b", "index/generations"]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_names_that_lead_elsewhere_are_refused(built: Library, packed: Path, tmp_path: Path, name: str) -> None:
    def change(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        listed = json.loads(members[0][1])
        listed["files"][name] = {"bytes": 0, "sha256": hashlib.sha256(b"").hexdigest()}
        members[0] = (members[0][0], json.dumps(listed).encode())
        members.append(named(name))

    rewritten(packed, change)
    refused(packed, built, tmp_path)
    assert not list(tmp_path.rglob("*escaped*"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_members_that_are_no_files_are_refused(built: Library, packed: Path, tmp_path: Path, kind: bytes) -> None:
    rewritten(packed, lambda members: members.append(named("corpus/odd", kind, "/etc/passwd")))
    refused(packed, built, tmp_path, "does not list")


def test_more_and_less_than_listed_is_refused(built: Library, packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for change, words in (
        (lambda members: members.append(named("corpus/more.txt")), "does not list"),
        (lambda members: members.append(members[2]), "does not list"),
        (lambda members: members.pop(), "lacks"),
        (lambda members: members.pop(0), "no bundle"),
        (lambda members: members.__setitem__(0, (members[0][0], b"{}")), "damaged"),
        (lambda members: members.__setitem__(0, (members[0][0], b"\xff")), "damaged"),
        (lambda members: members.__setitem__(0, (members[0][0], b'{"format": 99}')), "another version"),
    ):
        packed.write_bytes(whole)
        rewritten(packed, change)
        refused(packed, built, tmp_path, words)


def test_folders_with_something_in_them_are_left_alone(built: Library, packed: Path, tmp_path: Path) -> None:
    before = files(built.settings.corpus)
    with pytest.raises(BundleError, match="not empty"):
        restore(packed, built.settings.corpus, tmp_path / "new")
    with pytest.raises(BundleError, match="not empty"):
        restore(packed, tmp_path / "new", built.settings.index)
    assert files(built.settings.corpus) == before
    assert not (tmp_path / "new").exists()


def test_what_cannot_be_packed_says_why_and_leaves_no_file(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, index, target = library.settings.corpus, library.settings.index, tmp_path / "all.tar"

    def fails(kind: type[QAError], where: Path = target) -> None:
        with pytest.raises(kind):
            pack(corpus, index, where)
        assert not target.exists()

    fails(IndexMissing)
    library.build()
    with library.store.lock():
        fails(IndexBusy)
    fails(BundleError, tmp_path / "nowhere" / "all.tar")
    away = corpus.rename(tmp_path / "away")
    fails(CorpusMissing)
    away.rename(corpus)

    from qa.index.manifest import file_sum as summed

    def changing(path: Path) -> object:
        found = summed(path)
        if path.name == "harbour.md":
            path.write_bytes(path.read_bytes().replace(b"six", b"ten"))
        return found

    monkeypatch.setattr(bundle, "file_sum", changing)
    fails(BundleError)
    monkeypatch.undo()
    target.write_text("mine")
    with pytest.raises(BundleError, match="already"):
        pack(corpus, index, target)
    assert target.read_text() == "mine"
    target.unlink()
    library.spoil()
    fails(IndexCorrupt)


def test_the_command(qa: Qa, tmp_path: Path) -> None:
    qa("index")
    out = qa("bundle", "all.tar")
    assert out.code == 0
    assert "Packed" in out.out
    back = qa("bundle", "--restore", "all.tar", "--corpus", "new", "--index", "new-index")
    assert back.code == 0
    assert back.out.splitlines()[-1] == out.out.splitlines()[-1], "the same generation and sum"
    assert qa("search", "berth", "--index", "new-index").out
    failed(qa("bundle", "--restore", "all.tar", "--corpus", "new", "--index", "new-index"), 1, "not empty")
    failed(qa("bundle", "--restore", "gone.tar", "--corpus", "a", "--index", "b"), 1, "gone.tar")
