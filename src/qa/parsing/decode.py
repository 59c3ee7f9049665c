"""Bytes of a text file to a string, or a clear refusal; never a guess that may put wrong letters into a quotation.

In this order: the byte order mark, UTF-8, UTF-16 without a mark, ISO-2022-JP, then an older encoding when the text
makes certain which one. What the file does not say itself is told in a note.
"""

import codecs
import re
import unicodedata
from typing import NamedTuple

from qa.errors import UnreadableDocument
from qa.parsing import legacy

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "cp1252": "Windows-1252", "cp1250": "Windows-1250", "cp1251": "Windows-1251", "cp1253": "Windows-1253",
    "cp1254": "Windows-1254", "cp1255": "Windows-1255", "cp1256": "Windows-1256", "cp1257": "Windows-1257",
    "iso8859_2": "ISO 8859-2", "koi8_r": "KOI8-R", "cp932": "Shift JIS", "euc_jp": "EUC-JP", "gb18030": "GB 18030",
    "big5": "Big5", "cp949": "EUC-KR", "iso2022_jp": "ISO-2022-JP", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16",
}  # fmt: skip
_LOADED = tuple(codecs.lookup(name) for name in (*_NAMES, *dict(_MARKS).values()))
"""Loaded at once: a codec that could not be loaded once, for want of descriptors, stays unknown to the process."""
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
MOSTLY = 0.5
"""With this share of its bytes beyond ASCII in sequences of UTF-8, a file is broken UTF-8 and nothing else."""


class Decoded(NamedTuple):
    """A text, and what a person should know of how it was read; empty when the file left no doubt."""

    text: str
    note: str = ""


def marked(data: bytes) -> str:
    """Python's name of the encoding that a byte order mark tells, or an empty string without one."""
    return next((name for mark, name in _MARKS if data.startswith(mark)), "")


def decode(data: bytes, path: str) -> Decoded:
    """The text of a file; raises UnreadableDocument when its encoding is not certain, and for binary content."""
    encoding = marked(data)
    if encoding or b"\0" not in data:
        try:
            text = data.decode(encoding or "utf-8")
        except UnicodeDecodeError as error:
            return _undeclared(data, path, encoding, error)
        if "\0" not in text:
            return _japanese(data) or Decoded(text)
    found = "" if encoding else _utf16(data)
    if found:
        return Decoded(data.decode(found), _note(found))
    raise UnreadableDocument(
        f"{path} holds NUL bytes, so it is not a text file.", remedy="Save it as UTF-8 text and index again."
    )


def _undeclared(data: bytes, path: str, encoding: str, error: UnicodeDecodeError) -> Decoded:
    """A text that is not in the Unicode form that it seems to have."""
    found = "" if encoding or _is_broken_utf8(data) else legacy.encoding_of(data)
    if not found:
        tried = (encoding or "utf-8").upper()
        raise UnreadableDocument(
            f"{path} is not {tried} text (byte {error.start} does not fit), and no older encoding is certain.",
            remedy="Save it as UTF-8 and index again.",
        )
    return Decoded(data.decode(found), _note(found))


def _note(encoding: str) -> str:
    return f"read as {_NAMES[encoding]}, which the file does not declare"


def _is_broken_utf8(data: bytes) -> bool:
    return sum(len(found) for found in _UTF8.findall(data)) > MOSTLY * legacy.beyond_ascii(data)


def _japanese(data: bytes) -> Decoded | None:
    """A text in ISO-2022-JP, whose letters look like ASCII behind escapes."""
    if b"\x1b$B" not in data and b"\x1b$@" not in data:
        return None
    try:
        return Decoded(data.decode("iso2022_jp"), _note("iso2022_jp"))
    except UnicodeDecodeError:
        return None


def _utf16(data: bytes) -> str:
    """The byte order of UTF-16 in which the bytes are text, when they are in only one."""
    found = [name for name in ("utf-16-le", "utf-16-be") if _is_text(data, name)]
    return found[0] if len(found) == 1 else ""


def _is_text(data: bytes, encoding: str) -> bool:
    """Whether bytes decode to letters and signs only, with white space or punctuation among them."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    kinds = {unicodedata.category(character) for character in set(text) - set("\t\n\r\f")}
    return kinds.isdisjoint({"Cc", "Cn", "Co", "Cs"}) and bool(set(text) & set(" \n.,\u3002\u3000"))
