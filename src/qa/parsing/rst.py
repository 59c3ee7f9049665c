"""reStructuredText read as text: titles by their adornment, tables row by row, inline marks left out.

Of notes and warnings only the mark is left out. Other directives and comments are kept as the lines that they are: what
they do is not known here, and no word is lost.
"""

import re
from collections.abc import Iterator, Sequence

from qa.parsing import legacy
from qa.parsing.builder import DocumentBuilder, clean
from qa.parsing.decode import decode
from qa.parsing.plain import write_text
from qa.types import ParsedDocument, Source

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{1,}\s*")
_SIMPLE = re.compile(r"\s*=+(?:\s+=+)+\s*")
_GRID = re.compile(r"\s*\+(?:[-=]+\+)+\s*")
_MARKS = (
    (
        re.compile(
            r"^[ ]*\.\. (?:attention|caution|danger|error|hint|important|note|seealso|tip|warning)::(?=\s)[ ]*",
            re.I | re.M,
        ),
        "",
    ),
    (re.compile(r"``([^`\n]+)``"), r"\1"),
    (re.compile(r":[\w:+-]{1,60}:`([^`<\n]+?)(?:\s*<[^<>`\n]+>)?`"), r"\1"),
    (re.compile(r"`([^`<\n]+?)\s*<[^<>`\n]+>`_{1,2}"), r"\1"),
    (re.compile(r"`([^`\n]+)`_{0,2}"), r"\1"),
    (re.compile(r"(?<![\w*])\*([^*\s](?:[^*\n]*[^*\s])?)\*(?![\w*])"), r"\1"),
)


class RstParser:
    """Reads `.rst` files."""

    suffixes = frozenset({".rst", ".rest"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library that tells encodings."""
        return f"rst-4 ({legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a text file; raises UnreadableDocument or NoText."""
        text, note = decode(data, source.path)
        builder = DocumentBuilder(source, note=note)
        lines = [line.expandtabs(8) for line in clean(text).split("\n")]
        levels: dict[str, int] = {}
        waiting: list[str] = []
        at = 0
        while at < len(lines):
            title, after = _title(lines, at)
            rows, end = ([], at) if title else _table(lines, at)
            if title or rows:
                write_text(builder, _plain(waiting), headings=False)
                waiting.clear()
            if title:
                words, adornment = title
                builder.heading(_plain([words]), levels.setdefault(adornment, len(levels) + 1))
            _write_table(builder, rows)
            if not (title or rows):
                waiting.append(lines[at])
            at = after if title else end if rows else at + 1
        write_text(builder, _plain(waiting), headings=False)
        return builder.build()


def _title(lines: Sequence[str], at: int) -> tuple[tuple[str, str] | None, int]:
    """The title that begins at a line with its adornment, and the line after it; None where none begins."""
    above = lines[at - 1].strip() if at else ""
    over = _ADORNMENT.fullmatch(lines[at]) is not None
    text = at + over
    if above or text + 1 >= len(lines):
        return None, at
    words, under = lines[text].strip(), lines[text + 1].rstrip()
    fits = words and not _ADORNMENT.fullmatch(words) and _ADORNMENT.fullmatch(under) and len(under) >= len(words)
    if not fits or (over and lines[at].rstrip() != under) or (not over and lines[text][:1].isspace()):
        return None, at
    return (words, under[0] * (1 + over)), text + 2


def _table(lines: Sequence[str], at: int) -> tuple[list[tuple[list[str], bool]], int]:
    """The rows of the table that begins at a line, each with whether it is of the head, and the line after it."""
    if _SIMPLE.fullmatch(lines[at]):
        return _simple(lines, at)
    if _GRID.fullmatch(lines[at]):
        return _grid(lines, at)
    return [], at


def _simple(lines: Sequence[str], at: int) -> tuple[list[tuple[list[str], bool]], int]:
    """A table between lines of equals signs, which tell where its columns begin."""
    starts = [match.start() for match in re.finditer("=+", lines[at])]
    end = next(
        (n for n in range(at + 1, len(lines)) if not lines[n].strip() and _SIMPLE.fullmatch(lines[n - 1])), len(lines)
    )
    borders = [n for n in range(at, end) if _SIMPLE.fullmatch(lines[n])]
    if len(borders) < 2:
        return [], at
    head = borders[1] if len(borders) > 2 else at
    rows: list[tuple[list[str], bool]] = []
    for number in range(at + 1, borders[-1]):
        line = lines[number]
        if not line.strip() or number in borders:
            continue
        parts = [line[left:right].strip() for left, right in zip(starts, [*starts[1:], None], strict=True)]
        if not parts[0] and rows:  # a row goes on
            rows[-1] = ([" ".join(filter(None, pair)) for pair in zip(rows[-1][0], parts, strict=True)], rows[-1][1])
        else:
            rows.append((parts, number < head))
    return rows, borders[-1] + 1


def _grid(lines: Sequence[str], at: int) -> tuple[list[tuple[list[str], bool]], int]:
    """A table drawn with bars; cells that span others are read as they stand."""
    end = next((n for n in range(at, len(lines)) if not lines[n].strip().startswith(("+", "|"))), len(lines))
    head = next((n for n in range(at, end) if _GRID.fullmatch(lines[n]) and "=" in lines[n]), at)
    rows: list[tuple[list[str], bool]] = []
    fresh = True
    for number in range(at + 1, end):
        line = lines[number].strip()
        if line.startswith("+"):
            fresh = True
            continue
        parts = [part.strip() for part in line.strip("|").split("|")]
        if fresh or len(parts) != len(rows[-1][0]):
            rows.append((parts, number < head))
        else:
            rows[-1] = ([" ".join(filter(None, pair)) for pair in zip(rows[-1][0], parts, strict=True)], rows[-1][1])
        fresh = False
    return rows, end


def _write_table(builder: DocumentBuilder, rows: Sequence[tuple[list[str], bool]]) -> None:
    if rows:
        builder.table()
    for cells, is_head in rows:
        builder.row([_plain([cell]) for cell in cells], head=is_head or None)


def _plain(lines: Iterator[str] | Sequence[str]) -> str:
    """Lines without inline marks."""
    text = "\n".join(lines)
    for pattern, words in _MARKS:
        text = pattern.sub(words, text)
    return text
