"""Documents cross the border of a process unchanged, and whatever breaks a promise of the builder is refused."""

import json
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given

from qa.boxes import PageSize, pack
from qa.errors import NoText
from qa.parsing.builder import DocumentBuilder
from qa.parsing.transfer import believed, told
from qa.types import Block, BlockKind, ParsedDocument, Span
from strategies import documents, source


def sample() -> ParsedDocument:
    """A document in which every field of a block is used."""
    builder = DocumentBuilder(source(), note="read as it is")
    builder.heading("Ships \U0001f6a2", 1, page=1)
    builder.heading("Tonnage", 2, page=1)
    builder.add(BlockKind.PARAGRAPH, "Zoe\u0301 weighs them.", page=2, level=3)
    builder.row(["Ship", "Tons"], head=True, place="Sheet1!A1:B1")
    builder.row(["Heron", "300"], place="Sheet1!A2:B2")
    document = builder.build()
    return replace(document, places=pack([(PageSize(1, 200, 300), (10, 20, 30, 40))] * len(document.text)))


def crossed(document: ParsedDocument) -> ParsedDocument:
    value, data = told(document)
    return believed(document.source, json.loads(json.dumps(value)), data)


def test_the_sample_uses_every_field() -> None:
    """A new field must be carried over, too: add it to the sample and to both ways."""
    plain = Block(kind=BlockKind.PARAGRAPH, span=Span(0, 1))
    used = {
        f.name for f in fields(Block) for block in sample().blocks if getattr(block, f.name) != getattr(plain, f.name)
    }

    assert used == {f.name for f in fields(Block)}
    assert {f.name for f in fields(ParsedDocument)} == {"source", "title", "text", "blocks", "places", "note"}


def test_a_document_comes_back_as_it_was() -> None:
    assert crossed(sample()) == sample()
    assert crossed(sample()).note == "read as it is"


@given(document=documents())
def test_every_document_comes_back_as_it_was(document: ParsedDocument) -> None:
    assert crossed(document) == document


def test_a_title_may_be_as_long_as_the_name_of_the_file_that_it_is() -> None:
    builder = DocumentBuilder(source("n" * 230 + ".txt"))
    builder.add(BlockKind.PARAGRAPH, "text")
    assert crossed(builder.build()).title == "n" * 230


def test_a_title_may_be_the_path_whatever_that_is() -> None:
    builder = DocumentBuilder(source("\x07.txt"))
    builder.add(BlockKind.PARAGRAPH, "words")
    assert crossed(builder.build()).title == "\x07.txt"


