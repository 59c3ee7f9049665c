"""The stages of a question as server-sent events: `retrieved`, `read` and `replied`, or `error` instead of the rest."""

from collections.abc import Iterator

from fastapi.sse import ServerSentEvent
from pydantic import Field

from qa.engine import Event, Read, Replied, Retrieved
from qa.errors import QAError
from qa.service.dates import Dates, unknown
from qa.service.errors import problem_of
from qa.service.response_model import ResponseModel
from qa.service.schemas import AskResponse, PassageModel
from qa.types import Candidate

MAX_CANDIDATES = 5
"""Candidates that are told; the reply is made from the first ones."""


class RetrievedModel(ResponseModel):
    """Data of `retrieved`: the passages that are about to be read, best first."""

    passages: list[PassageModel]


class CandidateModel(ResponseModel):
    """A stretch that may be the answer, before it is decided whether there is one. Not a citation."""

    document_id: str
    start: int = Field(description="First character, in Unicode code points of the document's text.")
    end: int
    text: str
    score: float = Field(description="The reader's score, comparable within this question only.")

    @classmethod
    def of(cls, candidate: Candidate) -> "CandidateModel":
        """From a reader's proposal."""
        return cls(
            document_id=candidate.passage.chunk.document_id,
            start=candidate.span.start,
            end=candidate.span.end,
            text=candidate.passage.slice(candidate.span),
            score=round(candidate.score, 6),
        )


class ReadModel(ResponseModel):
    """Data of `read`: what the reader proposes, best first."""

    candidates: list[CandidateModel]


def events(stages: Iterator[Event], dates: Dates = unknown) -> Iterator[ServerSentEvent]:
    """Each stage as soon as it is known; an error of ours ends the stream as `error`, a problem with its remedy."""
    try:
        for event in stages:
            yield _told(event, dates)
    except QAError as error:
        yield ServerSentEvent(event="error", data=problem_of(error))


def _told(event: Event, dates: Dates) -> ServerSentEvent:
    if isinstance(event, Retrieved):
        found = RetrievedModel(passages=[PassageModel.of(ranked) for ranked in event.passages])
        return ServerSentEvent(event="retrieved", data=found)
    if isinstance(event, Read):
        proposed = [CandidateModel.of(candidate) for candidate in event.candidates[:MAX_CANDIDATES]]
        return ServerSentEvent(event="read", data=ReadModel(candidates=proposed))
    assert isinstance(event, Replied)
    return ServerSentEvent(event="replied", data=AskResponse.of(event, dates))
