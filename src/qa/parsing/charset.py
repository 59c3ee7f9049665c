"""Bytes of a web page to a string: by byte order mark, by what the page declares, else as any other text."""

import codecs
import re

from qa.errors import UnreadableDocument
from qa.parsing.decode import Decoded, decode, marked

_DECLARED = re.compile(
    rb"""<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""", re.I
)
_DECLARED_WITHIN = 4096
_SINGLE_BYTE = {"ascii", "iso8859-1"}
"""Pages that declare these are written in Windows-1252, and browsers read them so (WHATWG Encoding Standard)."""
_REFUSED = {"utf-7", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "idna", "punycode"}
"""A declaration in ASCII letters cannot mean these, so it is passed over as browsers do."""


def decode_html(data: bytes, path: str) -> Decoded:
    """The text of a page; raises UnreadableDocument when its bytes do not fit its encoding."""
    encoding = "" if marked(data) else _declared(data)
    if not encoding:
        return decode(data, path)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(
            f"{path} says that it is {encoding}, and byte {error.start} does not fit.",
            remedy="Save it as UTF-8 and index again.",
        ) from None
    if "\0" in text:
        raise UnreadableDocument(f"{path} holds NUL bytes, so it is not a web page.", remedy="Save it again as UTF-8.")
    return Decoded(text)


def _declared(data: bytes) -> str:
    """Python's name of the encoding that a page declares near its beginning, or an empty string."""
    match = _DECLARED.search(data[:_DECLARED_WITHIN])
    if match is None:
        return ""
    name = (match[1] or match[2]).decode("ascii", "replace")
    try:
        known = codecs.lookup(name)
    except LookupError:
        return ""
    if known.name in _SINGLE_BYTE:
        return "cp1252"
    is_text = getattr(known, "_is_text_encoding", True)
    return "" if known.name in _REFUSED or not is_text else known.name
