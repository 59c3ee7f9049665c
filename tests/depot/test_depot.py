"""Depots: what was pushed comes back to the byte, is sent and fetched once, and only what is whole is ever served."""

import hashlib
import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from commands import Qa, failed
from fakes import no_progress
from library import BERTH, BERTH_QUOTE, Library
from qa.depot.place import Depot, of_collection, shown
from qa.depot.pulling import PARTS, Puller
from qa.depot.pushing import Pushed, push
from qa.errors import (
    DepotDamaged,
    DepotEmpty,
    DepotError,
    IndexCorrupt,
    IndexIncompatible,
    IndexMissing,
    MassDeletion,
    ModelUnavailable,
    QAError,
)
from qa.index.manifest import FileSum, Manifest
from qa.index.store import IndexStore
from qa.types import Answer

OCTOPUS = "The octopus sleeps under the bridge."


MORE = os.environ.get("QUOTH_DEPOTS", "").split()
"""Folders of other servers at which the same is tried, such as sftp://127.0.0.1:2022/srv or s3://bucket/tests."""


@pytest.fixture(params=["folder", "memory", *MORE])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty depot: one that renames, one that shows files when they are whole."""
    if request.param in MORE:
        yield f"{request.param}/{uuid.uuid4().hex}"
        return
    if request.param == "folder":
        yield str(tmp_path / "depot")
        return
    name = uuid.uuid4().hex
    yield f"memory://{name}/depot"
    memory = fsspec.filesystem("memory")
    if memory.exists(f"/{name}"):
        memory.rm(f"/{name}", recursive=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty depot whose files a test can reach."""
    return tmp_path / "depot"


def pushed(library: Library, url: str | Path, **how: bool) -> Pushed:
    """Push what the library has published."""
    return push(library.store, Depot(str(url)), no_progress, keep=2, **how)


def replica(library: Library, tmp_path: Path, name: str = "replica") -> Library:
    """A library of the same settings whose index is elsewhere, and which has no documents."""
    folders = {"corpus": tmp_path / name / "none", "index": tmp_path / name / "index"}
    return Library(settings=library.settings.model_copy(update=folders), encoder=library.encoder)


def puller(library: Library, **how: Callable[[], str | None]) -> Puller:
    """What pulls into its index."""
    return Puller(store=library.store, keep=2, **how)


def tree(store: IndexStore) -> dict[str, bytes]:
    """Every file of the published generation."""
    base = store.folder(store.current())
    return {path.relative_to(base).as_posix(): path.read_bytes() for path in base.rglob("*") if path.is_file()}


def test_a_generation_comes_back_to_the_byte_and_answers_without_the_documents(
    built: Library, url: str, tmp_path: Path
) -> None:
    sent = pushed(built, url)
    there = replica(built, tmp_path)
    pulled = puller(there).pull(Depot(url), no_progress)

    assert pulled.switched
    assert pulled.generation == sent.generation == built.store.current() == there.store.current()
    assert (pulled.files, pulled.size) == (sent.files, sent.size)
    assert tree(there.store) == tree(built.store)
    assert not (there.settings.index / PARTS).exists()
    reply = there.engine().ask(BERTH).reply
    assert isinstance(reply, Answer)
    assert reply.citations[0].quote == BERTH_QUOTE
    again = puller(there).pull(Depot(url), no_progress)
    assert (again.switched, again.files) == (False, 0)


def test_what_is_there_is_neither_sent_nor_fetched_again(built: Library, url: str, tmp_path: Path) -> None:
    pushed(built, url)
    there = replica(built, tmp_path)
    puller(there).pull(Depot(url), no_progress)
    assert pushed(built, url).files == 0

    before = {total.sha256 for total in built.store.manifest(built.store.current()).files.values()}
    built.write("octopus.txt", OCTOPUS)
    built.build()
    now = {total.sha256 for total in built.store.manifest(built.store.current()).files.values()}
    assert now & before, "else this shows nothing"

    sent, pulled = pushed(built, url), puller(there).pull(Depot(url), no_progress)
    assert (sent.files, sent.present) == (len(now - before), len(now & before))
    assert pulled.files == len(now - before)
    assert tree(there.store) == tree(built.store)
    there.store.verify(there.store.current())


