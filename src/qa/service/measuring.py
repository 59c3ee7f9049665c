"""Measures every request, refused ones too, and writes a line of each into the log: what was asked for and how it went.

The line has the route, not the address: so neither questions nor names of documents are in it, and no client's address.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.service.clients import UNLIMITED_PREFIX, is_unlimited
from qa.service.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
NO_ROUTE = "none"
"""What was refused before its route was looked for, or has none."""
_LOG = logging.getLogger("qa")


class Measuring:
    """Tells `metrics` and the log."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and see what becomes of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 0, time.perf_counter()

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, seen)
        finally:
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = _route(scope)
            self._metrics.request(method, route, status, seconds)
            if not is_unlimited(scope):
                data = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1)}
                _LOG.info("request", extra={"data": data})


def _route(scope: Scope) -> str:
    """The route's pattern, one of a fixed few."""
    if scope["path"].startswith(UNLIMITED_PREFIX):
        return UNLIMITED_PREFIX
    return getattr(scope.get("route"), "path", None) or NO_ROUTE
