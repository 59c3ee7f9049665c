"""The journal as data: which answers have become others with the documents, and which questions have none."""

from typing import Annotated

from fastapi import APIRouter, Query

from qa.service.dependencies import EngineDependency, JournalDependency, RecorderDependency
from qa.service.journal_schemas import ChangeModel, ChangesResponse, UnansweredModel, UnansweredResponse

router = APIRouter(tags=["journal"])

MOST = 500
Limit = Annotated[int, Query(ge=1, le=MOST, description="Most entries to give.")]


@router.get("/changes")
def changes(
    engine: EngineDependency,
    journal: JournalDependency,
    recorder: RecorderDependency,
    generation: Annotated[str | None, Query(description="Only what this generation has changed.")] = None,
    limit: Limit = 50,
) -> ChangesResponse:
    """Questions whose answer became another one when the documents changed, newest first.

    Every question that is noted (asked, with the setting `journal`, or judged helpful or not) is asked again of each
    new generation; `waiting` says how many still are to be.
    """
    serving = engine.health().generation
    return ChangesResponse(
        generation=serving,
        recording=recorder.recording,
        waiting=len(journal.stale(serving)) if serving else 0,
        changes=[ChangeModel.of(change) for change in journal.changes(limit, generation)],
    )


@router.get("/unanswered")
def unanswered(journal: JournalDependency, recorder: RecorderDependency, limit: Limit = 50) -> UnansweredResponse:
    """Questions whose last reply was an abstention, those asked most often first."""
    found = journal.unanswered()
    return UnansweredResponse(
        recording=recorder.recording,
        total=len(found),
        questions=[UnansweredModel.of(asked) for asked in found[:limit]],
    )
