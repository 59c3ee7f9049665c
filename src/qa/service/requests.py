"""What the API is sent, as strict pydantic models: unknown fields are refused, so that none passes unnoticed."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from qa.conversation.referents import Exchange

_STRICT = ConfigDict(extra="forbid", strict=True)

MAX_HISTORY = 20
"""Earlier exchanges that a request may bring."""
EXACT = "Ask it just as it stands: neither made self-contained nor misspelt words mended."


def _text(value: str) -> str:
    value.encode("utf-8")  # half of a surrogate pair is no character; its UnicodeEncodeError is a ValueError
    return value


Text = Annotated[str, AfterValidator(_text)]
"""A string of whole characters."""
Asking = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"[^\s\u0000-\u001f\u0085]"})]
"""A question or query; the engine refuses one of white space alone or over its length."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""In JSON 3.0 is the integer 3, so an `int` takes it."""
TopK = Annotated[Annotated[int, Field(ge=1, le=50), WHOLE] | None, Field(description="Passages to read and return.")]


ONE_OR_ALL = "Ask this collection alone; without it, all that the token opens."
THE_ONE = "The collection that is meant; needed where the token opens several."
OneOrAll = Annotated[Text | None, Field(description=ONE_OR_ALL)]
TheOne = Annotated[Text | None, Field(description=THE_ONE)]


class ExchangeModel(BaseModel):
    """An earlier question and, if it was answered, its answer."""

    model_config = _STRICT

    question: Asking = Field(description="As it was typed, or better as it was `asked`; up to 2,000 characters.")
    answer: str | None = Field(None, max_length=2000, description="The `answer` of its response.")


class AskRequest(BaseModel):
    """A question for the documents, with the conversation before it if it is a follow-up."""

    model_config = _STRICT

    question: Asking = Field(description="The question, up to 2,000 characters.")
    top_k: TopK = None
    exact: bool = Field(default=False, description=EXACT)
    history: list[ExchangeModel] = Field(
        default_factory=list,
        max_length=MAX_HISTORY,
        description="Earlier exchanges, oldest first; a follow-up is made self-contained from them.",
    )

    collection: OneOrAll = None

    def exchanges(self) -> list[Exchange]:
        """The history as the engine takes it."""
        return [Exchange(exchange.question, exchange.answer or "") for exchange in self.history]


class SearchRequest(BaseModel):
    """Words or a question to find passages for."""

    model_config = _STRICT

    query: Asking = Field(description="The query, up to 2,000 characters.")
    top_k: TopK = None
    collection: OneOrAll = None
