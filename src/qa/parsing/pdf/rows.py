"""Glyphs of a page to rows in reading order: segments of a line, columns, and bands that span them. Pure geometry.

A *segment* is a run of glyphs without a wide gap. Segments are put into reading order by looking for the gutter
between columns of prose (many longer segments that begin at one x with others beside them on their left); segments
that cross the gutter cut the page into bands, and each band is read column by column. Everything else is read from
top to bottom, as rows of segments on one line.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from qa.parsing.pdf.glyphs import Glyph

WORD_GAP = 0.15
"""White space of this many font sizes sets words apart (a thin space is 1/6, a justified one at least 0.2)."""
SEGMENT_GAP = 1.0
"""White space of this many font sizes sets cells or columns apart."""
PROSE_CHARACTERS = 15
"""A segment of at least so many characters may be a line of prose."""
COLUMN_ROWS = 4
"""So many lines of prose side by side make columns."""
COLUMN_INDENT = 30.0
"""So many points the lines of one column may be indented."""
_ACCENTS = {
    "\u00b4": "\u0301", "`": "\u0300", "\u00a8": "\u0308", "^": "\u0302", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u02c7": "\u030c", "\u02da": "\u030a", "\u00b8": "\u0327", "\u02d8": "\u0306", "\u02d9": "\u0307",
    "\u02dd": "\u030b", "\u02db": "\u0328", "\u00af": "\u0304",
}  # fmt: skip
_SUPERSCRIPT = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
"""A small raised digit is written as one, so that 10⁶ is not read as 106."""
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


def regions(glyphs: Sequence[Glyph]) -> list[list[Row]]:
    """The rows of a page in reading order, in regions (columns and bands) that hold together.

    Lines that run in another direction than most of the page come last, by direction.
    """
    turns = Counter(glyph.turn for glyph in glyphs)
    found: list[list[Row]] = []
    for order, (turn, _) in enumerate(sorted(turns.items(), key=lambda item: (-item[1], item[0]))):
        segments = _segments(glyph for glyph in glyphs if glyph.turn == turn)
        found.extend(_rows(region, turned=order > 0) for region in _ordered(segments, depth=0))
    return [region for region in found if region]


def _segments(glyphs: Iterator[Glyph]) -> list[Segment]:
    segments: list[Segment] = []
    last: Glyph | None = None
    for glyph in glyphs:
        if last is not None and _follows(last, glyph, segments[-1]):
            segments[-1].add(glyph)
        else:
            segments.append(Segment([glyph], glyph.left, glyph.right, glyph.bottom, glyph.top))
        last = glyph
    return segments


def _follows(last: Glyph, glyph: Glyph, segment: Segment) -> bool:
    """Whether `glyph` goes on with the segment that ends with `last`: near, and on the same line."""
    size = max(last.size, glyph.size)
    apart = max(glyph.left - last.right, last.left - glyph.right)
    if apart > SEGMENT_GAP * size or not _on_one_line(segment, glyph):
        return False
    back = last.left - glyph.left
    return back <= 0.5 * size or unicodedata.bidirectional(glyph.text[0]) in ("R", "AL", "AN")


def _on_one_line(first: Segment | Glyph, second: Segment | Glyph) -> bool:
    shared = min(first.top, second.top) - max(first.bottom, second.bottom)
    return shared >= 0.4 * min(first.top - first.bottom, second.top - second.bottom)


def _ordered(segments: list[Segment], depth: int) -> list[list[Segment]]:
    gutter = _gutter(segments) if depth < 3 else None
    if gutter is None:
        return [segments]
    across = _spanning(segments, gutter)
    regions: list[list[Segment]] = []
    left: list[Segment] = []
    right: list[Segment] = []
    spanning: list[Segment] = []
    for segment in sorted(segments, key=lambda segment: -segment.middle):
        if id(segment) in across:
            regions.extend(part for column in (left, right) if column for part in _ordered(column, depth + 1))
            left, right = [], []
            spanning.append(segment)
            continue
        if spanning and not _on_one_line(spanning[-1], segment):
            regions.append(spanning)
            spanning = []
        (right if segment.left >= gutter else left).append(segment)
    if spanning:
        regions.append(spanning)
    regions.extend(part for column in (left, right) if column for part in _ordered(column, depth + 1))
    return regions


def _ends_paragraph(upper: Sequence[Segment], last: Segment) -> bool:
    """Whether a short line is the last one of the lines above it, such as a caption's."""
    first, size = upper[0], last.glyphs[0].size
    near = first.middle - last.middle < 1.4 * size
    return near and abs(first.left - last.left) < 2 and abs(first.glyphs[0].size - size) < 0.3


