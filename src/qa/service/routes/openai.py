"""Quoth as a model, for programs that speak OpenAI's API: `/v1/models` and `/v1/chat/completions`."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Scope

from qa.engine import Engine
from qa.errors import ModelUnknown
from qa.service.chat import chunks, completion, question_of
from qa.service.dependencies import DatesDependency, EngineDependency, RecorderDependency
from qa.service.openai_schemas import MODEL, ChatProblem, ChatRequest, Completion, Model, Models
from qa.service.schemas import AskResponse, problems

router = APIRouter(prefix="/v1", tags=["openai"], responses=problems(401, 403, 429, 503, model=ChatProblem))

CHAT = "/v1/chat/completions"
CHAT_BYTES = 1_000_000
"""Of a conversation: chats send it whole, with all that was answered."""

CHUNK = {
    "type": "object",
    "properties": {
        "data": {"type": "string", "description": "A `chat.completion.chunk` in JSON; at the end `[DONE]`."}
    },
    "required": ["data"],
}


def takes_conversations(scope: Scope) -> bool:
    """Whether a request may bring a whole conversation."""
    return bool(scope["method"] == "POST" and scope["path"] == CHAT)


@router.get("/models")
def list_models(engine: EngineDependency) -> Models:
    """The one model that there is."""
    return Models(data=[_model(engine)])


@router.get("/models/{model}", responses=problems(404, 422, model=ChatProblem))
def get_model(model: str, engine: EngineDependency) -> Model:
    """The model of that name."""
    _check(model)
    return _model(engine)


@router.post(
    "/chat/completions",
    responses={
        200: {"content": {"text/event-stream": {"itemSchema": CHUNK}}},
        **problems(400, 404, 413, 422, model=ChatProblem),
    },
    response_model=Completion,
)
def create_chat_completion(
    chat: ChatRequest, request: Request, engine: EngineDependency, recorder: RecorderDependency, dates: DatesDependency
) -> Completion | Response:
    """Answer the last question of a conversation; with `stream`, in chunks that end with `[DONE]`.

    The content is quotations with their places, or a sentence that says that the documents have none; nothing is
    written by a model. Each quotation has an annotation. Earlier messages make a follow-up self-contained; those of a
    system are not obeyed, and the other parameters of OpenAI's API change nothing.
    """
    _check(chat.model)
    question, history = question_of(chat.messages, engine.checked)
    replied = engine.ask(question, history=history)
    recorder.heard(replied)
    completed = completion(replied, AskResponse.of(replied, dates.of), str(request.base_url))
    return StreamingResponse(chunks(completed), media_type="text/event-stream") if chat.stream else completed


def _check(model: str) -> None:
    if model != MODEL:
        raise ModelUnknown("There is no model of that name.", remedy=f"Name the model {MODEL}.")


def _model(engine: Engine) -> Model:
    created = engine.health().created
    return Model(created=int(datetime.fromisoformat(created).timestamp()) if created else 0)
