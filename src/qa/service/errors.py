"""Translates errors into responses at the border: one JSON shape (RFC 9457), or the error page for a browser.

What a client sent is never echoed, so no odd input can break the answer that refuses it.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa import errors
from qa.service.openai_schemas import ChatProblem
from qa.service.schemas import Problem

STATUS: dict[type[errors.QAError], HTTPStatus] = {
    errors.ConfigError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.AccessError: HTTPStatus.UNAUTHORIZED,
    errors.RoleMissing: HTTPStatus.FORBIDDEN,
    errors.ServiceBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.RateExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    errors.CorpusError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DocumentError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CollectionError: HTTPStatus.NOT_FOUND,
    errors.CollectionNeeded: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DocumentUnknown: HTTPStatus.NOT_FOUND,
    errors.OriginalUnavailable: HTTPStatus.CONFLICT,
    errors.OriginalGone: HTTPStatus.GONE,
    errors.CorpusChangeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.ChangesForbidden: HTTPStatus.FORBIDDEN,
    errors.NoSuchFile: HTTPStatus.NOT_FOUND,
    errors.NameTaken: HTTPStatus.PRECONDITION_FAILED,
    errors.ChangeNotWritten: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.IndexStoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.JournalUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SandboxUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ModelUnknown: HTTPStatus.NOT_FOUND,
    errors.BackendUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.AddressUnavailable: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidQuestion: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.EvaluationError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.BundleError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.DepotError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.CitationMismatch: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of an error class and, unless they are listed themselves, of its subclasses."""

TITLES = {
    "TokenMissing": "This needs a token",
    "RoleMissing": "This token may not do that",
    "RateExceeded": "Too many requests",
    "Overloaded": "Too many are waiting",
    "ShuttingDown": "The service is being stopped",
    "IndexMissing": "There is no index yet",
    "IndexCorrupt": "The index is damaged",
    "IndexIncompatible": "The index was built for another set-up",
    "CollectionUnknown": "No such collection",
    "CollectionNeeded": "Which collection is meant?",
    "DocumentUnknown": "No such document",
    "OriginalChanged": "The file has changed since it was indexed",
    "OriginalGone": "The file is no longer in the corpus",
    "InvalidQuestion": "That is not a question that can be asked",
    "ChangesForbidden": "Documents cannot be changed here",
    "UnusableName": "That is no name for a document",
    "NoSuchFile": "There is no such file",
    "NameTaken": "There is such a file already",
    "ChangeNotWritten": "The corpus cannot be changed",
    "UnsupportedFormat": "Files of this kind are not read",
    "DocumentTooLarge": "The file is too large",
    "JournalUnavailable": "It could not be written down",
    "ModelUnknown": "No such model",
    "ModelUnavailable": "The model cannot be loaded",
    "CitationMismatch": "A quotation failed its check",
}
OPENAI = "/v1/"
METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_FORMS = ("multipart/", "application/x-www-form-urlencoded")
_LOG = logging.getLogger("qa")
_KEPT = frozenset({"connection", "allow", "retry-after"})
"""Headers of a plain-text refusal that its new form keeps."""
_REMEDIES = {
    403: "Send it from a page of this service, or from a program.",
    404: "Check the address.",
    405: "See the API description at /openapi.json for the methods of this address.",
    400: "Send a well-formed request, to a host name that the service answers to (see the setting allowed_hosts).",
    406: "Take application/json.",
    408: "Send the whole request at once (see the setting receive_seconds).",
    415: "Send JSON, with `Content-Type: application/json`.",
    414: "Ask with fewer or shorter questions in one address, or with POST /ask.",
    431: "Send fewer or smaller headers and cookies.",
    413: "Send less than 32 kB; a document may have what the setting max_document_megabytes allows.",
}


