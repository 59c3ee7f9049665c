"""An open generation: passages as they were cut, neighbours by their best child, and errors that can be acted on."""

import gc
import os
import weakref
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from fakes import FakeEncoder
from qa.errors import DocumentUnknown, IndexCorrupt, IndexIncompatible, IndexMissing
from qa.index import records
from qa.index import snapshot as snapshots
from qa.index.snapshot import Snapshot, open_current
from qa.index.store import CURRENT, IndexStore
from qa.ports import Hit, Ranking
from qa.text.coverage import packed
from qa.types import document_id
from shelf import FILES, Shelf, public_folder, without_privileges


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A corpus with its index, read only."""
    made = Shelf(tmp_path_factory.mktemp("shelf")).write({**FILES, "bad.png": b"x"})
    made.build()
    return made


@pytest.fixture(scope="module")
def snapshot(shelf: Shelf) -> Snapshot:
    """The index, open."""
    return shelf.open()


def test_passages_are_slices_of_their_documents_with_their_hashes(snapshot: Snapshot) -> None:
    passages = snapshot.passages(range(len(snapshot.lexical)))
    assert [(passage.path, passage.chunk.headings) for passage in passages] == [
        ("birds.md", ()),
        ("birds.md", ("Nests",)),
        ("sea/tides.txt", ()),
        ("stones.txt", ()),
    ]
    for passage in passages:
        document = snapshot.document(passage.chunk.document_id)
        record = snapshot.record(passage.chunk.document_id)
        assert passage.text == passage.chunk.span.of(document.text)
        assert passage.text_sha256 == document.text_sha256 == record.text_sha256
        assert passage.source_sha256 == document.source.sha256 == record.sha256
        assert passage.title == document.title == record.title


def test_the_words_of_a_passage_are_those_of_its_text_headings_and_table(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, real=True).write({
        "ships.md": "# Ships\n\n| Ship | Tons |\n| --- | --- |\n| Herøn | 4200 |\n| Stork | F-35 |\n| It | is |\n",
        "birds.md": "# Birds\n\nThe U.S. heron waits. It is in the shallow water.\n\n## Nests\n\nReed and reeds.",
    })  # fmt: skip
    shelf.build()
    opened = shelf.open()
    passages = opened.passages(range(len(opened.lexical)))
    assert any(passage.headers for passage in passages)
    terms = opened.lexical.terms
    assert opened.wordings(range(len(passages))) == [
        packed(
            dict.fromkeys(terms(" ".join((passage.title, *passage.chunk.headings)))),
            [dict.fromkeys(terms(f"{header} {passage.slice(unit)}")) for unit, header in passage.units()],
        )
        for passage in passages
    ]


def test_whoever_lets_it_go_has_closed_its_files(tmp_path: Path) -> None:
    # Without the collector's help, which in a service that stands comes once in hundreds of generations.
    def files_open() -> int:
        links = (Path(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd"))  # noqa: PTH208  # names are all that is wanted
        return sum(link.is_symlink() and link.readlink().name == records.FILE for link in links)

    shelf = Shelf(tmp_path, real=True).write(FILES)
    shelf.build()
    gc.collect()
    before = files_open()
    gc.disable()
    try:
        one = shelf.open()
        one.passages(range(2))
        one.lexical.document_frequency(one.lexical.terms("water")[0])
        assert files_open() > before
        parts: list[weakref.ref[object]] = [weakref.ref(one), weakref.ref(one.lexical), weakref.ref(one.dense)]
        del one
        assert [part() for part in parts] == [None, None, None]
        assert files_open() == before
    finally:
        gc.enable()


def test_a_passage_scores_as_its_best_child(shelf: Shelf, snapshot: Snapshot) -> None:
    query = shelf.encoder.encode(["It waits in the shallow water"])[0]
    children = snapshot.dense.vectors() @ query
    parents = [0, 0, 0, 1, 2, 2, 2, 3]
    assert len(children) == len(parents)
    best = {parent: max(float(s) for s, p in zip(children, parents, strict=True) if p == parent) for parent in range(4)}
    expected = sorted(best, key=lambda ordinal: (-best[ordinal], ordinal))
    hits = snapshot.nearest(query, 10)
    assert [hit.ordinal for hit in hits] == expected
    assert np.allclose([hit.score for hit in hits], [best[ordinal] for ordinal in expected], atol=1e-6)
    assert snapshot.nearest(query, 1) == hits[:1]
    asked = [2, 0, 3, 1]
    assert np.allclose(
        [near.best for near in snapshot.nearness(query, asked)], [best[ordinal] for ordinal in asked], atol=1e-6
    )
    last = [6, 2, 7, 3]
    assert np.allclose([near.whole for near in snapshot.nearness(query, asked)], children[last], atol=1e-6)
    assert snapshot.nearness(query, []) == []


def test_what_only_a_wider_search_finds_takes_its_place(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where some vectors are chosen by their codes, a search for more of them may find a nearer one."""
    first = Ranking(np.full(12, 3), np.full(12, 0.5, np.float32))
    wider = iter([first, Ranking(np.array([0, 3]), np.array([0.9, 0.6], np.float32))])
    monkeypatch.setattr(snapshot, "dense", SimpleNamespace(search=lambda _query, _limit: next(wider)))
    found = snapshot.nearest(np.ones(64, np.float32), 2)
    assert [hit.ordinal for hit in found] == [0, 1]
    assert [hit.score for hit in found] == pytest.approx([0.9, 0.6])


