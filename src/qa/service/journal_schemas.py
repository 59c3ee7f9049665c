"""The shapes of the journal in the API: questions, and what they were answered with before and after a change."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from qa.journal import Asked, Change, Feedback, Outcome
from qa.service.requests import Asking, Text, TheOne
from qa.service.response_model import ResponseModel


class OutcomeModel(ResponseModel):
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


MAX_EXPECTED = 20
"""Right answers that can be given for one question."""
Expected = Annotated[Text, Field(min_length=1, max_length=2000)]


class FeedbackRequest(BaseModel):
    """What a user says of the reply to a question."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Asking = Field(description="The question as it was `asked`; it is asked again just as it stands.")
    helpful: bool
    expected: list[Expected] | None = Field(
        None,
        max_length=MAX_EXPECTED,
        description="What would have been right, in the words of the documents; empty when they have no answer.",
    )
    collection: TheOne = None


class FeedbackModel(ResponseModel):
    """What was written down."""

    number: int
    at: str = Field(description="ISO 8601.")
    question: str
    helpful: bool
    generation: str = Field(description="The generation that gave `outcome`.")
    outcome: OutcomeModel
    expected: list[str] | None

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackModel":
        """From the journal's."""
        return cls(
            number=feedback.number,
            at=feedback.at,
            question=feedback.question,
            helpful=feedback.helpful,
            generation=feedback.generation,
            outcome=OutcomeModel.of(feedback.outcome),
            expected=None if feedback.expected is None else list(feedback.expected),
        )


class EvaluationQuestion(ResponseModel):
    """A line of a file for `qa eval`."""

    question: str
    answers: list[str] = Field(default_factory=list, description="The right ones; empty when there is none.")
    path: str | None = Field(None, description="The document that they stand in, if only that one will do.")


class QuestionsResponse(ResponseModel):
    """Questions of which users have said what is right, oldest first."""

    questions: list[EvaluationQuestion]


class ChangeModel(ResponseModel):
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


class ChangesResponse(ResponseModel):
    """Answers that have become others."""

    generation: str | None = Field(description="The one that answers now.")
    recording: bool = Field(description="Whether all questions are noted; else only those that were judged.")
    waiting: int = Field(description="Questions that this generation has not been asked again yet.")
    changes: list[ChangeModel]


class UnansweredModel(ResponseModel):
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


class UnansweredResponse(ResponseModel):
    """Questions without an answer."""

    recording: bool = Field(description="Whether all questions are noted; else only those that were judged.")
    total: int
    questions: list[UnansweredModel]
