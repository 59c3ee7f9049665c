"""A sheet of cells to blocks: its tables row by row under their heads, with the cells that each row stands in.

Rows that stand together, without an empty row between them, are a table. A line above it that fills only one cell names
it. Its head is one row of words, or two when the upper one spans columns of the lower.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qa.parsing.builder import DocumentBuilder
from qa.parsing.heads import MAX_NAME_CHARACTERS, has_figures, is_period, names_columns
from qa.text.places import HIDDEN, PARTLY_HIDDEN, cell_range
from qa.types import BlockKind

MAX_CELLS = 500_000
"""Filled cells of a file; one with more is a database, and is refused rather than read in part."""
MAX_TITLE_CHARACTERS = 100
TABLE_LEVEL = 2
"""Level of the heading that names a table; the sheet's own is above."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows; `words` if the file holds it as text; `style` tells cells apart that look different."""

    text: str
    words: bool
    style: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its number, its filled cells by their columns, both from 1."""

    number: int
    cells: Mapping[int, Cell]
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The filled rows of a sheet in order; `first_is_head` for a file of a table only, whose first row is its head."""

    name: str
    rows: Sequence[Row]
    hidden: bool = False
    hidden_columns: frozenset[int] = frozenset()
    first_is_head: bool = False


def write_sheet(builder: DocumentBuilder, sheet: Sheet) -> None:
    """Hand all rows of a sheet to the builder, in the section that is open."""
    writer = _Writer(builder, sheet)
    for region in _regions(sheet.rows):
        writer.region(region)


def _regions(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in runs without an empty row between them."""
    region: list[Row] = []
    for row in rows:
        if region and row.number != region[-1].number + 1:
            yield region
            region = []
        region.append(row)
    if region:
        yield region


@dataclass(slots=True)
class _Writer:
    builder: DocumentBuilder
    sheet: Sheet
    _head: list[Row] = field(default_factory=list)  # of the table above, which may go on after an empty row
    _left: int = 1

    def region(self, rows: list[Row]) -> None:
        """A table with what stands above it, or lines of text."""
        widest = max(len(row.cells) for row in rows)
        named = False
        while widest > 1 and len(rows) > 1 and len(rows[0].cells) == 1 and not self.sheet.first_is_head:
            named = self._line(rows.pop(0), may_name=not named) or named
        if widest == 1 and not self.sheet.first_is_head:
            for row in rows:
                self._line(row, may_name=False)
            return
        self._table(rows)

    def _line(self, row: Row, *, may_name: bool) -> bool:
        """A row of one cell; whether it has become the name of the table under it."""
        self._head = []
        ((column, cell),) = row.cells.items()
        place = self._place(row, column, column)
        names = may_name and cell.words and len(cell.text) <= MAX_TITLE_CHARACTERS and cell.text[-1:] not in ".;,:"
        if names:
            self.builder.heading(cell.text, TABLE_LEVEL, place=place)
        else:
            self.builder.add(BlockKind.PARAGRAPH, cell.text, place=place)
        return names

    def _table(self, rows: list[Row]) -> None:
        heads = _heads(rows, certain=self.sheet.first_is_head and rows[0] is self.sheet.rows[0])
        if heads or not self._goes_on(rows):
            self.builder.table()
            self._head = rows[:heads]
            self._left = min(min(row.cells) for row in rows)
        for number, row in enumerate(rows):
            last = max(row.cells)
            texts = [row.cells[at].text if at in row.cells else "" for at in range(self._left, last + 1)]
            self.builder.row(texts, head=number < heads, place=self._place(row, min(row.cells), last))

    def _goes_on(self, rows: list[Row]) -> bool:
        """Whether rows after an empty one belong to the head above it: their cells stand under its names."""
        names = {column for row in self._head for column in row.cells}
        return bool(names) and all(column in names for row in rows for column in row.cells)

    def _place(self, row: Row, first: int, last: int) -> str:
        hidden = row.cells.keys() & self.sheet.hidden_columns
        out_of_sight = self.sheet.hidden or row.hidden or hidden == row.cells.keys()
        suffix = HIDDEN if out_of_sight else PARTLY_HIDDEN if hidden else ""
        return cell_range(self.sheet.name, row.number, first, last) + suffix


def _heads(rows: Sequence[Row], *, certain: bool) -> int:
    """How many of the first rows of a table are its head: none, one or two."""
    if len(rows) < 2 or not _is_words(rows[0]):
        return 0
    first, second = rows[0], rows[1]
    gaps = len(second.cells) > len(first.cells)
    short = all(len(cell.text) <= MAX_NAME_CHARACTERS for row in (first, second) for cell in row.cells.values())
    if gaps and short and len(rows) > 2 and _is_words(second) and _bears_out(second, rows[2:]):
        return 2
    if not _names(first):
        return 1 if certain else 0
    looks_different = {cell.style for cell in first.cells.values()}.isdisjoint(
        cell.style for cell in second.cells.values()
    )
    wide = len(first.cells) > 2
    return 1 if certain or wide or looks_different or _bears_out(first, rows[1:]) else 0


def _is_words(row: Row) -> bool:
    return all(cell.words or is_period(cell.text) for cell in row.cells.values())


def _names(row: Row) -> bool:
    return names_columns([cell.text for cell in row.cells.values()])


def _bears_out(head: Row, below: Sequence[Row]) -> bool:
    """Whether some column under a head is mostly of figures."""
    columns = range(min(head.cells), max(head.cells) + 1)
    texts = [[row.cells[at].text if at in row.cells else "" for at in columns] for row in below]
    numbers = any(not cell.words for row in below for cell in row.cells.values())
    return numbers or has_figures([""] * len(columns), texts)
