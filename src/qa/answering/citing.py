"""Citations: `cite` is their only maker, and lets nothing through that is not the document's own text."""

import unicodedata

from qa.anchoring.seal import Seal
from qa.boxes import boxes_of
from qa.errors import CitationMismatch
from qa.text.places import place_of
from qa.text.selectors import around, in_utf16
from qa.types import Candidate, Citation, Header, ParsedDocument, Span


def cite(document: ParsedDocument, span: Span, *, quote: str, text_sha256: str) -> Citation:
    """The citation of a span, checked: `quote` is that slice of the text, and the text is the one that was indexed.

    Raises CitationMismatch when either does not hold; nothing unproven leaves this function.
    """
    remedy = (
        "This is a bug in Quoth; please report it with the document. "
        "`qa index --force`, where the index is built, may help."
    )
    if document.text_sha256 != text_sha256:
        raise CitationMismatch(f"The text of {document.source.path} is not the one that was indexed.", remedy=remedy)
    if span.end > len(document.text) or document.text[span.start : span.end] != quote:
        raise CitationMismatch(f"A quotation is not at {span} of {document.source.path}.", remedy=remedy)
    block = document.block_at(span.start)
    prefix, suffix = around(document.text, span)
    return Citation(
        document_id=document.id,
        path=document.source.path,
        title=document.title,
        page=block.page if block else None,
        headings=block.headings if block else (),
        span=span,
        quote=quote,
        text_sha256=text_sha256,
        source_sha256=document.source.sha256,
        seal=str(Seal.of(document.text, span, text_sha256=text_sha256)),
        place=place_of(document, span),
        header=_header(document, span),
        prefix=prefix,
        suffix=suffix,
        utf16=in_utf16(document.text, span),
        boxes=boxes_of(document.places, span),
    )


def _header(document: ParsedDocument, span: Span) -> Header | None:
    """The head of the table whose rows are quoted, when the quotation does not hold it itself."""
    block = document.block_at(span.start)
    if block is None or block.header is None or span.overlaps(block.header):
        return None
    return Header(span=block.header, quote=block.header.of(document.text))


def quotable(candidate: Candidate) -> Span:
    """The whole sentences or items that a candidate's span touches."""
    touched = [unit for unit in candidate.passage.chunk.sentences if unit.overlaps(candidate.span)]
    if not touched:
        return candidate.span
    return candidate.span.cover(touched[0]).cover(touched[-1])


def said(text: str) -> str:
    """What two quotations share when they say the same: their words in one case, without punctuation.

    Signs that carry a value stay (currency, per cent, a minus or decimal point before a digit).
    """
    kept = []
    for position, character in enumerate(text):
        before_digit = text[position + 1 : position + 2].isdigit()
        sign = character in "%‰" or (character in "-−.," and before_digit)
        punctuation = unicodedata.category(character).startswith("P") and not sign
        kept.append(" " if punctuation else character)
    return " ".join("".join(kept).casefold().split())
