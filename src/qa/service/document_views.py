"""What the pages of documents show: the list of files, and one document as blocks with the quoted characters marked."""

from collections.abc import Sequence
from dataclasses import dataclass

from qa.service.dates import Day
from qa.service.links import source_url
from qa.text.report import duplicate_words, reach_words
from qa.types import Block, DocumentRecord, ParsedDocument, Span

NEAR_BLOCKS = 60
"""Blocks before and after a quotation that the pane beside the conversation shows: some two printed pages each way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of a block, marked or not; `first` is the one that the address points at, `place` its characters."""

    text: str
    marked: bool = False
    first: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """A block of a document as runs."""

    kind: str
    level: int
    page: int | None
    runs: Sequence[Run]
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    """The head of a document's page."""

    title: str
    path: str
    characters: int
    size: int
    text_sha256: str
    source_sha256: str
    original_url: str
    changed: Day | None
    indexed: Day | None
    back_url: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A file in the list of documents."""

    title: str
    path: str
    status: str
    reason: str | None
    characters: int
    passages: int
    url: str | None
    size_words: str
    reach_words: str
    duplicate_words: str | None
    note: str
    changed: Day | None = None

    @classmethod
    def of(cls, record: DocumentRecord, changed: Day | None = None, collection: str | None = None) -> "Row":
        """From a manifest's record in a collection; `changed` is the day on which the file was."""
        return cls(
            title=record.title,
            path=record.path,
            status=record.status,
            reason=record.reason,
            characters=record.characters,
            passages=record.passages,
            url=source_url(record.document_id, collection=collection) if record.reason is None else None,
            size_words=size_words(record.size),
            reach_words=reach_words(record),
            duplicate_words=duplicate_words(record),
            note=record.note,
            changed=changed,
        )


def size_words(size: int) -> str:
    """A number of bytes in words: `812 B`, `14.2 kB`, `3.1 MB`."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def near(document: ParsedDocument, marked: Span | None) -> Sequence[Block]:
    """The blocks around a place, NEAR_BLOCKS before and after it, or the first ones of the document."""
    inside = [number for number, block in enumerate(document.blocks) if marked and block.span.overlaps(marked)]
    first, last = (inside[0], inside[-1]) if inside else (0, 0)
    return document.blocks[max(0, first - NEAR_BLOCKS) : last + NEAR_BLOCKS + 1]


def block_views(document: ParsedDocument, blocks: Sequence[Block], marked: Span | None) -> list[BlockView]:
    """Blocks of a document, with the characters of `marked` in marked runs."""
    views: list[BlockView] = []
    opened = False
    for block in blocks:
        runs = _runs(document.text, block.span, marked, opened=opened)
        opened = opened or any(run.marked for run in runs)
        kind, level, page = block.kind.value, block.level, block.page
        views.append(BlockView(kind=kind, level=level, page=page, runs=runs, place=block.place))
    return views


def _runs(text: str, span: Span, marked: Span | None, *, opened: bool) -> list[Run]:
    if marked is None or not span.overlaps(marked):
        return [Run(text=span.of(text))]
    start, end = max(span.start, marked.start), min(span.end, marked.end)
    parts = [
        Run(text=text[span.start : start]),
        Run(text=text[start:end], marked=True, first=not opened, place=f"{start}-{end}"),
        Run(text=text[end : span.end]),
    ]
    return [run for run in parts if run.text]
