"""Bytes of a text file to a string, or a clear refusal; never a guess that puts wrong letters into a quotation."""

import codecs

from qa.errors import UnreadableDocument

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def marked(data: bytes) -> str:
    """Python's name of the encoding that a byte order mark tells, or an empty string without one."""
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def decode(data: bytes, path: str) -> str:
    """Decode by byte order mark, else as UTF-8; raises UnreadableDocument for other bytes and for binary content."""
    encoding = marked(data) or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            f"{path} is not {encoding.upper()} text (byte {error.start} does not fit).",
            remedy="Save it as UTF-8 and index again.",
        ) from None
    if "\0" in text:
        raise UnreadableDocument(
            f"{path} holds NUL bytes, so it is not a text file.", remedy="Save it as UTF-8 text and index again."
        )
    return text
