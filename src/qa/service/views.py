"""What the templates show of a conversation and of the index: one frozen dataclass a thing on the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from qa import __version__
from qa.engine import Health, Replied
from qa.live.stepping import FollowerState
from qa.service.dates import Day, newer_of
from qa.service.home import SOMEWHERE, Home
from qa.service.index_state import age_words, words_of
from qa.service.links import passage_url
from qa.service.quotations import Quote
from qa.service.schemas import Problem
from qa.types import Answer, ParsedDocument, RankedPassage

HIGH_CONFIDENCE = 0.8
MEDIUM_CONFIDENCE = 0.6
LAMPS = ("good", "busy", "bad")
"""The colours of the lamp in the head of a page, the worst last."""
MAX_NEAREST = 3
"""Passages shown when there is no answer."""


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
    collections: int = 1
    version: str = __version__

    @property
    def number(self) -> int:
        """The running number of the generation; 0 without one."""
        return int(self.generation.partition("-")[0]) if self.generation else 0

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

    @classmethod
    def together(cls, sites: Sequence["Site"]) -> "Site":
        """Several collections as one: sums, the worst lamp, and the first of what is wrong; no single generation."""
        if len(sites) == 1:
            return sites[0]
        worst = max(sites, key=lambda site: LAMPS.index(site.health))
        return replace(
            worst,
            documents=sum(site.documents for site in sites),
            passages=sum(site.passages for site in sites),
            skipped=sum(site.skipped for site in sites),
            generation=None,
            built=None,
            age=None,
            problem=next((site.problem for site in sites if site.problem), None),
            stale=next((site.stale for site in sites if site.stale), None),
            collections=len(sites),
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
    def of(cls, ranked: RankedPassage, collection: str | None = None) -> "Nearest":
        """From a ranked passage of a collection."""
        passage = ranked.passage
        return cls(
            n=ranked.rank,
            title=passage.title,
            section=list(passage.chunk.headings),
            page=passage.chunk.page,
            text=passage.text,
            url=passage_url(passage, collection),
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
    newer: int | None = None
    error: Problem | None = None
    milliseconds: int = 0
    collection: str | None = None

    @classmethod
    def of(
        cls,
        replied: Replied,
        document: Callable[[str], ParsedDocument],
        *,
        permalink: str,
        edit: Edit | None,
        home: Home = SOMEWHERE,
    ) -> "Turn":
        """From the engine's last event; `document` gives the document of an id, `home` is the collection of all."""
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
                nearest=[Nearest.of(ranked, home.collection) for ranked in reply.passages[:MAX_NEAREST]],
                missing=reply.missing,
                milliseconds=milliseconds,
                collection=home.collection,
            )
        quotes = [
            Quote.of(
                number,
                citation,
                {1: reply.span, 2: reply.rival}.get(number),
                document(citation.document_id),
                left_out=reply.left_out if number == 1 else 0,
                changed=Day.of(home.dates(citation.path, citation.source_sha256)),
                collection=home.collection,
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
            newer=newer_of(quotes[0].changed, quotes[1].changed) if reply.rival else None,
            nearest=[Nearest.of(ranked, home.collection) for ranked in reply.passages if not _quoted(ranked, reply)],
            milliseconds=milliseconds,
            collection=home.collection,
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