def changed(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(told_value: dict[str, Any]) -> None:
        told_value[name] = value

    return change


def in_block(number: int, column: int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(told_value: dict[str, Any]) -> None:
        told_value["blocks"][number][column] = value

    return change


KIND, START, END, PAGE, LEVEL, PATH, PLACE, HEADER = range(8)
LIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "a note of two lines": changed("note", "a\nb"),
    "no title": lambda value: value.pop("title"),
    "empty title": changed("title", " "),
    "title of two lines": changed("title", "a\nb"),
    "title with a control character": changed("title", "a\x1b[31m"),
    "title with half a character": changed("title", "\ud800"),
    "title that is a number": changed("title", 3),
    "title without end": changed("title", "t" * 201),
    "no text": changed("text_bytes", 0),
    "text longer than what was sent": changed("text_bytes", 10_000),
    "text that ends in mid-character": lambda value: value.update(text_bytes=7),
    "text shorter than its blocks": lambda value: value.update(text_bytes=value["text_bytes"] - 3),
    "text length of another type": changed("text_bytes", "10"),
    "no blocks": changed("blocks", []),
    "blocks of another type": changed("blocks", {"a": 1}),
    "block of another type": changed("blocks", [3]),
    "block that is too short": lambda value: value["blocks"][0].pop(),
    "block of another kind": in_block(0, KIND, "picture"),
    "kind of another type": in_block(0, KIND, ["heading"]),
    "negative start": in_block(0, START, -1),
    "start that is no whole number": in_block(0, START, 0.0),
    "start that is a truth": in_block(1, START, bool(1)),
    "block that begins late": in_block(0, START, 1),
    "block that ends early": in_block(1, END, 12),
    "block that overlaps the next": in_block(1, END, 20),
    "block past the end": in_block(4, END, 10_000),
    "empty block": lambda value: value["blocks"][0].__setitem__(END, 0),
    "blocks in another order": lambda value: value["blocks"].reverse(),
    "block that is missing": lambda value: value["blocks"].pop(2),
    "last block missing": lambda value: value["blocks"].pop(),
    "page zero": in_block(0, PAGE, 0),
    "page of words": in_block(0, PAGE, "1"),
    "page past all books": in_block(0, PAGE, 1 << 40),
    "negative level": in_block(0, LEVEL, -1),
    "level past all bounds": in_block(0, LEVEL, 1 << 80),
    "path that is not there": in_block(0, PATH, 99),
    "headings of another type": changed("headings", {}),
    "path of another type": lambda value: value["headings"].__setitem__(0, "Ships"),
    "heading of another type": lambda value: value["headings"].__setitem__(0, [1]),
    "heading without end": lambda value: value["headings"].__setitem__(0, ["h" * 201]),
    "heading with a control character": lambda value: value["headings"].__setitem__(0, ["\x00"]),
    "place of another type": in_block(4, PLACE, 7),
    "place with a control character": in_block(4, PLACE, "A1\x1b"),
    "head behind its row": in_block(3, HEADER, [50, 60]),
    "head of another type": in_block(4, HEADER, "A1"),
    "head that is empty": in_block(4, HEADER, [3, 3]),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_what_breaks_a_promise_is_refused(lie: str) -> None:
    value, data = told(sample())
    value = json.loads(json.dumps(value))
    LIES[lie](value)
    with pytest.raises(ValueError, match=r"."):
        believed(source(), value, data)


@pytest.mark.parametrize("value", [None, 3, [], "words", {}, {"title": "a"}])
def test_what_is_no_document_at_all_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no document"):
        believed(source(), value, b"words")


@pytest.mark.parametrize("text", ["a\x00b", "a\rb", "a\u2028b", " a", "a ", "\n"])
def test_text_that_the_builder_would_not_write_is_refused(text: str) -> None:
    data = text.encode()
    value = {"title": "T", "text_bytes": len(data), "headings": [[]]}
    value["blocks"] = [["paragraph", 0, len(text), None, 0, 0, None, None]]
    with pytest.raises(ValueError, match="no document"):
        believed(source(), value, data)


def test_text_that_is_no_utf8_is_refused() -> None:
    value = {
        "title": "T",
        "note": "",
        "text_bytes": 3,
        "headings": [[]],
        "blocks": [["paragraph", 0, 1, None, 0, 0, None, None]],
    }
    with pytest.raises(ValueError, match="utf-8"):
        believed(source(), value, b"\xed\xa0\x80")


LETTERS = len(sample().text)
SIZE = PageSize(1, 200, 300)


def packed_by_hand(*stretches: tuple[int, int, bytes], length: int = LETTERS) -> bytes:
    """Places of stretches that begin at a character on a page and have these bytes, whatever these are."""
    entries = [struct.pack("<5I", start, page, 200, 300, len(content)) for start, page, content in stretches]
    contents = [content for _, _, content in stretches]
    return b"".join((struct.pack("<I", len(entries)), *entries, *contents, struct.pack("<I", length)))


NUMBERS = bytes(16 * LETTERS)
PLACES: dict[str, bytes] = {
    "one byte": b"\0",
    "no stretch": packed_by_hand(),
    "of a shorter text": pack([None] * (LETTERS - 1)),
    "of a longer text": pack([None] * (LETTERS + 1)),
    "more than is told": pack([None] * LETTERS) + bytes(10),
    "a bomb": packed_by_hand((0, 1, zlib.compress(bytes(64_000_000)))),
    "one number too few": packed_by_hand((0, 1, zlib.compress(NUMBERS[4:]))),
    "nothing packed": packed_by_hand((0, 1, NUMBERS)),
    "cut off": packed_by_hand((0, 1, zlib.compress(NUMBERS)[:-1])),
    "bytes behind the end": packed_by_hand((0, 1, zlib.compress(NUMBERS) + b"a")),
    "page zero": packed_by_hand((0, 0, zlib.compress(NUMBERS))),
    "page past all books": packed_by_hand((0, 1 << 31, zlib.compress(NUMBERS))),
    "a first character without": packed_by_hand((1, 1, zlib.compress(NUMBERS[16:]))),
    "stretches that go back": packed_by_hand((0, 1, zlib.compress(NUMBERS)), (LETTERS + 1, 1, zlib.compress(b""))),
    "a stretch of nothing": packed_by_hand((0, 1, zlib.compress(NUMBERS)), (LETTERS, 1, zlib.compress(b""))),
    "stretches without end": struct.pack("<I", 1 << 31) + packed_by_hand((0, 1, zlib.compress(NUMBERS)))[4:],
}


def test_the_places_by_hand_are_right_but_for_one_thing_each() -> None:
    value, data = told(sample())
    places = packed_by_hand((0, 1, zlib.compress(NUMBERS)))
    assert believed(source(), json.loads(json.dumps(value)), data[: value["text_bytes"]] + places).places == places


@pytest.mark.parametrize("name", PLACES)
def test_places_that_are_not_those_of_the_text_are_refused_and_never_unpacked_in_full(name: str) -> None:
    value, data = told(sample())
    value = json.loads(json.dumps(value))
    data = data[: value["text_bytes"]] + PLACES[name]
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"."):
            believed(source(), value, data)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_document_without_text_never_gets_so_far() -> None:
    with pytest.raises(NoText):
        DocumentBuilder(source()).build()
