"""What the API answers, as pydantic models: fields may be added, never renamed, removed or given another meaning.

All offsets are Unicode code points of the document's `text` (`GET /documents/{id}`), half-open.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from qa.engine import Health, Replied
from qa.observe import request_id
from qa.service.home import SOMEWHERE, Home
from qa.service.links import original_url, passage_url, source_url
from qa.service.response_model import ResponseModel
from qa.service.selectors import PageBoxesModel, Selector, selectors_of
from qa.types import Answer, Citation, RankedPassage

Score = Annotated[float, Field(ge=0, le=1)]


COLLECTION = "The collection that it is from; null where there is only one, without a name."


class Place(ResponseModel):
    """Where a stretch of text stands, with the hashes that prove it."""

    document_id: str
    path: str
    title: str
    section: list[str] = Field(description="Headings above it, outermost first.")
    page: int | None
    start: int = Field(description="First character, in Unicode code points of the document's text.")
    end: int = Field(description="One past the last character.")
    text_sha256: str = Field(description="SHA-256 of the document's text in UTF-8.")
    source_sha256: str = Field(description="SHA-256 of the file's bytes.")
    url: str = Field(description="The document's page, at this place; it finds the words again after a change.")
    place: str | None = Field(None, description="Where formats have no pages: `Budget!A7:D7`, `slide 3`.")
    collection: str | None = Field(None, description=COLLECTION)


class HeaderModel(ResponseModel):
    """The head of the table that a quoted row belongs to: `text[start:end] == quote`, and no part of the quotation."""

    quote: str
    start: int
    end: int


class CitationModel(Place):
    """A verbatim quotation: `text[start:end] == quote`."""

    quote: str
    header: HeaderModel | None = Field(None, description="Set for a table row: the names of its columns.")
    original_url: str = Field(description="The file as it was indexed; for a PDF at the page of the quotation.")
    selectors: list[Selector] = Field(description="The same place for other programs (W3C Web Annotation).")
    boxes: list[PageBoxesModel] = Field(description="Where a PDF shows the quotation; empty for other formats.")
    modified: str | None = Field(
        None, description="When the file was last changed before it was indexed, as its folder says; ISO 8601."
    )

    @classmethod
    def of(cls, citation: Citation, home: Home = SOMEWHERE) -> "CitationModel":
        """From a checked citation of a document of `home`."""
        time = home.dates(citation.path, citation.source_sha256)
        head = citation.header
        return cls(
            document_id=citation.document_id,
            path=citation.path,
            title=citation.title,
            section=list(citation.headings),
            page=citation.page,
            start=citation.span.start,
            end=citation.span.end,
            text_sha256=citation.text_sha256,
            source_sha256=citation.source_sha256,
            url=source_url(citation.document_id, citation.span, citation.seal, collection=home.collection),
            place=citation.place,
            collection=home.collection,
            quote=citation.quote,
            header=HeaderModel(quote=head.quote, start=head.span.start, end=head.span.end) if head else None,
            original_url=original_url(
                citation.document_id, citation.page if citation.boxes else None, collection=home.collection
            ),
            selectors=selectors_of(citation),
            boxes=[PageBoxesModel.of(page) for page in citation.boxes],
            modified=time.isoformat() if time else None,
        )


class ConflictModel(ResponseModel):
    """Words of `citations[1]` that give another figure or date than the answer."""

    answer: str
    start: int = Field(description="Offset in the document of `citations[1]`.")
    end: int

    @classmethod
    def of(cls, answer: Answer) -> "ConflictModel | None":
        """From an answer; None when nothing contradicts it."""
        if answer.rival is None:
            return None
        return cls(answer=answer.citations[1].words(answer.rival), start=answer.rival.start, end=answer.rival.end)


class PassageModel(Place):
    """A passage that was found, whether or not it answers."""

    text: str
    score: float = Field(description="Fused score of this question's passages, 0..1; not a probability.")

    @classmethod
    def of(cls, ranked: RankedPassage, collection: str | None = None) -> "PassageModel":
        """From a ranked passage of a collection."""
        passage = ranked.passage
        chunk = passage.chunk
        return cls(
            document_id=chunk.document_id,
            path=passage.path,
            title=passage.title,
            section=list(chunk.headings),
            page=chunk.page,
            start=chunk.span.start,
            end=chunk.span.end,
            text_sha256=passage.text_sha256,
            source_sha256=passage.source_sha256,
            url=passage_url(passage, collection),
            place=passage.place,
            collection=collection,
            text=passage.text,
            score=round(ranked.score, 6),
        )


class AskResponse(ResponseModel):
    """An answer in the documents' own words, or an abstention with the reason."""

    question: str = Field(description="The question as it was typed.")
    asked: str = Field(
        description="The question as it was retrieved, read and judged: self-contained, spelling mended."
    )
    rewritten: bool = Field(description="Whether `asked` differs from `question`.")
    answered: bool
    answer: str | None = Field(description="The shortest verbatim answer; it lies inside `citations[0].quote`.")
    confidence: Score = Field(description="Calibrated probability that the best quotation answers the question.")
    reason: str | None = Field(description="Why there is no answer; null when there is one.")
    citations: list[CitationModel]
    passages: list[PassageModel]
    generation: str = Field(description="The index generation that was asked.")
    timings_ms: dict[str, float]
    answer_start: int | None = Field(None, description="Offset of `answer` in the document of `citations[0]`.")
    answer_end: int | None = None
    missing: list[str] = Field(default_factory=list, description="Words of the question that no document holds.")
    left_out: int = Field(0, description="Items of a long list that follow `citations[0]` in its document.")
    conflict: ConflictModel | None = Field(None, description="Set when the documents give different figures.")
    collection: str | None = Field(None, description="The collection whose reply this is; of several, the surest.")

    @classmethod
    def of(cls, replied: Replied, home: Home = SOMEWHERE) -> "AskResponse":
        """From the engine's last event; `home` is the collection that it is from."""
        reply = replied.reply
        answer = reply if isinstance(reply, Answer) else None
        return cls(
            question=replied.question.typed,
            asked=replied.question.asked,
            rewritten=replied.question.changed,
            answered=answer is not None,
            answer=answer.text if answer else None,
            confidence=round(reply.confidence, 4),
            reason=None if isinstance(reply, Answer) else reply.reason,
            citations=[CitationModel.of(citation, home) for citation in answer.citations] if answer else [],
            passages=[PassageModel.of(ranked, home.collection) for ranked in reply.passages],
            generation=reply.generation,
            timings_ms=dict(replied.timings_ms),
            answer_start=answer.span.start if answer else None,
            answer_end=answer.span.end if answer else None,
            missing=[] if isinstance(reply, Answer) else list(reply.missing),
            left_out=answer.left_out if answer else 0,
            conflict=ConflictModel.of(answer) if answer else None,
            collection=home.collection,
        )


