"""Whole responses that end a connection: for what never becomes a request, so that no route or middleware answers it.

They have the one shape of all problems and the headers of all responses.
"""

from functools import cache
from http import HTTPStatus

from qa.service.errors import refusal
from qa.service.security import HEADERS


@cache
def closing(status: HTTPStatus) -> bytes:
    """The bytes of a refusal."""
    body = refusal(status).model_dump_json().encode()
    headers = {
        **HEADERS,
        "Cache-Control": "no-store",
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body
