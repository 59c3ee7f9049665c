"""Where each character of a canonical text is painted: a parser packs it once, and the boxes of a span follow from it.

The text is cut into stretches that lie on one page each, and every stretch is compressed by itself, so that a quotation
costs the unpacking of its own page and needs neither the file nor a library that reads it. The number of a stretch's
characters says how long it is unpacked, so nothing that a hostile writer packed can grow beyond that.
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

MOST_PAGES = 10_000_000
"""A page with a higher number is not believed."""

MOST_TOGETHER = 1 << 16
"""Most characters in one stretch, which bounds what is unpacked for a quotation: 16 bytes a character."""

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
        page = [rectangle for _, rectangle in group]
        for at in range(0, len(page), MOST_TOGETHER):
            rectangles = page[at : at + MOST_TOGETHER]
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
    length = _length(places)
    if span.end > length:
        raise ValueError(f"span {span.start}..{span.end} runs past the end of a text of {length} characters")
    found = []
    for size, group in groupby(_under(places, span), key=lambda pair: pair[0]):
        boxes = tuple(Box(*(edge / SCALE for edge in rectangle)) for rectangle in _lines(r for _, r in group))
        found.append(PageBoxes(page=size.page, width=size.width / SCALE, height=size.height / SCALE, boxes=boxes))
    return tuple(found)


def check_places(places: bytes, length: int) -> None:
    """Raise ValueError unless these are places that `pack` may have written for a text of `length` characters.

    For places that come from a process that reads files of strangers. None at all are right for any text.
    """
    if not places:
        return
    try:
        stretches = list(_stretches(places))
        sound = _length(places) == length and sum(part.characters for part in stretches) == length
        for part in stretches:
            sound = sound and 1 <= part.size.page <= MOST_PAGES and 0 < part.characters <= MOST_TOGETHER
            if not sound:
                break
            _content(part)
    except struct.error as error:
        raise ValueError(str(error)) from None
    if not sound or _COUNT.size * 2 + sum(_ENTRY.size + len(part.content) for part in stretches) != len(places):
        raise ValueError("the places are not those of this text")


class _Stretch(NamedTuple):
    """Characters from `start` on, all on one page, and their packed rectangles."""

    start: int
    characters: int
    size: PageSize
    content: bytes


def _length(places: bytes) -> int:
    """The number of characters, which stands at the end."""
    (length,) = _COUNT.unpack_from(places, len(places) - _COUNT.size)
    return int(length)


def _stretches(places: bytes, span: Span | None = None) -> Iterator[_Stretch]:
    """All stretches, or those that a span touches."""
    (count,) = _COUNT.unpack_from(places)
    directory = _COUNT.size + count * _ENTRY.size
    entries = list(_ENTRY.iter_unpack(places[_COUNT.size : directory]))
    starts = [*(entry[0] for entry in entries), _length(places)]
    ends = list(accumulate((entry[4] for entry in entries), initial=directory))
    first = max(0, bisect_right(starts, span.start, hi=len(entries)) - 1) if span else 0
    for number in range(first, len(entries)):
        start, page, width, height, _ = entries[number]
        if span and start >= span.end:
            return
        content = places[ends[number] : ends[number + 1]]
        yield _Stretch(start, starts[number + 1] - start, PageSize(page, width, height), content)


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
    for part in _stretches(places, span):
        for left, bottom, right, top in _unpacked(part)[max(0, span.start - part.start) : span.end - part.start]:
            if right > left and top > bottom:
                yield part.size, (left, bottom, right, top)


def _content(part: _Stretch) -> bytes:
    """The numbers of a stretch; raises ValueError when there are not as many as its characters need."""
    wanted = 4 * _COLUMNS * part.characters
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(part.content, wanted + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(content) != wanted or not unpacking.eof or unpacking.unused_data:
        raise ValueError(f"{part.characters} characters have places of {len(content)} bytes")
    return content


def _unpacked(part: _Stretch) -> list[Rectangle]:
    length = part.characters
    numbers = struct.unpack(f"<{_COLUMNS * length}i", _content(part))
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
