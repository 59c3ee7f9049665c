"""Rows with the names of their columns."""

import pytest

from qa.text.tables import cells, head_of, heads_above, in_words, readings, searched
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Passage, Span
from strategies import source


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a | b", ["a", "b"]),
        ("a |  | c", ["a", "", "c"]),
        ("| b", ["", "b"]),
        ("a |", ["a", ""]),
        ("alone", ["alone"]),
        ("x|y | z", ["x|y", "z"]),
    ],
)
def test_cells(row: str, expected: list[str]) -> None:
    assert cells(row) == expected


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("Year | Revenue", "2019 | 4.2", "Year: 2019; Revenue: 4.2"),
        ("Year | Revenue | Note", "2019 |  | late", "Year: 2019; Note: late"),
        ("Year | Revenue", "2019", "Year: 2019"),
        ("| Revenue", "2019 | 4.2", "2019; Revenue: 4.2"),
        ("Year", "2019 | 4.2", "Year\n2019 | 4.2"),
        ("Year | Revenue", "|", "|"),
        ("| 2019 |  | 2020\nItem | Plan | Spent | Plan", "Rope | 1 | 2 | 3",
         "Item: Rope; 2019 Plan: 1; 2019 Spent: 2; 2020 Plan: 3"),
    ],
)  # fmt: skip
def test_a_row_in_words(header: str, row: str, expected: str) -> None:
    assert in_words(header, row) == expected


def table() -> ParsedDocument:
    text = "Before.\n\nYear | Tons\n2018 | 40\n2019 | 42\n\nAfter."
    head = Span(9, 20)

    def row(words: str) -> Block:
        start = text.index(words)
        return Block(kind=BlockKind.TABLE_ROW, span=Span(start, start + len(words)), header=head)

    blocks = (
        Block(kind=BlockKind.PARAGRAPH, span=Span(0, 7)),
        Block(kind=BlockKind.TABLE_ROW, span=head),
        row("2018 | 40"),
        row("2019 | 42"),
        Block(kind=BlockKind.PARAGRAPH, span=Span(len(text) - 6, len(text))),
    )
    return ParsedDocument(source=source(), title="T", text=text, blocks=blocks)


def test_what_is_searched_has_the_head_in_every_row_and_all_else_as_it_stands() -> None:
    document = table()
    rows = Span(document.text.index("2018"), len(document.text))
    assert searched(document, rows) == "Year: 2018; Tons: 40\nYear: 2019; Tons: 42\n\nAfter."
    assert searched(document, Span(0, 7)) == "Before."
    assert searched(document, Span(0, len(document.text))) == document.text
    piece = document.text.index("19 | 42")
    assert searched(document, Span(piece, piece + 7)) == "Year | Tons\n19 | 42"


def test_heads() -> None:
    document = table()
    last = document.blocks[3].span
    assert head_of(document, last) == "Year | Tons"
    assert head_of(document, document.blocks[0].span) == ""
    assert heads_above(document, last) == ["Year | Tons"]
    assert heads_above(document, Span(0, len(document.text))) == []


def test_a_reading_of_a_row_leads_back_to_its_cells() -> None:
    row = "Rope | 4 | 4"
    unit = Span(30, 42)
    chunk = Chunk(document_id="d", ordinal=0, span=unit, sentences=(unit,), children=(unit,))
    passage = Passage(chunk=chunk, path="p", title="t", text=row, headers=("Item | Plan | Spent",))
    (reading,) = readings(passage)
    assert reading.text == "Rope (Item), 4 (Plan), 4 (Spent)"
    assert reading.units == {unit: Span(0, 32)}
    assert reading.back(Span(0, 4)) == Span(30, 34)
    assert reading.back(Span(13, 14)) == Span(37, 38)
    assert reading.back(Span(23, 24)) == Span(41, 42)
    assert reading.back(Span(5, 24)) == Span(37, 42)
    assert reading.back(Span(2, 8)) == Span(32, 34)
    assert reading.back(Span(5, 9)) is None


def test_a_passage_without_rows_is_read_as_it_is() -> None:
    whole, unit = Span(10, 20), Span(12, 18)
    chunk = Chunk(document_id="d", ordinal=0, span=whole, sentences=(unit,), children=(unit,))
    (reading,) = readings(Passage(chunk=chunk, path="p", title="t", text="0123456789"))
    assert (reading.text, reading.units) == ("0123456789", {unit: Span(2, 8)})
    assert reading.back(Span(3, 5)) == Span(13, 15)
