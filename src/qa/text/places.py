"""Names of places in formats without pages: a range of cells such as `Budget!A7:D7`, or `slide 3`.

The names are those of spreadsheet programs, so that they can be typed into one to go there.
"""

import re

from qa.types import ParsedDocument, Span

HIDDEN, PARTLY_HIDDEN = " (hidden)", " (partly hidden)"
"""What follows the name of a place that its program does not show, or of which it leaves out some cells."""

_RANGE = re.compile(
    r"(?P<sheet>.*!)?(?P<left>[A-Z]{1,3})(?P<top>\d+)(?::(?P<right>[A-Z]{1,3})(?P<bottom>\d+))?"
    r"(?P<hidden> \((?:partly )?hidden\))?"
)
_PLAIN_SHEET = re.compile(r"[^\W\d]\w*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*")


def column_name(number: int) -> str:
    """The letters of a column, counted from 1: A to Z, then AA, AB and so on."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column from 1 by its letters."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def cell_range(sheet: str, row: int, first: int, last: int) -> str:
    """The place of the cells of a row, columns counted from 1; a name that needs it is quoted. No sheet: no name."""
    start, end = f"{column_name(first)}{row}", f"{column_name(last)}{row}"
    cells = start if start == end else f"{start}:{end}"
    if not sheet:
        return cells
    plain = _PLAIN_SHEET.fullmatch(sheet) and not _LIKE_A_CELL.fullmatch(sheet)
    return f"{sheet}!{cells}" if plain else "'{}'!{}".format(sheet.replace("'", "''"), cells)


def covering(first: str | None, last: str | None) -> str | None:
    """The place from one to another: the range that holds both ranges of a sheet, else the first of the two."""
    one, other = (_RANGE.fullmatch(place or "") for place in (first, last))
    if one is None or other is None or one["sheet"] != other["sheet"]:
        return first or last
    columns = [column_number(match[side] or match["left"]) for match in (one, other) for side in ("left", "right")]
    rows = [int(match[side] or match["top"]) for match in (one, other) for side in ("top", "bottom")]
    start, end = f"{column_name(min(columns))}{min(rows)}", f"{column_name(max(columns))}{max(rows)}"
    hidden = one["hidden"] if one["hidden"] == other["hidden"] else PARTLY_HIDDEN
    return (one["sheet"] or "") + (start if start == end else f"{start}:{end}") + (hidden or "")


def place_of(document: ParsedDocument, span: Span) -> str | None:
    """The place of a stretch of a document, over all blocks that it touches; None where it has none."""
    first, last = document.block_at(span.start), document.block_at(span.end - 1)
    return covering(first.place if first else None, last.place if last else None)
