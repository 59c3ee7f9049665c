"""How much of a document its passages hold, so that the index can say that nothing was lost."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qa.types import BlockKind, Chunk, ParsedDocument, Span


class Reach(NamedTuple):
    """Characters of a text, and how many of them some passage holds; white space counts in neither."""

    characters: int
    reached: int


def reach_of(document: ParsedDocument, chunks: Sequence[Chunk]) -> Reach:
    """A character is reached when it lies in a passage, or in a heading under whose name a passage is searched.

    The title of the document counts as such a heading.
    """
    text = document.text
    borne = {document.title, *(name for chunk in chunks for name in chunk.headings)}
    headings = (block.span for block in document.blocks if block.kind is BlockKind.HEADING)
    spans = [chunk.span for chunk in chunks] + [span for span in headings if span.of(text) in borne]
    return Reach(_painted(text), sum(_painted(span.of(text)) for span in _joined(sorted(spans))))


def _painted(text: str) -> int:
    return sum(map(len, text.split()))


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """The same characters by spans that do not overlap; `spans` ascend."""
    last: Span | None = None
    for span in spans:
        if last is not None and span.start < last.end:
            last = last.cover(span)
        else:
            if last is not None:
                yield last
            last = span
    if last is not None:
        yield last
