"""Passages: what is found and read, up to the candidates for an answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from qa.types.document import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage as coordinates only.

    `sentences` are the quotable units inside `span` (a sentence, list item or table row each); `children` are the
    spans whose vectors are searched: stretches of it and, where there are several, all of them together as the last.
    All are spans of the document's canonical text.
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
    """A chunk with its text at hand and its document's hashes. Title and headings are never part of a quotation.

    `headers` has for each of the chunk's sentences the head of its table, empty for what is no row; or is empty itself.
    """

    chunk: Chunk
    path: str
    title: str
    text: str
    text_sha256: str = ""
    source_sha256: str = ""
    place: str | None = None
    headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) != len(self.chunk.span):
            raise ValueError(f"passage {self.chunk.id} has {len(self.text)} characters")
        if self.headers and len(self.headers) != len(self.chunk.sentences):
            raise ValueError(f"passage {self.chunk.id} has {len(self.headers)} headers")

    @property
    def section(self) -> str:
        """What its sentences are about: the path of headings above it, or else the title."""
        return " / ".join(self.chunk.headings) or self.title

    def slice(self, span: Span) -> str:
        """The characters under a span of the *document* that lies inside this passage."""
        return span.shift(-self.chunk.span.start).of(self.text)

    def units(self) -> Iterator[tuple[Span, str]]:
        """The quotable units, each with the head of its table (empty for what is no row)."""
        return zip(self.chunk.sentences, self.headers or ("",) * len(self.chunk.sentences), strict=True)


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
