"""A name for every request, so that what a client saw, a problem and the lines of the log can be brought together.

A client may bring its own in `X-Request-Id`. One that is not well-formed is replaced, as it goes into headers and logs.
"""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.observe import REQUEST_ID

HEADER = "X-Request-Id"
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class RequestIds:
    """Plain ASGI middleware, the outermost: names the request and gives the name back with every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its name."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brought = Headers(scope=scope).get(HEADER, "")
        name = brought if _WELL_FORMED.fullmatch(brought) else uuid4().hex

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        token = REQUEST_ID.set(name)
        try:
            await self._app(scope, receive, named)
        finally:
            REQUEST_ID.reset(token)
