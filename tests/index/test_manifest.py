"""A manifest describes a generation whole: it reads back as it was, and notices any change."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from qa.errors import IndexCorrupt, IndexIncompatible
from qa.index.manifest import FORMAT, FileSum, Manifest, Recipe, Volume, file_sum
from qa.ports import DenseSearch
from qa.types import DocumentRecord

WHERE = Path("index/manifest.json")
RECORD = DocumentRecord(
    document_id="d1", path="Zoë 🙂.txt", title="Zoë", media_type="text/plain", size=3, sha256="aa", text_sha256="bb",
    characters=3, passages=1,
)  # fmt: skip
SKIPPED = dataclasses.replace(RECORD, document_id="d2", path="x.bin", text_sha256=None, passages=0, reason="Binary.")
MANIFEST = Manifest(
    number=7,
    created="2026-01-01T12:00:00+00:00",
    recipe=Recipe(encoder="fake@1", parsers=("a-1", "b-2"), chunking=(("most", 24), ("least", 12))),
    documents=(RECORD, SKIPPED),
    volumes=(Volume(name="v1", documents=1, passages=1, children=2),),
    dense=DenseSearch(rescored=1000, recall=0.9984, lists=400, probes=50),
    files={"records.sqlite": FileSum(10, "cc"), "dense/v": FileSum(20, "dd")},
)


def test_it_reads_back_as_it_was_written() -> None:
    text = MANIFEST.to_json()
    assert Manifest.from_json(text, WHERE) == MANIFEST
    assert text.isascii()
    assert text.endswith("\n")
    assert json.loads(text)["format"] == FORMAT


def test_the_id_is_number_and_digest() -> None:
    assert MANIFEST.id == f"000007-{MANIFEST.digest[:12]}"
    assert len(MANIFEST.digest) == 64


def test_number_and_time_are_left_out_of_the_digest_and_order_of_files_too() -> None:
    files = dict(reversed(list(MANIFEST.files.items())))
    other = dataclasses.replace(MANIFEST, number=8, created="2027-01-01T12:00:00+00:00", files=files)
    assert other.digest == MANIFEST.digest
    assert other.id != MANIFEST.id


CHANGES: dict[str, Any] = {
    "recipe": Recipe(encoder="fake@2", parsers=("a-1", "b-2"), chunking=(("most", 24), ("least", 12))),
    "documents": (RECORD,),
    "volumes": (Volume(name="v1", documents=1, passages=1, children=3),),
    "dense": DenseSearch(rescored=1000, recall=0.9984, lists=400, probes=51),
    "files": {"records.sqlite": FileSum(10, "cc")},
}


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_everything_else_is_in_the_digest(field: str) -> None:
    assert dataclasses.replace(MANIFEST, **{field: CHANGES[field]}).digest != MANIFEST.digest


def test_every_field_is_in_the_digest_or_left_out_on_purpose() -> None:
    assert {field.name for field in dataclasses.fields(Manifest)} == {*CHANGES, "number", "created"}


def edited(**changes: object) -> str:
    return json.dumps({**json.loads(MANIFEST.to_json()), **changes})


@pytest.mark.parametrize("version", [0, FORMAT + 1, "1", None])
def test_another_format_is_incompatible_whatever_else_it_holds(version: object) -> None:
    with pytest.raises(IndexIncompatible, match="Run `qa index`"):
        Manifest.from_json(json.dumps({"format": version}), WHERE)
    with pytest.raises(IndexIncompatible, match=f"this version reads {FORMAT}"):
        Manifest.from_json(edited(format=version), WHERE)


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "1", "null", "\x00" * 20, '"text"', "{}", json.dumps({"format": FORMAT}), "[" * 100_000,
        edited(volumes=[]), edited(digest="0" * 64), edited(number=8), edited(created="2027"),
        edited(seal="0" * 64), edited(documents=[]), edited(documents=[{"path": "a"}]),
        edited(documents=5), edited(recipe=None), edited(recipe={}), edited(files=[]), edited(volumes=5),
        edited(volumes=[{"name": "a"}]), edited(files={"a": {"bytes": 1}}), edited(files=None),
    ],
    ids=[f"damage-{number}" for number in range(25)],
)  # fmt: skip
def test_damage_is_named_with_its_place(text: str) -> None:
    with pytest.raises(IndexCorrupt, match=r"manifest\.json"):
        Manifest.from_json(text, WHERE)


def test_every_cut_of_the_file_is_noticed() -> None:
    text = MANIFEST.to_json()
    for length in range(0, len(text.rstrip()), 7):
        with pytest.raises(IndexCorrupt):
            Manifest.from_json(text[:length], WHERE)


def test_the_same_in_other_words_is_not_what_was_written() -> None:
    text = MANIFEST.to_json()
    for other in (json.dumps(json.loads(text)), text.replace("\n", " "), text.replace("{", "{ ", 1), text + " "):
        assert json.loads(other) == json.loads(text)
        with pytest.raises(IndexCorrupt):
            Manifest.from_json(other, WHERE)


def test_a_files_sum_is_its_size_and_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc" * 1000)
    assert file_sum(path) == FileSum(3000, hashlib.sha256(b"abc" * 1000).hexdigest())
