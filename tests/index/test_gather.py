"""What a build takes over equals what it would make anew; most documents do not go without being asked about."""

import os
import tempfile
import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import no_progress
from pools import letting_go
from qa.errors import CorpusEmpty, MassDeletion, SandboxUnavailable
from qa.index import gather
from qa.index.build import BuildReport, BuildRequest
from qa.index.corpus import scan
from qa.index.stamps import FILE as STAMPS
from qa.types import ParsedDocument, Source
from shelf import NOON, Shelf, public_folder, without_privileges

LATER = datetime.now(UTC) + timedelta(hours=1)
SIX = {f"{name}.txt": f"About {name}." for name in "abcdef"}


def build(
    shelf: Shelf, *, force: bool = False, allow_mass_delete: bool = False, held: Collection[str] = ()
) -> BuildReport:
    """Build on a request; all files but those that are held have settled."""
    files = {path.relative_to(shelf.corpus).as_posix() for path in shelf.corpus.rglob("*")}
    settled = dict.fromkeys(files.difference(held)) if held else None
    request = BuildRequest(force=force, allow_mass_delete=allow_mass_delete, settled=settled)
    return shelf.builder().build(shelf.corpus, no_progress, request)


def remove(shelf: Shelf, *names: str) -> None:
    """Take files out of the corpus."""
    for name in names:
        (shelf.corpus / name).unlink()


