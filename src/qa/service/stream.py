"""The stages of a question as server-sent events: `retrieved`, `read` and `replied`, or `error` instead of the rest."""

from collections.abc import Callable, Iterator

from fastapi.sse import ServerSentEvent
from pydantic import Field

from qa.engine import Event, Read, Replied, Retrieved
from qa.errors import QAError
from qa.service.errors import problem_of
from qa.service.home import SOMEWHERE, Home
from qa.service.response_model import ResponseModel
from qa.service.schemas import COLLECTION, AskResponse, PassageModel
from qa.types import Candidate

MAX_CANDIDATES = 5
"""Candidates that are told; the reply is made from the first ones."""


class RetrievedModel(ResponseModel):
    """Data of `retrieved`: the passages that are about to be read, best first."""

    passages: list[PassageModel]
    collection: str | None = Field(None, description=COLLECTION)


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
    collection: str | None = Field(None, description=COLLECTION)


def events(
    stages: Iterator[Event], home: Callable[[str | None], Home] = lambda _: SOMEWHERE
) -> Iterator[ServerSentEvent]:
    """Each stage as soon as it is known; an error of ours ends the stream as `error`, a problem with its remedy.

    `home` gives the collection of a name.
    """
    try:
        for event in stages:
            yield _told(event, home(event.collection))
    except QAError as error:
        yield ServerSentEvent(event="error", data=problem_of(error))


def _told(event: Event, home: Home) -> ServerSentEvent:
    if isinstance(event, Retrieved):
        passages = [PassageModel.of(ranked, home.collection) for ranked in event.passages]
        found = RetrievedModel(passages=passages, collection=home.collection)
        return ServerSentEvent(event="retrieved", data=found)
    if isinstance(event, Read):
        proposed = [CandidateModel.of(candidate) for candidate in event.candidates[:MAX_CANDIDATES]]
        return ServerSentEvent(event="read", data=ReadModel(candidates=proposed, collection=home.collection))
    assert isinstance(event, Replied)
    return ServerSentEvent(event="replied", data=AskResponse.of(event, home))