def status_of(error: errors.QAError) -> HTTPStatus:
    """The HTTP status of an error, by the nearest listed class."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem_of(error: errors.QAError) -> Problem:
    """The JSON of an error of ours."""
    name = type(error).__name__
    slug = "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")
    return Problem(
        type=f"urn:quoth:{slug}",
        title=TITLES.get(name, (type(error).__doc__ or name).split("\n")[0].rstrip(".")),
        status=status_of(error),
        detail=error.message,
        remedy=error.remedy,
    )


def wrong_form(fields: Sequence[dict[str, str]]) -> Problem:
    """The problem of a request that is not of the right form, by its wrong fields."""
    return Problem(
        type="urn:quoth:invalid-request",
        title="The request is not of the right form",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        detail="; ".join(f"{e['field']}: {e['problem']}" for e in fields),
        remedy="See the API description at /openapi.json.",
        errors=fields,
    )


def unreadable(*, form: bool = False) -> Problem:
    """The problem of a body that is not even JSON or, where one was sent, a form."""
    json, fields = "The body is no JSON text in UTF-8.", "The body is no form that can be read, or holds too much."
    return Problem(
        type="urn:quoth:unreadable-request",
        title="The request cannot be read",
        status=HTTPStatus.BAD_REQUEST,
        detail=fields if form else json,
        remedy=f"Send {'fewer files at once' if form else 'JSON'}; see the API description at /openapi.json.",
    )


def refusal(status: int) -> Problem:
    """The problem of a status that says all there is to say."""
    phrase = HTTPStatus(status).phrase
    remedy = _REMEDIES.get(status, "See the API description at /openapi.json.")
    return Problem(type="about:blank", title=phrase, status=status, detail=f"{phrase}.", remedy=remedy)


def install(app: FastAPI) -> None:
    """Register the handlers."""

    @app.exception_handler(errors.QAError)
    def _ours(request: Request, error: errors.QAError) -> Response:
        if status_of(error) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _LOG.error("request failed: %s", error)
        return _respond(request, problem_of(error))

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        return _respond(request, wrong_form([{"field": _field(e), "problem": e["type"]} for e in error.errors()]))

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.BAD_REQUEST:  # what a route is not given, as the body cannot be read
            return _respond(request, unreadable(form=request.headers.get("content-type", "").startswith(_FORMS)))
        allowed = _allowed(request) if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else {}
        return _respond(request, refusal(error.status_code), {**(error.headers or {}), **allowed})

    app.add_middleware(OneShape)


async def refuse(
    scope: Scope, receive: Receive, send: Send, error: errors.QAError, headers: Mapping[str, str] | None = None
) -> None:
    """Answer a request with an error, from a middleware."""
    await _respond(Request(scope), problem_of(error), dict(headers or {}))(scope, receive, send)


class OneShape:
    """The rim: turns what escaped every handler, and plain-text refusals of other middleware, into the one shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and mend an error response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = refused = False

        async def shaped(message: Message) -> None:
            nonlocal started, refused
            if message["type"] == "http.response.start":
                started = True
                kind = Headers(raw=message["headers"]).get("content-type", "")
                refused = message["status"] >= HTTPStatus.BAD_REQUEST and kind.startswith("text/plain")
                if refused:
                    kept = {name: value for name, value in Headers(raw=message["headers"]).items() if name in _KEPT}
                    await _respond(Request(scope), refusal(message["status"]), kept)(scope, receive, send)
            if not refused:
                await send(message)

        try:
            await self._app(scope, receive, shaped)
        except Exception as error:  # the service's one last resort
            _LOG.error("unexpected error", exc_info=error)
            if started:
                raise
            await _respond(Request(scope), _bug())(scope, receive, send)


def _allowed(request: Request) -> dict[str, str]:
    """The methods of an address, over all of its routes, as a header; nothing for what is no route of ours."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in routes)

    methods = [method for method in METHODS if takes(method)]
    return {"Allow": ", ".join(methods)} if methods else {}


def _field(error: Mapping[str, Any]) -> str:
    """Where a request is wrong; the name of an unknown field is the client's, so it is left out."""
    place = error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]
    return ".".join(map(str, place))


def _bug() -> Problem:
    return Problem(
        type="urn:quoth:internal-error",
        title="Something went wrong inside",
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        detail="An unexpected error; the log has the details.",
        remedy="Try again; if it stays, please report it with the log's lines.",
    )


def _respond(request: Request, problem: Problem, headers: object = None) -> Response:
    extra = dict(headers) if isinstance(headers, dict) else {}
    if "text/html" in request.headers.get("accept", ""):
        from qa.service.pages import error_page
        from qa.service.signin_page import signing_in

        if problem.status == HTTPStatus.UNAUTHORIZED and request.method in {"GET", "HEAD"}:
            return signing_in(request, f"{request.url.path}?{request.url.query}".rstrip("?"), status=problem.status)
        return error_page(request, problem, extra)
    if request.url.path.startswith(OPENAI):
        problem = ChatProblem.of(problem)
    return JSONResponse(problem.model_dump(), problem.status, headers=extra, media_type="application/problem+json")
