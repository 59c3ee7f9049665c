"""The Quality page: how often answers were right, what users say of them, and what has no answer or another one."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from qa.errors import EvaluationError, JournalUnavailable
from qa.evaluation.saved import Summary, load
from qa.service import threads
from qa.service.dependencies import CollectionDependency, ShownDependency, journal_of
from qa.service.holdings import Collection
from qa.service.journal_schemas import MAX_EXPECTED
from qa.service.links import inside
from qa.service.origin import same_site_only
from qa.service.pages import Pages
from qa.service.quality import JournalView, QualityView, precisions

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/quality")
def quality(request: Request, choice: ShownDependency) -> HTMLResponse:
    """The last evaluation of the operator's own questions, and the journal."""
    pages: Pages = request.app.state.pages
    shown = choice.only
    engine, recorder, index = shown.engine, shown.recorder, shown.index
    serving = engine.health().generation
    notices = []
    summaries: Sequence[Summary] = ()
    view = None
    try:
        summaries = load(index) if index else ()
    except EvaluationError as error:
        notices.append(str(error))
    try:
        view = JournalView.of(recorder.journal, serving) if recorder.journal else None
    except JournalUnavailable as error:
        notices.append(str(error))
    return pages.render(
        "quality.html",
        choice,
        sets=[QualityView.of(number, summary, serving) for number, summary in enumerate(summaries, start=1)],
        precisions=precisions(),
        notices=notices,
        threshold=f"{engine.threshold:.2f}",
        journal=view,
        recording=recorder.recording,
    )


@router.post("/quality/feedback", dependencies=[Depends(same_site_only)])
async def feedback(request: Request, collection: CollectionDependency) -> Response:
    """Helpful or not: the question is asked as it was, and the reply is written down with what the user says of it."""
    async with request.form(max_files=0, max_fields=10) as form:
        asked, helpful, back = (str(form.get(name, "")) for name in ("asked", "helpful", "back"))
    if helpful not in {"yes", "no"}:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    journal = journal_of(collection)
    replied = await run_in_threadpool(collection.engine.ask, asked, exact=True)
    await run_in_threadpool(journal.say, replied.question.asked, replied.reply, helpful=helpful == "yes")
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"helpful": helpful == "yes"})
    return RedirectResponse(back_to(back), HTTPStatus.SEE_OTHER)


@router.post("/quality/expected", dependencies=[Depends(same_site_only)])
async def expected(request: Request, collection: CollectionDependency) -> RedirectResponse:
    """What would have been right, one answer on each line; or that the documents have none."""
    async with request.form(max_files=0, max_fields=10) as form:
        number, answers, none = (str(form.get(name, "")) for name in ("number", "answers", "none"))
    lines = [line.strip() for line in answers.splitlines() if line.strip()][:MAX_EXPECTED]
    if not (number.isascii() and number.isdecimal() and len(number) <= 15) or not (lines or none):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    await run_in_threadpool(journal_of(collection).expect, int(number), [] if none else lines)
    return _back(collection)


@router.post("/quality/forget", dependencies=[Depends(same_site_only)])
def forget(collection: CollectionDependency) -> RedirectResponse:
    """Removes the journal."""
    journal_of(collection).forget()
    return _back(collection)


@router.get("/quality/questions.jsonl")
def questions(collection: CollectionDependency) -> Response:
    """What users say, as questions for `qa eval`."""
    headers = {"Content-Disposition": 'attachment; filename="questions.jsonl"'}
    lines = (json.dumps(line, ensure_ascii=False) + "\n" for line in journal_of(collection).evaluation_questions())
    return Response("".join(lines), media_type="application/jsonl", headers=headers)


def _back(collection: Collection) -> RedirectResponse:
    """To what its users say."""
    return RedirectResponse(f"/quality{inside(collection.name)}#said", HTTPStatus.SEE_OTHER)


def back_to(address: str) -> str:
    """The conversation that an address names, and never another site."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    items = parse_qsl(parts.query)
    named = [(name, value) for name, value in items if name == threads.COLLECTION][:1]
    place = parts.fragment if parts.fragment.removeprefix("turn-").isdecimal() else ""
    return threads.address([*named, *threads.asked_in(items)]) + (f"#{place}" if place.isascii() and place else "")