def test_passages_with_many_children_hide_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nearest children belong to few passages, so more and more of them are searched."""
    monkeypatch.setattr(snapshots, "CHILDREN_PER_PASSAGE", 2)
    shelf = Shelf(tmp_path).write({"a.txt": "Granite is very hard. " * 40, "b.txt": "Slate splits.\n\nThe owl sleeps."})
    shelf.build()
    opened = shelf.open()
    query = shelf.encoder.encode(["Granite is very hard."])[0]
    passages = opened.manifest.passages
    assert opened.manifest.children > 2 * passages
    for limit in (0, 1, passages - 1, passages, passages + 5):
        assert [hit.ordinal for hit in opened.nearest(query, limit)] == list(range(min(limit, passages)))


def test_passages_that_score_alike_come_in_order(shelf: Shelf, snapshot: Snapshot) -> None:
    assert snapshot.nearest(np.zeros(shelf.encoder.dimension, np.float32), 3) == [Hit(0, 0.0), Hit(1, 0.0), Hit(2, 0.0)]


def test_every_file_is_listed_with_its_fate(snapshot: Snapshot) -> None:
    assert [(record.path, record.status) for record in snapshot.documents()] == [
        ("bad.png", "skipped"),
        ("birds.md", "indexed"),
        ("sea/tides.txt", "indexed"),
        ("stones.txt", "indexed"),
    ]
    assert snapshot.created == "2026-01-01T12:00:00+00:00"
    assert snapshot.record(document_id("bad.png")).reason


@pytest.mark.parametrize("unknown", ["", "zzz", "' OR 1=1 --", document_id("gone.txt")])
def test_an_unknown_document_is_an_error_with_a_remedy(snapshot: Snapshot, unknown: str) -> None:
    for look_up in (snapshot.document, snapshot.record):
        with pytest.raises(DocumentUnknown, match="See GET /documents"):
            look_up(unknown)


def test_a_skipped_file_has_a_record_and_no_text(snapshot: Snapshot) -> None:
    with pytest.raises(DocumentUnknown):
        snapshot.document(document_id("bad.png"))


def test_an_index_of_another_encoder_is_refused_before_it_is_opened(shelf: Shelf) -> None:
    other = Shelf(shelf.root, encoder=FakeEncoder("fake@2"))
    with pytest.raises(IndexIncompatible, match=r"encoder fake@1, this service runs fake@2\. Run `qa index`"):
        other.open()


def test_no_index_is_missing(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        Shelf(tmp_path).open()


class PruningStore(IndexStore):
    """Another process publishes and prunes right after CURRENT was read the first time."""

    def __init__(self, root: Path, old: str, *, always: bool = False) -> None:
        super().__init__(root)
        self.old, self.always, self.reads = old, always, 0

    def current(self) -> str:
        """At first what is gone by now."""
        self.reads += 1
        return self.old if self.reads == 1 or self.always else super().current()


def test_a_generation_that_was_pruned_a_moment_ago_is_looked_up_again(shelf: Shelf) -> None:
    late = PruningStore(shelf.store.root, "000000-0123456789ab")
    opened = open_current(late, shelf.dense, shelf.lexical, encoder=shelf.encoder.fingerprint)
    assert opened.generation == shelf.store.current()
    never = PruningStore(shelf.store.root, "000000-0123456789ab", always=True)
    with pytest.raises(IndexCorrupt, match="cannot be read"):
        open_current(never, shelf.dense, shelf.lexical, encoder=shelf.encoder.fingerprint)


def test_an_open_generation_does_not_follow_the_pointer(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).write()
    shelf.build()
    opened = shelf.open()
    shelf.write({"stones.txt": "Marble."})
    shelf.build()
    assert opened.passage(3).text.startswith("Granite")
    assert shelf.open().passage(3).text == "Marble."
    assert (shelf.store.root / CURRENT).read_text().strip() != opened.generation


def test_an_index_that_may_only_be_read_is_read_and_nothing_is_written_beside_it() -> None:
    with public_folder() as folder:
        shelf = Shelf(folder, real=True).write()
        shelf.build()
        before = shelf.generation_files()
        places = [shelf.root / "index", *(shelf.root / "index").rglob("*")]
        for place in places:
            place.chmod(0o555)
        try:
            with without_privileges():
                assert len(shelf.open().lexical.search("granite", 5)) == 1
            assert shelf.generation_files() == before
        finally:
            for place in places:
                place.chmod(0o755)
