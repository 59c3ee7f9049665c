"""E-books (.epub): the chapters in reading order, each read as the web page that it is.

A chapter without a heading of its own is given the name that the table of contents has for it. The contents themselves
are left out; pages outside of the reading order, such as notes, follow at the end.
"""

import posixpath
import re
from collections.abc import Iterator
from importlib.metadata import version as package_version
from typing import Any
from urllib.parse import unquote

from qa.errors import UnreadableDocument
from qa.parsing import legacy
from qa.parsing.archive import Archive
from qa.parsing.builder import DocumentBuilder
from qa.parsing.charset import decode_html
from qa.parsing.html import write_page
from qa.types import ParsedDocument, Source

EXPECTED = "an e-book"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_OBFUSCATED = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""How fonts are scrambled, which locks no text."""
_PAGES = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
_CHAPTER_LEVEL = 1
_HEADING = re.compile(r"<h[1-6]\b", re.I)
_TAG = re.compile(r"<[^<>]*>")
_WORDS = re.compile(r"\w")


class EpubParser:
    """Reads `.epub` files."""

    suffixes = frozenset({".epub"})

    @property
    def version(self) -> str:
        """Name and version, with those of the libraries."""
        return f"epub-1 (lxml {package_version('lxml')}, {legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of an e-book; raises UnreadableDocument, DocumentTooLarge or NoText."""
        book = _Book(data, source.path)
        builder = DocumentBuilder(source, named=book.title())
        names = book.names()
        for page in book.pages():
            content = book.read(page)
            if content is None:
                raise book.broken()
            _write(builder, decode_html(content, source.path).text, source.path, names.get(page, ""))
        return builder.build()


def _write(builder: DocumentBuilder, text: str, path: str, name: str) -> None:
    """A page of the book, under its name in the contents when it has no heading at its beginning."""
    builder.close(_CHAPTER_LEVEL)
    before = _HEADING.search(text)
    if name and (before is None or _WORDS.search(_TAG.sub("", text[: before.start()].partition("<body")[2]))):
        builder.heading(name, _CHAPTER_LEVEL)
    write_page(builder, text, path, whole=True)


class _Book(Archive):
    """The archive, and what its package file says of it."""

    kind = "e-book"

    def __init__(self, data: bytes, path: str) -> None:
        super().__init__(data, path, EXPECTED)
        container = self.xml(_CONTAINER, typed=True)
        if container is None:
            raise UnreadableDocument(f"{path} is not {EXPECTED}.", remedy="Give it its right name ending.")
        file = next(container.iter("{*}rootfile"), None)
        self._file = _joined("", file.get("full-path", "")) if file is not None else ""
        root = self.xml(self._file, typed=True)
        if root is None:
            raise self.broken()
        self._root = root
        self._items = {item.get("id", ""): item for item in root.iter("{*}item")}
        self._check_locks()

    def title(self) -> str:
        """The title of the book, or an empty string."""
        return next((" ".join("".join(title.itertext()).split()) for title in self._root.iter("{*}title")), "")

    def pages(self) -> Iterator[str]:
        """The parts that hold its text: those of the reading order, then those outside of it."""
        spine = [(ref, self._items.get(ref.get("idref", ""))) for ref in self._root.iter("{*}itemref")]
        found: dict[str, None] = {}
        for aside in (False, True):
            for ref, item in spine:
                if item is None or (ref.get("linear", "yes") == "no") is not aside:
                    continue
                if item.get("media-type") in _PAGES and "nav" not in item.get("properties", "").split():
                    found[self._place(item)] = None
        yield from found

    def names(self) -> dict[str, str]:
        """The name of every part that the table of contents names, by the first entry that leads to it."""
        found: dict[str, str] = {}
        for item in self._items.values():
            place = self._place(item)
            if "nav" in item.get("properties", "").split():
                entries = _nav_entries(self.xml(place, typed=True))
            elif item.get("media-type") == "application/x-dtbncx+xml":
                entries = _ncx_entries(self.xml(place, typed=True))
            else:
                continue
            for name, target in entries:
                found.setdefault(_joined(posixpath.dirname(place), target.partition("#")[0]), " ".join(name.split()))
        return found

    def _place(self, item: Any) -> str:
        return _joined(posixpath.dirname(self._file), item.get("href", ""))

    def _check_locks(self) -> None:
        """Raise UnreadableDocument for a book whose text is encrypted."""
        locks = self.xml(_ENCRYPTION, typed=True)
        methods = (
            [method.get("Algorithm", "") for method in locks.iter("{*}EncryptionMethod")] if locks is not None else []
        )
        if any(not method.startswith(_OBFUSCATED) for method in methods):
            raise UnreadableDocument(
                f"{self.path} is locked by copy protection.",
                remedy="Use a copy without it, or take it out of the corpus.",
            )


def _nav_entries(root: Any) -> Iterator[tuple[str, str]]:
    """Names and targets of the contents of EPUB 3."""
    for nav in root.iter("{*}nav") if root is not None else ():
        if any(key.endswith("}type") and "toc" in value.split() for key, value in nav.attrib.items()):
            for link in nav.iter("{*}a"):
                yield "".join(link.itertext()), link.get("href", "")


def _ncx_entries(root: Any) -> Iterator[tuple[str, str]]:
    """Names and targets of the contents of EPUB 2."""
    for point in root.iter("{*}navPoint") if root is not None else ():
        label, content = point.find("{*}navLabel/{*}text"), point.find("{*}content")
        if label is not None and content is not None:
            yield label.text or "", content.get("src", "")


def _joined(folder: str, target: str) -> str:
    """The name of a part by a reference from a folder, never outside of the archive."""
    return posixpath.normpath(posixpath.join("/", folder, unquote(target))).lstrip("/")
