"""Refuses a request by its head alone: one that is too long, or that says in two ways how long its body is.

A proxy in front might have believed the other one, which is how a second request is smuggled past a proxy's checks. Two
different lengths, other codings and odd header lines are refused by the parser already.
"""

from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_ADDRESS_BYTES = 65_536
"""A conversation of six questions of some hundred characters in any script fits."""
MAX_HEADER_BYTES = 16_384
"""Ten times what browsers send."""
_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class RequestHead:
    """Answers 400, 414 or 431, and closes the connection behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        status = _fault(scope) if scope["type"] == "http" else None
        if status is None:
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse("", status, {"Connection": "close"})(scope, receive, send)


def _fault(scope: Scope) -> HTTPStatus | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_ADDRESS_BYTES:
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    if {name.lower() for name, _ in headers} >= _LENGTHS:
        return HTTPStatus.BAD_REQUEST
    return None
