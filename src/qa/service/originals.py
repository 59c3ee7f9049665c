"""A document's file as a response that no browser takes for a page of this service.

A PDF and plain text are shown; all else is handed over as a download. Nothing in a document may run, load or be framed:
the content type is never guessed, and a sandbox without rights is asked for besides.
"""

import base64
import re
from urllib.parse import quote

from fastapi.responses import Response

from qa.types import DocumentRecord

PDF = "application/pdf"
SHOWN_AS_TEXT = frozenset({"text/plain", "text/markdown", "text/csv", "text/x-rst", "text/tab-separated-values"})
"""Kinds that are shown as the plain text that they are."""
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def file_response(record: DocumentRecord, data: bytes) -> Response:
    """The bytes with a content type by format and the headers that keep them harmless."""
    shown = record.media_type == PDF or record.media_type in SHOWN_AS_TEXT
    headers = {
        "Content-Disposition": _disposition("inline" if shown else "attachment", record.path.rpartition("/")[2]),
        "ETag": f'"{record.sha256}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(record.sha256)).decode()}:",
    }
    if record.media_type != PDF:  # browsers refuse to show a PDF in a sandbox; their viewers run none of its scripts
        headers["Content-Security-Policy"] = SANDBOX
    response = Response(data, headers=headers)
    response.headers["Content-Type"] = _content_type(record.media_type, data)  # without a guessed charset
    return response


def _content_type(media_type: str, data: bytes) -> str:
    if media_type not in SHOWN_AS_TEXT:
        return media_type
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "text/plain"
    return "text/plain; charset=utf-8"


def _disposition(kind: str, name: str) -> str:
    """RFC 6266: a plain name for old programs, and the true one percent-encoded."""
    return f"{kind}; filename=\"{_UNSAFE.sub('_', name)}\"; filename*=UTF-8''{quote(name, safe='')}"