def test_only_the_newest_generations_stay_and_with_them_all_that_they_need(built: Library, folder: Path) -> None:
    names = []
    for word in ("one", "two", "three"):
        built.write("octopus.txt", f"{OCTOPUS} {word}")
        built.build()
        names.append(pushed(built, folder).generation)

    depot = Depot(str(folder))
    assert depot.generations() == names[1:]
    needed: set[str] = set()
    for name in names[1:]:
        listed = json.loads((folder / "generations" / f"{name}.json").read_text())["files"]
        needed |= {total["sha256"] for total in listed.values()}
    assert {path.name for path in (folder / "files").rglob("*") if path.is_file()} == needed == set(depot.contents())
    for path in (folder / "files").rglob("*"):
        assert path.is_dir() or hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def test_a_rollback_is_followed(built: Library, url: str, tmp_path: Path) -> None:
    first = pushed(built, url).generation
    there = replica(built, tmp_path)
    puller(there).pull(Depot(url), no_progress)
    built.write("octopus.txt", OCTOPUS)
    built.build()
    pushed(built, url)
    assert puller(there).pull(Depot(url), no_progress).generation != first
    built.store.roll_back()
    assert pushed(built, url).files == 0
    back = puller(there).pull(Depot(url), no_progress)
    assert (back.generation, back.switched, back.files) == (first, True, 0)
    assert there.store.current() == first


class Broken(Depot):
    """Fails at the step of that number, as a connection does; `after` says whether the step is done first."""

    left = 10**9

    def _put(self, name: str, put: Callable[[str], object]) -> None:
        self._count()
        super()._put(name, put)

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise DepotError("The connection broke.", remedy="Try again.")

    def fetch(self, sha256: str, target: Path, most: int) -> FileSum | None:
        """Count it."""
        self._count()
        return super().fetch(sha256, target, most)


def test_a_push_that_breaks_off_anywhere_leaves_what_was_served(built: Library, folder: Path, tmp_path: Path) -> None:
    first = pushed(built, folder).generation
    built.write("octopus.txt", OCTOPUS)
    built.build()
    before = tmp_path / "before"
    folder.rename(before)
    steps, whole = 0, False
    while not whole:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        depot = Broken(str(folder))
        depot.left = steps
        try:
            push(built.store, depot, no_progress, keep=2)
        except DepotError:
            there = replica(built, tmp_path, f"replica {steps}")
            assert puller(there).pull(Depot(str(folder)), no_progress).generation == first
            there.store.verify(first)
            steps += 1
        else:
            whole = True
    sent = [path for path in (folder / "files").glob("*/*") if not (before / path.relative_to(folder)).exists()]
    assert steps == len(sent) + 2, "each file, the manifest and the pointer"
    there = replica(built, tmp_path)
    assert puller(there).pull(Depot(str(folder)), no_progress).generation == built.store.current()


def test_a_pull_that_breaks_off_goes_on_where_it_was(built: Library, url: str, tmp_path: Path) -> None:
    total = pushed(built, url).files
    there = replica(built, tmp_path)
    depot = Broken(url)
    depot.left = total - 2
    with pytest.raises(DepotError, match="broke"):
        puller(there).pull(depot, no_progress)
    with pytest.raises(IndexMissing):
        there.store.current()
    assert there.store.generations() == []
    assert puller(there).pull(Depot(url), no_progress).files == 2
    assert tree(there.store) == tree(built.store)


def test_every_file_that_is_changed_there_is_noticed_and_mended_by_pushing_again(
    built: Library, folder: Path, tmp_path: Path
) -> None:
    pushed(built, folder)
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        whole = path.read_bytes()
        for damage in (whole[:-2], whole + b"x", bytes([whole[0] ^ 1]) + whole[1:], bytes(len(whole))):
            path.write_bytes(damage)
            there = replica(built, tmp_path, f"replica {number}")
            with pytest.raises(DepotError):
                puller(there).pull(Depot(str(folder)), no_progress)
            assert there.store.generations() == []
            shutil.rmtree(there.settings.index, ignore_errors=True)
        path.unlink()
        with pytest.raises(DepotError, match=r"qa push"):
            puller(replica(built, tmp_path, f"replica {number}")).pull(Depot(str(folder)), no_progress)
        path.write_bytes(whole)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        path.write_bytes(bytes(path.stat().st_size))
    pushed(built, folder, again=True)
    there = replica(built, tmp_path)
    assert puller(there).pull(Depot(str(folder)), no_progress).switched


