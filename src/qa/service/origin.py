"""Refuses requests that another site makes a browser send: they must not start work here.

A browser says where a request comes from (`Sec-Fetch-Site`, or at least `Origin`); what is no browser says neither, and
no other site can make it send anything.
"""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

OWN = {"same-origin", "none"}
"""From a page of ours, or typed by the user."""


def same_site_only(request: Request) -> None:
    """Raise 403 for a request from a page of another site."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    foreign = site not in OWN if site else origin is not None and _host(origin) != request.headers["host"]
    if foreign:
        raise HTTPException(403)


def _host(origin: str) -> str | None:
    """Host and port of an origin; None for what is no address."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def json_only(request: Request) -> None:
    """Raise 415 for anything but JSON, which a form of another site cannot send."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415)
