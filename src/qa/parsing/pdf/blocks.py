"""Rows to drafts of blocks: where a paragraph, list item or table row begins, and which rows are headings.

The rules are those of typesetting: a paragraph ends at a wide gap, at another size or weight, before an indented or
out-dented line, and after a line whose successor's first word would still have fitted on it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qa.parsing.pdf.rows import Row, typical_leading
from qa.parsing.pdf.tables import table_rows
from qa.types import BlockKind

_BULLET = re.compile(r"[•▪●○◦‣∙·■□➢➤►▸✓✔✗–—\-\u22c4\u25cb\uf020-\uf0ff](?=\s)\s*")
_NUMBERED_ITEM = re.compile(r"(?:\(?(?P<number>\d{1,3})[.)]|\(?[a-z]\)|\[(?P<reference>\d{1,3})\])\s+\S")
_NUMBERED_HEADING = re.compile(
    r"(?:(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})\.?|(?P<roman>[IVX]{1,5})\.|(?P<letter>[A-Z](?:\.\d{1,2}){0,4})\.?)\s+[^\W\d_]"
)
_NAMED = re.compile(
    r"(?:abstract|introduction|references|bibliography|acknowledge?ments?|appendix|contents|summary)\W*", re.I
)
_NO_HEADING = re.compile(r"[@=_{}<>|\\]|://|\.\s?\.\s?\.")
_CAPTION = re.compile(r"(?:figure|fig\.|table|tab\.|algorithm|listing)\s*\d", re.I)
_FOOTNOTE_MARKS = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹*∗†‡")
HEADING_CHARACTERS = 150
HEADING_ROWS = 4
SHORT_HEADING = 70
LABEL_CHARACTERS = 30
AROUND = 12
"""So many rows above and below say how wide the column is."""
LARGER = 1.1
"""From this many times the body's size on, a short line is a heading."""


@dataclass(slots=True, eq=False)
class Draft:
    """A block in the making: its rows with their page, in the column they stand in."""

    kind: BlockKind
    page: int
    region: int
    rows: list[tuple[int, Row]]
    right: float = 0.0
    skip: int = 0  # characters of the first row that are a bullet
    level: int = 0
    centred: bool = False  # its last row
    style: tuple[float, bool] = field(init=False)

    def __post_init__(self) -> None:
        self.style = (self.rows[0][1].size, self.rows[0][1].bold)

    @property
    def first(self) -> Row:
        """Its first row."""
        return self.rows[0][1]

    @property
    def last(self) -> Row:
        """Its last row."""
        return self.rows[-1][1]

    @property
    def text(self) -> str:
        """Its words, rows set apart by spaces."""
        return " ".join(row.text for _, row in self.rows)[self.skip :]


def drafts(rows: Sequence[Row], *, page: int, region: int, body: tuple[float, bool]) -> list[Draft]:
    """The drafts of one region; `body` is size and weight of the document's running text."""
    found: list[Draft] = []
    tabular = table_rows(rows)
    leading = typical_leading(rows)
    centred = _centred(rows)
    number = 0
    for index, row in enumerate(rows):
        right = _right_edge(rows, index)
        if index in tabular:
            found.append(Draft(BlockKind.TABLE_ROW, page, region, [(page, row)], right))
            continue
        bullet = _BULLET.match(row.text)
        current = found[-1] if found and found[-1].kind is not BlockKind.TABLE_ROW else None
        moved = current is not None and current.centred != centred[index] and _is_elsewhere(current.last, row)
        begins = current is None or moved or _begins(current, row, leading)
        item = _item_number(row.text, number) if begins or _steps_out(current, row) else None
        if bullet and (begins or current is None or row.left <= current.first.left + row.size):
            found.append(Draft(BlockKind.LIST_ITEM, page, region, [(page, row)], right, skip=bullet.end()))
        elif item is not None and not _may_head(row, body):
            number = item
            found.append(Draft(BlockKind.LIST_ITEM, page, region, [(page, row)], right))
        elif begins or current is None:
            found.append(Draft(BlockKind.PARAGRAPH, page, region, [(page, row)], right))
        else:
            current.rows.append((page, row))
        found[-1].centred = centred[index]
    for draft in found:
        if draft.kind is not BlockKind.TABLE_ROW and draft.skip == 0 and is_heading(draft, body):
            draft.kind = BlockKind.HEADING
    for draft, following in pairwise(found):
        if draft.kind is BlockKind.HEADING and heading_depth(draft.text) is None and _is_label(following):
            draft.kind = BlockKind.PARAGRAPH  # stands over a figure, not over text
    return found


def _is_label(draft: Draft) -> bool:
    """Whether a draft is a caption, or too short for the text under a heading."""
    return draft.kind is BlockKind.PARAGRAPH and (is_caption(draft.text) or len(draft.text) < LABEL_CHARACTERS)


def is_heading(draft: Draft, body: tuple[float, bool]) -> bool:
    """Whether a draft looks like a heading: short, and larger, bolder or numbered against the running text."""
    text = draft.text
    if draft.first.turned or len(draft.rows) > HEADING_ROWS or len(text) > HEADING_CHARACTERS or _CAPTION.match(text):
        return False
    if sum(character.isalpha() for character in text) < 2 or text[-1] in ".,;" or _NO_HEADING.search(text):
        return False
    if len(draft.first.cells) > 1 and draft.first.cells[-1].text.isdigit():
        return False  # a line of the table of contents
    return _may_head(draft.first, body)


