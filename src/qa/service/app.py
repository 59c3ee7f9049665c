"""Makes the web application around an engine; nothing happens at import."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Scope

from qa.engine import Engine
from qa.index.editing import CorpusEditor
from qa.journal import Journal
from qa.live.shared import Following
from qa.service import documents_page, errors, export, pages, quality_page, signin_page
from qa.service.body_limit import FORM_BYTES, MAX_BODY_BYTES, BodyLimit
from qa.service.dates import FileDates
from qa.service.description import API_VERSION, DESCRIPTION, described
from qa.service.draining import Drain, Draining
from qa.service.guards import Guards
from qa.service.mcp import McpServer
from qa.service.mcp_tools import make_tools
from qa.service.measuring import Measuring
from qa.service.metrics import Metrics
from qa.service.pictures import PagePictures
from qa.service.recording import Recorder
from qa.service.request_head import RequestHead
from qa.service.request_ids import RequestIds
from qa.service.routes import ask, documents, journal, mcp, openai, operations, search, verify
from qa.service.routes import index as index_routes
from qa.service.schemas import problems
from qa.service.security import SecurityHeaders

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Powers:
    """What the service may do besides answering.

    `pictures` draws pages of PDF files and is closed when the application ends; `editor` changes the corpus;
    `recording` says whether what is asked is written down. Feedback always is, in the folder of the index. `guards`
    say who may ask for what, and how much. `metrics` is told of every request.
    """

    pictures: PagePictures | None = None
    editor: CorpusEditor | None = None
    recording: bool = False
    guards: Guards = field(default_factory=Guards)
    metrics: Metrics = field(default_factory=Metrics)


def create_app(
    engine: Engine,
    *,
    web: Path,
    hosts: Sequence[str],
    follower: Following,
    corpus: Path,
    index: Path | None = None,
    powers: Powers | None = None,
) -> FastAPI:
    """The application. `web` holds templates and static files; `hosts` are answered to besides the local names.

    `follower` keeps the index up to date; whoever makes it starts it. `corpus` is the folder of documents, from which
    files are handed out; `index` is the folder of the index, where the last evaluation and the journal lie.
    """
    powers = powers or Powers()
    pictures, editor = powers.pictures, powers.editor
    recorder = Recorder(Journal(index) if index else None, engine, recording=powers.recording)

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        recorder.start()
        yield
        recorder.stop()
        if pictures is not None:
            pictures.close()

    app = FastAPI(
        title="Quoth",
        version=API_VERSION,
        description=DESCRIPTION,
        openapi_url="/openapi.json" if powers.guards.described else None,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        responses=problems(401, 403, 429, 503),
    )
    app.state.engine = engine
    app.state.follower = follower
    app.state.corpus = corpus
    app.state.index = index
    app.state.pictures = pictures
    app.state.editor = editor
    app.state.drain = Drain()
    app.state.metrics = powers.metrics if powers.guards.described else None
    app.state.dates = FileDates(index, corpus)
    app.state.recorder = recorder
    app.state.mcp = McpServer(make_tools(engine, recorder.heard))
    tokens = powers.guards.tokens
    app.state.tokens = tokens
    app.state.pages = pages.Pages(web / "templates", engine, follower, recorder, guarded=bool(tokens))
    for module in (
        ask,
        search,
        verify,
        documents,
        index_routes,
        operations,
        journal,
        openai,
        mcp,
        pages,
        documents_page,
        quality_page,
        export,
        signin_page,
    ):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=web / "static"), name="static")
    describe = app.openapi
    app.openapi = cache(lambda: described(describe()))  # type: ignore[method-assign]  # FastAPI's documented way
    # The last one added is the outermost.
    powers.guards.install(app, powers.metrics.queue)
    app.add_middleware(BodyLimit, most_bytes=partial(_most_bytes, editor))
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, *hosts], www_redirect=False)
    app.add_middleware(RequestHead)
    errors.install(app)
    app.add_middleware(Draining, drain=app.state.drain)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measuring, metrics=powers.metrics)
    app.add_middleware(RequestIds)
    return app


def _most_bytes(editor: CorpusEditor | None, scope: Scope) -> int:
    """How much a request may bring."""
    if openai.takes_conversations(scope):
        return openai.CHAT_BYTES
    if editor and documents_page.takes_documents(scope):
        return editor.most_bytes + FORM_BYTES
    return MAX_BODY_BYTES
