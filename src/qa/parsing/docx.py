"""Word documents (.docx): headings by style or outline level, lists, tables, notes and text boxes as blocks.

Tracked insertions are read, deletions and hidden text are not, nor are comments. A footnote stands after the paragraph
that refers to it, with the number that Word shows. Page headers and footers follow once, after the text.
"""

import re
from collections.abc import Iterator
from importlib.metadata import version as package_version
from typing import Any

from qa.errors import UnreadableDocument
from qa.parsing.builder import DocumentBuilder
from qa.parsing.docx_styles import ParagraphStyle, Styles, is_on
from qa.parsing.docx_text import Inline, Words
from qa.parsing.labels import LABEL_LEVEL, label_name
from qa.parsing.ooxml import Package, attribute, check_program, child, name_of
from qa.parsing.raised import raised
from qa.text.tables import CELL_SEPARATOR
from qa.types import BlockKind, ParsedDocument, Source

EXPECTED = "a Word document"
_PAGE_NUMBER = re.compile(r"\W*(?:page|seite|página|pagina)?\W*\d*\W*(?:of|von|de|sur|di|/)?\W*\d*\W*", re.I)
_WRAPPERS = frozenset(
    {"w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag", "mc:AlternateContent", "mc:Choice"}
)


class DocxParser:
    """Reads `.docx` files."""

    suffixes = frozenset({".docx"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"docx-3 (lxml {package_version('lxml')})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a Word document; raises UnreadableDocument, DocumentTooLarge or NoText."""
        package = Package(data, source.path, EXPECTED)
        name, kind = package.main_part()
        check_program(source.path, kind, "wordprocessingml", EXPECTED)
        root = package.xml(name)
        body = child(root, "w:body") if root is not None else None
        if body is None:
            raise package.broken()
        parts: dict[str, list[str]] = {}
        for relation, target in sorted(package.relations(name).values()):
            parts.setdefault(relation.rpartition("/")[2], []).append(target)
        walk = _Walk(source, Styles(_first(package, parts.get("styles"))))
        for note in ("footnote", "endnote"):
            walk.notes.update(_notes(note, _first(package, parts.get(f"{note}s"))))
        walk.over(body)
        walk.end_notes()
        walk.running([package.xml(part) for part in (*parts.get("header", ()), *parts.get("footer", ()))])
        return walk.builder.build(package.title())


def _first(package: Package, names: list[str] | None) -> Any:
    return package.xml(names[0]) if names else None


def _notes(kind: str, root: Any) -> dict[tuple[str, str], Any]:
    """The notes of a part by kind and id, without the lines that separate them from the text."""
    found = (note for note in (root if root is not None else ()) if attribute(note, "w:type") in (None, "normal"))
    return {(kind, attribute(note, "w:id") or ""): note for note in found}


class _Walk:
    """One pass over the blocks of a document."""

    def __init__(self, source: Source, styles: Styles) -> None:
        self.builder = DocumentBuilder(source)
        self._path = source.path
        self.notes: dict[tuple[str, str], Any] = {}
        self._styles = styles
        self._inline = Inline(styles)
        self._written: list[str] = []
        self._waiting: list[tuple[Any, int]] = []  # endnotes with their numbers
        self._open: set[int] = set()  # notes that are being written, so that none can hold itself

    def over(self, element: Any) -> None:
        """Hand every word of an element's blocks to the builder."""
        blocks = list(_blocks(element))
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if name_of(block) == "w:tbl":
                self._table(block)
            elif name_of(block) == "w:altChunk":
                raise UnreadableDocument(
                    f"{self._path} holds another file that only Word can merge into it.",
                    remedy="Open it in Word and save it again.",
                )
            else:
                self._paragraph(block, following)

    def end_notes(self) -> None:
        """The endnotes, at the end of the document."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.builder.close(1)
        for note, number in waiting:
            self._note(note, number)

    def running(self, roots: list[Any]) -> None:
        """Page headers and footers, each line once, when the text does not hold it."""
        self.builder.close(1)
        text = "\n".join(self._written)
        for root in roots:
            for block in root.iter("{*}p") if root is not None else ():
                line = " ".join(self._inline.words(block).text.split())
                if name_of(block) == "w:p" and not _PAGE_NUMBER.fullmatch(line) and line not in text:
                    self._add(BlockKind.PARAGRAPH, line)
                    text += "\n" + line

    def _paragraph(self, paragraph: Any, following: Any) -> None:
        style = self._styles.of(paragraph)
        words = self._inline.words(paragraph)
        if not style.hidden:
            self._block(words.text, style, following)
        self._aside(words)

    def _block(self, text: str, style: ParagraphStyle, following: Any) -> None:
        if not text.strip():
            return
        if style.heading:
            self.builder.heading(text, style.heading)
            self._written.append(text)
        elif style.items:
            self.builder.close(LABEL_LEVEL + style.items - 1)
            deeper = following is not None and name_of(following) == "w:p" and self._styles.of(following).items
            name = label_name(text) if deeper and deeper > style.items else None
            if name:
                self.builder.heading(name, LABEL_LEVEL + style.items - 1)
            else:
                self._add(BlockKind.LIST_ITEM, text, level=style.items)
        else:
            self.builder.close(LABEL_LEVEL)
            kind = BlockKind.CODE if style.code else BlockKind.QUOTE if style.quote else BlockKind.PARAGRAPH
            self._add(kind, text)

    def _add(self, kind: BlockKind, text: str, *, level: int = 0) -> None:
        self.builder.add(kind, text, level=level)
        self._written.append(text)

    def _aside(self, words: Words) -> None:
        """What hangs on a paragraph or row: text boxes and footnotes."""
        for box in words.boxes:
            self.over(box)
        for kind, identity, number in words.notes:
            note = self.notes.get((kind, identity))
            if note is not None and kind == "endnote":
                self._waiting.append((note, number))
            elif note is not None:
                self._note(note, number)

    def _note(self, note: Any, number: int) -> None:
        if id(note) in self._open:
            return
        self._open.add(id(note))
        lines = [self._inline.words(block) for block in _blocks(note) if name_of(block) == "w:p"]
        text = "\n".join(line.text.strip() for line in lines if line.text.strip())
        self._add(BlockKind.PARAGRAPH, f"{raised(str(number)) if number else ''}{text}" if text else "")
        for words in lines:
            self._aside(words)
        for block in _blocks(note):
            if name_of(block) == "w:tbl":
                self._table(block)
        self._open.discard(id(note))

    def _table(self, table: Any) -> None:
        rows = [row for row in _children(table, "w:tr") if not _is_deleted(row)]
        if _is_layout([[*_cells(row)] for row in rows], self._styles):
            for cell in (cell for row in rows for cell in _cells(row)):
                self.over(cell)
            return
        self.builder.close(LABEL_LEVEL)
        self.builder.table()
        for row in rows:
            is_head = is_on(child(row, "w:trPr"), "w:tblHeader")
            words = [[self._inline.words(block) for block in _blocks(cell)] for cell in _cells(row)]
            texts = [" ".join(" ".join(each.text for each in cell).split()) for cell in words]
            self.builder.row(texts, head=is_head or None)
            self._written.append(CELL_SEPARATOR.join(texts))
            for each in (each for cell in words for each in cell):
                self._aside(each)


def _blocks(element: Any) -> Iterator[Any]:
    """The paragraphs and tables of an element in order, out of whatever wraps them."""
    for inner in element:
        name = name_of(inner)
        if name in ("w:p", "w:tbl", "w:altChunk"):
            yield inner
        elif name in _WRAPPERS:
            yield from _blocks(inner)


def _children(element: Any, name: str) -> Iterator[Any]:
    """The children of a name, out of whatever wraps them."""
    for inner in element:
        if name_of(inner) == name:
            yield inner
        elif name_of(inner) in _WRAPPERS:
            yield from _children(inner, name)


def _cells(row: Any) -> Iterator[Any]:
    return _children(row, "w:tc")


def _is_deleted(row: Any) -> bool:
    return child(row, "w:trPr", "w:del") is not None


def _is_layout(rows: list[list[Any]], styles: Styles) -> bool:
    """Whether a table only places things: one cell, or cells that hold headings or other tables."""
    cells = [cell for row in rows for cell in row]
    if len(cells) <= 1:
        return True
    blocks = [block for cell in cells for block in _blocks(cell)]
    return any(name_of(block) == "w:tbl" or styles.of(block).heading for block in blocks)
