"""Which rows are heads of tables: said by the format, or borne out by the rows below."""

import pytest

from qa.parsing.builder import DocumentBuilder
from qa.parsing.heads import is_figure, is_head
from qa.types import BlockKind, ParsedDocument
from strategies import source


def heads(document: ParsedDocument) -> list[str | None]:
    """For each block the head that it has."""
    return [block.header.of(document.text) if block.header else None for block in document.blocks]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Year", "Tons"], ["2018", "40"]], True),
        ([["Year", "Tons"]], False),  # nothing below
        ([["Berths", "12"], ["Depth", "4 m"]], False),  # names with their figures
        ([["Address", "Pier 1 Road"], ["Harbour master", "Zoe"]], False),  # terms with what they mean
        ([["Name", "Town", "Boat"], ["Ann", "Oslo", "Gull"]], True),
        ([["Name", "Name", "Boat"], ["Ann", "Oslo", "Gull"]], False),
        ([["Name", "Tons"], ["Ann", "4", "late"]], False),  # a column without a name
        ([["A long sentence that says far too much to be the name of a column, surely", "B"], ["1", "2"]], False),
    ],
)
def test_a_first_row_is_a_head_when_the_rows_below_bear_it_out(rows: list[list[str]], *, expected: bool) -> None:
    assert is_head(rows[0], rows[1:]) is expected


@pytest.mark.parametrize("cell", ["2019", "4.2", "12 %", "€ 1,200", "2019-03-01", "4 m", "09:30", "-3"])
def test_figures(cell: str) -> None:
    assert is_figure(cell)


@pytest.mark.parametrize("cell", ["Year", "Q", "", "Berth No. 4", "%"])
def test_no_figures(cell: str) -> None:
    assert not is_figure(cell)


def test_rows_have_the_head_that_their_format_names() -> None:
    builder = DocumentBuilder(source())
    builder.row(["", "2019", ""], head=True)
    builder.row(["Item", "Plan", "Spent"], head=True)
    builder.row(["Rope", "1", "2"])
    builder.row(["", "", ""])
    builder.row(["Oil", "3", "4"], head=False)
    document = builder.build()
    head = "| 2019 |\nItem | Plan | Spent"
    assert document.text == f"{head}\nRope | 1 | 2\nOil | 3 | 4"
    assert heads(document) == [None, None, head, head]


def test_a_table_without_a_named_head_is_looked_at() -> None:
    builder = DocumentBuilder(source())
    for text in ("Year | Tons", "2018 | 40", "2019 | 42"):
        builder.add(BlockKind.TABLE_ROW, text)
    builder.add(BlockKind.PARAGRAPH, "Between.")
    builder.row(["2020", "44"])
    document = builder.build()
    assert heads(document) == [None, "Year | Tons", "Year | Tons", None, None]


def test_a_table_right_after_another_has_its_own_head_or_none() -> None:
    builder = DocumentBuilder(source())
    builder.row(["Year", "Tons"], head=True)
    builder.row(["2018", "40"])
    builder.table()
    builder.row(["Ann", "4"])
    builder.table()
    builder.row(["Boat", "Length"])
    builder.row(["Gull", "7"])
    document = builder.build()
    assert heads(document) == [None, "Year | Tons", None, None, "Boat | Length"]


def test_a_row_that_says_it_is_no_head_is_believed() -> None:
    builder = DocumentBuilder(source())
    builder.row(["Year", "Tons"], head=False)
    builder.row(["2018", "40"], head=False)
    assert heads(builder.build()) == [None, None]
