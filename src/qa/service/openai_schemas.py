"""What clients of OpenAI's chat completions send and are answered; of what they may send, the rest is passed over.

The names are those of OpenAI's API, so that its clients understand them; `quoth` is ours, and has all that an answer of
`POST /ask` has.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from qa.service.requests import Text
from qa.service.response_model import ResponseModel
from qa.service.schemas import AskResponse, Problem

MODEL = "quoth"
_LENIENT = ConfigDict(extra="ignore", strict=True)


class ContentPart(BaseModel):
    """A part of a message; those of type `text` are read."""

    model_config = _LENIENT

    type: Text
    text: Text | None = None


class ChatMessage(BaseModel):
    """A message of a conversation; those of users are questions, and those of other roles but `assistant` unread."""

    model_config = _LENIENT

    role: Text = Field(description="`user`, `assistant`, `system` or another one.")
    content: Text | list[ContentPart] | None = None

    def words(self) -> str:
        """Its text."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(part.text for part in self.content or () if part.type == "text" and part.text)


class ChatRequest(BaseModel):
    """A conversation, whose last message of a user is the question. Other parameters of OpenAI's are passed over."""

    model_config = _LENIENT

    model: Text = Field(description=f"`{MODEL}`, or `{MODEL}/NAME` to ask one collection.")
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: bool | None = Field(None, description="Whether to answer in chunks, as server-sent events.")


class UrlCitation(ResponseModel):
    """Where in the content a quotation stands, in code points, and the address of its place in the document."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(ResponseModel):
    """A citation of the content."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class CompletionMessage(ResponseModel):
    """The answer: quotations with their places, or that the documents have none."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class Choice(ResponseModel):
    """There is always one."""

    index: int = 0
    message: CompletionMessage
    finish_reason: Literal["stop"] = "stop"


class Completion(ResponseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(description="Unix time.")
    model: str = MODEL
    choices: list[Choice]
    quoth: AskResponse = Field(description="The same answer as `POST /ask` gives it.")


class Delta(ResponseModel):
    """What a chunk adds to the message."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    annotations: list[Annotation] | None = None


class ChunkChoice(ResponseModel):
    """There is always one."""

    index: int = 0
    delta: Delta
    finish_reason: Literal["stop"] | None = None


class Chunk(ResponseModel):
    """A part of a chat completion; the last one has a `finish_reason`, and `quoth` beside its choices."""

    id: str
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int
    model: str = MODEL
    choices: list[ChunkChoice]


class Model(ResponseModel):
    """What can be named as `model`: Quoth over its documents, or over a collection of them."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = Field(description="When the index was built, Unix time; 0 without one.")
    owned_by: str = "quoth"


class Models(ResponseModel):
    """All models."""

    object: Literal["list"] = "list"
    data: Sequence[Model]


class ErrorDetails(ResponseModel):
    """An error in the form of OpenAI's API."""

    message: str
    type: str = Field(description="`invalid_request_error` or `server_error`.")
    param: None = None
    code: str = Field(description="The `type` of the problem.")


class ChatProblem(Problem):
    """A problem as everywhere, with the `error` that clients of OpenAI's API look for."""

    error: ErrorDetails

    @classmethod
    def of(cls, problem: Problem) -> "ChatProblem":
        """From a problem."""
        error = ErrorDetails(
            message=f"{problem.detail} {problem.remedy}",
            type="invalid_request_error" if problem.status < 500 else "server_error",
            code=problem.type,
        )
        return cls(**problem.model_dump(), error=error)
