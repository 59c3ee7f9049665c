"""The journal as data: what users say of answers, which of these have become others, and which questions have none."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from qa.service.dependencies import AllowedDependency, CollectionDependency, journal_of
from qa.service.journal_schemas import (
    ChangeModel,
    ChangesResponse,
    EvaluationQuestion,
    FeedbackModel,
    FeedbackRequest,
    QuestionsResponse,
    UnansweredModel,
    UnansweredResponse,
)
from qa.service.origin import json_only, same_site_only
from qa.service.schemas import problems

router = APIRouter(tags=["journal"], responses=problems(404, 422, 503))

MOST = 500
Limit = Annotated[int, Query(ge=1, le=MOST, description="Most entries to give.")]


@router.post(
    "/feedback",
    status_code=201,
    dependencies=[Depends(same_site_only), Depends(json_only)],
    responses=problems(400, 403, 413, 415),
)
def feedback(request: FeedbackRequest, allowed: AllowedDependency) -> FeedbackModel:
    """Write down whether a reply was helpful and, if you know, what would have been right.

    The question is asked again just as it stands, and its reply of now is kept beside the word on it; the last word on
    a question counts. It is kept in the folder of the index, also when questions are not.
    """
    collection = allowed.one(request.collection)
    journal = journal_of(collection)
    replied = collection.engine.ask(request.question, exact=True)
    asked = replied.question.asked
    return FeedbackModel.of(journal.say(asked, replied.reply, helpful=request.helpful, expected=request.expected))


@router.get("/questions")
def questions(collection: CollectionDependency) -> QuestionsResponse:
    """The questions of which users have said what is right: each is a line of a file that `qa eval` asks."""
    found = journal_of(collection).evaluation_questions()
    return QuestionsResponse(questions=[EvaluationQuestion.model_validate(line) for line in found])


@router.get("/changes")
def changes(
    collection: CollectionDependency,
    generation: Annotated[str | None, Query(description="Only what this generation has changed.")] = None,
    limit: Limit = 50,
) -> ChangesResponse:
    """Questions whose answer became another one when the documents changed, newest first.

    Every question that is noted (asked, with the setting `journal`, or judged helpful or not) is asked again of each
    new generation; `waiting` says how many still are to be.
    """
    journal = journal_of(collection)
    serving = collection.engine.health().generation
    return ChangesResponse(
        generation=serving,
        recording=collection.recorder.recording,
        waiting=len(journal.stale(serving)) if serving else 0,
        changes=[ChangeModel.of(change) for change in journal.changes(limit, generation)],
    )


@router.get("/unanswered")
def unanswered(collection: CollectionDependency, limit: Limit = 50) -> UnansweredResponse:
    """Questions whose last reply was an abstention, those asked most often first."""
    found = journal_of(collection).unanswered()
    return UnansweredResponse(
        recording=collection.recorder.recording,
        total=len(found),
        questions=[UnansweredModel.of(asked) for asked in found[:limit]],
    )
