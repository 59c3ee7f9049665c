"""Running headers, footers and page numbers: lines that come back at the same place of page after page.

They are alike to the letter; only a number that goes up with the pages may differ.

Page numbers are left out of the canonical text. Of a running line, the first one stays unless its words stand in the
text anyway (as those of a title do), so that nothing which a reader of the file sees is missing from the text.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from qa.parsing.pdf.rows import Row

EDGE_ROWS = 5
"""So many rows (those side by side counted apart) from the top and from the bottom of a page may be running lines."""
SET_OFF = 1.6
"""White space of so many font sizes sets running lines off from the text."""
RUNNING_PAGES = 3
"""A line on at least so many pages is a running line; a page number needs two."""
_PLACE = 4.0
"""Points within which a place is the same."""
_NUMBER = re.compile(
    r"\W*(?:page|p\.|seite|página|pag\.)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|/|von|de|sur)\s*\d{1,4})?\W*", re.I
)
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")

Page = Sequence[list[Row]]


def furniture(pages: Sequence[Page]) -> set[int]:
    """The ids of the rows that are left out. `pages` are the regions of each page."""
    places: dict[str, list[tuple[int, Row]]] = defaultdict(list)
    for number, regions in enumerate(pages):
        lines = sorted((row for region in regions for row in region if not row.turned), key=lambda row: -row.bottom)
        for row in (*_edge(lines), *_edge(lines[::-1])):
            places[_DIGITS.sub("#", row.text)].append((number, row))
    left_out: set[int] = set()
    running: list[list[Row]] = []
    for found in places.values():
        for group in _at_one_place(found):
            rows = [row for _, row in group]
            if _NUMBER.fullmatch(rows[0].text):
                left_out.update(id(row) for number, row in group if len(group) >= 2 or _digits(row) == str(number + 1))
            elif len(group) >= RUNNING_PAGES and _counts_pages(group):
                running.append(rows)
    furnished = left_out | {id(row) for rows in running for row in rows}
    words = _letters(
        " ".join(row.text for page in pages for region in page for row in region if id(row) not in furnished)
    )
    for rows in running:
        left_out.update(id(row) for row in rows[0 if _letters(rows[0].text) in words else 1 :])
    return left_out


def _edge(rows: Sequence[Row]) -> Sequence[Row]:
    """The outermost rows up to the white space that sets them off from the text; the first alone without such."""
    for count, (outer, inner) in enumerate(pairwise(rows[: EDGE_ROWS + 1]), start=1):
        if abs(outer.bottom - inner.bottom) > SET_OFF * max(outer.size, inner.size):
            return rows[:count]
    return rows[:1]


def _at_one_place(found: Sequence[tuple[int, Row]]) -> list[list[tuple[int, Row]]]:
    """Rows of different pages grouped by their height on the page."""
    groups: list[list[tuple[int, Row]]] = []
    for number, row in found:
        for group in groups:
            if abs(group[0][1].bottom - row.bottom) <= _PLACE and group[-1][0] != number:
                group.append((number, row))
                break
        else:
            groups.append([(number, row)])
    return groups


def _counts_pages(group: Sequence[tuple[int, Row]]) -> bool:
    """Whether the numbers in rows that are else alike stay the same or go up with the pages."""
    numbers = [(page, [int(digits) for digits in re.findall(r"\d+", row.text)]) for page, row in group]
    if len({len(found) for _, found in numbers}) > 1:
        return False
    return all(
        len({found[slot] for _, found in numbers}) == 1 or len({found[slot] - page for page, found in numbers}) == 1
        for slot in range(len(numbers[0][1]))
    )


def _digits(row: Row) -> str:
    return "".join(character for character in row.text if character.isdigit())


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
