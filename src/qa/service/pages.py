"""The pages for people: rendered on the server, complete without scripts, which only make them quicker to use."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from qa.boxes import boxes_of
from qa.engine import Engine
from qa.service import threads
from qa.service.access import may_see_all
from qa.service.dates import Day
from qa.service.dependencies import AllowedDependency, ChoiceDependency
from qa.service.document_views import DocumentView, block_views, near
from qa.service.holdings import Choice, seen
from qa.service.links import inside, original_url
from qa.service.pictures import PictureView
from qa.service.recent import Recent
from qa.service.schemas import Problem
from qa.service.stream import events
from qa.service.verifying import linked_place
from qa.service.views import Site
from qa.types import Answer, BlockKind, ParsedDocument

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MAX_EXAMPLES = 4
MAX_EXAMPLES_TRIED = 10
MAX_EXAMPLE_CHARACTERS = 120
MAX_DOCUMENTS_SEARCHED = 50


class Pages:
    """The templates, and for each collection the example questions of the generation that was asked last."""

    def __init__(self, templates: Path, recent: Recent, *, guarded: bool = False) -> None:
        """`recent` has the replies that are in memory; `guarded` says whether one must sign in."""
        self.recent = recent
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["guarded"] = guarded
        self._environment.filters["day"] = lambda time: Day(datetime.fromisoformat(time))
        self._examples: dict[str | None, tuple[str, list[str]]] = {}

    def render(self, name: str, choice: Choice, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page with the state of what is chosen around it."""
        site = Site.together([Site.of(one.engine.health(), one.follower.state()) for one in choice.collections])
        around = {"site": site, "choice": choice, "inside": inside(choice.named), "status": status}
        return HTMLResponse(self._environment.get_template(name).render(**around, **context), status)

    def render_bare(self, name: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page that tells nothing of the documents, for those who have not signed in."""
        return HTMLResponse(
            self._environment.get_template(name).render(site=None, inside="", status=status, **context), status
        )

    def examples(self, choice: Choice) -> list[str]:
        """Questions that stand as headings in the documents and that the documents answer; of each collection some."""
        lists = [self._examples_of(one.engine) for one in choice.collections]
        return list(islice(dict.fromkeys(text for row in zip_longest(*lists) for text in row if text), MAX_EXAMPLES))

    def _examples_of(self, engine: Engine) -> list[str]:
        generation = engine.health().generation
        if generation is None:
            return []
        known, found = self._examples.get(engine.collection, ("", []))
        if known != generation:
            found = _answered_headings(engine)
            self._examples[engine.collection] = (generation, found)
        return found


@router.get("/")
def chat(request: Request, choice: ChoiceDependency) -> HTMLResponse:
    """The conversation of the address."""
    pages: Pages = request.app.state.pages
    asked = threads.asked_in(request.query_params.multi_items())
    turns = threads.turns(pages.recent, choice, asked)
    return pages.render(
        "chat.html",
        choice,
        turns=turns,
        earlier=threads.carried(asked, turns),
        address=threads.address(asked, choice),
        said=[choice.of(turn.collection).recorder.said(turn.asked) if turn.asked else None for turn in turns],
        feedback=all(one.recorder.journal is not None for one in choice.collections),
        saved_as={kind: threads.address(asked, choice, f"/conversation.{kind}") for kind in ("html", "json")},
        examples=[] if turns else pages.examples(choice),
        limit=choice.together.first.max_question_characters,
    )


@router.get("/stream", response_class=EventSourceResponse)
def stream(request: Request, choice: ChoiceDependency) -> Iterator[ServerSentEvent]:
    """The stages of the last question of a conversation, for the page that shows them as they come."""
    pages: Pages = request.app.state.pages
    asked = threads.asked_in(request.query_params.multi_items())
    if asked:
        yield from events(threads.last_stages(pages.recent, choice, asked), choice.home)


@router.get("/source/{document_id}")
def source(
    request: Request,
    document_id: str,
    allowed: AllowedDependency,
    collection: str | None = None,
    c: str | None = None,
    h: str | None = None,
    part: str | None = None,
) -> HTMLResponse:
    """A document as it was indexed, with the characters `c=start-end` marked, or where the words sealed in `h` are.

    `part=near` shows only what stands around them.
    """
    pages: Pages = request.app.state.pages
    held = allowed.one(collection)
    created = held.engine.health().created
    place = linked_place(held.engine, document_id, c, h)
    document = place.document
    boxes = boxes_of(document.places, place.marked) if place.marked and held.pictures else ()
    view = DocumentView(
        title=document.title,
        path=document.source.path,
        characters=len(document.text),
        size=document.source.size,
        text_sha256=document.text_sha256,
        source_sha256=document.source.sha256,
        original_url=original_url(document.id, boxes[0].page if boxes else None, collection=held.name),
        changed=Day.of(held.dates.of(document.source.path, document.source.sha256)),
        indexed=Day.of(datetime.fromisoformat(created)) if created else None,
    )
    blocks = near(document, place.marked) if part == "near" else document.blocks
    return pages.render(
        "document.html",
        allowed.choice(collection),
        document=view,
        blocks=block_views(document, blocks, place.marked),
        cut=len(blocks) < len(document.blocks),
        notice=place.notice,
        place=place,
        pictures=[PictureView.of(document.id, page, held.name) for page in boxes],
    )


def error_page(request: Request, problem: Problem, headers: dict[str, str]) -> HTMLResponse:
    """An error as a page."""
    pages: Pages = request.app.state.pages
    if may_see_all(request):
        response = pages.render("error.html", seen(request).choice(), status=problem.status, problem=problem)
    else:
        response = pages.render_bare("error.html", status=problem.status, problem=problem)
    response.headers.update(headers)
    return response


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
