"""Questions: `POST /ask` and `GET /ask`, answered at once or, under `/ask/stream`, stage by stage."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from qa.service.dependencies import AllowedDependency, ChoiceDependency
from qa.service.holdings import Choice
from qa.service.recent import RecentDependency
from qa.service.requests import EXACT, Asking, AskRequest, TopK
from qa.service.schemas import AskResponse, problems
from qa.service.stream import events

router = APIRouter(tags=["ask"], responses=problems(404, 422, 503))


def _asked(request: AskRequest, allowed: AllowedDependency) -> Choice:
    """The collections that a body means; found before a stream begins, so that an unknown one has its status."""
    return allowed.choice(request.collection)


@router.post("/ask", responses=problems(400, 413))
def ask(request: AskRequest, choice: Annotated[Choice, Depends(_asked)], recent: RecentDependency) -> AskResponse:
    """Answer a question with verbatim quotations, or abstain with the reason (`answered` is false; status 200).

    A follow-up ("and in 2018?", "who leads it?") is made self-contained from `history`, and words that no document
    holds are mended when one of theirs is a letter or two away; `asked` says how. The reply depends on `asked` alone.

    Several collections are each asked alike, and the surest answer is the answer; `collection` says whose it is.

    As long as the documents stay as they are, the same request has the same reply, which may come from memory; then
    `timings_ms` is empty.
    """
    history = request.exchanges()
    replied = recent.ask_anew(choice, request.question, history, exact=request.exact, top_k=request.top_k)
    return AskResponse.of(replied, choice.home(replied.collection))


@router.get("/ask")
def ask_by_query(
    choice: ChoiceDependency,
    recent: RecentDependency,
    q: Annotated[Asking, Query(description="The question.")],
    exact: Annotated[bool, Query(description=EXACT)] = False,  # noqa: FBT002  # a query parameter has no position
    top_k: TopK = None,
) -> AskResponse:
    """The same as `POST /ask` without a history, for a link or a browser's address line."""
    replied = recent.ask_anew(choice, q, (), exact=exact, top_k=top_k)
    return AskResponse.of(replied, choice.home(replied.collection))


@router.post("/ask/stream", response_class=EventSourceResponse, responses=problems(400, 413))
def ask_stream(request: AskRequest, choice: Annotated[Choice, Depends(_asked)]) -> Iterator[ServerSentEvent]:
    """The same as `POST /ask`, as server-sent events, each as soon as it is known.

    `retrieved` has the passages, `read` what the reader proposes, `replied` the body of `POST /ask`, which ends the
    stream. When it fails, `error` comes instead of the rest, with the problem that `POST /ask` would answer.

    Of several collections each has its `retrieved` and `read`; the one `replied` is the surest reply.
    """
    history = request.exchanges()
    stages = choice.together.stages(request.question, history=history, exact=request.exact, top_k=request.top_k)
    yield from events(choice.hearing(stages), choice.home)


@router.get("/ask/stream", response_class=EventSourceResponse)
def ask_stream_by_query(
    choice: ChoiceDependency,
    q: Annotated[Asking, Query(description="The question.")],
    exact: Annotated[bool, Query(description=EXACT)] = False,  # noqa: FBT002  # a query parameter has no position
    top_k: TopK = None,
) -> Iterator[ServerSentEvent]:
    """The same as `POST /ask/stream` without a history, as a browser's `EventSource` asks."""
    stages = choice.together.stages(q, exact=exact, top_k=top_k)
    yield from events(choice.hearing(stages), choice.home)
