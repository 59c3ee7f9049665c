"""What the API is sent, as strict pydantic models: unknown fields are refused, so that none passes unnoticed."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

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
TopK = Annotated[int | None, Field(ge=1, le=50, description="Passages to read and return.")]


class ExchangeModel(BaseModel):
    """An earlier question and, if it was answered, its answer."""

    model_config = _STRICT

    question: str = Field(description="As it was typed, or better as it was `asked`; up to 2,000 characters.")
    answer: str | None = Field(None, max_length=2000, description="The `answer` of its response.")


class AskRequest(BaseModel):
    """A question for the documents, with the conversation before it if it is a follow-up."""

    model_config = _STRICT

    question: str = Field(description="The question, up to 2,000 characters.")
    top_k: TopK = None
    exact: bool = Field(default=False, description=EXACT)
    history: list[ExchangeModel] = Field(
        default_factory=list,
        max_length=MAX_HISTORY,
        description="Earlier exchanges, oldest first; a follow-up is made self-contained from them.",
    )

    def exchanges(self) -> list[Exchange]:
        """The history as the engine takes it."""
        return [Exchange(exchange.question, exchange.answer or "") for exchange in self.history]


class SearchRequest(BaseModel):
    """Words or a question to find passages for."""

    model_config = _STRICT

    query: str = Field(description="The query, up to 2,000 characters.")
    top_k: TopK = None
