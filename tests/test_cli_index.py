"""`qa index`: its guard against mass deletions, and its list of generations, rolled back and pruned."""

import shutil
from functools import partial

import pytest

from commands import Qa, failed
from library import Library
from qa import wiring
from qa.cli_index import SOMETHING_SKIPPED
from qa.index.dense import FaissBackend


def generations(qa: Qa, library: Library, number: int) -> list[str]:
    """Build so many generations, each with one more document, and keep them all; returns their names."""
    names = []
    for count in range(number):
        library.write(f"more/{count}.txt", f"Document number {count}.")
        assert qa("index", "--allow-skipped", QA_KEEP_GENERATIONS="9").code == 0
        names.append(library.store.current())
    return names


def test_the_list_shows_the_newest_first_and_marks_the_one_that_is_served(qa: Qa, library: Library) -> None:
    names = generations(qa, library, 3)
    (library.store.folder(names[0]) / "manifest.json").write_text("damage")

    ran = qa("index", "--list")

    assert ran.code == 0
    lines = ran.out.splitlines()
    assert [line[:21] for line in lines] == [f"* {names[2]}", f"  {names[1]}", f"  {names[0]}"]
    created = library.store.manifest(names[2]).created
    assert f"{created}  6 documents, 8 passages, 0." in lines[0]
    assert "5 documents" in lines[1]
    assert "damaged" in lines[2]


def test_a_rollback_serves_an_earlier_generation_until_the_next_build(qa: Qa, library: Library) -> None:
    names = generations(qa, library, 4)
    client = library.client()
    assert client.get("/readyz").json()["documents"] == 7

    assert names[2] in qa("index", "--rollback").out
    assert client.get("/readyz").json()["documents"] == 6
    assert names[0] in qa("index", "--rollback", "2").out
    assert library.store.current() == names[0]
    failed(qa("index", "--rollback"), 1, "Only 0 generations before", "--list")

    assert "000005" in qa("index").out
    assert client.get("/readyz").json()["documents"] == 7


def test_a_rollback_to_a_damaged_generation_is_refused(qa: Qa, library: Library) -> None:
    names = generations(qa, library, 2)
    next(library.store.folder(names[0]).rglob("words.txt")).unlink()

    failed(qa("index", "--rollback"), 1, "words.txt", "cannot be read")

    assert library.store.current() == names[1]


def test_pruning_keeps_the_newest_and_the_one_that_is_served(qa: Qa, library: Library) -> None:
    names = generations(qa, library, 4)
    qa("index", "--rollback", "3")

    ran = qa("index", "--prune")

    assert ran.out == f"Removed 2 generations: {names[1]}, {names[2]}.\n"
    assert library.store.generations() == [names[0], names[3]]
    assert qa("index", "--prune", "2").out == "Removed 0 generations.\n"


def test_without_an_index_there_is_nothing_to_list_roll_back_or_prune(qa: Qa, library: Library) -> None:
    for option in ("--list", "--rollback", "--prune"):
        failed(qa("index", option), 1, "no index in index", "qa index")
    assert not library.settings.index.exists()


def test_one_thing_at_a_time_and_numbers_from_one(qa: Qa) -> None:
    for arguments in (
        ["--list", "--prune"],
        ["--ray", "auto", "--prune"],
        ["--list", "--ray", "auto"],
        ["--rollback", "0"],
        ["--prune", "-1"],
        ["--rollback", "x"],
    ):
        try:
            code = qa("index", *arguments).code
        except SystemExit as error:
            code = int(error.code or 0)
        assert code == 2


