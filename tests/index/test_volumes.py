"""Volumes are cut by their documents alone, so a change leaves the others as they were, file for file."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.index import manifest, store, volumes, writing
from qa.index.dense import FaissBackend
from qa.index.manifest import Recipe
from qa.index.volumes import cut, name_of, size_for, take_over
from qa.index.wording import Terms, wording_of
from qa.ports import EXACT
from qa.text.coverage import coverages
from qa.types import Chunk, DocumentRecord, ParsedDocument
from shelf import Shelf

RECIPE = Recipe(encoder="fake@1", parsers=("a-1",), chunking=(("most", 24),))


def record(path: str, passages: int = 1) -> DocumentRecord:
    """A document."""
    return DocumentRecord(
        document_id=path, path=path, title=path, media_type="text/plain", size=1, sha256=path, text_sha256="t",
        characters=1, passages=passages,
    )  # fmt: skip


RECORDS = [record(f"{number:04d}.txt", passages=number % 7) for number in range(3000)]


def test_volumes_have_about_the_size_asked_for() -> None:
    runs = cut(RECORDS, 100)
    assert [document for run in runs for document in run] == RECORDS
    sizes = [sum(document.passages for document in run) for run in runs]
    assert 90 < sum(sizes) / len(sizes) < 110
    assert min(sizes[:-1]) >= 50
    assert max(sizes) < 200 + 6, "the document at the end of a run may have six passages"


@pytest.mark.parametrize(
    ("passages", "size"),
    [(0, 1024), (8192, 1024), (8193, 2048), (16_384, 2048), (16_385, 4096), (10_000_000, 4096)],
)
def test_a_larger_corpus_has_larger_volumes(passages: int, size: int) -> None:
    assert size_for(passages) == size


def test_a_build_cuts_as_the_size_of_the_corpus_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "LEAST_PASSAGES", 1)
    monkeypatch.setattr(volumes, "MOST_PASSAGES", 4)
    shelf = Shelf(tmp_path).write({f"{number}.txt": f"It is {number}." for number in range(24)})
    assert [volume.passages for volume in shelf.build().manifest.volumes] == [
        len(run) for run in cut([record(f"{number}.txt") for number in sorted(map(str, range(24)))], 4)
    ]


def test_a_document_as_large_as_a_volume_ends_one_and_none_is_empty() -> None:
    runs = cut([record("a", 5), record("b", 0), record("c", 9), record("d", 5)], 5)
    assert [[document.path for document in run] for run in runs] == [["a"], ["b", "c"], ["d"]]
    assert cut([], 5) == []


def fresh(records: list[DocumentRecord]) -> int:
    """How many volumes of these records are none of `RECORDS`."""
    return len(
        {name_of(run, RECIPE) for run in cut(records, 100)} - {name_of(run, RECIPE) for run in cut(RECORDS, 100)}
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2999))
def test_a_change_of_a_text_leaves_all_volumes_but_its_own(changed: int) -> None:
    edited = [*RECORDS]
    edited[changed] = dataclasses.replace(RECORDS[changed], sha256="new")
    assert fresh(edited) == 1


def test_a_document_that_goes_leaves_nearly_all_volumes() -> None:
    """Runs end where they ended before after one or two; there are some ninety."""
    counts = [fresh(RECORDS[:number] + RECORDS[number + 1 :]) for number in range(7, 3000, 50)]
    assert np.mean(counts) < 1.5
    assert max(counts) < 6


@pytest.mark.parametrize("field", ["path", "sha256", "title", "passages", "text_sha256"])
def test_the_name_tells_every_difference(field: str) -> None:
    changes: dict[str, Any] = {field: 99 if field == "passages" else "other"}
    other = dataclasses.replace(RECORDS[1], **changes)
    assert name_of([RECORDS[0], RECORDS[1]], RECIPE) != name_of([RECORDS[0], other], RECIPE)
    recipe = dataclasses.replace(RECIPE, encoder="fake@2")
    assert name_of(RECORDS, RECIPE) != name_of(RECORDS, recipe)


def many(folder: Path, faiss: FaissBackend | None = None) -> Shelf:
    """Forty documents in some ten volumes."""
    random = Random(5)
    words = "heron stork owl tide moon slate granite rope mast".split()
    shelf = Shelf(folder, real=True, volume_passages=4, faiss=faiss or FaissBackend())
    return shelf.write({f"{n:02d}.txt": f"It is {n}. " + " ".join(random.choices(words, k=9)) + "." for n in range(40)})


def test_a_change_writes_one_volume_and_links_the_others(tmp_path: Path) -> None:
    shelf = many(tmp_path)
    before = shelf.build().manifest
    assert len(before.volumes) > 5
    shelf.write({"17.txt": "Now it is another one."})
    report = shelf.build()
    after = report.manifest
    assert len({volume.name for volume in after.volumes} - {volume.name for volume in before.volumes}) == 1
    assert (report.embedded, report.reused) == (1, 39)
    old, new = shelf.store.folder(before.id), shelf.store.folder(after.id)
    shared = [name for name in after.files if name in before.files]
    assert len(shared) > 20
    for name in shared:
        assert (old / name).samefile(new / name)
    assert shelf.build(force=True).manifest.digest == after.digest
    forced = shelf.store.folder(shelf.store.current())
    assert not any((new / name).samefile(forced / name) for name in after.files)


def test_terms_are_cut_of_what_has_changed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = many(tmp_path)
    shelf.build()
    shelf.write({"17.txt": "Now it is another one."})
    cut_anew = []

    def counting(document: ParsedDocument, chunk: Chunk, terms: Terms) -> bytes:
        cut_anew.append(document.source.path)
        return wording_of(document, chunk, terms)

    monkeypatch.setattr(writing, "wording_of", counting)
    shelf.build()
    assert cut_anew == ["17.txt"]
    shelf.build(force=True)
    assert sorted(cut_anew[1:]) == [f"{number:02d}.txt" for number in range(40)]


@pytest.mark.parametrize(("flat_up_to", "depths"), [(41, (4, 30)), (40, (30,))], ids=["codes", "lists"])
def test_a_compressed_index_equals_one_built_anew_and_finds_the_same(
    tmp_path: Path, flat_up_to: int, depths: tuple[int, ...]
) -> None:
    shelf = many(tmp_path, FaissBackend(exact_up_to=40, flat_up_to=flat_up_to, depths=depths, largest_share=1))
    assert shelf.build().manifest.dense == EXACT, "so few are all compared"
    shelf.write({"40.txt": "It is 40, and one more. Slate tide."})
    after = shelf.build().manifest
    assert (after.dense.rescored, after.dense.recall) == (30, 1.0)
    assert after.dense.lists == (None if flat_up_to == 41 else 6)
    assert {name for name in after.files if not name.startswith("volumes/")} == (
        set() if flat_up_to == 41 else {"dense/centroids.npy", "dense/lists.npy"}
    )
    found = shelf.generation_files()
    forced = shelf.build(force=True).manifest
    assert forced.digest == after.digest
    assert {name: data for name, data in shelf.generation_files().items() if name != manifest.FILE} == {
        name: data for name, data in found.items() if name != manifest.FILE
    }
    snapshot = shelf.open()
    query = shelf.encoder.encode(["Slate tide."])[0]
    rows = snapshot.dense.vectors() @ query
    best = sorted(range(len(rows)), key=lambda child: (-rows[child], child))[:3]
    assert [hit.ordinal for hit in snapshot.dense.search(query, 3).hits()] == best


def test_positions_run_through_the_volumes(tmp_path: Path) -> None:
    shelf = many(tmp_path)
    shelf.build()
    snapshot = shelf.open()
    assert [snapshot.passage(ordinal).path for ordinal in range(40)] == [f"{n:02d}.txt" for n in range(40)]
    backwards = [*range(39, -1, -3), 39]
    for ordinal, wording in zip(backwards, snapshot.wordings(backwards), strict=True):
        assert coverages({str(ordinal): 1.0}, [wording]) == [(1.0, 1.0)]
    for number in (0, 13, 39):
        passage = snapshot.passage(number)
        assert snapshot.nearest(shelf.encoder.encode([passage.text])[0], 1)[0].ordinal == number
        assert snapshot.lexical.search(str(number), 1)[0].ordinal == number
        assert snapshot.nearness(shelf.encoder.encode([passage.text])[0], [number])[0].best > 0.999
    with pytest.raises(KeyError):
        snapshot.passage(40)


def test_where_files_cannot_be_linked_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    refused: Callable[..., None] = refuse
    monkeypatch.setattr(os, "link", refused)
    (tmp_path / "from" / "deep").mkdir(parents=True)
    (tmp_path / "from" / "deep" / "file").write_bytes(b"abc")
    assert take_over(tmp_path / "from", tmp_path / "to", ["deep/file"]) == set()
    assert (tmp_path / "to" / "deep" / "file").read_bytes() == b"abc"
    assert not (tmp_path / "from" / "deep" / "file").samefile(tmp_path / "to" / "deep" / "file")


@pytest.mark.parametrize("linking", [True, False])
def test_every_file_is_synced_but_those_that_are_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, linking: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    shelf = many(tmp_path)
    before = shelf.build().manifest
    shelf.write({"17.txt": "Now it is another one."})
    synced: list[str] = []
    sync: Callable[[Path], None] = store._sync

    def noted(path: Path) -> None:
        synced.append(path.name)
        sync(path)

    monkeypatch.setattr(store, "_sync", noted)
    if not linking:
        monkeypatch.setattr(os, "link", refuse)
    after = shelf.build().manifest
    shared = before.files.keys() & after.files.keys()
    assert len(shared) > 20
    expected = [Path(name).name for name in after.files if not linking or name not in shared]
    assert sorted(name for name in synced if name in {Path(name).name for name in after.files}) == sorted(expected)