class SearchResponse(ResponseModel):
    """Passages, best first."""

    query: str
    passages: list[PassageModel]


class HealthResponse(ResponseModel):
    """Whether questions can be answered."""

    status: str = Field(description="`ready`, `stale` (an older index serves), `unavailable`, or `stopping`.")
    generation: str | None = None
    created: str | None = None
    documents: int = 0
    passages: int = 0
    skipped: int = 0
    problem: str | None = None

    @classmethod
    def of(cls, health: Health) -> "HealthResponse":
        """From the engine's health."""
        status = "unavailable" if not health.ready else "stale" if health.problem else "ready"
        return cls(
            status=status,
            generation=health.generation,
            created=health.created,
            documents=health.documents,
            passages=health.passages,
            skipped=health.skipped,
            problem=health.problem,
        )


class Problem(ResponseModel):
    """The one shape of every error (RFC 9457), with what to do about it."""

    type: str = Field(description="Stable name of the error, such as `urn:quoth:index-missing`.")
    title: str
    status: int
    detail: str
    remedy: str
    errors: Sequence[dict[str, str]] = Field(default_factory=list, description="For each wrong field: where and what.")
    request_id: str | None = Field(
        default_factory=request_id, description="The `X-Request-Id` of the response; the log has it, too."
    )


def problems(*statuses: int, model: type[Problem] = Problem) -> dict[int | str, dict[str, Any]]:
    """The errors that an operation may answer, for its description."""
    return {status: {"model": model} for status in statuses}