def heading_depth(text: str) -> int | None:
    """1 for `2 Method`, 2 for `2.1 Data` or `A.1 Data`; None without a number."""
    match = _NUMBERED_HEADING.match(text)
    if match is None:
        return None
    return (match["number"] or match["letter"] or "").count(".") + 1


def has_roman_number(text: str) -> bool:
    """Whether a heading is numbered as in `IV. Results`."""
    match = _NUMBERED_HEADING.match(text)
    return match is not None and match["roman"] is not None


def has_letter(text: str) -> bool:
    """Whether a heading is numbered as in `A. Data`."""
    match = _NUMBERED_HEADING.match(text)
    return match is not None and match["letter"] is not None and len(match["letter"]) == 1


def is_named_heading(text: str) -> bool:
    """Whether a heading is one that papers and reports have under this very name."""
    return _NAMED.fullmatch(text) is not None


def is_caption(text: str) -> bool:
    """Whether a text is the caption of a figure or table."""
    return _CAPTION.match(text) is not None


def _may_head(row: Row, body: tuple[float, bool]) -> bool:
    size, bold = body
    if row.size >= LARGER * size:
        return True
    if row.size < 0.95 * size:
        return False
    if has_roman_number(row.text) or (row.italic and has_letter(row.text)):
        return len(row.text) < SHORT_HEADING and row.text[-1].isalnum()
    return (row.bold and not bold) or is_named_heading(row.text)


def _item_number(text: str, last: int) -> int | None:
    """The number of a list item that goes on with, or begins, a numbered list; 0 for a letter."""
    match = _NUMBERED_ITEM.match(text)
    if match is None:
        return None
    if match["reference"]:
        return int(match["reference"])
    if match["number"] is None:
        return 0
    value = int(match["number"])
    return value if value in (1, last + 1) else None


def _steps_out(draft: Draft | None, row: Row) -> bool:
    return draft is not None and row.left < draft.last.left - 0.3 * row.size


def _begins(draft: Draft, row: Row, leading: float) -> bool:
    """Whether `row` begins a new block after `draft`."""
    first, last = draft.first, draft.last
    if abs(row.size - last.size) > 0.08 * last.size and len(row.text) > 3 and len(last.text) > 3:
        return True
    step = last.bottom - row.bottom
    if step > 1.35 * max(leading, row.size) or step < -row.size:
        return True
    if row.text[0] in _FOOTNOTE_MARKS and row.left <= first.left + 2 * row.size:
        return True
    if row.bold != last.bold and first.bold:
        numbered = heading_depth(first.text) is not None
        return numbered or last.right < draft.right - row.size or step > 1.15 * leading
    if draft.kind is not BlockKind.LIST_ITEM and row.bold and last.bold:
        return heading_depth(row.text) is not None and row.left <= first.left + row.size  # else a title goes on
    return _steps_back(draft, row) if draft.kind is BlockKind.LIST_ITEM else _is_indented(draft, row)


def _steps_back(item: Draft, row: Row) -> bool:
    """Whether a row lies outside of the list item above it."""
    first, last = item.first, item.last
    if len(item.rows) == 1 and last.right >= item.right - row.size and last.text[-1] not in ".;:!?":
        return row.left < first.left - 4 * row.size  # an item whose first line only is indented
    if row.left < min(first.left, last.left) - 0.5 * row.size:
        return True
    return row.left <= first.left + 0.3 * row.size and _ended(item, row)


def _is_indented(draft: Draft, row: Row) -> bool:
    """Whether a row begins a paragraph by its indent, by stepping out of a hanging one, or after a short line."""
    first, last = draft.first, draft.last
    if len(draft.rows) == 1 and row.left > first.left + 0.7 * row.size:
        return last.right < draft.right - 2 * row.size or last.text[-1] in ".!?:"
    if len(draft.rows) > 1:
        inner = draft.rows[1][1].left
        if row.left > max(inner, last.left) + 0.7 * row.size:
            return True
        if inner > first.left + 0.5 * row.size and row.left <= first.left + 0.3 * row.size:
            return True
    return _ended(draft, row)


def _ended(draft: Draft, row: Row) -> bool:
    """Whether the first word of `row` would have fitted on the last row: then the line was ended on purpose."""
    last = draft.last
    if last.text[-1] in "-,":
        return False
    word = row.text.split(" ", 1)[0]
    width = (row.right - row.left) * (len(word) + 1) / max(1, len(row.text))
    return last.right + width < draft.right - row.size


def _centred(rows: Sequence[Row]) -> list[bool]:
    """Which rows stand in the middle of the region, away from both of its edges."""
    left = sorted(row.left for row in rows)[len(rows) // 10]
    right = sorted(row.right for row in rows)[9 * (len(rows) - 1) // 10]
    margins = [(row.left - left, right - row.right, row.size) for row in rows]
    return [min(before, after) > 1.5 * size and abs(before - after) < 2 * size for before, after, size in margins]


def _is_elsewhere(last: Row, row: Row) -> bool:
    """Whether a row begins at another place than the one above it, and is no part of one heading with it."""
    return abs(last.left - row.left) > 0.5 * row.size and not (last.bold and row.bold and last.size == row.size)


def _right_edge(rows: Sequence[Row], index: int) -> float:
    """Where full lines end: the right edge of nearly the longest rows around this one that begin where it begins."""
    row = rows[index]
    around = rows[max(0, index - AROUND) : index + AROUND + 1]
    edges = sorted(
        other.right
        for other in around
        if abs(other.size - row.size) < 0.6 and abs(other.left - row.left) < 1.6 * row.size
    )
    return edges[int(0.9 * (len(edges) - 1))]
