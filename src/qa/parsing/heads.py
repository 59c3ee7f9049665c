"""Which row of a table names its columns, in formats that do not say so: the first, when the rows below bear it out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from qa.text.tables import cells
from qa.types import Block

MAX_NAME_CHARACTERS = 60
"""Longer cells are content."""
LEAST_FIGURES = 0.5
"""Share of figures in some column below names that are none: then these are names of columns."""
LEAST_COLUMNS = 3
"""So many columns of words have names above them; two are more often a list of terms with what they mean."""


_PERIOD = re.compile(
    r"(?:(?:FY|Q[1-4]|H[12]|[A-Z][a-z]{2,8}\.?)[ /-]?)?(?:1[89]|20)\d\d(?:[ /–-](?:\d{2}|\d{4}|Q[1-4]|H[12]))?"
)
"""A year, or a part or span of years: figures that name columns as often as words do."""


def with_heads(blocks: Sequence[Block], text: str, open_rows: Mapping[int, int]) -> tuple[Block, ...]:
    """The blocks, some rows given the head of their table where its first row is one.

    `open_rows` has the positions of these rows, in order, each with the number of its table.
    """
    found = list(blocks)
    for run in _runs(open_rows):
        rows = [cells(blocks[at].span.of(text)) for at in run]
        if is_head(rows[0], rows[1:]):
            for at in run[1:]:
                found[at] = replace(blocks[at], header=blocks[run[0]].span)
    return tuple(found)


def names_columns(row: Sequence[str]) -> bool:
    """Whether a row may name columns: at least two cells, short words in all, each once."""
    words = [cell for cell in row if cell]
    fit = all(len(cell) <= MAX_NAME_CHARACTERS and (is_period(cell) or not is_figure(cell)) for cell in words)
    return len(words) > 1 and fit and len(set(words)) == len(words)


def is_head(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row names the columns of the rows below it."""
    if not below or not names_columns(row) or max(map(len, below)) > len(row):
        return False
    return len(row) >= LEAST_COLUMNS or has_figures(row, below)


def has_figures(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether some column under the row is mostly of figures."""
    for at in range(len(row)):
        column = [other[at] for other in below if at < len(other) and other[at]]
        if column and sum(map(is_figure, column)) >= LEAST_FIGURES * len(column):
            return True
    return False


def is_period(cell: str) -> bool:
    """Whether a cell holds a year, or a part or span of years, and nothing else: `2019`, `Q1 2019`, `2018/19`."""
    return _PERIOD.fullmatch(cell) is not None


def is_figure(cell: str) -> bool:
    """Whether a cell holds a number, date, time or amount rather than words."""
    digits = sum(map(str.isdigit, cell))
    letters = sum(map(str.isalpha, cell))
    return digits > 0 and (digits >= letters or cell[:1].isdigit())


def _runs(open_rows: Mapping[int, int]) -> Iterator[list[int]]:
    """Positions in runs of neighbours of one table."""
    run: list[int] = []
    for position, table in open_rows.items():
        if run and (position != run[-1] + 1 or table != open_rows[run[-1]]):
            yield run
            run = []
        run.append(position)
    if run:
        yield run
