"""What the templates show of a quotation: its words, cut where the answer begins, and the blocks of a quoted list."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.service.dates import Day
from qa.service.links import source_url
from qa.text.sentences import sentence_spans
from qa.types import Block, BlockKind, Citation, ParsedDocument, Span

MAX_CONTEXT_CHARACTERS = 400
"""A neighbouring sentence over this length is left out: it would bury the quotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block of a quoted list, or (kind None) what stands between two; all parts together are the verbatim quote.

    `depth` tells an item of an inner list from one of the outer.
    """

    text: str
    kind: str | None
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The sentence before a quotation and the one after it, verbatim; empty where there is none."""

    before: str
    after: str


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
    context: Context | None = None
    changed: Day | None = None
    collection: str | None = None

    @classmethod
    def of(
        cls,
        number: int,
        citation: Citation,
        answer: Span | None,
        document: ParsedDocument,
        *,
        left_out: int = 0,
        changed: Day | None = None,
        collection: str | None = None,
    ) -> "Quote":
        """From a citation, with the answer marked if it lies in this one; `document` is the one that is cited.

        `changed` is the day on which its file was, `collection` the one that the document is in.
        """
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
            url=source_url(citation.document_id, citation.span, citation.seal, collection=collection),
            start=citation.span.start,
            end=citation.span.end,
            text_sha256=citation.text_sha256,
            source_sha256=citation.source_sha256,
            parts=_parts(citation, document),
            left_out=left_out,
            place=citation.place,
            header=citation.header.quote if citation.header else "",
            context=_context(citation, document),
            changed=changed,
            collection=collection,
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


def _context(citation: Citation, document: ParsedDocument) -> Context | None:
    """The neighbouring sentences of a quotation, from its own block or the one beside it that is no heading."""
    span, text = citation.span, document.text
    inside = [number for number, block in enumerate(document.blocks) if block.span.overlaps(span)]
    if not inside or document.text_sha256 != citation.text_sha256:
        return None
    first, last = inside[0], inside[-1]
    start = min(_running(document.blocks, first - 1, document.blocks[first]).span.start, span.start)
    end = max(_running(document.blocks, last + 1, document.blocks[last]).span.end, span.end)
    earlier = [found.of(text[start : span.start]) for found in sentence_spans(text[start : span.start])]
    later = [found.of(text[span.end : end]) for found in sentence_spans(text[span.end : end])]
    before, after = (earlier or [""])[-1], (later or [""])[0]
    before, after = (found if len(found) <= MAX_CONTEXT_CHARACTERS else "" for found in (before, after))
    return Context(before=before, after=after) if before or after else None


def _running(blocks: Sequence[Block], number: int, own: Block) -> Block:
    """The neighbour of a block at that number if it is running text of the same section, else the block itself."""
    if 0 <= number < len(blocks):
        block = blocks[number]
        if block.kind is not BlockKind.HEADING and block.headings == own.headings:
            return block
    return own
