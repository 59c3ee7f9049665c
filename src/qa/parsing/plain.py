"""Plain text: paragraphs by blank lines, bullets, and short lines that stand alone as headings.

It reads what people paste and export: hard-wrapped lines, `▪` and `-` bullets, bold marks and links, questions as
headings, paragraphs torn apart by a page break.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from qa.parsing import legacy
from qa.parsing.builder import DocumentBuilder, clean
from qa.parsing.decode import decode
from qa.parsing.inline import plain_words
from qa.parsing.labels import LABEL_LEVEL, label_name
from qa.types import BlockKind, ParsedDocument, Source

_BULLET = re.compile(r"(?P<indent>\s*)(?P<marker>[▪▫•●○◦‣▸►■□➢➤✓✔·*+-]|\d{1,3}[.)]|[a-z]\))\s+(?P<rest>\S.*)")
_HASHES = re.compile(r"(#{1,6})\s+(.*?)\s*#*\s*$")
_UNDERLINE = re.compile(r"(=|-){3,}\s*$")
_NUMBERED_PART = re.compile(r"(chapter|part|section|appendix|annex|article|step|unit|module|lesson)\s+\w+\s*:", re.I)

WRAPPED_LINE = 45
"""A line of at least so many characters was broken by the page width, not by its author."""
MARKED = 1000
"""Characters in which a bold mark or link that a blank line tore apart is looked for, to see where a sentence ends."""
MAX_HEADING_LINE = 100
MAX_HEADING_WORDS = 14
MAX_HEADINGS_IN_A_ROW = 2
"""More short lines in a row are lines of content, such as an address or notes, not headings."""


@dataclass(slots=True)
class _Piece:
    """A paragraph or list item as its lines."""

    lines: list[str]
    bullet: tuple[str, int] | None = None  # marker and indent
    level: int = 0  # of a heading that is marked as one
    text: str = field(init=False, default="")


class PlainTextParser:
    """Reads `.txt` and other text without markup."""

    suffixes = frozenset({".txt", ".text", ".log"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library that tells encodings."""
        return f"plain-3 ({legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a text file; raises UnreadableDocument or NoText."""
        text, note = decode(data, source.path)
        builder = DocumentBuilder(source, note=note)
        write_text(builder, clean(text))
        return builder.build()


def write_text(builder: DocumentBuilder, text: str, *, headings: bool = True) -> None:
    """Hand a clean text to a builder; without `headings`, only lines that are marked as one are headings."""
    pieces = _rejoined(list(_pieces(text)))
    found = _headings(pieces) if headings else {index for index, piece in enumerate(pieces) if piece.level}
    label: tuple[str, int] | None = None
    for index, piece in enumerate(pieces):
        if index in found:
            builder.heading(piece.text, piece.level or (1 if index == 0 else 2))
            label = None
        elif piece.bullet is None:
            if label is not None:
                builder.close(LABEL_LEVEL)
                label = None
            builder.add(BlockKind.PARAGRAPH, piece.text)
        elif (name := label_name(piece.text)) and index + 1 < len(pieces) and pieces[index + 1].bullet:
            builder.heading(name, LABEL_LEVEL)
            label = piece.bullet
        else:
            if piece.bullet == label:
                builder.close(LABEL_LEVEL)
            builder.add(BlockKind.LIST_ITEM, piece.text, level=piece.bullet[1])


def _pieces(text: str) -> Iterator[_Piece]:
    """Cut the lines into headings with marks, list items and paragraphs."""
    current: _Piece | None = None
    for line in text.split("\n"):
        hashes = _HASHES.match(line)
        bullet = _BULLET.match(line)
        if bullet and current and not current.bullet and bullet["marker"][0].isdigit() and bullet["marker"][0] != "1":
            bullet = None  # a number that the page width put first in its line
        if not line.strip() or hashes or bullet:
            if current:
                yield current
            current = None
        if hashes:
            yield _Piece([hashes.group(2)], level=len(hashes.group(1)))
        elif bullet:
            indent = len(bullet["indent"].expandtabs(4))
            marker = "1" if bullet["marker"][0].isalnum() else bullet["marker"]
            current = _Piece([bullet["rest"]], bullet=(marker, indent))
        elif _UNDERLINE.match(line) and current and len(current.lines) == 1 and not current.bullet:
            yield _Piece(current.lines, level=1 if line[0] == "=" else 2)
            current = None
        elif _UNDERLINE.match(line):
            if current:
                yield current
            current = None
        elif line.strip():
            current = current or _Piece([])
            current.lines.append(line.strip())
    if current:
        yield current


def _rejoined(pieces: list[_Piece]) -> list[_Piece]:
    """Give each piece its text, and sew together what a blank line tore apart in mid-sentence."""
    result: list[_Piece] = []
    parts: list[list[str]] = []  # of each text; joined once, as to join part by part takes quadratic time
    tail = ""  # the words at the end of the last text
    for piece in pieces:
        text = _joined(piece.lines, wrapped=piece.bullet is not None)
        torn = (
            result
            and not piece.bullet
            and not piece.level
            and not result[-1].level
            and text[:1].islower()
            and (tail[-1:].isalnum() or tail.endswith(","))
        )
        if torn:
            result[-1].lines.extend(piece.lines)
            parts[-1].append(text)
            tail = plain_words(f"{tail[-MARKED:]} {text}")
        else:
            result.append(piece)
            parts.append([text])
            tail = plain_words(text)
    for piece, texts in zip(result, parts, strict=True):
        piece.text = plain_words(" ".join(texts))
    return [piece for piece in result if piece.text.strip()]


def _joined(lines: list[str], *, wrapped: bool) -> str:
    """The lines of a paragraph as one string: a break in mid-flow becomes a space, one after a short line stays."""
    text = lines[0].strip()
    for before, line in pairwise(lines):
        text += (" " if wrapped or len(before) >= WRAPPED_LINE else "\n") + line.strip()
    return text


def _headings(pieces: list[_Piece]) -> set[int]:
    """Which pieces are headings: those marked as one, and short lines alone that have something under them."""
    found = {index for index, piece in enumerate(pieces) if piece.level}
    run: list[int] = []
    for index, piece in enumerate(pieces):
        if _may_be_heading(piece):
            run.append(index)
            continue
        if run and len(run) <= MAX_HEADINGS_IN_A_ROW and not piece.level:
            found.update(run)
        run = []
    return found


def _may_be_heading(piece: _Piece) -> bool:
    text = piece.text
    if piece.bullet or piece.level or len(piece.lines) != 1 or len(text) > MAX_HEADING_LINE:
        return False
    if len(text.split()) > MAX_HEADING_WORDS or text[-1] in ".,;:!…。，；：！、" or not any(c.isalpha() for c in text):
        return False
    if ":" in text[:-1] and not _NUMBERED_PART.match(text):  # "Source: PIB" is a fact
        return False
    return not text[0].islower()
