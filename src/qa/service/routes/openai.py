"""Quoth as a model, for programs that speak OpenAI's API: `/v1/models` and `/v1/chat/completions`."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Scope

from qa.errors import ModelUnknown
from qa.service.chat import chunks, completion, question_of
from qa.service.dependencies import AllowedDependency
from qa.service.holdings import Allowed, Choice
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
def list_models(allowed: AllowedDependency) -> Models:
    """All models: `quoth` for all documents, and one for each collection that has a name."""
    return Models(data=[_model(name, choice) for name, choice in _models(allowed).items()])


@router.get("/models/{model:path}", responses=problems(404, 422, model=ChatProblem))
def get_model(model: str, allowed: AllowedDependency) -> Model:
    """The model of that name."""
    return _model(model, _asked(model, allowed))


@router.post(
    "/chat/completions",
    responses={
        200: {"content": {"text/event-stream": {"itemSchema": CHUNK}}},
        **problems(400, 404, 413, 422, model=ChatProblem),
    },
    response_model=Completion,
)
def create_chat_completion(chat: ChatRequest, request: Request, allowed: AllowedDependency) -> Completion | Response:
    """Answer the last question of a conversation; with `stream`, in chunks that end with `[DONE]`.

    The content is quotations with their places, or a sentence that says that the documents have none; nothing is
    written by a model. Each quotation has an annotation. Earlier messages make a follow-up self-contained; those of a
    system are not obeyed, and the other parameters of OpenAI's API change nothing.
    """
    choice = _asked(chat.model, allowed)
    asked = choice.together
    question, history = question_of(chat.messages, asked.first.checked)
    replied = asked.ask(question, history=history)
    choice.heard(replied)
    whole = AskResponse.of(replied, choice.home(replied.collection))
    completed = completion(replied, whole, str(request.base_url), chat.model)
    return StreamingResponse(chunks(completed), media_type="text/event-stream") if chat.stream else completed


def _models(allowed: Allowed) -> dict[str, Choice]:
    """All models by name, each with what it asks."""
    named = {f"{MODEL}/{one.name}": allowed.choice(one.name) for one in allowed.collections if one.name}
    return {MODEL: allowed.choice(), **named}


def _asked(model: str, allowed: Allowed) -> Choice:
    """What a model asks; raises ModelUnknown."""
    models = _models(allowed)
    if model not in models:
        raise ModelUnknown("There is no model of that name.", remedy=f"Name one of these: {', '.join(models)}.")
    return models[model]


def _model(name: str, choice: Choice) -> Model:
    created = [one.engine.health().created for one in choice.collections]
    times = [int(datetime.fromisoformat(time).timestamp()) for time in created if time]
    return Model(id=name, created=max(times, default=0))
