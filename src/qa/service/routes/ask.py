"""Questions: `POST /ask` and `GET /ask`, answered at once or, under `/ask/stream`, stage by stage."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from qa.service.dependencies import DatesDependency, EngineDependency, RecorderDependency
from qa.service.requests import EXACT, Asking, AskRequest, TopK
from qa.service.schemas import AskResponse, problems
from qa.service.stream import events

router = APIRouter(tags=["ask"], responses=problems(422, 503))


@router.post("/ask", responses=problems(400, 413))
def ask(
    request: AskRequest, engine: EngineDependency, recorder: RecorderDependency, dates: DatesDependency
) -> AskResponse:
    """Answer a question with verbatim quotations, or abstain with the reason (`answered` is false; status 200).

    A follow-up ("and in 2018?", "who leads it?") is made self-contained from `history`, and words that no document
    holds are mended when one of theirs is a letter or two away; `asked` says how. The reply depends on `asked` alone.
    """
    history = request.exchanges()
    replied = engine.ask(request.question, history=history, exact=request.exact, top_k=request.top_k)
    recorder.heard(replied)
    return AskResponse.of(replied, dates.of)


@router.get("/ask")
def ask_by_query(
    engine: EngineDependency,
    recorder: RecorderDependency,
    dates: DatesDependency,
    q: Annotated[Asking, Query(description="The question.")],
    exact: Annotated[bool, Query(description=EXACT)] = False,  # noqa: FBT002  # a query parameter has no position
    top_k: TopK = None,
) -> AskResponse:
    """The same as `POST /ask` without a history, for a link or a browser's address line."""
    replied = engine.ask(q, exact=exact, top_k=top_k)
    recorder.heard(replied)
    return AskResponse.of(replied, dates.of)


@router.post("/ask/stream", response_class=EventSourceResponse, responses=problems(400, 413))
def ask_stream(
    request: AskRequest, engine: EngineDependency, recorder: RecorderDependency, dates: DatesDependency
) -> Iterator[ServerSentEvent]:
    """The same as `POST /ask`, as server-sent events, each as soon as it is known.

    `retrieved` has the passages, `read` what the reader proposes, `replied` the body of `POST /ask`, which ends the
    stream. When it fails, `error` comes instead of the rest, with the problem that `POST /ask` would answer.
    """
    history = request.exchanges()
    stages = engine.stages(request.question, history=history, exact=request.exact, top_k=request.top_k)
    yield from events(recorder.hearing(stages), dates.of)


@router.get("/ask/stream", response_class=EventSourceResponse)
def ask_stream_by_query(
    engine: EngineDependency,
    recorder: RecorderDependency,
    dates: DatesDependency,
    q: Annotated[Asking, Query(description="The question.")],
    exact: Annotated[bool, Query(description=EXACT)] = False,  # noqa: FBT002  # a query parameter has no position
    top_k: TopK = None,
) -> Iterator[ServerSentEvent]:
    """The same as `POST /ask/stream` without a history, as a browser's `EventSource` asks."""
    yield from events(recorder.hearing(engine.stages(q, exact=exact, top_k=top_k)), dates.of)
