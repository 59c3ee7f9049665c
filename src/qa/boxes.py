"""Where each character of a canonical text is painted: a parser packs it once, and the boxes of a span follow from it.

The text is cut into stretches that lie on one page each, and every stretch is compressed by itself, so that a quotation
costs the unpacking of its own page and needs neither the file nor a library that reads it.
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from qa.types import Box, PageBoxes, Span

SCALE = 20
"""Parts of a PDF point (1/72 inch) in which lengths are kept: steps of 0.02 mm, which nobody sees."""

MOST_APART = 2
"""Characters that lie farther apart than so many times their height are not put into one rectangle."""

Rectangle = tuple[int, int, int, int]
"""Left, bottom, right and top in steps of 1/SCALE point, from the lower left corner of the page as it is shown."""


class PageSize(NamedTuple):
    """A page (numbered from 1) with its width and height as it is shown, in steps of 1/SCALE point."""

    page: int
    width: int
    height: int


Painted = tuple[PageSize, Rectangle]
"""The page on which a character is painted, and where."""

_COUNT = struct.Struct("<I")
_ENTRY = struct.Struct("<5I")  # first character, page, width, height, bytes of the stretch
_COLUMNS = 4


def pack(characters: Sequence[Painted | None]) -> bytes:
    """The places of all characters of a text, None for one that is not painted (a space between two lines)."""
    entries, contents = [], []
    start = 0
    for size, group in groupby(_with_pages(characters), key=lambda pair: pair[0]):
        rectangles = [rectangle for _, rectangle in group]
        content = zlib.compress(_stretch(rectangles))
        entries.append(_ENTRY.pack(start, *size, len(content)))
        contents.append(content)
        start += len(rectangles)
    return b"".join((_COUNT.pack(len(entries)), *entries, *contents, _COUNT.pack(start)))


def boxes_of(places: bytes, span: Span) -> tuple[PageBoxes, ...]:
    """The rectangles under a span, those of one line put together, page by page in reading order.

    Empty for a document without places, or where nothing is painted. Raises ValueError past the end of the text.
    """
    if not places:
        return ()
    (length,) = _COUNT.unpack_from(places, len(places) - _COUNT.size)
    if span.end > length:
        raise ValueError(f"span {span.start}..{span.end} runs past the end of a text of {length} characters")
    found = []
    for size, group in groupby(_under(places, span), key=lambda pair: pair[0]):
        boxes = tuple(Box(*(edge / SCALE for edge in rectangle)) for rectangle in _lines(r for _, r in group))
        found.append(PageBoxes(page=size.page, width=size.width / SCALE, height=size.height / SCALE, boxes=boxes))
    return tuple(found)


def _with_pages(characters: Sequence[Painted | None]) -> Iterator[tuple[PageSize, Rectangle | None]]:
    """Every character with a page: one that is not painted belongs to the page before it (or the first one)."""
    size = next((found[0] for found in characters if found), PageSize(1, 0, 0))
    for found in characters:
        if found:
            size = found[0]
        yield size, found[1] if found else None


def _stretch(rectangles: Sequence[Rectangle | None]) -> bytes:
    """Four columns of signed 32-bit numbers: mostly zeros, and widths that come back with their letters."""
    gaps, widths, steps, rises = [], [], [], []
    right = bottom = height = 0
    for rectangle in rectangles:
        if rectangle is None:
            rectangle = (right, bottom, right, bottom + height)  # noqa: PLW2901  # without extent: not painted
        gaps.append(rectangle[0] - right)
        widths.append(rectangle[2] - rectangle[0])
        steps.append(rectangle[1] - bottom)
        rises.append(rectangle[3] - rectangle[1] - height)
        right, bottom, height = rectangle[2], rectangle[1], rectangle[3] - rectangle[1]
    return struct.pack(f"<{_COLUMNS * len(rectangles)}i", *gaps, *widths, *steps, *rises)


def _under(places: bytes, span: Span) -> Iterator[tuple[PageSize, Rectangle]]:
    """The painted characters under a span."""
    (count,) = _COUNT.unpack_from(places)
    directory = _COUNT.size + count * _ENTRY.size
    entries = list(_ENTRY.iter_unpack(places[_COUNT.size : directory]))
    ends = list(accumulate((entry[4] for entry in entries), initial=directory))
    starts = [entry[0] for entry in entries]
    for number in range(max(0, bisect_right(starts, span.start) - 1), count):
        start, *size, _ = entries[number]
        if start >= span.end:
            return
        rectangles = _unpacked(zlib.decompress(places[ends[number] : ends[number + 1]]))
        for left, bottom, right, top in rectangles[max(0, span.start - start) : span.end - start]:
            if right > left and top > bottom:
                yield PageSize(*size), (left, bottom, right, top)


def _unpacked(content: bytes) -> list[Rectangle]:
    numbers = struct.unpack(f"<{len(content) // 4}i", content)
    length = len(numbers) // _COLUMNS
    gaps, widths, steps, rises = (numbers[column * length : (column + 1) * length] for column in range(_COLUMNS))
    rights = accumulate(gap + width for gap, width in zip(gaps, widths, strict=True))
    bottoms, heights = accumulate(steps), accumulate(rises)
    return [
        (right - width, bottom, right, bottom + height)
        for right, width, bottom, height in zip(rights, widths, bottoms, heights, strict=True)
    ]


def _lines(rectangles: Iterator[Rectangle]) -> list[Rectangle]:
    """The characters of each line put together."""
    lines: list[Rectangle] = []
    last: Rectangle | None = None
    for found in rectangles:
        if last and (_beside(lines[-1], last, found) or _below(last, found)):
            left, bottom, right, top = lines[-1]
            lines[-1] = (min(left, found[0]), min(bottom, found[1]), max(right, found[2]), max(top, found[3]))
        else:
            lines.append(found)
        last = found
    return lines


def _beside(line: Rectangle, last: Rectangle, found: Rectangle) -> bool:
    """Whether a character goes on with a line that runs along the page: as high as it, and not far off.

    A raised digit is as high as the line, if not as the character before it.
    """
    along = line if line[2] - line[0] > line[3] - line[1] else last
    shared = min(along[3], found[3]) - max(along[1], found[1])
    apart = max(last[0], found[0]) - min(last[2], found[2])
    height = found[3] - found[1]
    return shared > 0.5 * min(along[3] - along[1], height) and apart < MOST_APART * height


def _below(last: Rectangle, found: Rectangle) -> bool:
    """Whether a character follows another on a line that runs up or down the page."""
    shared = min(last[2], found[2]) - max(last[0], found[0])
    apart = max(last[1], found[1]) - min(last[3], found[3])
    width = found[2] - found[0]
    return shared > 0.5 * min(last[2] - last[0], width) and 0 <= apart + SCALE // 2 < MOST_APART * width
