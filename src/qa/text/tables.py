"""Rows of tables as a reader needs them: each cell with the name of its column.

A row of figures says nothing without the head of its table. The head stands elsewhere in the document, so it is never
put into a quotation; this is the copy that is searched and compared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Self

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
    return "".join(text for text, _ in _named_cells(header, row, ": "))


@dataclass(frozen=True, slots=True)
class Reading:
    """A text for a reader, with the way back to the document.

    `units` maps quotable units to their place in the text; `pieces` are what of the text stands in the document, each
    with its place and where it begins there.
    """

    text: str
    units: Mapping[Span, Span]
    pieces: tuple[tuple[Span, int], ...]

    @classmethod
    def plain(cls, text: str, span: Span, units: Mapping[Span, Span] | None = None) -> Self:
        """A stretch of a document as it stands; without `units` it is one."""
        whole = Span(0, len(text))
        return cls(text, units or {span: whole}, ((whole, span.start),))

    def back(self, span: Span) -> Span | None:
        """The stretch of the document whose characters a span of the text shows; None when it shows none."""
        found = [
            Span(max(span.start, piece.start), min(span.end, piece.end)).shift(start - piece.start)
            for piece, start in self.pieces
            if piece.overlaps(span)
        ]
        return found[0].cover(found[-1]) if found else None


def readings(passage: Passage) -> Iterator[Reading]:
    """What is to be read of a passage: its text, and each of its rows alone with the names of its columns.

    Rows of figures are so alike that a reader takes one for another when it sees them side by side. A row is read as
    `2019 (Year), 4.2 (Revenue)`: of eleven forms that were tried the one that the reader is surest of.
    """
    whole = passage.chunk.span
    units = [(unit, header) for unit, header in passage.units()]
    if plain := {unit: unit.shift(-whole.start) for unit, header in units if not header}:
        yield Reading.plain(passage.text, whole, plain)
    for unit, header in units:
        if header:
            yield row_reading(header, passage.slice(unit), unit)


def row_reading(header: str, row: str, unit: Span) -> Reading:
    """A row, which stands at `unit`, with the names of its columns."""
    parts = list(_read_cells(header, row))
    ends = list(accumulate(len(text) for text, _ in parts))
    pieces = tuple(
        (Span(end - len(text), end), unit.start + at)
        for (text, at), end in zip(parts, ends, strict=True)
        if at is not None
    )
    text = "".join(text for text, _ in parts)
    return Reading(text, {unit: Span(0, len(text))}, pieces)


def _named_cells(header: str, row: str, link: str) -> Iterator[tuple[str, int | None]]:
    """The parts of a row in words, each with its place in the row if it stands there."""
    names, values = _names(header), cells(row)
    if len(values) > len(names):
        yield f"{header}\n", None
    if len(values) > len(names) or not any(values):  # a cell may hold a bar, and nothing else
        yield row, 0
        return
    at, first = 0, True
    for name, value in zip(names, values, strict=False):
        if value:
            at = row.index(value, at)
            if lead := ("" if first else "; ") + (f"{name}{link}" if name else ""):
                yield lead, None
            yield value, at
            at, first = at + len(value), False


def _read_cells(header: str, row: str) -> Iterator[tuple[str, int | None]]:
    """The parts of a row for the span reader: every cell, and after it the name of its column in brackets."""
    names, values = _names(header), cells(row)
    if len(values) > len(names) or not any(values):
        yield from _named_cells(header, row, "")
        return
    at, first = 0, True
    for name, value in zip(names, values, strict=False):
        if value:
            at = row.index(value, at)
            if not first:
                yield ", ", None
            yield value, at
            if name:
                yield f" ({name})", None
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
