"""The pages for people: rendered on the server, complete without scripts. The conversation lives in the address.

Each `q` of the address is a question, answered in order; a follow-up is made self-contained from those before it. Each
`exact` is a question in the same order that is asked just as it stands: one that was edited, or is no follow-up.
"""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.conversation.referents import Exchange
from qa.engine import Engine
from qa.errors import EvaluationError, QAError
from qa.evaluation.saved import Summary, load
from qa.live.shared import Following
from qa.service.dependencies import EngineDependency, FollowerDependency
from qa.service.errors import problem_of
from qa.service.origin import same_site_only
from qa.service.quality import QualityView
from qa.service.schemas import Problem
from qa.service.verifying import linked_place
from qa.service.views import DocumentView, Edit, Parameters, Row, Site, Turn, block_views
from qa.types import Answer, BlockKind, ParsedDocument

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FOLLOW_UP, EXACT = "q", "exact"
"""The address's names for a question of the conversation, and for one that is asked just as it stands."""
MAX_TURNS = 6
"""Turns of a conversation that are shown; older ones leave the address."""
MAX_EXAMPLES = 4
MAX_EXAMPLES_TRIED = 10
MAX_EXAMPLE_CHARACTERS = 120
MAX_DOCUMENTS_SEARCHED = 50


class Pages:
    """The templates, and the example questions of the generation that was asked last."""

    def __init__(self, templates: Path, follower: Following) -> None:
        self._follower = follower
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._examples: tuple[str, list[str]] = ("", [])

    def render(self, name: str, engine: Engine, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page with the site's state around it."""
        site = Site.of(engine.health(), self._follower.state())
        return HTMLResponse(self._environment.get_template(name).render(site=site, status=status, **context), status)

    def examples(self, engine: Engine) -> list[str]:
        """Questions that stand as headings in the documents and that the documents answer."""
        generation = engine.health().generation
        if generation is None:
            return []
        if self._examples[0] != generation:
            self._examples = (generation, _answered_headings(engine))
        return self._examples[1]


@router.get("/")
def chat(request: Request, engine: EngineDependency) -> HTMLResponse:
    """The conversation of the address."""
    pages: Pages = request.app.state.pages
    items = request.query_params.multi_items()
    asked = [(name, text) for name, text in items if name in {FOLLOW_UP, EXACT} and text.strip()][-MAX_TURNS:]
    turns = _turns(engine, asked)
    return pages.render(
        "chat.html",
        engine,
        turns=turns,
        earlier=_carried(asked, turns),
        examples=[] if turns else pages.examples(engine),
        limit=engine.max_question_characters,
    )


@router.get("/sources")
def sources(request: Request, engine: EngineDependency) -> HTMLResponse:
    """The documents, and the files that were skipped with their reasons."""
    pages: Pages = request.app.state.pages
    return pages.render("documents.html", engine, rows=[Row.of(record) for record in engine.documents()])


@router.post("/sources/reindex", dependencies=[Depends(same_site_only)])
def reindex(follower: FollowerDependency) -> RedirectResponse:
    """The button on the documents page."""
    follower.reindex()
    return RedirectResponse("/sources#index", HTTPStatus.SEE_OTHER)


@router.get("/source/{document_id}")
def source(
    request: Request, document_id: str, engine: EngineDependency, c: str | None = None, h: str | None = None
) -> HTMLResponse:
    """A document as it was indexed, with the characters `c=start-end` marked, or where the words sealed in `h` are."""
    pages: Pages = request.app.state.pages
    place = linked_place(engine, document_id, c, h)
    document = place.document
    view = DocumentView(
        title=document.title,
        path=document.source.path,
        characters=len(document.text),
        size=document.source.size,
        text_sha256=document.text_sha256,
        source_sha256=document.source.sha256,
    )
    blocks = block_views(document, place.marked)
    return pages.render("document.html", engine, document=view, blocks=blocks, notice=place.notice, place=place)


@router.get("/quality")
def quality(request: Request, engine: EngineDependency) -> HTMLResponse:
    """How often answers were right when the operator's own questions were last asked, and at which threshold."""
    pages: Pages = request.app.state.pages
    index: Path | None = request.app.state.index
    notice = None
    summaries: Sequence[Summary] = ()
    try:
        summaries = load(index) if index else ()
    except EvaluationError as error:
        notice = str(error)
    serving = engine.health().generation
    sets = [QualityView.of(number, summary, serving) for number, summary in enumerate(summaries, start=1)]
    return pages.render("quality.html", engine, sets=sets, notice=notice)


def error_page(request: Request, problem: Problem, headers: dict[str, str]) -> HTMLResponse:
    """An error as a page."""
    pages: Pages = request.app.state.pages
    response = pages.render("error.html", request.app.state.engine, status=problem.status, problem=problem)
    response.headers.update(headers)
    return response


def _turns(engine: Engine, asked: Parameters) -> list[Turn]:
    """Every question with its reply; one that cannot be answered tells the next ones nothing."""
    turns: list[Turn] = []
    told: list[Exchange] = []
    for place, (name, question) in enumerate(asked):
        try:
            replied = engine.ask(question, history=told, exact=name == EXACT)
        except QAError as error:
            typed = question.encode("utf-8", "replace").decode()
            turns.append(Turn(question=typed, permalink=_address([(FOLLOW_UP, question)]), error=problem_of(error)))
            continue
        told.append(Exchange.of(replied.reply))
        known = replied.question
        edit = _edit(asked, place, known.asked) if known.changed else None
        turns.append(Turn.of(replied, engine.document, permalink=_address([(FOLLOW_UP, known.asked)]), edit=edit))
    return turns


def _edit(asked: Parameters, place: int, question: str) -> Edit:
    """How to ask the question at a place otherwise; the rest of the conversation stays."""
    earlier, typed, later = asked[:place], asked[place][1], asked[place + 1 :]
    as_typed = _address([*earlier, (EXACT, typed), *later]) + f"#turn-{place + 1}"
    return Edit(asked=question, as_typed_url=as_typed, earlier=earlier, later=later)


def _carried(asked: Parameters, turns: Sequence[Turn]) -> Parameters:
    """What the next question brings along; when the oldest is left behind, follow-ups stay as they were asked."""
    if len(asked) < MAX_TURNS:
        return asked
    known = [(EXACT, turn.edit.asked) if turn.edit else item for item, turn in zip(asked, turns, strict=True)]
    return known[-(MAX_TURNS - 1) :]


def _address(parameters: Parameters) -> str:
    return "/?" + urlencode(list(parameters), errors="replace")


def _answered_headings(engine: Engine) -> list[str]:
    found: list[str] = []
    for heading in islice(_question_headings(engine), MAX_EXAMPLES_TRIED):
        if isinstance(engine.ask(heading).reply, Answer):
            found.append(heading)
        if len(found) == MAX_EXAMPLES:
            break
    return found


def _question_headings(engine: Engine) -> Iterator[str]:
    """Headings that are questions, one of each document in turn, so that the first few show what there is."""
    indexed = [record.document_id for record in engine.documents() if record.reason is None]
    lists = [_questions(engine.document(document_id)) for document_id in indexed[:MAX_DOCUMENTS_SEARCHED]]
    yield from dict.fromkeys(heading for row in zip_longest(*lists) for heading in row if heading)


def _questions(document: ParsedDocument) -> list[str]:
    texts = [block.span.of(document.text) for block in document.blocks if block.kind is BlockKind.HEADING]
    return [text for text in texts if text.endswith("?") and len(text) <= MAX_EXAMPLE_CHARACTERS]
