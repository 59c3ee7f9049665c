"""How much a request may bring: little, but for the few addresses that take whole documents or conversations."""

from collections.abc import Callable

from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_BODY_BYTES = 32_768
"""Room for 2,000 characters in any JSON escaping, or for a history of usual questions and answers."""
FORM_BYTES = 100_000
"""Besides the files themselves, what a form may have of boundaries and names."""


class BodyLimit:
    """Lets a request bring as many bytes as `most_bytes` says for it; there are only a few such numbers."""

    def __init__(self, app: ASGIApp, *, most_bytes: Callable[[Scope], int]) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._limited: dict[int, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its limit."""
        most = self._most_bytes(scope) if scope["type"] == "http" else MAX_BODY_BYTES
        if most not in self._limited:
            self._limited[most] = RequestBodyLimitMiddleware(self._app, most)
        await self._limited[most](scope, receive, send)
