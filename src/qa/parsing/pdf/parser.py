"""The PDF parser, and the boxes of any span of its text.

What is quoted is the canonical text: lines joined by spaces, a word broken at a line end written as one word. Every
character of it knows the glyph that paints it, so the boxes of a quotation follow from its offsets; nothing is ever
searched for on the page.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version as package_version
from itertools import groupby

from qa.errors import NoText
from qa.parsing.builder import DocumentBuilder
from qa.parsing.kinds import kind_of, other_kind
from qa.parsing.pdf.glyphs import UNKNOWN, Box, Glyph, Pdf, opened
from qa.parsing.pdf.layout import Piece, pieces
from qa.parsing.pdf.places import pack, unpack
from qa.parsing.pdf.text import NOWHERE
from qa.types import BlockKind, ParsedDocument, Source, Span

MAX_UNKNOWN = 0.3
"""From this share of letters that the file does not name on, its text is of no use."""


class PdfParser:
    """Reads `.pdf` files that have a text layer."""

    suffixes = frozenset({".pdf"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"pdf-1 (pypdfium2 {package_version('pypdfium2')})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks, each with its page; raises UnreadableDocument or NoText."""
        if kind_of(data)[1] != ".pdf":
            raise other_kind(source.path, data, "a PDF file")
        letters: Counter[bool] = Counter()
        with opened(data, source.path) as pdf:
            found = pieces(_pages(pdf, letters))
        _check_letters(source.path, letters)
        return _built(source, found)


def boxes(data: bytes, document: ParsedDocument, span: Span) -> list[Box]:
    """The rectangles on the pages under `span` of a document parsed from `data`, one for each line, in reading order.

    In PDF points of the page's user space. Uses `document.places`; a document without them is parsed again. Raises
    ValueError when the span is not inside the text, or `data` does not give this text.
    """
    places = document.places
    if not places:
        again = PdfParser().parse(document.source, data)
        if again.text != document.text:
            raise ValueError(f"{document.source.path} does not give the text that the span belongs to")
        places = again.places
    found: list[Box] = []
    with opened(data, document.source.path) as pdf:
        for page, group in groupby(unpack(places, span), key=lambda place: place[0]):
            found.extend(_merged(pdf.boxes(page, list(dict.fromkeys(number for _, number in group)))))
    return found


def _built(source: Source, found: list[Piece]) -> ParsedDocument:
    builder = DocumentBuilder(source)
    for piece in found:
        if piece.kind is BlockKind.HEADING:
            builder.heading(piece.text, piece.level, page=piece.page)
        else:
            builder.add(piece.kind, piece.text, page=piece.page)
    document = builder.build()
    sources = array("q", [NOWHERE]) * len(document.text)
    for block, piece in zip(document.blocks, found, strict=True):
        sources[block.span.start : block.span.end] = piece.sources
    if len(sources) != len(document.text):
        raise AssertionError("the builder has changed a text that was clean")
    return replace(document, places=pack(sources))


def _pages(pdf: Pdf, letters: Counter[bool]) -> Iterator[list[Glyph]]:
    """The glyphs of one page after another; counts those that read as something and those that do not."""
    for page in range(1, pdf.pages + 1):
        glyphs = pdf.glyphs(page)
        letters.update(glyph.text != UNKNOWN for glyph in glyphs)
        yield glyphs


def _check_letters(path: str, letters: Counter[bool]) -> None:
    """Refuse a file whose pages hold no text, or none that anyone can read."""
    if not letters:
        raise NoText(f"{path} has no text layer: it looks like a scan.", remedy="Run OCR on it and index again.")
    if letters[False] > MAX_UNKNOWN * letters.total():
        raise NoText(
            f"The fonts of {path} do not say which letters they paint.", remedy="Run OCR on it and index again."
        )


def _merged(found: list[Box]) -> list[Box]:
    """Neighbouring boxes of one line put together."""
    merged: list[Box] = []
    for box in found:
        if merged and _on_one_line(merged[-1], box):
            last = merged[-1]
            merged[-1] = Box(
                box.page, min(last.x0, box.x0), min(last.y0, box.y0), max(last.x1, box.x1), max(last.y1, box.y1)
            )
        else:
            merged.append(box)
    return merged


def _on_one_line(last: Box, box: Box) -> bool:
    """Whether two boxes lie side by side, along or across the page, and close together."""
    wide = min(last.x1, box.x1) - max(last.x0, box.x0)
    high = min(last.y1, box.y1) - max(last.y0, box.y0)
    along = high > 0.5 * min(last.y1 - last.y0, box.y1 - box.y0) and wide > -2 * (box.y1 - box.y0)
    across = wide > 0.5 * min(last.x1 - last.x0, box.x1 - box.x0) and high > -2 * (box.x1 - box.x0)
    return along or (across and high < 0.5)
