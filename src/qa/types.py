"""The nouns of the product: what passes between the rooms, frozen and validated, made of the standard library only.

All offsets are Unicode code points of a document's *canonical text*, half-open: `text[span.start:span.end]`.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A non-empty stretch of a text: `0 <= start < end`, in code points."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The characters of `text` under this span; raises ValueError when it runs past the end."""
        if self.end > len(text):
            raise ValueError(f"span {self.start}..{self.end} runs past the end of a text of {len(text)} characters")
        return text[self.start : self.end]

    def contains(self, other: "Span") -> bool:
        """Whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Whether the two spans share at least one character."""
        return self.start < other.end and other.start < self.end

    def shift(self, offset: int) -> "Span":
        """The same stretch seen from a text that begins `offset` characters earlier."""
        return Span(self.start + offset, self.end + offset)

    def cover(self, other: "Span") -> "Span":
        """The smallest span that contains both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


class BlockKind(StrEnum):
    """What a block is on the page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE_ROW = "table_row"
    CODE = "code"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file a document was read from: POSIX path relative to the corpus, and the SHA-256 of its bytes."""

    path: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One heading, paragraph, list item or table row; `headings` is the path of sections above it."""

    kind: BlockKind
    span: Span
    page: int | None = None
    headings: tuple[str, ...] = ()
    level: int = 0


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """A document's canonical text with its blocks, which ascend, never overlap and lie inside the text.

    `places` says where each character is painted, for a format that has pages: its parser's own form, compressed.
    """

    source: Source
    title: str
    text: str
    blocks: tuple[Block, ...]
    places: bytes = b""

    def __post_init__(self) -> None:
        end = 0
        for block in self.blocks:
            if block.span.start < end or block.span.end > len(self.text):
                raise ValueError(f"{self.source.path}: block {block.span} overlaps its neighbour or leaves the text")
            end = block.span.end

    @property
    def id(self) -> str:
        """The document's id: it follows the path, so a link survives a change of the content."""
        return document_id(self.source.path)

    @cached_property
    def text_sha256(self) -> str:
        """SHA-256 of the canonical text in UTF-8."""
        return text_sha256(self.text)

    def block_at(self, offset: int) -> Block | None:
        """The block that holds the character at `offset`, or None between blocks."""
        index = bisect_right(self.blocks, offset, key=lambda block: block.span.start) - 1
        return self.blocks[index] if index >= 0 and offset < self.blocks[index].span.end else None


def document_id(path: str) -> str:
    """A short, URL-safe id for a corpus path: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def text_sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage as coordinates only.

    `sentences` are the quotable units inside `span` (a sentence, list item or table row each); `children` are the
    smaller spans whose vectors are searched. All are spans of the document's canonical text.
    """

    document_id: str
    ordinal: int
    span: Span
    sentences: tuple[Span, ...]
    children: tuple[Span, ...]
    page: int | None = None
    headings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for inner in (*self.sentences, *self.children):
            if not self.span.contains(inner):
                raise ValueError(f"{inner} lies outside its chunk {self.span}")

    @property
    def id(self) -> str:
        """Where the chunk stands: document id and offsets."""
        return f"{self.document_id}:{self.span.start}-{self.span.end}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk with its text at hand and its document's hashes. Title and headings are never part of a quotation."""

    chunk: Chunk
    path: str
    title: str
    text: str
    text_sha256: str = ""
    source_sha256: str = ""

    def __post_init__(self) -> None:
        if len(self.text) != len(self.chunk.span):
            raise ValueError(f"passage {self.chunk.id} has {len(self.text)} characters")

    def slice(self, span: Span) -> str:
        """The characters under a span of the *document* that lies inside this passage."""
        return span.shift(-self.chunk.span.start).of(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one retriever said of a passage: its rank there (from 1) and its own, unscaled score."""

    retriever: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPassage:
    """A passage with its fused score (0..1) and what each retriever contributed to it."""

    passage: Passage
    score: float
    rank: int
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A span of a document that a reader proposes as the answer; `features` explain the score."""

    passage: Passage
    span: Span
    score: float
    reader: str
    features: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quotation with its place, the two hashes that prove it and a seal to find it again. Made by `cite` only."""

    document_id: str
    path: str
    title: str
    page: int | None
    headings: tuple[str, ...]
    span: Span
    quote: str
    text_sha256: str
    source_sha256: str
    seal: str = ""

    def words(self, span: Span) -> str:
        """The characters of the quotation under a span of its document."""
        return span.shift(-self.span.start).of(self.quote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer in the documents' own words; `span` (of the first citation's document) is the shortest answer.

    `left_out` items of a long list follow the first quotation in its document. `rival` is set when the documents give
    different figures: the words of the second citation that contradict the answer.
    """

    question: str
    span: Span
    citations: tuple[Citation, ...]
    confidence: float
    passages: tuple[RankedPassage, ...]
    generation: str
    left_out: int = 0
    rival: Span | None = None

    def __post_init__(self) -> None:
        if not self.citations or not self.citations[0].span.contains(self.span):
            raise ValueError("an answer lies inside its first citation")
        if self.rival and not (len(self.citations) > 1 and self.citations[1].span.contains(self.rival)):
            raise ValueError("what contradicts an answer lies inside the second citation")

    @property
    def text(self) -> str:
        """The answer itself: a slice of the first quotation."""
        return self.citations[0].words(self.span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """The documents do not answer: a value, not an error. `passages` are the nearest ones, as what they are."""

    question: str
    reason: str
    confidence: float
    missing: tuple[str, ...]
    passages: tuple[RankedPassage, ...]
    generation: str


Reply = Answer | Abstention


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The probability (0..1) that the best candidate answers, and what to say if it is too low.

    `reason` is a sentence for the person who asked; `unknown` are words of the question that no document holds.
    """

    confidence: float
    reason: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """What the index says of one file of the corpus: indexed, or skipped with the reason."""

    document_id: str
    path: str
    title: str
    media_type: str
    size: int
    sha256: str
    text_sha256: str | None
    characters: int
    passages: int
    reason: str | None = None

    @property
    def status(self) -> str:
        """`indexed` or `skipped`."""
        return "indexed" if self.reason is None else "skipped"
