"""What the templates show of a quotation: its words, cut where the answer begins, and the blocks of a quoted list."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.service.links import source_url
from qa.types import BlockKind, Citation, ParsedDocument, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block of a quoted list, or (kind None) what stands between two; all parts together are the verbatim quote.

    `depth` tells an item of an inner list from one of the outer.
    """

    text: str
    kind: str | None
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """One quotation, cut where the answer begins and ends: before + answer + after is the verbatim quote.

    A quotation that runs over several blocks, such as a list, has `parts` besides; a table row has the `header` of its
    table.
    """

    n: int
    before: str
    answer: str
    after: str
    title: str
    path: str
    section: list[str]
    page: int | None
    url: str
    start: int
    end: int
    text_sha256: str
    source_sha256: str
    parts: Sequence[Part] = ()
    left_out: int = 0
    place: str | None = None
    header: str = ""

    @classmethod
    def of(
        cls, number: int, citation: Citation, answer: Span | None, document: ParsedDocument, *, left_out: int = 0
    ) -> "Quote":
        """From a citation, with the answer marked if it lies in this one; `document` is the one that is cited."""
        start = end = 0
        if answer:
            start, end = answer.start - citation.span.start, answer.end - citation.span.start
        return cls(
            n=number,
            before=citation.quote[:start],
            answer=citation.quote[start:end],
            after=citation.quote[end:],
            title=citation.title,
            path=citation.path,
            section=list(citation.headings),
            page=citation.page,
            url=source_url(citation.document_id, citation.span, citation.seal),
            start=citation.span.start,
            end=citation.span.end,
            text_sha256=citation.text_sha256,
            source_sha256=citation.source_sha256,
            parts=_parts(citation, document),
            left_out=left_out,
            place=citation.place,
            header=citation.header.quote if citation.header else "",
        )


def _parts(citation: Citation, document: ParsedDocument) -> list[Part]:
    """The blocks of a quotation that runs over several; none when the document is no longer the one that was cited."""
    span = citation.span
    blocks = [block for block in document.blocks if block.span.overlaps(span)]
    if len(blocks) < 2 or document.text_sha256 != citation.text_sha256:
        return []
    depths = sorted({block.level for block in blocks if block.kind is BlockKind.LIST_ITEM})
    parts: list[Part] = []
    end = span.start
    for block in blocks:
        start, stop = max(block.span.start, span.start), min(block.span.end, span.end)
        if start > end:
            parts.append(Part(text=document.text[end:start], kind=None))
        depth = depths.index(block.level) if block.kind is BlockKind.LIST_ITEM else 0
        parts.append(Part(text=document.text[start:stop], kind=block.kind.value, depth=depth))
        end = stop
    if end < span.end:
        parts.append(Part(text=document.text[end : span.end], kind=None))
    return parts
