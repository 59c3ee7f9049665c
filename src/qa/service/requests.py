"""What the API is sent, as strict pydantic models: unknown fields are refused, so that none passes unnoticed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from qa.conversation.referents import Exchange

_STRICT = ConfigDict(extra="forbid", strict=True)

MAX_HISTORY = 20
"""Earlier exchanges that a request may bring."""
EXACT = "Ask it just as it stands: neither made self-contained nor misspelt words mended."
TopK = Annotated[int | None, Field(ge=1, le=50, description="Passages to read and return.")]


class ExchangeModel(BaseModel):
    """An earlier question and, if it was answered, its answer."""

    model_config = _STRICT

    question: str = Field(description="As it was typed, or better as it was `asked`; up to 2,000 characters.")
    answer: str | None = Field(None, max_length=2000, description="The `answer` of its response.")


class AskRequest(BaseModel):
    """A question for the documents, with the conversation before it if it is a follow-up."""

    model_config = ConfigDict(
        **_STRICT,
        json_schema_extra={
            "examples": [
                {"question": "Which countries hold 2+2 meetings with India?"},
                {"question": "and BECA?", "history": [{"question": "When was LEMOA signed?", "answer": "2016"}]},
            ]
        },
    )

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

    model_config = ConfigDict(**_STRICT, json_schema_extra={"examples": [{"query": "maritime security", "top_k": 3}]})

    query: str = Field(description="The query, up to 2,000 characters.")
    top_k: TopK = None
