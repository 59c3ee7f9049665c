"""Makes the web application around an engine; nothing happens at import."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Scope

from qa.service import documents_page, errors, export, pages, quality_page, signin_page
from qa.service.body_limit import FORM_BYTES, MAX_BODY_BYTES, BodyLimit
from qa.service.description import API_VERSION, DESCRIPTION, described
from qa.service.draining import Drain, Draining
from qa.service.guards import Guards
from qa.service.holdings import Collection, Holdings
from qa.service.measuring import Measuring
from qa.service.metrics import Metrics
from qa.service.recent import REMEMBERED, Recent
from qa.service.request_head import RequestHead
from qa.service.request_ids import RequestIds
from qa.service.routes import ask, documents, journal, mcp, openai, operations, search, verify
from qa.service.routes import index as index_routes
from qa.service.schemas import problems
from qa.service.security import SecurityHeaders

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def create_app(
    collections: Sequence[Collection],
    *,
    web: Path,
    hosts: Sequence[str],
    guards: Guards | None = None,
    metrics: Metrics | None = None,
    remembered: int = REMEMBERED,
) -> FastAPI:
    """The application over one or more collections.

    `web` holds templates and static files; `hosts` are answered to besides the local names. `guards` say who may ask
    for what, and how much. `metrics` is told of every request. So many replies are `remembered`.
    """
    guards, metrics = guards or Guards(), metrics or Metrics()

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        for one in collections:
            one.recorder.start()
        yield
        for one in collections:
            one.recorder.stop()
            if one.pictures is not None:
                one.pictures.close()

    app = FastAPI(
        title="Quoth",
        version=API_VERSION,
        description=DESCRIPTION,
        openapi_url="/openapi.json" if guards.described else None,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        lifespan=life,
        responses=problems(401, 403, 429, 503),
    )
    tokens = guards.tokens
    app.state.holdings = Holdings(collections, guarded=bool(tokens))
    app.state.drain = Drain()
    app.state.metrics = metrics if guards.described else None
    app.state.tokens = tokens
    app.state.recent = Recent(limit=remembered)
    app.state.pages = pages.Pages(web / "templates", app.state.recent, guarded=bool(tokens))
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
    guards.install(app, metrics.queue)
    app.add_middleware(
        BodyLimit,
        most_bytes=partial(
            _most_bytes, max((one.editor.most_bytes for one in collections if one.editor), default=None)
        ),
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, *hosts], www_redirect=False)
    app.add_middleware(RequestHead)
    errors.install(app)
    app.add_middleware(Draining, drain=app.state.drain)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measuring, metrics=metrics)
    app.add_middleware(RequestIds)
    return app


def _most_bytes(of_a_document: int | None, scope: Scope) -> int:
    """How much a request may bring; no document where none can be added."""
    if openai.takes_conversations(scope):
        return openai.CHAT_BYTES
    if of_a_document is not None and documents_page.takes_documents(scope):
        return of_a_document + FORM_BYTES
    return MAX_BODY_BYTES
