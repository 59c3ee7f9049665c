"""How much a request may bring: little, but for the few addresses that take whole documents."""

from collections.abc import Callable

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_BODY_BYTES = 32_768
"""Room for 2,000 characters in any JSON escaping, or for a history of usual questions and answers."""
FORM_BYTES = 100_000
"""Besides the files themselves, what a form may have of boundaries and names."""


class BodyLimit:
    """Lets requests for which `takes_documents` is true bring `most_bytes`, and all others MAX_BODY_BYTES."""

    def __init__(self, app: ASGIApp, *, takes_documents: Callable[[Scope], bool], most_bytes: int) -> None:
        self._takes_documents = takes_documents
        self._little = RequestBodyLimitMiddleware(app, MAX_BODY_BYTES)
        self._much = RequestBodyLimitMiddleware(app, most_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its limit."""
        limited = self._much if scope["type"] == "http" and self._takes_documents(scope) else self._little
        await limited(scope, receive, send)