def paths(report: BuildReport) -> list[str]:
    """What is indexed."""
    return [record.path for record in report.manifest.documents if record.reason is None]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Six documents with their index."""
    made = Shelf(tmp_path / "shelf").write(SIX)
    made.build()
    return made


def test_a_mass_deletion_is_refused_and_the_last_generation_stays(shelf: Shelf) -> None:
    before = shelf.store.current()
    remove(shelf, "a.txt", "b.txt", "c.txt", "d.txt")
    for force in (False, True):
        with pytest.raises(MassDeletion, match=r"4 of 6 documents are gone.*qa index --allow-mass-delete"):
            build(shelf, force=force)
    assert shelf.store.current() == before
    assert paths(build(shelf, allow_mass_delete=True)) == ["e.txt", "f.txt"]
    remove(shelf, "e.txt", "f.txt")
    with pytest.raises(CorpusEmpty):
        build(shelf, allow_mass_delete=True)


@pytest.mark.parametrize("gone", ["abc", "a"])
def test_half_of_the_documents_or_few_may_go(shelf: Shelf, gone: str) -> None:
    remove(shelf, *(f"{name}.txt" for name in gone))
    assert len(paths(build(shelf))) == 6 - len(gone)


def test_three_documents_may_all_go_but_one(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).write({name: SIX[name] for name in ("a.txt", "b.txt", "c.txt", "d.txt")})
    shelf.build()
    remove(shelf, "a.txt", "b.txt", "c.txt")
    assert paths(build(shelf)) == ["d.txt"]


def test_files_that_were_moved_or_changed_are_not_gone(shelf: Shelf) -> None:
    (shelf.corpus / "deep").mkdir()
    for name in ("a.txt", "b.txt", "c.txt", "d.txt", "e.txt"):
        (shelf.corpus / name).rename(shelf.corpus / "deep" / name)
    assert paths(build(shelf))[0] == "deep/a.txt"
    shelf.write({f"deep/{name}.txt": b"\xff" for name in "abcde"})
    assert paths(build(shelf)) == ["f.txt"], "they are there, and say why they cannot be read"


def test_files_that_may_suddenly_not_be_read_count_as_gone() -> None:
    with public_folder() as folder:
        shelf = Shelf(folder / "shelf").write(SIX)
        shelf.build()
        for place in (folder / "shelf").rglob("*"):
            place.chmod(0o777)
        for name in ("a.txt", "b.txt", "c.txt", "d.txt"):
            (shelf.corpus / name).chmod(0)
        with without_privileges(), pytest.raises(MassDeletion):
            build(shelf)


def test_files_that_are_read_at_once_come_out_in_order_and_as_if_read_one_by_one(tmp_path: Path) -> None:
    files = {f"{n:02}.txt": b"\xff" if n % 5 == 3 else b"Number %d." % n for n in range(30)}
    alone, together = (Shelf(tmp_path / name).write(files) for name in ("alone", "together"))
    last, all_are_in = threading.Event(), threading.Barrier(3)
    builder = together.builder()

    def parse(source: Source, data: bytes) -> ParsedDocument:
        if source.path <= "02.txt":
            all_are_in.wait(20)  # three of them are read at the same time
        if source.path == "00.txt":
            assert last.wait(20), "the others go on while the first one takes its time"
        if source.path == "05.txt":
            last.set()
        return builder.parse(source, data)

    seen: list[int] = []
    report = replace(builder, parse=parse, readers=3).build(
        together.corpus, lambda stage, done, _: seen.append(done) if stage == "reading" else None
    )

    assert report.manifest.documents == alone.build().manifest.documents
    assert together.generation_files() == alone.generation_files()
    assert len(report.skipped) == 6
    assert seen == list(range(31))


def test_an_error_of_the_machine_ends_a_build_that_reads_several_files_at_once(shelf: Shelf) -> None:
    def parse(source: Source, _: bytes) -> ParsedDocument:
        raise SandboxUnavailable(source.path, remedy="None.")

    for readers in (1, 3):
        builder = replace(shelf.builder(), parse=parse, readers=readers)
        with pytest.raises(SandboxUnavailable, match=r"a\.txt"):
            builder.build(shelf.corpus, no_progress, BuildRequest(force=True))
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("reading")]


def test_after_an_error_of_the_machine_no_other_file_is_begun(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    release, begun = threading.Event(), set()
    monkeypatch.setattr(gather, "ThreadPoolExecutor", letting_go(release))

    def parse(source: Source, data: bytes) -> ParsedDocument:
        begun.add(source.path)
        if source.path == "a.txt":
            raise SandboxUnavailable(source.path, remedy="None.")
        assert release.wait(20)
        return shelf.builder().parse(source, data)

    with pytest.raises(SandboxUnavailable, match=r"a\.txt"):
        replace(shelf.builder(), parse=parse, readers=2).build(shelf.corpus, no_progress, BuildRequest(force=True))
    assert begun <= {"a.txt", "b.txt", "c.txt"}, "the one that failed, and one more for each thread"


def test_no_more_than_a_few_files_are_read_ahead(tmp_path: Path) -> None:
    """What was made of them lies in memory."""
    shelf = Shelf(tmp_path / "shelf").write({f"{number:02}.txt": f"Number {number}." for number in range(20)})
    builder, begun, ninth, early = shelf.builder(), set(), threading.Event(), []

    def parse(source: Source, data: bytes) -> ParsedDocument:
        begun.add(source.path)
        if len(begun) > 2 * gather.AHEAD:
            ninth.set()
        return builder.parse(source, data)

    def progress(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("reading", 1):
            early.append(ninth.wait(0.3))

    replace(builder, parse=parse, readers=2).build(shelf.corpus, progress)
    assert early == [False]
    assert len(begun) == 20


def test_another_folder_is_another_corpus(shelf: Shelf, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.txt").write_text("Something else.")
    report = shelf.builder().build(other, no_progress)
    assert paths(report) == ["x.txt"]


def test_lost_stamps_do_not_lift_the_guard(shelf: Shelf) -> None:
    (shelf.store.root / STAMPS).unlink()
    remove(shelf, "a.txt", "b.txt", "c.txt", "d.txt")
    with pytest.raises(MassDeletion):
        build(shelf)


def test_a_held_file_stays_as_it_was_until_it_is_complete(shelf: Shelf) -> None:
    shelf.write({"a.txt": "About a, half", "b.txt": "About another b.", "new.txt": "Half"})
    report = build(shelf, held={"a.txt", "new.txt"})
    assert paths(report) == sorted(SIX)
    assert [record.path for record in report.skipped] == ["new.txt"]
    assert "still being written" in (report.skipped[0].reason or "")
    texts = {record.path: shelf.open().document(record.document_id).text for record in shelf.open().documents()[:2]}
    assert texts == {"a.txt": "About a.", "b.txt": "About another b."}
    assert not build(shelf, held={"a.txt", "new.txt"}).published
    assert paths(build(shelf)) == sorted([*SIX, "new.txt"])


def test_a_file_that_changed_after_it_was_found_at_rest_is_held(shelf: Shelf) -> None:
    """The build may have had to wait for another one."""
    shelf.write({"a.txt": "About another a.", "b.txt": "About another b."})
    settled = {file.path: file.stamp for file in scan(shelf.corpus) if file.path in ("a.txt", "b.txt")}
    shelf.write({"b.txt": "About another b, half", "c.txt": "About c, half", "new.txt": "Half"})
    report = shelf.builder().build(shelf.corpus, no_progress, BuildRequest(settled=settled))
    opened = shelf.open()
    texts = {record.path: opened.document(record.document_id).text for record in opened.documents()[:3]}
    assert texts == {"a.txt": "About another a.", "b.txt": "About b.", "c.txt": "About c."}
    assert [record.path for record in report.skipped] == ["new.txt"]
    assert paths(build(shelf)) == sorted([*SIX, "new.txt"])


NAMES = st.sampled_from(["a.txt", "b.md", "deep/c.txt", "deep/e.md", "d.png"])
CONTENTS = st.sampled_from(["One is one.", "# T\n\nOne is one.\n\n- Two.\n", "Six. \U0001f642 is here.", "x \0", "\n"])
EDITS = st.one_of(
    st.tuples(st.just("write"), NAMES, CONTENTS),
    st.tuples(st.just("remove"), NAMES, st.just("")),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("touch"), NAMES, st.just("")),
    st.tuples(st.just("hold"), NAMES, CONTENTS),
    st.tuples(st.just("build"), st.just(""), st.just("")),
)


def edit(shelf: Shelf, what: str, name: str, more: str) -> None:
    """Do one edit; a held file is written after the build that holds it."""
    path = shelf.corpus / name
    if what == "write":
        shelf.write({name: more})
    elif what == "hold":
        shelf.write({name: "half"})
        build(shelf, held={name})
        shelf.write({name: more})
    elif what == "build":
        shelf.build()
    elif path.is_file():
        if what == "remove":
            path.unlink()
        elif what == "touch":
            os.utime(path, (1, 1))
        else:
            (shelf.corpus / more).parent.mkdir(exist_ok=True)
            path.rename(shelf.corpus / more)


@settings(max_examples=25, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=12), st.sampled_from([NOON, LATER]), st.sampled_from([1, 2, 1000]))
def test_any_edits_and_builds_end_in_what_a_first_build_gives(
    edits: list[tuple[str, str, str]], clock: datetime, passages: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown = Shelf(Path(folder) / "grown", volume_passages=passages).write({"always.txt": "It is always here."})
        grown.clock = lambda: clock
        for what, name, more in edits:
            edit(grown, what, name, more)
        grown.build()
        fresh = Shelf(Path(folder) / "fresh", clock=grown.clock, volume_passages=passages)
        fresh.root.mkdir()
        grown.corpus.rename(fresh.corpus)
        fresh.build()
        one, other = grown.generation_files(), fresh.generation_files()
        assert one.pop("manifest.json") is not None
        assert other.pop("manifest.json") is not None
        assert one == other
        assert grown.store.current()[7:] == fresh.store.current()[7:]
