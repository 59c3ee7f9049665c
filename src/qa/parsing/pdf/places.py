"""Where each character of a canonical text is painted, as a few bytes for each line: the way back from text to page.

The text is cut into runs whose characters are consecutive glyphs of one page. A space between two words belongs to the
run when the file, or PDFium, counts a glyph for it.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from qa.parsing.pdf.text import NOWHERE, place_of
from qa.types import Span

_ENTRY = 4  # bytes of a number


def pack(sources: Sequence[int]) -> bytes:
    """The sources of all characters of a text (see `qa.parsing.pdf.text`), compressed."""
    runs = [*_runs(sources), (len(sources), 0, 0)]
    steps = [after - before for column in zip(*runs, strict=True) for before, after in pairwise((0, *column))]
    return zlib.compress(b"".join(step.to_bytes(_ENTRY, "little", signed=True) for step in steps), 9)


def unpack(places: bytes, span: Span) -> list[tuple[int, int]]:
    """Page (from 1) and glyph number of each painted character under `span`; raises ValueError past the end."""
    raw = zlib.decompress(places)
    steps = [int.from_bytes(raw[at : at + _ENTRY], "little", signed=True) for at in range(0, len(raw), _ENTRY)]
    rows = len(steps) // 3
    starts, pages, firsts = (list(accumulate(steps[column * rows : (column + 1) * rows])) for column in range(3))
    if span.end > starts[-1]:
        raise ValueError(f"span {span.start}..{span.end} runs past the end of a text of {starts[-1]} characters")
    found: list[tuple[int, int]] = []
    for run in range(bisect_right(starts, span.start) - 1, rows - 1):
        if starts[run] >= span.end:
            break
        if pages[run]:
            inside = range(max(starts[run], span.start), min(starts[run + 1], span.end))
            found.extend((pages[run], firsts[run] + offset - starts[run]) for offset in inside)
    return found


def _runs(sources: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Start in the text, page and first glyph of each run; page 0 stands for what no glyph paints."""
    last: tuple[int, int, int] | None = None
    for offset, source in enumerate(sources):
        page, number = (0, 0) if source == NOWHERE else place_of(source)
        if last is not None:
            start, run_page, first = last
            goes_on = page == run_page and (page == 0 or number == first + offset - start)
            bridged = page == 0 and run_page and _bridges(sources, offset, first + offset - start)
            if goes_on or bridged:
                continue
        last = (offset, page, number)
        yield last


def _bridges(sources: Sequence[int], offset: int, number: int) -> bool:
    """Whether the character at `offset`, a gap, stands for glyph `number`: the run goes on after it."""
    if offset + 1 >= len(sources) or sources[offset + 1] == NOWHERE:
        return False
    before, after = place_of(sources[offset - 1]), place_of(sources[offset + 1])
    return before[0] == after[0] and after[1] == number + 1