def test_a_mass_deletion_needs_a_word(qa: Qa, library: Library) -> None:
    generations(qa, library, 1)
    for number in range(9):
        library.write(f"some/{number}.txt", f"Some number {number}.")
    qa("index")
    before = library.store.current()
    shutil.rmtree(library.settings.corpus / "some")

    failed(qa("index"), 1, "9 of 13 documents are gone", "--allow-mass-delete")
    assert library.store.current() == before
    ran = qa("index", "--allow-mass-delete")
    assert (ran.code, "4 documents" in ran.out) == (SOMETHING_SKIPPED, True)

    for number in range(9):
        library.write(f"some/{number}.txt", f"Some number {number}.")
    qa("index")
    shutil.rmtree(library.settings.corpus / "some")
    assert qa("index", "--allow-skipped", QA_MASS_DELETE_SECONDS="0").code == 0


def test_an_index_inside_its_corpus_does_not_index_itself(qa: Qa, library: Library) -> None:
    inside = str(library.settings.corpus / "index")
    assert "3 documents" in qa("index", "--index", inside).out
    assert "up to date" in qa("index", "--index", inside).out
    failed(qa("index", "--index", str(library.settings.corpus)), 2, "same folder")


def test_a_full_disk_is_an_error_with_a_remedy(qa: Qa, library: Library) -> None:
    generations(qa, library, 1)
    (library.settings.index / "stamps.json").unlink()
    (library.settings.index / "stamps.json").mkdir()
    library.write("new.txt", "News.")

    failed(qa("index"), 1, "cannot be written", "Make room")


def test_the_report_lists_every_file_and_the_exit_code_tells_that_one_was_skipped(qa: Qa, library: Library) -> None:
    library.write("copy.md", (library.settings.corpus / "harbour.md").read_bytes())

    plain = qa("index")
    assert (plain.code, "indexed  " in plain.out) == (SOMETHING_SKIPPED, False)
    assert plain.err.splitlines()[-1] == "2 files skipped, for the reasons above."

    ran = qa("index", "--report")
    assert ran.code == SOMETHING_SKIPPED
    assert qa("index", "--allow-skipped").code == 0
    lines = [line for line in ran.out.splitlines() if line.startswith(("indexed", "skipped"))]
    records = library.engine().documents()
    assert [line.split("  ")[1].partition(":")[0] for line in lines] == [record.path for record in records]
    assert all("100 % reachable" in line for line in lines if line.startswith("indexed"))
    assert lines[-1].startswith("skipped  sheet.xyz: no parser for .xyz. Convert it to one of ")
    assert "skipped  latin.txt: is not UTF-8 text" in ran.out
    assert "skipped: " not in ran.err
    assert next(line for line in lines if "harbour.md:" in line).endswith("; the same text as copy.md")

    for path in ("latin.txt", "sheet.xyz"):
        (library.settings.corpus / path).unlink()
    assert qa("index").code == 0


def test_how_a_compressed_index_is_searched_is_told(qa: Qa, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = partial(FaissBackend, exact_up_to=0, depths=(5,), largest_share=1)
    monkeypatch.setattr(wiring, "FaissBackend", policy)
    ran = qa("index")
    told = [line for line in ran.out.splitlines() if "compressed" in line]
    vectors = library.store.manifest(library.store.current()).children
    assert len(told) == 1
    assert told[0].startswith(f"The {vectors} vectors are searched in compressed form and at least the nearest 5")
    assert told[0].endswith("which found 100.0% of the ten nearest.")
    assert "compressed" in qa("index").out
    assert library.client().get("/index").json()["vectors"] == {
        "count": vectors, "exact": False, "rescored": 5, "lists": None, "probes": None, "recall": 1.0,
    }  # fmt: skip


def test_how_many_lists_are_looked_into_is_told(qa: Qa, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = partial(FaissBackend, exact_up_to=0, flat_up_to=0, depths=(5,), largest_share=1)
    monkeypatch.setattr(wiring, "FaissBackend", policy)
    ran = qa("index")
    search = library.store.manifest(library.store.current()).dense
    assert search.lists is not None
    assert f" are searched in compressed form, in {search.probes} of {search.lists} lists, and at least" in ran.out
    told = library.client().get("/index").json()["vectors"]
    assert (told["lists"], told["probes"]) == (search.lists, search.probes)
    assert qa("verify").code == 0