def test_a_file_that_is_there_in_part_is_sent_again(built: Library, folder: Path) -> None:
    pushed(built, folder)
    path = max((folder / "files").rglob("*"), key=lambda path: path.stat().st_size)
    path.write_bytes(path.read_bytes()[:-1])
    leftover = path.with_name(f"{path.name}.part-0123")
    leftover.write_bytes(b"half")
    assert pushed(built, folder).files == 1
    assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert not leftover.exists()


def test_a_generation_that_is_removed_while_it_is_pulled_gives_way_to_the_newer(
    built: Library, folder: Path, tmp_path: Path
) -> None:
    first = pushed(built, folder)
    there = replica(built, tmp_path)

    class Overtaken(Depot):
        """Another push comes once some files are here."""

        left = 3

        def fetch(self, sha256: str, target: Path, most: int) -> FileSum | None:
            self.left -= 1
            if self.left == 0:
                for path in built.settings.corpus.rglob("*.*"):
                    path.write_bytes(path.read_bytes() + b"\nAnd one more line.\n")
                built.build()
                push(built.store, Depot(str(folder)), no_progress, keep=1, allow_mass_delete=True)
            return super().fetch(sha256, target, most)

    pulled = puller(there).pull(Overtaken(str(folder)), no_progress)
    assert pulled.generation == built.store.current() != first.generation
    assert tree(there.store) == tree(built.store)


def test_damage_here_is_mended_from_the_depot(built: Library, url: str, tmp_path: Path) -> None:
    pushed(built, url)
    there = replica(built, tmp_path)
    puller(there).pull(Depot(url), no_progress)
    there.spoil()
    assert not puller(there).pull(Depot(url), no_progress).switched, "it is not looked at each time"
    mended = puller(there).pull(Depot(url), no_progress, check=True)
    assert (mended.damaged, mended.files) == ((built.store.current(),), 1)
    there.store.verify(there.store.current())


def test_what_another_encoder_made_never_becomes_current(built: Library, url: str, tmp_path: Path) -> None:
    first = pushed(built, url).generation
    there = replica(built, tmp_path)
    ours = puller(there, encoder=lambda: built.encoder.fingerprint)
    assert ours.pull(Depot(url), no_progress).generation == first
    built.write("octopus.txt", OCTOPUS)
    built.build()
    pushed(built, url)
    with pytest.raises(IndexIncompatible, match="same encoder"):
        puller(there, encoder=lambda: "other").pull(Depot(url), no_progress)
    assert there.store.current() == first


def test_other_documents_are_not_pushed_over_those_that_are_served(built: Library, url: str, tmp_path: Path) -> None:
    many = Library.at(tmp_path / "many", {f"{number}.txt": f"Lamp {number} burns.".encode() for number in range(5)})
    many.build()
    pushed(many, url)
    with pytest.raises(MassDeletion, match="--allow-mass-delete"):
        pushed(built, url)
    assert Depot(url).current() == many.store.current()
    pushed(built, url, allow_mass_delete=True)
    assert Depot(url).current() == built.store.current()


HOSTILE = ["../escaped", "/tmp/escaped", "a/../../escaped", "a//b", "./a", "manifest.json", "a/\0b", ""]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_manifest_that_leads_out_of_the_folder_is_refused(
    built: Library, folder: Path, tmp_path: Path, name: str
) -> None:
    pushed(built, folder)
    manifest = built.store.manifest(built.store.current())
    some = next(iter(manifest.files.values()))
    record = replace(manifest.documents[0], path=name)
    odds: tuple[dict[str, Any], ...] = (
        {"files": {**manifest.files, name: some}},
        *([{"documents": (record, *manifest.documents[1:])}] if name != "manifest.json" else []),
        {"volumes": (replace(manifest.volumes[0], name=f"../{name}"),)},
    )
    for odd in odds:
        fields = {field: getattr(manifest, field) for field in Manifest.__dataclass_fields__}
        hostile = Manifest(**{**fields, **odd})
        (folder / "generations" / f"{hostile.id}.json").write_text(hostile.to_json())
        (folder / "CURRENT").write_text(hostile.id)
        there = replica(built, tmp_path)
        with pytest.raises(DepotDamaged, match="odd files"):
            puller(there).pull(Depot(str(folder)), no_progress)
        assert there.store.generations() == []
    assert not list(tmp_path.rglob("*escaped*"))


