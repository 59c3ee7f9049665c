"""The painted characters of a PDF page with their boxes: all that Quoth asks of PDFium.

Coordinates are PDF points of the page's user space (origin at the lower left, before the page's own rotation). Glyphs
are numbered as PDFium numbers the characters of a page, which depends on the file and PDFium's version alone: that
number is the way back from a character of the canonical text to its place.
"""

import ctypes
import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple

from qa.errors import DocumentTooLarge, NoText, UnreadableDocument

MAX_PAGE_CHARACTERS = 400_000
"""A page with more is no page to read; the fullest real ones have about 20,000."""
MAX_PAGES = 20_000
MIN_SIZE = 1.0
"""Characters smaller than this many points cannot be read by anyone, so they are not in the text."""
UNKNOWN = "\ufffd"
"""Stands for a letter that the file does not name."""

_PASSWORD = 4  # FPDF_ERR_PASSWORD
_SPACES = frozenset(" \t\u00a0\u1680\u202f\u205f\u3000") | {chr(code) for code in range(0x2000, 0x200B)}
"""All of Unicode's (category Zs), and the tab."""
_IGNORED = frozenset("\r\n\u2028\u2029\u200b\u200c\u200d\u2060\ufeff")
_HYPHENS = frozenset("\x02\u00ad\u2010\u2011\ufffe")
"""What PDFium and fonts give for the painted hyphen; the canonical text has the plain one."""
_LIGATURES = {
    "\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st", "\ufb06": "st",
}  # fmt: skip
_ITALIC = 1 << 6
_ITALIC_NAMES = ("ital", "obli", "cmti")
_FORCE_BOLD = 1 << 18  # font descriptor flag
_BOLD_NAMES = ("bold", "medi", "heavy", "black", "semibold", "demi", "cmbx")


class Glyph(NamedTuple):
    """One painted character, in a frame where its own line runs from left to right."""

    number: int
    text: str  # what it reads as: one character, or two or three of a ligature
    left: float
    bottom: float
    right: float
    top: float
    size: float
    bold: bool
    italic: bool
    turn: int  # quarter turns to the left of its line against the page's user space
    spaced: int  # white space before it: 2 in the file, 1 by PDFium's judgement, 0 none


class View(NamedTuple):
    """What a viewer shows of a page: its visible part in user space, and the quarter turns to the right."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as it is shown."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.turns % 2 else (width, height)

    def shown(self, glyph: Glyph) -> tuple[float, float, float, float]:
        """Left, bottom, right and top of a glyph, from the lower left corner of the page as it is shown."""
        if not (glyph.turn or self.turns):  # nearly all
            return glyph.left - self.left, glyph.bottom - self.bottom, glyph.right - self.left, glyph.top - self.bottom
        left, bottom, right, top = _turned((glyph.left, glyph.bottom, glyph.right, glyph.top), 4 - glyph.turn)
        corner_x, corner_y, *_ = _turned(self[:4], self.turns)
        x0, y0, x1, y1 = _turned((left, bottom, right, top), self.turns)
        return x0 - corner_x, y0 - corner_y, x1 - corner_x, y1 - corner_y


class _Font(NamedTuple):
    size: float
    bold: bool
    italic: bool
    turn: int


class Pdf:
    """An open PDF file; made by `opened`."""

    def __init__(self, handle: Any, path: str) -> None:
        self._handle = handle
        self._path = path
        self.pages = _raw().FPDF_GetPageCount(handle)

    def page(self, number: int) -> tuple[View, list[Glyph]]:
        """What is shown of a page (from 1), and its visible glyphs in the order of the file."""
        with self.loaded(number) as handle, self._text(handle, number) as text:
            view = _view(handle)
            return view, list(_glyphs(text, view, self._count(text, number)))

    @contextmanager
    def loaded(self, number: int) -> Iterator[Any]:
        """PDFium's handle of a page (from 1); raises UnreadableDocument."""
        raw = _raw()
        handle = raw.FPDF_LoadPage(self._handle, number - 1)
        if not handle:
            raise self._damaged(number)
        try:
            yield handle
        finally:
            raw.FPDF_ClosePage(handle)

    def _count(self, text: Any, page: int) -> int:
        count: int = _raw().FPDFText_CountChars(text)
        if count > MAX_PAGE_CHARACTERS:
            raise UnreadableDocument(
                f"{self._path} has {count:,} characters on page {page}, more than a page can hold.",
                remedy="Export it again from the program that made it.",
            )
        return count

    @contextmanager
    def _text(self, page: Any, number: int) -> Iterator[Any]:
        raw = _raw()
        text = raw.FPDFText_LoadPage(page)
        if not text:
            raise self._damaged(number)
        try:
            yield text
        finally:
            raw.FPDFText_ClosePage(text)

    def _damaged(self, page: int) -> UnreadableDocument:
        return UnreadableDocument(
            f"Page {page} of {self._path} is damaged.", remedy="Repair the file, or export it again."
        )


