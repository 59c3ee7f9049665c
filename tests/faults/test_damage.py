"""R4: a damaged index is noticed before it is used, the newest good generation answers, the next build mends it."""

import subprocess
import sys
from pathlib import Path

import pytest

from library import BERTH, BERTH_QUOTE, HereBuilder, Library
from qa.errors import IndexCorrupt, IndexMissing
from qa.index.snapshot import open_other
from qa.index.store import CURRENT, DAMAGED, IndexStore
from qa.types import Answer
from shelf import Shelf
from torture.damage import harm_often
from torture.places import CHILD


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A corpus with two generations."""
    made = Shelf(tmp_path / "shelf").write()
    made.build()
    made.write({"stones.txt": "Marble is soft."})
    made.build()
    return made


def spoil(shelf: Shelf, name: str) -> None:
    next(shelf.store.folder(name).rglob("records.sqlite")).write_bytes(b"damage")


def test_every_damage_is_noticed_and_mended() -> None:
    tally = harm_often(60, seed=4)
    assert tally.wrong == []
    assert len(tally.done) == 8, "every kind was tried"
    assert tally.mended == 6
    assert tally.of_lists > 5, "the inverted file was damaged, too"


def test_the_harness_sees_a_damage_that_is_not_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IndexStore, "check_files", lambda *_: None)
    assert any("was not noticed" in wrong for wrong in harm_often(9, seed=4).wrong)


def test_the_next_build_sets_the_damaged_generation_aside_and_takes_over_from_the_one_before(shelf: Shelf) -> None:
    older, newest = shelf.store.generations()
    spoil(shelf, newest)
    report = shelf.build()
    assert (report.published, report.damaged) == (True, (newest,))
    assert shelf.encoder.encoded == ["Marble is soft."], "all other vectors come from the one before"
    assert shelf.store.generations() == [older, shelf.store.current()]
    assert shelf.store.current().startswith("000003-")
    assert next((shelf.store.root / DAMAGED / newest).rglob("records.sqlite")).read_bytes() == b"damage"
    spoil(shelf, shelf.store.current())
    assert shelf.build().damaged == (report.manifest.id,)
    assert [path.name for path in (shelf.store.root / DAMAGED).iterdir()] == [report.manifest.id], "one is kept"


def test_an_index_that_equals_the_corpus_but_had_to_fall_back_is_published_anew(shelf: Shelf) -> None:
    _, newest = shelf.store.generations()
    for content in (b"", b"000099-0123456789ab\n"):
        (shelf.store.root / CURRENT).write_bytes(content)
        report = shelf.build()
        assert (report.published, report.damaged, shelf.encoder.encoded) == (True, (), [])
        assert shelf.store.current() > newest
    assert shelf.store.current().startswith("000100-"), "a number never comes back"
    (shelf.store.root / CURRENT).unlink()
    assert shelf.build().published


def test_the_order_in_which_generations_may_serve(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, keep=9).write()
    names = [shelf.build(force=True).manifest.id for _ in range(4)]
    assert shelf.store.in_order() == names[::-1]
    shelf.store.roll_back(2)
    assert shelf.store.in_order() == [names[1], names[0], names[3], names[2]]
    (shelf.store.root / CURRENT).unlink()
    assert shelf.store.in_order() == names[::-1]
    for name in names[1:]:
        spoil(shelf, name)
    opened = open_other(shelf.store, shelf.dense, shelf.lexical, encoder=shelf.encoder.fingerprint)
    assert opened.generation == names[0]
    spoil(shelf, names[0])
    with pytest.raises(IndexMissing, match="No generation"):
        open_other(shelf.store, shelf.dense, shelf.lexical, encoder=shelf.encoder.fingerprint)


def test_a_service_that_starts_on_a_damaged_index_answers_from_the_one_before_and_says_so(built: Library) -> None:
    first = built.store.current()
    built.write("more.txt", "The octopus sleeps under the bridge.\n")
    built.build()
    built.spoil()
    client = built.client(built.engine())

    assert client.post("/ask", json={"question": BERTH}).json()["generation"] == first
    probe = client.get("/readyz")
    assert (probe.status_code, probe.json()["status"], probe.json()["generation"]) == (200, "stale", first)
    assert "is not as it was built" in probe.json()["problem"]
    assert "is not as it was built" in client.get("/index").json()["reason"]
    assert client.post("/search", json={"query": "octopus"}).json()["passages"][0]["text"].startswith(
        "The octopus"
    ) is (False)


def test_a_service_that_follows_mends_a_damaged_index_by_itself(built: Library) -> None:
    built.write("more.txt", "The octopus sleeps under the bridge.\n")
    built.build()
    damaged = built.store.current()
    built.spoil()
    now = 1000.0
    engine = built.engine(clock=lambda: now)
    builder = HereBuilder(built)
    follower = built.follower(builder, clock=lambda: now, refresh=engine.refresh, troubled=engine.troubled)
    reply = engine.ask(BERTH).reply
    assert isinstance(reply, Answer)
    assert (reply.citations[0].quote, engine.troubled()) == (BERTH_QUOTE, True)

    follower.step()

    assert len(builder.requests) == 1
    assert built.store.current() > damaged
    assert engine.snapshot().generation == built.store.current()
    assert (engine.problem, engine.troubled()) == (None, False)
    follower.step()
    assert len(builder.requests) == 1


def test_a_trouble_that_no_build_mends_is_not_built_for_all_the_time(built: Library) -> None:
    built.build()
    now = 1000.0
    builder = HereBuilder(built)
    follower = built.follower(builder, clock=lambda: now, troubled=lambda: True)
    for _ in range(120):
        follower.step()
        now += 1
    assert len(builder.requests) == 2


def test_reading_a_file_that_was_removed_or_replaced_goes_on_in_a_process_that_holds_it(tmp_path: Path) -> None:
    """Files are mapped: cutting one off where it lies would end the process, so nothing ever does that."""
    shelf = Shelf(tmp_path / "shelf", real=True).write()
    shelf.build()
    program = (
        "import os, shutil, sys; from pathlib import Path; from shelf import Shelf\n"
        "shelf = Shelf(Path(sys.argv[1]), real=True); opened = shelf.open()\n"
        "folder = shelf.store.folder(opened.generation)\n"
        "for path in [path for path in folder.rglob('*') if path.is_file()]:\n"
        "    other = path.with_name('other'); other.write_bytes(b''); os.replace(other, path)\n"
        "shutil.rmtree(folder)\n"
        "print([opened.passage(hit.ordinal).text for hit in opened.lexical.search('granite', 5)])"
    )
    command = [sys.executable, "-c", program, str(shelf.root)]
    done = subprocess.run(command, env=CHILD, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "['Granite is hard. Slate splits into plates.']\n"


def test_a_rollback_to_what_is_damaged_is_refused(shelf: Shelf) -> None:
    older, newest = shelf.store.generations()
    spoil(shelf, older)
    with pytest.raises(IndexCorrupt):
        shelf.store.roll_back()
    assert shelf.store.current() == newest
