"""Where the glyphs of a file are painted, kept while it is read: a book has millions, so they lie in flat arrays."""

from array import array
from collections.abc import Sequence

from qa.boxes import SCALE, PageSize, Painted, pack
from qa.parsing.pdf.glyphs import Glyph, View
from qa.parsing.pdf.text import NOWHERE, place_of

_EDGES = 4


class GlyphPlaces:
    """The rectangles of all glyphs by page and number."""

    def __init__(self) -> None:
        self._sizes: dict[int, PageSize] = {}
        self._edges: dict[int, array[int]] = {}

    def add(self, page: int, view: View, glyphs: Sequence[Glyph]) -> None:
        """The glyphs of a page (from 1)."""
        width, height = view.size
        self._sizes[page] = PageSize(page, round(width * SCALE), round(height * SCALE))
        edges = array(
            "i", bytes(array("i").itemsize * _EDGES * (1 + max((glyph.number for glyph in glyphs), default=0)))
        )
        for glyph in glyphs:
            at = _EDGES * glyph.number
            left, bottom, right, top = view.shown(glyph)
            edges[at], edges[at + 1] = round(left * SCALE), round(bottom * SCALE)
            edges[at + 2], edges[at + 3] = round(right * SCALE), round(top * SCALE)
        self._edges[page] = edges

    def packed(self, sources: Sequence[int]) -> bytes:
        """The places of the characters of a text, from the glyph that each has for its source."""
        return pack([self._painted(source) for source in sources])

    def _painted(self, source: int) -> Painted | None:
        if source == NOWHERE:
            return None
        page, number = place_of(source)
        left, bottom, right, top = self._edges[page][_EDGES * number : _EDGES * (number + 1)]
        return self._sizes[page], (left, bottom, right, top)
