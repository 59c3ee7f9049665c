"""Ways to name a stretch of a text that others understand: what stands around it, and offsets in UTF-16 units.

The words are those of the W3C Web Annotation Data Model (TextQuoteSelector, TextPositionSelector).
"""

import codecs

from qa.types import Span

CONTEXT = 32
"""Code points of text before and after a quotation that tell it from others of the same words."""
_TO_UNITS = codecs.getencoder("utf-16-le")
"""Loaded at once: a codec that could not be loaded once, for want of descriptors, stays unknown to the process."""


def around(text: str, span: Span) -> tuple[str, str]:
    """The prefix and the suffix of a span: up to CONTEXT code points each, fewer at the ends of the text."""
    return text[max(0, span.start - CONTEXT) : span.start], text[span.end : span.end + CONTEXT]


def in_utf16(text: str, span: Span) -> Span:
    """The span in UTF-16 code units, as JavaScript counts: a character beyond U+FFFF is two."""
    if text.isascii():
        return span
    start = _units(text[: span.start])
    return Span(start, start + _units(span.of(text)))


def _units(text: str) -> int:
    return len(_TO_UNITS(text, "surrogatepass")[0]) // 2