@contextmanager
def opened(data: bytes, path: str) -> Iterator[Pdf]:
    """Open the bytes of a PDF; raises a DocumentError when they are none, broken, locked or too many."""
    raw = _raw()
    raw.FPDF_InitLibrary()  # does nothing when it is open already
    handle = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not handle:
        if raw.FPDF_GetLastError() == _PASSWORD:
            raise UnreadableDocument(
                f"{path} is locked by a password.", remedy="Save a copy without the password and index again."
            )
        raise UnreadableDocument(f"{path} is a broken PDF file.", remedy="Repair it, or export it again.")
    try:
        pdf = Pdf(handle, path)
        if pdf.pages <= 0:
            raise NoText(f"{path} has no pages.", remedy="Export it again from the program that made it.")
        if pdf.pages > MAX_PAGES:
            raise DocumentTooLarge(f"{path} has {pdf.pages:,} pages, over {MAX_PAGES:,}.", remedy="Split it.")
        yield pdf
    finally:
        raw.FPDF_CloseDocument(handle)


def _raw() -> Any:
    import pypdfium2.raw

    return pypdfium2.raw


def _view(page: Any) -> View:
    """The visible part of the page: what lies outside of it nobody sees."""
    raw = _raw()
    box = raw.FS_RECTF()
    raw.FPDF_GetPageBoundingBox(page, box)
    left, right = sorted((box.left, box.right))
    bottom, top = sorted((box.bottom, box.top))
    return View(left, bottom, right, top, raw.FPDFPage_GetRotation(page) % 4)


def _glyphs(text: Any, view: View, count: int) -> Iterator[Glyph]:
    raw = _raw()
    box = raw.FS_RECTF()
    fonts: dict[int, _Font] = {}
    spaced, high = 0, 0
    for number in range(count):
        code = raw.FPDFText_GetUnicode(text, number)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0
        high = 0
        shown = _shown(chr(code))
        if shown in {"", " "}:
            if shown:
                spaced = max(spaced, 1 if raw.FPDFText_IsGenerated(text, number) else 2)
            continue
        owner = raw.FPDFText_GetTextObject(text, number)
        key = ctypes.addressof(owner.contents) if owner else 0
        font = fonts.get(key)
        if font is None:
            font = fonts[key] = _font(text, number)
        raw.FPDFText_GetLooseCharBox(text, number, box)
        if font.size < MIN_SIZE or not _inside(box, view):
            continue
        edges = (box.left, box.bottom, box.right, box.top)
        if font.turn:
            edges = _turned(edges, font.turn)
        yield Glyph(number, shown, *edges, font.size, font.bold, font.italic, font.turn, spaced)
        spaced = 0


@lru_cache(maxsize=4096)
def _shown(character: str) -> str:
    """What a character reads as: nothing, a space, a plain hyphen, the letters of a ligature, or itself."""
    if character in _SPACES:
        return " "
    if character in _IGNORED:
        return ""
    if character in _HYPHENS:
        return "-"
    if character in _LIGATURES:
        return _LIGATURES[character]
    return UNKNOWN if character < " " or character == "\uffff" or "\x7f" <= character < "\xa0" else character


def _inside(box: Any, view: View) -> bool:
    x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    return bool(view.left <= x <= view.right and view.bottom <= y <= view.top)


def _turned(edges: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top after so many quarter turns of the page to the right, about its origin."""
    left, bottom, right, top = edges
    if turn % 4 == 1:
        return bottom, -right, top, -left
    if turn % 4 == 2:
        return -right, -top, -left, -bottom
    if turn % 4 == 3:
        return -top, left, -bottom, right
    return left, bottom, right, top


def _font(text: Any, number: int) -> _Font:
    raw = _raw()
    matrix = raw.FS_MATRIX()
    raw.FPDFText_GetMatrix(text, number, matrix)
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    raw.FPDFText_GetFontInfo(text, number, name, 128, flags)
    size = raw.FPDFText_GetFontSize(text, number) * math.hypot(matrix.c, matrix.d)
    weight = raw.FPDFText_GetFontWeight(text, number)
    family = name.value.decode("latin-1").lower()
    bold = (
        weight >= 600
        or (flags.value >= 0 and bool(flags.value & _FORCE_BOLD))
        or any(part in family for part in _BOLD_NAMES)
    )
    turn = round(math.atan2(matrix.b, matrix.a) / (math.pi / 2)) % 4
    italic = bool(flags.value & _ITALIC) and flags.value >= 0
    italic = italic or any(part in family for part in _ITALIC_NAMES)
    return _Font(round(abs(size), 1), bold, italic, turn)
