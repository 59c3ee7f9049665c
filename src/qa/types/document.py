"""Documents: where they come from, their canonical text with its blocks, and what the index says of a file."""

import hashlib
from bisect import bisect_left, bisect_right
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
    """One heading, paragraph, list item or table row; `headings` is the path of sections above it.

    `place` names where it stands in a format that has no pages, such as `Budget!A7:D7` or `slide 3`; `header` is the
    head of the table that a row belongs to.
    """

    kind: BlockKind
    span: Span
    page: int | None = None
    headings: tuple[str, ...] = ()
    level: int = 0
    place: str | None = None
    header: Span | None = None


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """A document's canonical text with its blocks, which ascend, never overlap and lie inside the text.

    `places` says where each character is painted, for a format that has pages (see `qa.boxes`). `note` is what a person
    should know of how the file was read; it is for the report of the build and is not kept with the text.
    """

    source: Source
    title: str
    text: str
    blocks: tuple[Block, ...]
    places: bytes = b""
    note: str = field(default="", compare=False)

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
        found = index >= 0 and offset < self.blocks[index].span.end
        return self.blocks[index] if found else None

    def blocks_in(self, span: Span) -> tuple[Block, ...]:
        """The blocks that share a character with `span`, in order."""
        first = bisect_right(self.blocks, span.start, key=lambda block: block.span.end)
        last = bisect_left(self.blocks, span.end, key=lambda block: block.span.start)
        return self.blocks[first:last]


def document_id(path: str) -> str:
    """A short, URL-safe id for a corpus path: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def text_sha256(text: str) -> str:
    """SHA-256 of a text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRecord:
    """What the index says of one file of the corpus: indexed, or skipped with the reason.

    Of `painted` characters (white space left out) the passages hold `reached`. `sketch` tells texts that are alike;
    `duplicate_of` is the path of an earlier document whose text is nearly the same, and `likeness` (0..1) how nearly.
    `note` says what a person should know of how it was read, such as an encoding that the file does not declare.
    """

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
    painted: int = 0
    reached: int = 0
    sketch: str = ""
    duplicate_of: str | None = None
    likeness: float = 0.0
    note: str = ""

    @property
    def status(self) -> str:
        """`indexed` or `skipped`."""
        return "indexed" if self.reason is None else "skipped"

    @property
    def reach(self) -> float:
        """The share of its characters, white space left out, that the passages hold: 1 unless something was lost."""
        return self.reached / self.painted if self.painted else 0.0
