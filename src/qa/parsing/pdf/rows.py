"""A line of a page: segments of glyphs, their words, and what most of its glyphs look like.

A *segment* is a run of glyphs without a wide gap. Words are told by the gaps; accents that are painted apart from
their letters are put onto them, and small raised digits are written as what they are.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from qa.parsing.pdf.glyphs import Glyph
from qa.parsing.raised import raised

WORD_GAP = 0.15
"""White space of this many font sizes sets words apart (a thin space is 1/6, a justified one at least 0.2)."""
_ACCENTS = {
    "\u00b4": "\u0301", "`": "\u0300", "\u00a8": "\u0308", "^": "\u0302", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u02c7": "\u030c", "\u02da": "\u030a", "\u00b8": "\u0327", "\u02d8": "\u0306", "\u02d9": "\u0307",
    "\u02dd": "\u030b", "\u02db": "\u0328", "\u00af": "\u0304",
}  # fmt: skip
_DOTLESS = {"\u0131": "i", "\u0237": "j"}

Characters = list[tuple[str, int]]
"""Characters of the text, each with the number of the glyph that paints it, or -1 where only a gap is painted."""


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


@dataclass(slots=True)
class Row:
    """Segments on one line, from left to right; `size` and `bold` are those of most of its glyphs."""

    segments: list[Segment]
    left: float = field(init=False)
    right: float = field(init=False)
    bottom: float = field(init=False)
    top: float = field(init=False)
    size: float = field(init=False)
    bold: bool = field(init=False)
    italic: bool = field(init=False)
    turned: bool = False  # runs in another direction than most of the page
    cells: list[Characters] = field(init=False)

    def __post_init__(self) -> None:
        tallest = max(self.segments, key=lambda segment: len(segment.glyphs))
        self.left = min(segment.left for segment in self.segments)
        self.right = max(segment.right for segment in self.segments)
        self.bottom, self.top = tallest.bottom, tallest.top
        glyphs = [glyph for segment in self.segments for glyph in segment.glyphs]
        self.size = Counter(glyph.size for glyph in glyphs).most_common(1)[0][0]
        self.bold = sum(glyph.bold for glyph in glyphs) > 0.9 * len(glyphs)
        self.italic = sum(glyph.italic for glyph in glyphs) > 0.8 * len(glyphs)
        self.cells = [_characters(segment.glyphs) for segment in self.segments]

    def split(self, gap: float) -> "Row":
        """The same row cut into cells at every white space of `gap` font sizes."""
        cut: list[Segment] = []
        for segment in self.segments:
            for position, glyph in enumerate(segment.glyphs):
                if position and cut[-1].right + gap * self.size > glyph.left:
                    cut[-1].add(glyph)
                else:
                    cut.append(Segment([glyph], glyph.left, glyph.right, segment.bottom, segment.top))
        return Row(cut, turned=self.turned)

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(text_of(cell) for cell in self.cells)


def text_of(characters: Characters) -> str:
    """The characters without their sources."""
    return "".join(character for character, _ in characters)


def _characters(glyphs: Sequence[Glyph]) -> Characters:
    """The text of a segment: words set apart by the gaps, accents put onto their letters."""
    found: Characters = []
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
        sizes[row.size] += sum(len(cell) for cell in row.cells)
    return max(sizes.items(), key=lambda item: (item[1], item[0]))[0] if sizes else 10.0


def typical_leading(rows: Sequence[Row]) -> float:
    """The usual distance between neighbouring rows of a size."""
    steps = [upper.bottom - lower.bottom for upper, lower in pairwise(rows) if abs(upper.size - lower.size) < 0.3]
    steps = [step for step in steps if step > 0]
    return median(steps) if steps else 1.2 * typical_size(rows)
