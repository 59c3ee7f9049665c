"""What the templates show: one frozen dataclass a thing on the page, made from the engine's values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from qa import __version__
from qa.engine import Health, Replied
from qa.live.follower import FollowerState
from qa.service.index_state import age_words, words_of
from qa.service.links import passage_url, source_url
from qa.service.quotations import Quote
from qa.service.schemas import Problem
from qa.text.report import duplicate_words, reach_words
from qa.types import Answer, Block, DocumentRecord, ParsedDocument, RankedPassage, Span

HIGH_CONFIDENCE = 0.8
MEDIUM_CONFIDENCE = 0.6
MAX_NEAREST = 3
"""Passages shown when there is no answer."""
NEAR_BLOCKS = 60
"""Blocks before and after a quotation that the pane beside the conversation shows: some two printed pages each way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every page says of the index, in its footer."""

    documents: int
    passages: int
    skipped: int
    generation: str | None
    built: str | None
    age: str | None
    problem: str | None
    state: str
    health: str
    stale: str | None
    version: str = __version__

    @classmethod
    def of(cls, health: Health, state: FollowerState) -> "Site":
        """`problem` only when nothing can be answered; `stale` says why an older index answers."""
        built = datetime.fromisoformat(health.created).strftime("%-d %B %Y, %H:%M UTC") if health.created else None
        return cls(
            documents=health.documents,
            passages=health.passages,
            skipped=health.skipped,
            generation=health.generation,
            built=built,
            age=age_words(health.created) if health.created else None,
            problem=None if health.ready else health.problem,
            state=words_of(state),
            health=_health_word(health, state),
            stale=(health.problem or state.reason) if health.ready else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """A passage that came near."""

    n: int
    title: str
    section: list[str]
    page: int | None
    text: str
    url: str
    score: float
    place: str | None = None

    @classmethod
    def of(cls, ranked: RankedPassage) -> "Nearest":
        """From a ranked passage."""
        passage = ranked.passage
        return cls(
            n=ranked.rank,
            title=passage.title,
            section=list(passage.chunk.headings),
            page=passage.chunk.page,
            text=passage.text,
            url=passage_url(passage),
            score=ranked.score,
            place=passage.place,
        )


Parameters = Sequence[tuple[str, str]]
"""Names and values of an address's query, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A question that was made self-contained: what was asked, and how to ask it otherwise in the same conversation."""

    asked: str
    as_typed_url: str
    earlier: Parameters
    later: Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One question of the conversation, as it was typed, and what the documents say to it."""

    question: str
    permalink: str
    asked: str = ""
    edit: Edit | None = None
    answered: bool = False
    confidence: float = 0.0
    confidence_words: str = "low"
    reason: str | None = None
    quotes: Sequence[Quote] = ()
    nearest: Sequence[Nearest] = ()
    missing: Sequence[str] = ()
    conflict: bool = False
    error: Problem | None = None
    milliseconds: int = 0

    @classmethod
    def of(
        cls, replied: Replied, document: Callable[[str], ParsedDocument], *, permalink: str, edit: Edit | None
    ) -> "Turn":
        """From the engine's last event; `document` gives the document of an id."""
        reply = replied.reply
        milliseconds = round(sum(replied.timings_ms.values()))
        if not isinstance(reply, Answer):
            return cls(
                question=replied.question.typed,
                asked=replied.question.asked,
                permalink=permalink,
                edit=edit,
                confidence=reply.confidence,
                reason=reply.reason,
                nearest=[Nearest.of(ranked) for ranked in reply.passages[:MAX_NEAREST]],
                missing=reply.missing,
                milliseconds=milliseconds,
            )
        quotes = [
            Quote.of(
                number,
                citation,
                {1: reply.span, 2: reply.rival}.get(number),
                document(citation.document_id),
                left_out=reply.left_out if number == 1 else 0,
            )
            for number, citation in enumerate(reply.citations, start=1)
        ]
        return cls(
            question=replied.question.typed,
            asked=replied.question.asked,
            permalink=permalink,
            edit=edit,
            answered=True,
            confidence=reply.confidence,
            confidence_words=confidence_words(reply.confidence),
            quotes=quotes,
            conflict=reply.rival is not None,
            nearest=[Nearest.of(ranked) for ranked in reply.passages if not _quoted(ranked, reply)],
            milliseconds=milliseconds,
        )


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
    date: str | None = None

    @classmethod
    def of(cls, record: DocumentRecord, date: str | None = None) -> "Row":
        """From a manifest's record; `date` is the day on which the file was last changed."""
        return cls(
            title=record.title,
            path=record.path,
            status=record.status,
            reason=record.reason,
            characters=record.characters,
            passages=record.passages,
            url=source_url(record.document_id) if record.reason is None else None,
            size_words=size_words(record.size),
            reach_words=reach_words(record),
            duplicate_words=duplicate_words(record),
            note=record.note,
            date=date,
        )


def _quoted(ranked: RankedPassage, answer: Answer) -> bool:
    chunk = ranked.passage.chunk
    return any(
        citation.document_id == chunk.document_id and chunk.span.contains(citation.span)
        for citation in answer.citations
    )


def _health_word(health: Health, state: FollowerState) -> str:
    """`good`, `busy` or `bad`: the colour of the lamp in the head of a page."""
    if not health.ready or health.problem or (state.reason and state.activity != "building"):
        return "bad"
    return "good" if state.activity == "idle" else "busy"


def confidence_words(confidence: float) -> str:
    """`high`, `medium` or `low`."""
    return "high" if confidence >= HIGH_CONFIDENCE else "medium" if confidence >= MEDIUM_CONFIDENCE else "low"


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
