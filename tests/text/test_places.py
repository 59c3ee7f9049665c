"""Names of cells and ranges, against what spreadsheet programs show."""

import pytest

from qa.text.places import cell_range, column_name, column_number, covering, place_of
from qa.types import Block, BlockKind, Span
from strategies import document_of


@pytest.mark.parametrize(
    ("number", "name"), [(1, "A"), (26, "Z"), (27, "AA"), (702, "ZZ"), (703, "AAA"), (16384, "XFD")]
)
def test_columns(number: int, name: str) -> None:
    assert column_name(number) == name
    assert column_number(name) == number


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        ("Budget", "Budget!A7:D7"),
        ("", "A7:D7"),
        ("Q1 2019", "'Q1 2019'!A7:D7"),
        ("Ann's", "'Ann''s'!A7:D7"),
        ("2019", "'2019'!A7:D7"),
        ("Q1", "'Q1'!A7:D7"),  # it would be read as a cell
        ("予算", "予算!A7:D7"),
    ],
)
def test_ranges(sheet: str, expected: str) -> None:
    assert cell_range(sheet, 7, 1, 4) == expected


def test_one_cell() -> None:
    assert cell_range("Budget", 7, 2, 2) == "Budget!B7"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Budget!A7:D7", "Budget!B9:E9", "Budget!A7:E9"),
        ("A7", "A7", "A7"),
        ("A7", "A9", "A7:A9"),
        ("Budget!A7", "Other!A8", "Budget!A7"),
        ("slide 3", "slide 3", "slide 3"),
        (None, None, None),
        (None, "slide 3", "slide 3"),
        ("'It''s! Z9'!AB10", "'It''s! Z9'!AA12:AC12", "'It''s! Z9'!AA10:AC12"),
        ("Budget!A7:D7 (hidden)", "Budget!A8:D8", "Budget!A7:D8 (partly hidden)"),
        ("Budget!A7:D7 (hidden)", "Budget!A8:D8 (hidden)", "Budget!A7:D8 (hidden)"),
    ],
)
def test_covering(first: str | None, last: str | None, expected: str | None) -> None:
    assert covering(first, last) == expected


def test_the_place_of_a_stretch_covers_its_blocks() -> None:
    rows = [
        Block(kind=BlockKind.TABLE_ROW, span=Span(at, at + 3), place=f"S!A{at // 4 + 1}:B{at // 4 + 1}")
        for at in (0, 4, 8)
    ]
    document = document_of("a b\nc d\ne f", *rows)
    assert place_of(document, Span(0, 3)) == "S!A1:B1"
    assert place_of(document, Span(5, 11)) == "S!A2:B3"
    assert place_of(document_of("no place"), Span(0, 2)) is None
