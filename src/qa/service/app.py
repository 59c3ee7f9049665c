"""Makes the web application around an engine; nothing happens at import."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from qa import __version__
from qa.engine import Engine
from qa.service import errors, pages
from qa.service.routes import ask, documents, operations, search
from qa.service.schemas import Problem
from qa.service.security import SecurityHeaders

MAX_BODY_BYTES = 16_384
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

DESCRIPTION = """Answers from a folder of documents, in the documents' own words.

Every quotation carries its document, section, page and character offsets (Unicode code points, half-open) with the
SHA-256 of the text and of the file, so that anyone can check it: fetch `GET /documents/{id}` and compare
`text[start:end]` with `quote`. Errors have one shape (RFC 9457) and say what to do."""


def create_app(engine: Engine, *, web: Path, host: str) -> FastAPI:
    """The application. `web` holds templates and static files; `host` is answered to besides the local names."""
    app = FastAPI(
        title="Quoth",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
        responses={code: {"model": Problem, "content": {"application/problem+json": {}}} for code in (404, 422, 503)},
    )
    app.state.engine = engine
    app.state.pages = pages.Pages(web / "templates")
    for module in (ask, search, documents, operations, pages):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=web / "static"), name="static")
    errors.install(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL_HOSTS, host], www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app
