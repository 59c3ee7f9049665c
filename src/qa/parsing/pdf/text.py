"""The words of drafts, each character with the glyph that paints it: rows joined, hyphens at line ends mended.

A hyphen at the end of a line is left out where it only breaks a word, and kept where it belongs to a compound. The
document's own words decide: what it writes elsewhere without a hyphen is joined without one, and the other way round.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

from qa.parsing.pdf.blocks import Draft
from qa.parsing.pdf.rows import Row
from qa.text.tables import CELL_SEPARATOR
from qa.types import BlockKind

NOWHERE = -1
"""The source of a character that no glyph paints: a gap, or the mark between two cells."""
_PAGE_BITS = 32
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEFT_PART = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*-$")
_RIGHT_PART = re.compile(r"^[^\W\d_]+(?:-[^\W\d_]+)*")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S*[/\-_?=&]$")
_UNSPACED = re.compile("[\u1100-\u11ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")

Sourced = list[tuple[str, int]]
"""Characters of the canonical text, each with its source: see `place_of`."""


def text_of(sourced: Sourced) -> str:
    """The characters without their sources."""
    return "".join(character for character, _ in sourced)


def source_of(page: int, number: int) -> int:
    """The source that stands for a glyph of a page."""
    return page << _PAGE_BITS | number if number >= 0 else NOWHERE


def place_of(source: int) -> tuple[int, int]:
    """Page (from 1) and glyph number of a source."""
    return source >> _PAGE_BITS, source & (1 << _PAGE_BITS) - 1


class Vocabulary:
    """The words inside the rows of a document, in lower case; those at the ends of rows may be parts of words."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._counts: Counter[str] = Counter()
        for row in rows:
            self._counts.update(_WORD.findall(" ".join(row.text.lower().split(" ")[1:-1])))
        self._sorted = sorted(self._counts)

    def count(self, word: str) -> int:
        """How often a word occurs."""
        return self._counts[word]

    def count_beginning(self, start: str) -> int:
        """How often words occur that begin so."""
        first = bisect_left(self._sorted, start)
        last = bisect_left(self._sorted, start + "\U0010ffff")
        return sum(self._counts[word] for word in self._sorted[first:last])


def characters(draft: Draft, words: Vocabulary) -> Sourced:
    """The text of a draft."""
    lines = [_line(page, row, draft.kind) for page, row in draft.rows]
    lines[0] = lines[0][draft.skip :]
    joined = lines[0]
    for line in lines[1:]:
        joined = join(joined, line, words)
    return joined


def join(upper: Sourced, lower: Sourced, words: Vocabulary) -> Sourced:
    """Two lines of one paragraph as one."""
    if not upper or not lower:
        return upper or lower
    before = "".join(character for character, _ in upper[-80:]).rpartition(" ")[2]
    after = "".join(character for character, _ in lower[:80]).partition(" ")[0]
    if before.endswith("-") and len(before) > 1:
        kept = _keeps_hyphen(before, after, words)
        return (upper if kept else upper[:-1]) + lower
    apart = not (_ADDRESS.search(before) or before.endswith("—") or (_unspaced(before[-1:]) and _unspaced(after[:1])))
    return upper + ([(" ", NOWHERE)] if apart else []) + lower


def _line(page: int, row: Row, kind: BlockKind) -> Sourced:
    separator = CELL_SEPARATOR if kind is BlockKind.TABLE_ROW else " "
    line: Sourced = []
    for index, cell in enumerate(row.fine if kind is BlockKind.TABLE_ROW else row.cells):
        if index:
            line.extend((character, NOWHERE) for character in separator)
        line.extend(zip(cell.text, (source_of(page, number) for number in cell.numbers), strict=True))
    return line


def _keeps_hyphen(before: str, after: str, words: Vocabulary) -> bool:
    """Whether the hyphen that ends a line belongs to the word."""
    left, right = _LEFT_PART.search(before), _RIGHT_PART.match(after)
    if left is None or right is None or not after[0].islower():
        return True  # GPT-3, Anglo-Saxon, an address
    first, second = left.group()[:-1].lower(), right.group().lower()
    plain, hyphened = words.count(first + second), words.count(f"{first}-{second}")
    if not plain and not hyphened:  # what begins as the two parts do: pre-train, pretraining
        plain, hyphened = words.count_beginning(first + second[:4]), words.count_beginning(f"{first}-{second[:4]}")
    if plain or hyphened:
        return hyphened > plain
    if "-" in first:
        return words.count(first.rpartition("-")[2] + second) == 0
    return min(len(first), len(second)) >= 4 and words.count(first) > 0 and words.count(second) > 0


def _unspaced(text: str) -> bool:
    """Whether a text ends in a script that is written without spaces."""
    return bool(_UNSPACED.match(text))
