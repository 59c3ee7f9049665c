"""Glyphs of a page to rows in reading order: columns, and bands that span them. Pure geometry.

Segments are put into reading order by looking for the gutter between columns of prose (many longer segments that begin
at one place with others beside them on their left); segments that cross the gutter cut the page into bands, and each
band is read column by column. Everything else is read from top to bottom, as rows of segments on one line.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qa.parsing.pdf.glyphs import Glyph
from qa.parsing.pdf.rows import SEGMENT_GAP, Row, Segment, row_of

PROSE_CHARACTERS = 15
"""A segment of at least so many characters may be a line of prose."""
COLUMN_ROWS = 4
"""So many lines of prose side by side make columns."""
MOST_PROSE = 2_000
"""A page with more segments is no page of columns; looking for them would take too long."""
MOST_BESIDE = 200
"""So many segments of a line are compared with a new one."""
COLUMN_INDENT = 30.0
"""So many points the lines of one column may be indented."""


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
    if len(prose) > MOST_PROSE:
        return None
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
    return [row_of(_joined(sorted(line, key=lambda segment: segment.left)), turned=turned) for line in lines]


def _fits(line: Sequence[Segment], segment: Segment) -> bool:
    """Whether a segment stands on a line: as high as it, and beside what is there."""
    line = line[-MOST_BESIDE:]
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
