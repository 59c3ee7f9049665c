"""What the first bytes of a file say it is, for a clear reason when its name says otherwise."""

import re

from qa.errors import UnreadableDocument

_HEAD = 1024
_WEB_PAGE = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP file or an Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document or one that is locked by a password"),
    (b"{\\rtf", "a rich text (RTF) file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed (gzip) file"),
)


def kind_of(data: bytes) -> tuple[str, str]:
    """What the bytes look like, in words, and the name ending under which they are read; empty strings for what is not.

    A file of a kind that no parser reads has words but no ending.
    """
    head = data[:_HEAD]
    if b"%PDF-" in head:
        return "a PDF file", ".pdf"
    if _WEB_PAGE.match(head):
        return "a web page", ".html"
    return next((words for mark, words in _SIGNATURES if head.startswith(mark)), ""), ""


def other_kind(path: str, data: bytes, expected: str) -> UnreadableDocument:
    """The error for a file that is not `expected`, such as “a PDF file”: it says what it is instead, when known."""
    words, suffix = kind_of(data)
    if not words:
        return UnreadableDocument(
            f"{path} is not {expected}, or a broken one.", remedy="Give it its right name ending, or export it again."
        )
    remedy = f"Rename it to {suffix}" if suffix else "Save it as what its name ending says"
    return UnreadableDocument(f"{path} is {words}, not {expected}.", remedy=f"{remedy} and index again.")
