"""Rows of tables as a reader needs them: each cell with the name of its column.

A row of figures says nothing without the head of its table. The head stands elsewhere in the document, so it is never
put into a quotation; this is the copy that is searched and compared.
"""

from collections.abc import Iterator
from itertools import zip_longest

from qa.types import ParsedDocument, Span

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
    lines = [cells(line) for line in header.split("\n")]
    values = cells(row)
    names = [" ".join(filter(None, parts)) for parts in zip_longest(*_filled(lines), fillvalue="")]
    if len(values) > len(names):
        return f"{header}\n{row}"
    pairs = zip(names, values, strict=False)
    return "; ".join(f"{name}: {value}" if name else value for name, value in pairs if value)


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


def _filled(lines: list[list[str]]) -> Iterator[list[str]]:
    """The lines of a head; in all but the last an empty cell is given the one before it, which spans it."""
    for number, line in enumerate(lines, start=1):
        filled: list[str] = []
        for cell in line:
            filled.append(cell if cell or number == len(lines) or not filled else filled[-1])
        yield filled