def _crosses(segment: Segment, gutter: float) -> bool:
    return segment.left < gutter < segment.right


def _gutter(segments: Sequence[Segment]) -> float | None:
    """Where the white space begins that has most prose on both of its sides, or None."""
    prose = [segment for segment in segments if len(segment.glyphs) >= PROSE_CHARACTERS]
    best, most = None, COLUMN_ROWS - 1
    for start in sorted({round(segment.left) for segment in prose}):
        starting = [segment for segment in prose if -1.0 <= segment.left - start <= COLUMN_INDENT]
        if len(starting) < COLUMN_ROWS:
            continue
        edge = min(segment.left for segment in starting)
        before = [segment for segment in prose if segment.right < edge - 0.5 * segment.glyphs[0].size]
        beside = [other for other in before if any(_on_one_line(other, segment) for segment in starting)]
        pairs = sum(any(_on_one_line(other, segment) for other in beside) for segment in starting)
        crossing = sum(_crosses(segment, edge) for segment in prose)
        if pairs > most and pairs + len(starting) > crossing / 4:
            end = max(other.right for other in beside)
            best, most = _clearest(segments, end, edge), pairs
    return best


def _clearest(segments: Sequence[Segment], end: float, edge: float) -> float:
    """The place in the white space between two columns that fewest segments cross, the first if several."""
    steps = max(2, round((edge - end) / 4))
    places = [end + (edge - end) * step / steps for step in range(1, steps)]
    return min(places, key=lambda place: sum(_crosses(segment, place) for segment in segments))


def _spanning(segments: Sequence[Segment], gutter: float) -> set[int]:
    """The ids of segments that span the gutter: those on a line with one that crosses it, and rows of short cells."""
    lines: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: -segment.middle):
        if lines and abs(lines[-1][0].middle - segment.middle) <= 1.0:
            lines[-1].append(segment)
        else:
            lines.append([segment])
    crossing = [any(_crosses(segment, gutter) for segment in line) for line in lines]
    flagged = [
        len(line) >= 4
        and max(len(segment.glyphs) for segment in line) < 1.5 * PROSE_CHARACTERS
        and min(segment.left for segment in line) < gutter < max(segment.left for segment in line)
        for line in lines
    ]
    for index, (upper, lower) in enumerate(pairwise(lines), start=1):
        crossing[index] = crossing[index] or (
            crossing[index - 1] and len(lower) == 1 and _ends_paragraph(upper, lower[0])
        )
    return {
        id(segment)
        for index, line in enumerate(lines)
        if crossing[index]
        or (flagged[index] and any(flagged[max(0, index - 1) : index] + flagged[index + 1 : index + 2]))
        for segment in line
    }


def _rows(segments: Sequence[Segment], *, turned: bool) -> list[Row]:
    """Segments put together to rows, from top to bottom."""
    lines: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: (-segment.middle, segment.left)):
        line = next((line for line in reversed(lines[-4:]) if _fits(line, segment)), None)
        if line is None:
            lines.append([segment])
        else:
            line.append(segment)
    return [Row(_joined(sorted(line, key=lambda segment: segment.left)), turned=turned) for line in lines]


def _fits(line: Sequence[Segment], segment: Segment) -> bool:
    """Whether a segment stands on a line: as high as it, and beside what is there."""
    if not any(_on_one_line(other, segment) for other in line):
        return False
    return all(min(other.right, segment.right) - max(other.left, segment.left) < 2.0 for other in line)


def _joined(line: list[Segment]) -> list[Segment]:
    """Neighbours without a wide gap become one segment; a line that runs from right to left is read that way."""
    if _runs_left(line):
        line.reverse()
    joined = [line[0]]
    for before, segment in pairwise(line):
        last = joined[-1]
        apart = max(segment.left - last.right, last.left - segment.right)
        if apart <= SEGMENT_GAP * max(before.glyphs[-1].size, segment.glyphs[0].size):
            for glyph in segment.glyphs:
                last.add(glyph)
        else:
            joined.append(segment)
    return joined


def _runs_left(line: Sequence[Segment]) -> bool:
    directions = Counter(unicodedata.bidirectional(g.text[0]) for segment in line for g in segment.glyphs)
    return directions["R"] + directions["AL"] > directions["L"]


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
        raised = glyph.size < 0.85 * size and glyph.bottom > base + 0.15 * size
        shown = glyph.text.translate(_SUPERSCRIPT) if raised else glyph.text
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
