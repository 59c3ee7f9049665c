"""Lets a request through when it has a token for what it asks; a browser without one is shown where to sign in.

What changes nothing needs the role `read`, all else `write`, unless it is one of the few addresses that are asked by
POST. So an address that is new and named nowhere needs the stronger role.
"""

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from qa.errors import AccessError, RoleMissing, TokenMissing
from qa.service.errors import refuse
from qa.service.tokens import Grant, Role, Tokens

COOKIE, SECURE_COOKIE = "quoth", "__Host-quoth"
"""Over an encrypted connection the second, which browsers take from this very host over such connections only."""
SIGN_IN, SIGN_OUT = "/signin", "/signout"
OPEN = frozenset({"/livez", "/readyz", SIGN_IN, SIGN_OUT})
"""What needs no token; `/readyz` tells no more than its status then."""
OPEN_PREFIX = "/static/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ASKED_BY_POST = frozenset(
    {"/ask", "/ask/stream", "/search", "/verify", "/feedback", "/quality/feedback", "/mcp", "/v1/chat/completions"}
)  # fmt: skip
"""POST requests that change neither documents nor index."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="quoth"'}
_BEARER = "bearer "


def role_needed(method: str, path: str) -> Role | None:
    """What a request needs; None when anybody may."""
    if path in OPEN or (method in SAFE and path.startswith(OPEN_PREFIX)):
        return None
    reads = method in SAFE or (method == "POST" and path in ASKED_BY_POST)
    return Role.READ if reads else Role.WRITE


def cookie_name(scheme: str) -> str:
    """The name of the cookie that holds a session."""
    return SECURE_COOKIE if scheme == "https" else COOKIE


def grant_of(headers: Headers, tokens: Tokens, cookie_named: str = COOKIE) -> Grant | None:
    """What a request may do, by its `Authorization` or else its cookie; never by its address."""
    authorization = headers.get("authorization", "")
    if authorization:
        bearer = authorization[: len(_BEARER)].lower() == _BEARER
        return tokens.grant_of(authorization[len(_BEARER) :].strip()) if bearer else None
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(cookie_named)
    except CookieError:
        return None
    return tokens.grant_of_session(cookie.value) if cookie else None


def may_see_all(request: Request) -> bool:
    """Whether whoever asks may know more than that the service is there; true for all where no tokens are set."""
    return not request.app.state.tokens or getattr(request.state, "grant", None) is not None


class Access:
    """Refuses what has no token for what it asks, with 401 or 403; notes for those behind what the token allows.

    Which collection is meant is known there only (`holdings.py`), so a role in any of them is enough here.
    """

    def __init__(self, app: ASGIApp, *, tokens: Tokens) -> None:
        self._app = app
        self._tokens = tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        grant = grant_of(Headers(scope=scope), self._tokens, cookie_name(scope["scheme"]))
        needed = role_needed(scope["method"], scope["path"])
        scope.setdefault("state", {}).update(grant=grant, needed=needed)
        if needed is None or (grant is not None and grant.most >= needed):
            await self._app(scope, receive, send)
            return
        error: AccessError
        if grant is None:
            error = TokenMissing(
                "No token came with the request, or none that is known.",
                remedy="Send `Authorization: Bearer TOKEN`, or sign in at /signin.",
            )
            await refuse(scope, receive, send, error, CHALLENGE)
        else:
            error = reads_only()
            await refuse(scope, receive, send, error)


def reads_only() -> RoleMissing:
    """What a token is told that asks for more than it may."""
    return RoleMissing(
        "The token may ask and read, but not change documents or the index.", remedy="Use a token of role write."
    )
