"""A conversation as a file: JSON whose citations `qa verify` can check, or one HTML page that needs nothing else."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from qa import __version__
from qa.engine import Replied
from qa.errors import QAError
from qa.service import threads
from qa.service.dependencies import ChoiceDependency
from qa.service.errors import problem_of
from qa.service.holdings import Choice
from qa.service.originals import SANDBOX
from qa.service.pages import Pages
from qa.service.response_model import ResponseModel
from qa.service.schemas import AskResponse, Problem

router = APIRouter(include_in_schema=False)

FORMAT = 1


class FailedTurn(ResponseModel):
    """A question that could not be asked."""

    question: str
    error: Problem


class SavedConversation(ResponseModel):
    """A conversation as `qa verify FILE` takes it: every turn is what `POST /ask` answers."""

    kind: Literal["quoth-conversation"] = "quoth-conversation"
    format: int = FORMAT
    quoth: str = Field(__version__, description="The version that saved it.")
    saved: str = Field(description="ISO 8601.")
    turns: list[AskResponse | FailedTurn]


def conversation(request: Request, choice: Choice) -> SavedConversation:
    """The conversation of an address, asked again or out of memory."""
    pages: Pages = request.app.state.pages
    asked = threads.asked_in(request.query_params.multi_items())
    turns: list[AskResponse | FailedTurn] = []
    for (_, text), found in zip(asked, threads.replies(pages.recent, choice, asked), strict=True):
        if isinstance(found, Replied):
            turns.append(AskResponse.of(found, choice.home(found.collection)))
        elif isinstance(found, QAError):
            shown = text.encode("utf-8", "replace").decode()
            turns.append(FailedTurn(question=shown, error=problem_of(found)))
    return SavedConversation(saved=datetime.now(UTC).isoformat(timespec="seconds"), turns=turns)


@router.get("/conversation.json")
def as_json(request: Request, choice: ChoiceDependency) -> Response:
    """The conversation as JSON, to keep and to check."""
    content = conversation(request, choice).model_dump_json(indent=2)
    return _file(content + "\n", "application/json", "json")


@router.get("/conversation.html")
def as_page(request: Request, choice: ChoiceDependency) -> Response:
    """The conversation as one page without scripts or links to anything but this service."""
    pages: Pages = request.app.state.pages
    asked = threads.asked_in(request.query_params.multi_items())
    page = pages.render(
        "export.html",
        choice,
        turns=threads.turns(pages.recent, choice, asked),
        saved=datetime.now(UTC).strftime("%-d %B %Y, %H:%M UTC"),
        base=str(request.base_url).rstrip("/"),
    )
    return _file(bytes(page.body).decode(), "text/html; charset=utf-8", "html")


def _file(content: str, media_type: str, ending: str) -> Response:
    """A download; nothing of it may run, should a browser show it all the same."""
    name = f"quoth-conversation-{datetime.now(UTC):%Y-%m-%d}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Security-Policy": SANDBOX}
    return Response(content, media_type=media_type, headers=headers)
