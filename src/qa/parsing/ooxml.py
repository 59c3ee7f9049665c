"""Office files: archives whose parts refer to one another by relations, and the names of their elements."""

import posixpath
from functools import lru_cache
from typing import Any

from qa.errors import UnreadableDocument
from qa.parsing.archive import Archive

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


class Package(Archive):
    """An Office file."""

    kind = "Office file"

    def title(self) -> str:
        """The title that the file's properties give, or an empty string."""
        core = self.xml("docProps/core.xml")
        title = child(core, "dc:title") if core is not None else None
        return (title.text or "") if title is not None else ""

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


@lru_cache(maxsize=4096)
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
