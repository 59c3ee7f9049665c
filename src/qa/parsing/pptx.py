"""Presentations (.pptx): every slide with its title as heading, its text, lists and tables, then the speaker's notes.

Shapes are read in the order of the file, which is the one that screen readers follow, the title first. The place says
which slide it is, and whether it is hidden or the notes are meant. Slide numbers, dates, footers, comments and the text
of charts and pictures are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version as package_version
from typing import Any

from qa.parsing.builder import DocumentBuilder
from qa.parsing.labels import LABEL_LEVEL, label_name
from qa.parsing.ooxml import Package, attribute, check_program, child, name_of
from qa.parsing.raised import raised
from qa.text.places import HIDDEN
from qa.types import BlockKind, ParsedDocument, Source

EXPECTED = "a presentation"
TITLES = frozenset({"title", "ctrTitle"})
FURNITURE = frozenset({"dt", "ftr", "hdr", "sldNum", "sldImg"})
"""Placeholders of what stands on every slide, and of the picture of the slide on its notes."""
_BULLETED = frozenset({"body", "obj", "tbl", "chart", "media", ""})
"""Placeholders whose paragraphs are list items unless they say otherwise."""
MAX_DEPTH = 50
SLIDE_LEVEL = 1


class PptxParser:
    """Reads `.pptx` files."""

    suffixes = frozenset({".pptx"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"pptx-1 (lxml {package_version('lxml')})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a presentation; raises UnreadableDocument, DocumentTooLarge or NoText."""
        package = Package(data, source.path, EXPECTED)
        name, kind = package.main_part()
        check_program(source.path, kind, "presentationml", EXPECTED)
        root = package.xml(name)
        if root is None:
            raise package.broken()
        builder = DocumentBuilder(source)
        relations = package.relations(name)
        listed = child(root, "p:sldIdLst")
        for number, entry in enumerate(listed if listed is not None else (), start=1):
            part = relations.get(attribute(entry, "r:id") or "", ("", ""))[1]
            slide = package.xml(part)
            if slide is None:
                raise package.broken()
            _Slide(builder, package, part, number, hidden=slide.get("show") in ("0", "false")).write(slide)
        return builder.build(package.title())


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph of a shape; `level` counts from 1, 0 for what is no list item."""

    text: str
    level: int


class _Slide:
    """One pass over a slide and its notes."""

    def __init__(self, builder: DocumentBuilder, package: Package, part: str, number: int, *, hidden: bool) -> None:
        self._builder = builder
        self._package = package
        self._relations = package.relations(part)
        self._number = number
        self._hidden = HIDDEN if hidden else ""
        self._place = f"slide {number}{self._hidden}"

    def write(self, slide: Any) -> None:
        """Hand all text of the slide to the builder."""
        self._builder.close(SLIDE_LEVEL)
        shapes = list(_shapes(child(slide, "p:cSld", "p:spTree"), 0))
        titles = [shape for shape in shapes if _placeholder(shape) in TITLES]
        for title in titles[:1]:
            text = " ".join(paragraph.text for paragraph in _paragraphs(child(title, "p:txBody"), bulleted=False))
            self._builder.heading(text, SLIDE_LEVEL, page=self._number, place=self._place)
        for shape in shapes:
            if shape not in titles[:1]:
                self._shape(shape)
        self._notes()

    def _notes(self) -> None:
        part = next((target for kind, target in self._relations.values() if kind.endswith("/notesSlide")), "")
        notes = self._package.xml(part) if part else None
        tree = child(notes, "p:cSld", "p:spTree") if notes is not None else None
        self._place = f"notes of slide {self._number}{self._hidden}"
        for shape in _shapes(tree, 0):
            if _placeholder(shape) == "body":
                self._write(_paragraphs(child(shape, "p:txBody"), bulleted=False))

    def _shape(self, shape: Any) -> None:
        kind = _placeholder(shape)
        if kind in FURNITURE:
            return
        body = child(shape, "p:txBody")
        if body is not None:
            self._write(_paragraphs(body, bulleted=kind in _BULLETED))
        data = child(shape, "a:graphic", "a:graphicData")
        for inner in data if data is not None else ():
            if name_of(inner) == "a:tbl":
                self._table(inner)
            elif name_of(inner) == "dgm:relIds":
                self._diagram(inner)

    def _table(self, table: Any) -> None:
        properties = child(table, "a:tblPr")
        names_columns = properties is not None and properties.get("firstRow") in ("1", "true")
        rows = [row for row in table if name_of(row) == "a:tr"]
        self._builder.close(LABEL_LEVEL)
        self._builder.table()
        for number, row in enumerate(rows):
            bodies = [child(cell, "a:txBody") for cell in row if name_of(cell) == "a:tc"]
            texts = [" ".join(one.text for one in _paragraphs(body, bulleted=False)) for body in bodies]
            head = (names_columns and number == 0 and len(rows) > 1) or None
            self._builder.row(texts, head=head, page=self._number, place=self._place)

    def _diagram(self, element: Any) -> None:
        """The points of a diagram, in the order in which they were written."""
        part = self._relations.get(attribute(element, "r:dm") or "", ("", ""))[1]
        root = self._package.xml(part) if part else None
        points = child(root, "dgm:ptLst") if root is not None else None
        for point in points if points is not None else ():
            if point.get("type", "node") in ("node", "asst"):
                self._write([_Paragraph(one.text, 1) for one in _paragraphs(child(point, "dgm:t"), bulleted=False)])

    def _write(self, paragraphs: list[_Paragraph]) -> None:
        """Paragraphs and list items; an item over deeper ones that only names them opens a section."""
        for at, paragraph in enumerate(paragraphs):
            if not paragraph.level:
                self._builder.close(LABEL_LEVEL)
                self._add(BlockKind.PARAGRAPH, paragraph)
                continue
            self._builder.close(LABEL_LEVEL + paragraph.level - 1)
            deeper = at + 1 < len(paragraphs) and paragraphs[at + 1].level > paragraph.level
            name = label_name(paragraph.text) if deeper else None
            if name:
                level = LABEL_LEVEL + paragraph.level - 1
                self._builder.heading(name, level, page=self._number, place=self._place)
            else:
                self._add(BlockKind.LIST_ITEM, paragraph)
        self._builder.close(LABEL_LEVEL)

    def _add(self, kind: BlockKind, paragraph: _Paragraph) -> None:
        self._builder.add(kind, paragraph.text, page=self._number, level=paragraph.level, place=self._place)


def _shapes(tree: Any, depth: int) -> Iterator[Any]:
    """The shapes of a tree in order, out of groups; of alternatives the first, which is the richest."""
    for shape in tree if tree is not None and depth < MAX_DEPTH else ():
        match name_of(shape):
            case "p:grpSp":
                yield from _shapes(shape, depth + 1)
            case "mc:AlternateContent":
                yield from _shapes(child(shape, "mc:Choice"), depth + 1)
            case "p:sp" | "p:graphicFrame" | "p:cxnSp":
                if not _is_hidden(shape):
                    yield shape


def _is_hidden(shape: Any) -> bool:
    properties = next((inner[0] for inner in shape if len(inner) and name_of(inner[0]) == "p:cNvPr"), None)
    return properties is not None and properties.get("hidden") in ("1", "true")


def _placeholder(shape: Any) -> str | None:
    """The kind of placeholder that a shape fills; empty for one without a kind, None for a shape that fills none."""
    for inner in shape:
        found = child(inner, "p:nvPr", "p:ph")
        if found is not None:
            return str(found.get("type", ""))
    return None


def _paragraphs(body: Any, *, bulleted: bool) -> list[_Paragraph]:
    """The paragraphs of a text body that hold text."""
    found = []
    for paragraph in body if body is not None else ():
        if name_of(paragraph) == "a:p":
            text = _text(paragraph).strip()
            if text:
                found.append(_Paragraph(text, _level(child(paragraph, "a:pPr"), bulleted=bulleted)))
    return found


def _level(properties: Any, *, bulleted: bool) -> int:
    depth = int(properties.get("lvl", "0")) if properties is not None and properties.get("lvl", "0").isdecimal() else 0
    marks = {name_of(inner) for inner in properties} if properties is not None else set()
    if "a:buNone" in marks:
        return 0
    return depth + 1 if bulleted or not marks.isdisjoint({"a:buChar", "a:buAutoNum", "a:buBlip"}) else 0


def _text(paragraph: Any) -> str:
    parts: list[str] = []
    for inner in paragraph:
        match name_of(inner):
            case "a:br":
                parts.append("\n")
            case "a:r" | "a:fld" if inner.get("type") != "slidenum":
                words = child(inner, "a:t")
                text = (words.text or "") if words is not None else ""
                parts.append(raised(text) if _is_raised(child(inner, "a:rPr")) else text)
            case "m:oMath" | "m:oMathPara" | "mc:AlternateContent":
                parts.append("".join(inner.itertext()))
    return "".join(parts)


def _is_raised(properties: Any) -> bool:
    baseline = properties.get("baseline", "") if properties is not None else ""
    return baseline.rstrip("%").isdecimal() and baseline.strip("0%") != ""
