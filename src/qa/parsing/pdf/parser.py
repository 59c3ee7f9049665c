"""The PDF parser.

What is quoted is the canonical text: lines joined by spaces, a word broken at a line end written as one word. Every
character of it knows the glyph that paints it, so the boxes of a quotation follow from its offsets; nothing is ever
searched for on the page.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version as package_version

from qa.errors import NoText
from qa.parsing.builder import DocumentBuilder
from qa.parsing.kinds import kind_of, other_kind
from qa.parsing.pdf.glyphs import UNKNOWN, Glyph, Pdf, opened
from qa.parsing.pdf.layout import Piece, pieces
from qa.parsing.pdf.places import GlyphPlaces
from qa.parsing.pdf.text import NOWHERE
from qa.types import BlockKind, ParsedDocument, Source

MAX_UNKNOWN = 0.3
"""From this share of letters that the file does not name on, its text is of no use."""


class PdfParser:
    """Reads `.pdf` files that have a text layer."""

    suffixes = frozenset({".pdf"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"pdf-2 (pypdfium2 {package_version('pypdfium2')})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks, each with its page; raises UnreadableDocument or NoText."""
        if kind_of(data)[1] != ".pdf":
            raise other_kind(source.path, data, "a PDF file")
        letters: Counter[bool] = Counter()
        places = GlyphPlaces()
        with opened(data, source.path) as pdf:
            found = pieces(_pages(pdf, letters, places))
        _check_letters(source.path, letters)
        return _built(source, found, places)


def _built(source: Source, found: list[Piece], places: GlyphPlaces) -> ParsedDocument:
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
    return replace(document, places=places.packed(sources))


def _pages(pdf: Pdf, letters: Counter[bool], places: GlyphPlaces) -> Iterator[list[Glyph]]:
    """The glyphs of one page after another; counts those that read as something and those that do not."""
    for page in range(1, pdf.pages + 1):
        view, glyphs = pdf.page(page)
        places.add(page, view, glyphs)
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
