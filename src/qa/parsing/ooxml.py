"""Office files are ZIP archives of XML parts: opened only after their sizes are checked, parsed without any DTD."""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from qa.errors import DocumentTooLarge, UnreadableDocument
from qa.parsing.kinds import other_kind

MAX_UNPACKED = 200_000_000
"""Most bytes that all parts together may unpack to."""
MAX_RATIO = 100
"""Most bytes that one packed byte may unpack to, in a file that unpacks to more than `SMALL`."""
SMALL = 10_000_000
MAX_PARTS = 20_000
_ENCRYPTED = 1
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # a locked part; as NotImplementedError, which is one, an unknown compression method or version
)
"""What zipfile raises for an archive, or a part of one, that it cannot read."""
_SAFE: dict[str, Any] = {
    "resolve_entities": False, "load_dtd": False, "no_network": True, "remove_comments": True, "remove_pis": True,
}  # fmt: skip
_CONTENT_TYPES = "[Content_Types].xml"
_OFFICE_DOCUMENT = "/officeDocument"
_PROGRAMS = {
    "wordprocessingml": "a Word document",
    "spreadsheetml": "a spreadsheet",
    "presentationml": "a presentation",
}
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "s",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "s",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://purl.oclc.org/ooxml/drawingml/diagram": "dgm",
}


class Package:
    """An Office file, its sizes checked; `path` names it in errors, `expected` is what it should be."""

    def __init__(self, data: bytes, path: str, expected: str) -> None:
        self.path = path
        if not data.startswith(b"PK\x03\x04"):
            raise other_kind(path, data, expected)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _UNREADABLE:
            raise self.broken() from None
        self._check_sizes(len(data))

    def broken(self) -> UnreadableDocument:
        """The error for a file that is damaged."""
        return UnreadableDocument(
            f"{self.path} is a broken Office file.", remedy="Open it in its program and save it again."
        )

    def xml(self, name: str) -> Any:
        """The root element of a part, or None when there is no such part; raises UnreadableDocument."""
        from lxml import etree

        try:
            data = self._zip.read(name)
        except KeyError:
            return None
        except _UNREADABLE:
            raise self.broken() from None
        try:
            root = etree.fromstring(data, etree.XMLParser(**_SAFE))
        except (etree.XMLSyntaxError, ValueError):
            raise self.broken() from None
        self._check_type(root)
        return root

    def elements(self, name: str, *wanted: str) -> Iterator[Any]:
        """The elements of some local names in a part, in order, each gone from memory when the next one comes.

        None when there is no such part. Raises UnreadableDocument.
        """
        from lxml import etree

        if name not in self._zip.namelist():
            return
        try:
            with self._zip.open(name) as part:
                for _, element in etree.iterparse(
                    part, events=("end",), tag=[f"{{*}}{tag}" for tag in wanted], **_SAFE
                ):
                    self._check_type(element)
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        except (etree.XMLSyntaxError, *_UNREADABLE):
            raise self.broken() from None

    def title(self) -> str:
        """The title that the file's properties give, or an empty string."""
        core = self.xml("docProps/core.xml")
        title = child(core, "dc:title") if core is not None else None
        return (title.text or "") if title is not None else ""

    def _check_type(self, element: Any) -> None:
        """Refuse a part with a document type: it may declare entities, and those vanish from the text."""
        if element.getroottree().docinfo.doctype:
            raise UnreadableDocument(
                f"{self.path} declares entities of its own, which no Office program does.", remedy="Do not trust it."
            )

    def main_part(self) -> tuple[str, str]:
        """Name and content type of the part that holds the document."""
        relations = self.relations("")
        name = next((target for kind, target in relations.values() if kind.endswith(_OFFICE_DOCUMENT)), "")
        types = self.xml(_CONTENT_TYPES)
        if not name or types is None:
            raise self.broken()
        found = next((e.get("ContentType", "") for e in types if e.get("PartName", "").lstrip("/") == name), "")
        return name, found

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Type and target of each relation of a part (of the whole file for an empty name), by id."""
        folder, file = posixpath.split(part)
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, tuple[str, str]] = {}
        for relation in root if root is not None else ():
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
                found[relation.get("Id", "")] = (relation.get("Type", ""), target)
        return found

    def _check_sizes(self, packed: int) -> None:
        parts = self._zip.infolist()
        if len(parts) > MAX_PARTS:
            raise DocumentTooLarge(
                f"{self.path} has {len(parts):,} parts, over {MAX_PARTS:,}.",
                remedy="Split it; do not open it if you do not know where it comes from.",
            )
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MAX_UNPACKED or (unpacked > SMALL and unpacked > MAX_RATIO * packed):
            raise DocumentTooLarge(
                f"{self.path} unpacks to {unpacked / 1e6:.0f} MB, far more than it seems.",
                remedy="Split it; do not open it if you do not know where it comes from.",
            )
        if any(part.flag_bits & _ENCRYPTED for part in parts):
            raise UnreadableDocument(
                f"{self.path} is locked by a password.", remedy="Save a copy without the password."
            )


def check_program(path: str, kind: str, program: str, expected: str) -> None:
    """Raise UnreadableDocument unless a main part's content type is that of a program's files without macros."""
    for name, words in _PROGRAMS.items():
        if name in kind and name != program:
            raise UnreadableDocument(f"{path} is {words}, not {expected}.", remedy="Give it its right name ending.")
    if "macro" in kind.lower():
        raise UnreadableDocument(f"{path} is {expected} with macros.", remedy="Save it without macros and index again.")
    if program not in kind:
        raise UnreadableDocument(f"{path} is not {expected}.", remedy="Give it its right name ending.")


def name_of(element: Any) -> str:
    """The name of an element or attribute with the usual prefix of its namespace, such as `w:p`."""
    return qualified(element.tag)


def qualified(tag: str) -> str:
    """`{namespace}name` with the usual prefix instead of the namespace; unknown namespaces become `?`."""
    namespace, _, name = tag.rpartition("}")
    return f"{_PREFIXES.get(namespace[1:], '?')}:{name}" if namespace else name


def attribute(element: Any, name: str) -> str | None:
    """The value of an attribute such as `w:val`, whichever namespace the file uses for the prefix."""
    return next((value for key, value in element.attrib.items() if qualified(key) == name), None)


def child(element: Any, *path: str) -> Any:
    """The descendant found by going from child to child of these names, or None."""
    for name in path:
        element = next((inner for inner in element if name_of(inner) == name), None)
        if element is None:
            return None
    return element
