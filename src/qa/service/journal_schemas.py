"""The shapes of the journal in the API: questions, and what they were answered with before and after a change."""

from pydantic import BaseModel, Field

from qa.journal import Asked, Change, Outcome


class OutcomeModel(BaseModel):
    """What a question was answered with; all null when there was no answer."""

    answered: bool
    answer: str | None = Field(description="The words of the answer.")
    quote: str | None = Field(description="The first quotation.")
    path: str | None = Field(description="Its document.")

    @classmethod
    def of(cls, outcome: Outcome) -> "OutcomeModel":
        """From the journal's."""
        return cls(
            answered=outcome.answered,
            answer=outcome.answer or None,
            quote=outcome.quote or None,
            path=outcome.path or None,
        )


class ChangeModel(BaseModel):
    """A question whose answer differs between two generations."""

    at: str = Field(description="When that was found, ISO 8601.")
    question: str
    earlier: str = Field(description="The generation that gave `before`.")
    later: str = Field(description="The generation that gave `after`.")
    before: OutcomeModel
    after: OutcomeModel

    @classmethod
    def of(cls, change: Change) -> "ChangeModel":
        """From the journal's."""
        return cls(
            at=change.at,
            question=change.question,
            earlier=change.earlier,
            later=change.later,
            before=OutcomeModel.of(change.before),
            after=OutcomeModel.of(change.after),
        )


class ChangesResponse(BaseModel):
    """Answers that have become others."""

    generation: str | None = Field(description="The one that answers now.")
    recording: bool = Field(description="Whether all questions are noted; else only those that were judged.")
    waiting: int = Field(description="Questions that this generation has not been asked again yet.")
    changes: list[ChangeModel]


class UnansweredModel(BaseModel):
    """A question without an answer."""

    question: str
    times: int = Field(description="How often it was asked; 0 when it was only judged.")
    first: str = Field(description="When it was first asked or judged, ISO 8601.")
    last: str
    generation: str = Field(description="The last generation that had no answer to it.")

    @classmethod
    def of(cls, asked: Asked) -> "UnansweredModel":
        """From the journal's."""
        return cls(
            question=asked.question,
            times=asked.times,
            first=asked.first,
            last=asked.last,
            generation=asked.generation,
        )


class UnansweredResponse(BaseModel):
    """Questions without an answer."""

    recording: bool = Field(description="Whether all questions are noted; else only those that were judged.")
    total: int
    questions: list[UnansweredModel]
