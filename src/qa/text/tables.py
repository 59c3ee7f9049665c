"""Rows of tables as a reader needs them: each cell with the name of its column.

A row of figures says nothing without the head of its table. The head stands elsewhere in the document, so it is never
put into a quotation; this is the copy that is searched and compared.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from qa.types import ParsedDocument, Passage, Span

CELL_SEPARATOR = " | "
"""What sets the cells of a table row apart, in every format."""


def cells(row: str) -> list[str]:
    """The cells of a row of a canonical text; outer ones may be empty."""
    bar = CELL_SEPARATOR.strip()
    return [cell.strip() for cell in f" {row} ".split(f" {bar} ")] if bar in row else [row]


def in_words(header: str, row: str) -> str:
    """A row with the names of its columns: `Year: 2019; Revenue: 4.2`. Without a name for every cell both as they are.

    A head of several lines names a column by all of them; an empty cell of an upper line stands under its neighbour.
    """
    return "".join(text for text, _ in _named_cells(header, row))


@dataclass(frozen=True, slots=True)
class Reading:
    """A copy of a passage for a reader, with the way back: `pieces` are verbatim (copy start, document start, length).

    `units` are the passage's quotable units as spans of the copy.
    """

    text: str
    units: tuple[Span, ...]
    pieces: tuple[tuple[int, int, int], ...]

    def back(self, span: Span) -> Span | None:
        """The stretch of the document whose characters a span of the copy shows; None when it shows none."""
        found = [
            Span(max(span.start, copy), min(span.end, copy + length)).shift(start - copy)
            for copy, start, length in self.pieces
            if span.start < copy + length and copy < span.end
        ]
        return found[0].cover(found[-1]) if found else None


def reading_copy(passage: Passage) -> Reading:
    """A passage with the cells of its rows under the names of their columns; without rows it is the passage itself."""
    parts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    units: list[Span] = []
    length = 0

    def put(text: str, start: int | None) -> None:
        nonlocal length
        if text:
            if start is not None:
                pieces.append((length, start, len(text)))
            parts.append(text)
            length += len(text)

    at = passage.chunk.span.start
    for unit, header in passage.units():
        if at < unit.start:
            put(passage.slice(Span(at, unit.start)), at)
        begins = length
        for text, start in _named_cells(header, passage.slice(unit)) if header else [(passage.slice(unit), 0)]:
            put(text, None if start is None else unit.start + start)
        units.append(Span(begins, length))
        at = unit.end
    if at < passage.chunk.span.end:
        put(passage.slice(Span(at, passage.chunk.span.end)), at)
    return Reading("".join(parts), tuple(units), tuple(pieces))


def _named_cells(header: str, row: str) -> Iterator[tuple[str, int | None]]:
    """The parts of a row in words, each with its place in the row if it stands there."""
    names, values = _names(header), cells(row)
    if len(values) > len(names):
        yield f"{header}\n", None
        yield row, 0
        return
    at, first = 0, True
    for name, value in zip(names, values, strict=False):
        if value:
            at = row.index(value, at)
            yield ("" if first else "; ") + (f"{name}: " if name else ""), None
            yield value, at
            at, first = at + len(value), False


def searched(document: ParsedDocument, span: Span) -> str:
    """The text of a stretch of a document as it is searched by meaning: its rows in words, all else as it stands."""
    blocks = [block for block in document.blocks_in(span) if block.header and not span.overlaps(block.header)]
    if not blocks:
        return span.of(document.text)
    parts, start = [], span.start
    for block in blocks:
        assert block.header is not None
        inside = Span(max(block.span.start, span.start), min(block.span.end, span.end))
        parts.append(document.text[start : inside.start])
        header, words = block.header.of(document.text), inside.of(document.text)
        parts.append(in_words(header, words) if inside == block.span else f"{header}\n{words}")
        start = inside.end
    return "".join(parts) + document.text[start : span.end]


def heads_above(document: ParsedDocument, span: Span) -> list[str]:
    """The heads of the tables whose rows stand in a stretch of a document, when they stand outside of it; each once."""
    heads = dict.fromkeys(block.header for block in document.blocks_in(span) if block.header)
    return [head.of(document.text) for head in heads if not span.contains(head)]


def head_of(document: ParsedDocument, unit: Span) -> str:
    """The head of the table that a quotable unit is a row of, or an empty string."""
    block = document.block_at(unit.start)
    return block.header.of(document.text) if block and block.header else ""


def _names(header: str) -> list[str]:
    """The name of every column that a head has."""
    lines = [cells(line) for line in header.split("\n")]
    return [" ".join(filter(None, parts)) for parts in zip_longest(*_filled(lines), fillvalue="")]


def _filled(lines: list[list[str]]) -> Iterator[list[str]]:
    """The lines of a head; in all but the last an empty cell is given the one before it, which spans it."""
    for number, line in enumerate(lines, start=1):
        filled: list[str] = []
        for cell in line:
            filled.append(cell if cell or number == len(lines) or not filled else filled[-1])
        yield filled
