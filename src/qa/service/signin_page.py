"""Signing in with a token, so that the pages work where tokens are needed; and out again."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from qa.errors import TokenMissing
from qa.service.access import SIGN_IN, SIGN_OUT, cookie_name
from qa.service.errors import problem_of
from qa.service.origin import same_site_only
from qa.service.pages import Pages
from qa.service.schemas import Problem
from qa.service.tokens import SESSION_SECONDS, Tokens

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

MAX_ADDRESS = 20_000
"""Longer addresses to go back to are dropped; a conversation of six long questions fits."""


def signing_in(request: Request, back: str, problem: Problem | None = None, *, status: int = 200) -> HTMLResponse:
    """The page that asks for a token, and goes `back` to an address of this service."""
    pages: Pages = request.app.state.pages
    return pages.render_bare("signin.html", status=status, back=own_address(back), problem=problem)


@router.get(SIGN_IN)
def sign_in_page(request: Request, back: Annotated[str, Query()] = "/") -> HTMLResponse:
    """The form."""
    return signing_in(request, back)


@router.post(SIGN_IN, dependencies=[Depends(same_site_only)])
async def sign_in(request: Request) -> Response:
    """Check the token and give the browser a session: a cookie that no script reads and no other site sends."""
    tokens: Tokens = request.app.state.tokens
    async with request.form(max_files=0, max_fields=10) as form:
        secret, back = str(form.get("token", "")).strip(), str(form.get("back", "/"))
    if tokens.grant_of(secret) is None:
        error = TokenMissing("This token is not known here.", remedy="Check it for missing characters.")
        return signing_in(request, back, problem_of(error), status=HTTPStatus.UNAUTHORIZED)
    response = RedirectResponse(own_address(back), HTTPStatus.SEE_OTHER)
    response.set_cookie(
        cookie_name(request.url.scheme),
        tokens.session(secret),
        max_age=SESSION_SECONDS,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


@router.post(SIGN_OUT, dependencies=[Depends(same_site_only)])
def sign_out(request: Request) -> RedirectResponse:
    """Take the session from the browser, and what it has kept of conversations."""
    response = RedirectResponse(SIGN_IN, HTTPStatus.SEE_OTHER)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.delete_cookie(
        cookie_name(request.url.scheme), secure=request.url.scheme == "https", httponly=True, samesite="strict"
    )
    return response


def own_address(address: str) -> str:
    """The address if it is a path of this service, else `/`: never another site, whatever a browser makes of it."""
    plain = address.isprintable() and "\\" not in address and len(address) <= MAX_ADDRESS
    return address if plain and address.startswith("/") and not address.startswith("//") else "/"
