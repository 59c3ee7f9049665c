"""Mail (.eml): subject, people and date, the text, and the names of what is attached.

Of a text and a web page that say the same, the text is read. Quoted lines are quotations without their marks. Messages
inside a message are read after it; whatever else is attached is listed by its name and not read.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from importlib.metadata import version as package_version
from itertools import groupby

from qa.errors import UnreadableDocument
from qa.parsing import legacy
from qa.parsing.builder import DocumentBuilder, clean
from qa.parsing.charset import decode_html
from qa.parsing.decode import decode
from qa.parsing.html import write_page
from qa.parsing.kinds import other_kind
from qa.parsing.plain import write_text
from qa.types import BlockKind, ParsedDocument, Source

EXPECTED = "a mail"
HEADERS = ("From", "To", "Cc", "Date")
MAX_DEPTH = 20
"""Parts inside of parts; whatever lies deeper is listed like an attachment."""
_HEAD = re.compile(rb"(?:From [^\n]*\n)?[!-9;-~]+:[ \t\r\n]")
_KNOWN = re.compile(rb"^(?:From|To|Subject|Date|Received|Message-ID|MIME-Version):", re.I | re.M)
_HEAD_WITHIN = 20_000
_MARKS = re.compile(r"(?:> ?)+")
_LATIN = frozenset({"iso-8859-1", "latin-1", "latin1"})
"""Declared for what is Windows-1252, and read so by mail programs."""


class MailParser:
    """Reads `.eml` files."""

    suffixes = frozenset({".eml"})

    @property
    def version(self) -> str:
        """Name and version, with those of the libraries."""
        return f"mail-2 (lxml {package_version('lxml')}, {legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a mail; raises UnreadableDocument or NoText."""
        if not _HEAD.match(data) or not _KNOWN.search(data[:_HEAD_WITHIN]):
            raise other_kind(source.path, data, EXPECTED)
        builder = DocumentBuilder(source)
        try:
            _Walk(builder, source.path).message(message_from_bytes(data), 0)
        except RecursionError:
            raise UnreadableDocument(
                f"{source.path} nests its parts too deep.", remedy="Do not trust it; save its text alone to index it."
            ) from None
        return builder.build()


class _Walk:
    """One pass over the parts of a mail."""

    def __init__(self, builder: DocumentBuilder, path: str) -> None:
        self._builder = builder
        self._path = path

    def message(self, message: Message, depth: int) -> None:
        """Hand headers, text and attachments of a message to the builder."""
        self._builder.heading(_header(message, "Subject"), 1)
        for name in HEADERS:
            if value := _header(message, name):
                self._builder.add(BlockKind.PARAGRAPH, f"{name}: {value}")
        attached: list[Message] = []
        inside: list[Message] = []
        for part in _leaves(message, depth):
            if part.get_content_type() == "message/rfc822":
                inside.append(part)
            elif _is_shown(part):
                self._text(part)
            else:
                attached.append(part)
        for part in attached:
            self._builder.add(BlockKind.LIST_ITEM, f"Attachment: {_name(part)}")
        for part in inside:
            content = part.get_payload()
            found = content[0] if isinstance(content, list) and content else None
            if isinstance(found, Message) and depth < MAX_DEPTH:
                self.message(found, depth + 1)
            else:
                self._builder.add(BlockKind.LIST_ITEM, f"Attachment: {_name(part)}")

    def _text(self, part: Message) -> None:
        data = _payload(part)
        if part.get_content_type() == "text/html":
            charset = _charset(part)
            text = _fitting(data, charset) if charset else None
            write_page(
                self._builder, decode_html(data, self._path).text if text is None else text, self._path, whole=True
            )
            return
        text = _fitting(data, _charset(part))
        _write_lines(self._builder, clean(decode(data, self._path).text if text is None else text))


def _leaves(part: Message, depth: int) -> Iterator[Message]:
    """The parts to read or list, in order; of alternatives one, and of a page with its pictures all."""
    inner = part.get_payload() if part.get_content_maintype() == "multipart" else None
    if not isinstance(inner, list) or depth >= MAX_DEPTH:
        yield part
        return
    parts = [one for one in inner if isinstance(one, Message)]
    if part.get_content_subtype() == "alternative":
        texts = [one for one in parts if one.get_content_type() == "text/plain" and _payload(one).strip()]
        others = [one for one in parts if one.get_content_type() != "text/plain" and not _is_other(one)]
        parts = (texts[:1] or others[-1:]) + [one for one in parts if _is_other(one)]
    for one in parts:
        yield from _leaves(one, depth + 1)


def _is_other(part: Message) -> bool:
    """Whether one of several alternatives is no text, such as an invitation: it says something of its own."""
    return part.get_content_type() not in ("text/plain", "text/html") and part.get_content_maintype() != "multipart"


def _is_shown(part: Message) -> bool:
    """Whether a mail program shows a part as text of the message."""
    shown = part.get_content_type() in ("text/plain", "text/html")
    return shown and part.get_content_disposition() != "attachment" and not part.get_filename()


def _payload(part: Message) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _charset(part: Message) -> str:
    """The declared encoding, or an empty string."""
    name = part.get_content_charset() or ""
    return "cp1252" if name in _LATIN else name


def _fitting(data: bytes, charset: str) -> str | None:
    """The text in its declared encoding, or None when it does not fit or is not known."""
    if data.isascii() and not charset.startswith(("utf-16", "utf-32", "utf-7", "iso-2022", "hz")):
        charset = "ascii"
    try:
        return data.decode(charset) if charset else None
    except (LookupError, UnicodeError):
        return None


def _header(message: Message, name: str) -> str:
    """A header in words: encoded words decoded, bytes that are not ASCII as UTF-8 or as an older encoding."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    return " ".join(_words(raw).split())


def _words(raw: str) -> str:
    data = raw.encode("utf-8", "surrogateescape")
    try:
        raw = data.decode("utf-8")
    except UnicodeDecodeError:
        encoding = legacy.encoding_of(data)
        raw = data.decode(encoding) if encoding else data.decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(raw)))
    except (LookupError, ValueError, MessageError):  # an encoding that is not known, or bytes that do not fit it
        return raw


def _name(part: Message) -> str:
    """The name of an attachment, or what it is."""
    return " ".join(_words(part.get_filename() or "").split()) or part.get_content_type()


def _write_lines(builder: DocumentBuilder, text: str) -> None:
    """The text of a message: quoted lines as quotations, the others as plain text without headings."""
    for quoted, lines in groupby(text.split("\n"), key=lambda line: line.startswith(">")):
        if not quoted:
            write_text(builder, "\n".join(lines), headings=False)
            continue
        words = "\n".join(_MARKS.sub("", line, count=1) for line in lines)
        for paragraph in re.split(r"\n\s*\n", words):
            builder.add(BlockKind.QUOTE, " ".join(paragraph.split()))
