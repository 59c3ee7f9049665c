"""A line of a page: segments of glyphs, their words, and what most of its glyphs look like.

A *segment* is a run of glyphs without a wide gap. Words are told by the gaps; accents that are painted apart from
their letters are put onto them, and small raised digits are written as what they are.
"""

import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from qa.parsing.pdf.glyphs import Glyph
from qa.parsing.raised import raised

WORD_GAP = 0.15
"""White space of this many font sizes sets words apart (a thin space is 1/6, a justified one at least 0.2)."""
SEGMENT_GAP = 1.0
"""White space of this many font sizes sets cells or columns apart."""
CELL_GAP = 0.55
"""In a table, white space of this many font sizes sets cells apart."""
_ACCENTS = {
    "\u00b4": "\u0301", "`": "\u0300", "\u00a8": "\u0308", "^": "\u0302", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u02c7": "\u030c", "\u02da": "\u030a", "\u00b8": "\u0327", "\u02d8": "\u0306", "\u02d9": "\u0307",
    "\u02dd": "\u030b", "\u02db": "\u0328", "\u00af": "\u0304",
}  # fmt: skip
_DOTLESS = {"\u0131": "i", "\u0237": "j"}


class Cell(NamedTuple):
    """Words without a wide gap: for each character the number of the glyph that paints it, -1 where a gap is."""

    text: str
    numbers: "array[int]"


@dataclass(slots=True)
class Segment:
    """Glyphs of one line without a wide gap between them."""

    glyphs: list[Glyph]
    left: float
    right: float
    bottom: float
    top: float

    def add(self, glyph: Glyph) -> None:
        """Append a glyph."""
        self.glyphs.append(glyph)
        self.left, self.right = min(self.left, glyph.left), max(self.right, glyph.right)

    @property
    def middle(self) -> float:
        """The height of its middle line."""
        return (self.bottom + self.top) / 2


@dataclass(slots=True, eq=False)
class Row:
    """A line of text; `size`, `bold` and `italic` are those of most of its glyphs.

    `cells` are cut at wide gaps only, `fine` at every gap that can set the cells of a table apart. `gaps` are the left
    and right ends of all white space that is wider than a space. Glyphs are not kept: a book has millions.
    """

    left: float
    right: float
    bottom: float
    size: float
    bold: bool
    italic: bool
    turned: bool  # runs in another direction than most of the page
    cells: tuple[Cell, ...]
    fine: tuple[Cell, ...]
    gaps: tuple[tuple[float, float], ...]

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(cell.text for cell in self.cells)

    def wider(self, sizes: float) -> list[tuple[float, float]]:
        """The gaps of at least so many font sizes."""
        return [(left, right) for left, right in self.gaps if right - left >= sizes * self.size]


def row_of(segments: Sequence[Segment], *, turned: bool) -> Row:
    """The row that some segments make, in reading order."""
    tallest = max(segments, key=lambda segment: len(segment.glyphs))
    glyphs = [glyph for segment in segments for glyph in segment.glyphs]
    size = Counter(glyph.size for glyph in glyphs).most_common(1)[0][0]
    cells = tuple(_cell(segment.glyphs) for segment in segments)
    cut = [piece for segment in segments for piece in _cut(segment, CELL_GAP * size)]
    spaced = [piece for segment in segments for piece in _cut(segment, 2 * WORD_GAP * size)]
    return Row(
        left=min(segment.left for segment in segments),
        right=max(segment.right for segment in segments),
        bottom=tallest.bottom,
        size=size,
        bold=sum(glyph.bold for glyph in glyphs) > 0.9 * len(glyphs),
        italic=sum(glyph.italic for glyph in glyphs) > 0.8 * len(glyphs),
        turned=turned,
        cells=cells,
        fine=cells if len(cut) == len(cells) else tuple(_cell(piece.glyphs) for piece in cut),
        gaps=tuple((before.right, after.left) for before, after in pairwise(spaced)),
    )


def _cut(segment: Segment, gap: float) -> list[Segment]:
    """A segment cut at every gap of at least so many points."""
    cut: list[Segment] = []
    for glyph in segment.glyphs:
        if cut and cut[-1].right + gap > glyph.left:
            cut[-1].add(glyph)
        else:
            cut.append(Segment([glyph], glyph.left, glyph.right, segment.bottom, segment.top))
    return cut


def _cell(glyphs: Sequence[Glyph]) -> Cell:
    characters = _characters(glyphs)
    return Cell("".join(character for character, _ in characters), array("i", [number for _, number in characters]))


def _characters(glyphs: Sequence[Glyph]) -> list[tuple[str, int]]:
    """The text of a segment: words set apart by the gaps, accents put onto their letters."""
    found: list[tuple[str, int]] = []
    accent: tuple[str, Glyph] | None = None
    size = Counter(glyph.size for glyph in glyphs).most_common(1)[0][0]
    base = median(glyph.bottom for glyph in glyphs if glyph.size == size)
    for position, glyph in enumerate(glyphs):
        last = glyphs[position - 1] if position else None
        if last is not None and _apart(last, glyph):
            found.append((" ", -1))
        if accent is not None:
            accented = _accented(glyph.text, accent[0]) if _above(accent[1], glyph) else None
            if accented is not None:
                if found[-1] == (" ", -1):
                    found.pop()
                found[-1] = (accented, glyph.number)
                accent = None
                continue
            accent = None
        if glyph.text in _ACCENTS:
            mark = _ACCENTS[glyph.text]
            accented = _accented(last.text, mark) if last is not None and _above(glyph, last) else None
            if accented is not None and last is not None and last.text not in _ACCENTS:
                while found and found[-1] == (" ", -1):
                    found.pop()
                found[-1] = (accented, last.number)
                continue
            accent = (mark, glyph)
        is_raised = glyph.size < 0.85 * size and glyph.bottom > base + 0.15 * size
        shown = raised(glyph.text) if is_raised else glyph.text
        found.extend((character, glyph.number) for character in shown)
    return found


def _apart(last: Glyph, glyph: Glyph) -> bool:
    """Whether white space is between two glyphs: in the file, or seen by us, or by PDFium and not refuted."""
    gap = max(glyph.left - last.right, last.left - glyph.right) / min(last.size, glyph.size)
    return glyph.spaced == 2 or gap > WORD_GAP or (glyph.spaced == 1 and gap > WORD_GAP / 5)


def _above(accent: Glyph, letter: Glyph) -> bool:
    """Whether an accent is painted over a letter: most of its width lies in the letter's."""
    shared = min(accent.right, letter.right) - max(accent.left, letter.left)
    return shared > 0.6 * min(accent.right - accent.left, letter.right - letter.left)


def _accented(letter: str, mark: str) -> str | None:
    """The letter with the mark as one character, or None when there is none such."""
    composed = unicodedata.normalize("NFC", _DOTLESS.get(letter, letter) + mark)
    return composed if len(composed) == 1 and letter.isalpha() else None


def typical_size(rows: Sequence[Row]) -> float:
    """The font size of most characters."""
    sizes: Counter[float] = Counter()
    for row in rows:
        sizes[row.size] += sum(len(cell.text) for cell in row.cells)
    return max(sizes.items(), key=lambda item: (item[1], item[0]))[0] if sizes else 10.0


def typical_leading(rows: Sequence[Row]) -> float:
    """The usual distance between neighbouring rows of a size."""
    steps = [upper.bottom - lower.bottom for upper, lower in pairwise(rows) if abs(upper.size - lower.size) < 0.3]
    steps = [step for step in steps if step > 0]
    return median(steps) if steps else 1.2 * typical_size(rows)