def test_a_pointer_or_a_file_without_end_is_not_read_to_the_end(built: Library, folder: Path, tmp_path: Path) -> None:
    pushed(built, folder)
    for text in ("", "x", "000001-", "0" * 10_000, "../../etc", "\udcff".encode("utf-8", "surrogateescape")):
        data = text if isinstance(text, bytes) else text.encode()
        (folder / "CURRENT").write_bytes(data)
        with pytest.raises(DepotDamaged):
            Depot(str(folder)).current()
    big = tmp_path / "big"
    big.write_bytes(b"x" * 5_000_000)
    depot = Depot(str(folder))
    depot.send(big, "ab" * 32)
    found = depot.fetch("ab" * 32, tmp_path / "copy", 10)
    assert found is not None
    assert found.bytes == 11


def test_addresses_that_cannot_be_used_say_what_to_do(built: Library, tmp_path: Path) -> None:
    for address, words in (
        ("", "no address"),
        ("simplecache::memory://x", "no chain"),
        ("nonsense://x/y", "Check the address"),
    ):
        with pytest.raises(DepotError, match=words):
            Depot(address)
    with pytest.raises(ModelUnavailable, match=r"pip install"):
        Depot("dask://x")
    with pytest.raises(DepotEmpty, match="qa push"):
        Depot(str(tmp_path / "nothing")).current()
    blocked = tmp_path / "a file"
    blocked.write_text("mine")
    with pytest.raises(DepotError, match="cannot be written"):
        pushed(built, blocked)
    built.spoil()
    with pytest.raises(IndexCorrupt):
        pushed(built, tmp_path / "depot")
    assert not (tmp_path / "depot" / "CURRENT").exists()


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("sftp://ann:s3cr@t@host:22/x", "sftp://host:22/x"),
        ("s3://bucket/x", "s3://bucket/x"),
        ("https://host/x?token=s3cret", "https://host/x"),
        ("/srv/depot", "/srv/depot"),
    ],
)
def test_no_message_tells_a_password(url: str, seen: str) -> None:
    assert shown(url) == seen


def test_collections_have_folders_of_their_names() -> None:
    assert of_collection("s3://bucket/x/", "papers") == "s3://bucket/x/papers"
    assert of_collection("s3://bucket/x", None) == "s3://bucket/x"


def test_what_cannot_be_loaded_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ModelUnavailable, match=r"quoth\[remote\]"):
        Depot("/srv/depot")


def test_the_commands(qa: Qa, library: Library) -> None:
    failed(qa("push", "depot"), 1, "no index")
    failed(qa("pull", "depot", "--index", "there"), 1, "Nothing has been pushed to depot")
    qa("index")
    ran = qa("push", "depot")
    assert ran.code == 0
    assert ran.out.startswith("depot serves generation 000001-")
    assert "0 there already" in ran.out
    ran = qa("pull", "depot", "--index", "there")
    assert "Index there is now generation 000001-" in ran.out
    assert qa("pull", "depot", "--index", "there").out.startswith("Index there is as depot has it")
    assert BERTH_QUOTE in qa("search", "berth", "--index", "there").out
    assert qa("push", "depot", "--again").out.count("0 there already") == 1


def test_what_goes_on_pushes_and_pulls_what_is_new_and_outlives_errors(
    qa: Qa, library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Enough(Exception):
        """Ends what goes on for ever."""

    pauses: list[float] = []

    def pause(seconds: float) -> None:
        """Publish something in the first pause, do nothing in the second, stop in the third."""
        pauses.append(seconds)
        if len(pauses) == 1:
            library.build()
        if len(pauses) == 3:
            raise Enough

    monkeypatch.setattr("qa.cli_depot.time.sleep", pause)
    for command, told in (("push", "serves generation"), ("pull", "is now generation")):
        pauses.clear()
        with pytest.raises(Enough):
            qa(command, "depot", "--every", "7", "--index", "index" if command == "push" else "there")
        assert pauses == [7, 7, 7]
        written = capsys.readouterr()
        assert written.out.count(told) == 1


def test_an_error_is_one_of_ours(built: Library, tmp_path: Path) -> None:
    with pytest.raises(QAError):
        pushed(built, "file:///proc/nothing/here")
