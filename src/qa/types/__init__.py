"""The nouns of the product: what passes between the rooms, frozen and validated, made of the standard library only.

All offsets are Unicode code points of a document's *canonical text*, half-open: `text[span.start:span.end]`.
"""

from qa.types.document import (
    Block,
    BlockKind,
    DocumentRecord,
    ParsedDocument,
    Source,
    Span,
    document_id,
    text_sha256,
)
from qa.types.pages import Box, PageBoxes
from qa.types.passage import (
    Candidate,
    Chunk,
    Contribution,
    Passage,
    RankedPassage,
)
from qa.types.reply import (
    Abstention,
    Answer,
    Citation,
    Header,
    Reply,
    Verdict,
)

__all__ = [
    "Abstention",
    "Answer",
    "Block",
    "BlockKind",
    "Box",
    "Candidate",
    "Chunk",
    "Citation",
    "Contribution",
    "DocumentRecord",
    "Header",
    "PageBoxes",
    "ParsedDocument",
    "Passage",
    "RankedPassage",
    "Reply",
    "Source",
    "Span",
    "Verdict",
    "document_id",
    "text_sha256",
]
