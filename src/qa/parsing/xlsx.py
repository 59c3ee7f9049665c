"""Spreadsheets (.xlsx): every sheet is a section, every row a table row with its cells as they are shown.

Read from its XML, since the libraries for it give numbers and dates without the form in which they are shown, and no
hidden rows. Formulas are read by the values that the file holds; one without a value is shown as its formula. A value
that is merged over several rows stands in each of them. Hidden sheets, rows and columns are read, and their place says
so. Comments, charts, pictures and text boxes are not read.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version as package_version
from typing import Any

from qa.errors import DocumentTooLarge
from qa.parsing.builder import DocumentBuilder, title_of
from qa.parsing.number_format import BUILT_IN, shown
from qa.parsing.ooxml import Package, attribute, check_program, child, name_of
from qa.parsing.sheet import MAX_CELLS, Cell, Row, Sheet, write_sheet
from qa.text.places import column_number
from qa.types import ParsedDocument, Source

EXPECTED = "a spreadsheet"
SHEET_LEVEL = 1
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
MAX_COLUMNS = 16_384


class XlsxParser:
    """Reads `.xlsx` files."""

    suffixes = frozenset({".xlsx"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"xlsx-1 (lxml {package_version('lxml')})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a spreadsheet; raises UnreadableDocument, DocumentTooLarge or NoText."""
        package = Package(data, source.path, EXPECTED)
        name, kind = package.main_part()
        check_program(source.path, kind, "spreadsheetml", EXPECTED)
        builder = DocumentBuilder(source, named=package.title() or title_of(source.path))
        for sheet in _Workbook(package, name).sheets():
            if sheet.rows:
                builder.heading(sheet.name, SHEET_LEVEL)
                write_sheet(builder, sheet)
        return builder.build()


class _Workbook:
    """The parts of a file that its sheets share, and the sheets."""

    def __init__(self, package: Package, name: str) -> None:
        self._package = package
        root = package.xml(name)
        if root is None:
            raise package.broken()
        self._root = root
        self._relations = package.relations(name)
        self._texts = [_text(item) for item in package.elements(self._part("/sharedStrings"), "si")]
        self._formats = _formats(package.xml(self._part("/styles")))
        properties = child(root, "s:workbookPr")
        self._since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self._filled = 0

    def _part(self, kind: str) -> str:
        return next((target for found, target in self._relations.values() if found.endswith(kind)), "")

    def sheets(self) -> Iterator[Sheet]:
        """Every sheet of cells in order."""
        listed = child(self._root, "s:sheets")
        for entry in listed if listed is not None else ():
            kind, part = self._relations.get(attribute(entry, "r:id") or "", ("", ""))
            if kind.endswith("/worksheet"):
                hidden = entry.get("state", "visible") != "visible"
                yield replace(self._sheet(part), name=entry.get("name", ""), hidden=hidden)

    def _sheet(self, part: str) -> Sheet:
        rows: list[Row] = []
        hidden: set[int] = set()
        merged: list[str] = []
        number = 0
        for element in self._package.elements(part, "row", "col", "mergeCell"):
            match name_of(element):
                case "s:row":
                    number = _whole(element.get("r")) or number + 1
                    row = self._row(element, number)
                    if row.cells:
                        rows.append(row)
                case "s:col" if element.get("hidden") in ("1", "true"):
                    last = min(_whole(element.get("max")), MAX_COLUMNS)
                    hidden.update(range(_whole(element.get("min")), last + 1))
                case "s:mergeCell":
                    merged.append(element.get("ref", ""))
        rows.sort(key=lambda row: row.number)
        return Sheet(name="", rows=_merged(rows, merged), hidden_columns=frozenset(hidden))

    def _row(self, element: Any, number: int) -> Row:
        cells: dict[int, Cell] = {}
        column = 0
        for entry in element:
            if name_of(entry) != "s:c":
                continue
            reference = _REFERENCE.fullmatch(entry.get("r", ""))
            column = column_number(reference[1]) if reference else column + 1
            cell = self._cell(entry)
            if cell.text:
                cells[column] = cell
        self._filled += len(cells)
        if self._filled > MAX_CELLS:
            raise DocumentTooLarge(
                f"{self._package.path} has over {MAX_CELLS:,} filled cells.", remedy="Split it, or leave out raw data."
            )
        return Row(number, dict(sorted(cells.items())), hidden=element.get("hidden") in ("1", "true"))

    def _cell(self, element: Any) -> Cell:
        style = _whole(element.get("s"))
        kind = element.get("t", "n")
        inner = {name_of(entry): entry for entry in element}
        inline, value, formula = inner.get("s:is"), inner.get("s:v"), inner.get("s:f")
        raw = (value.text or "") if value is not None else ""
        if kind == "inlineStr" or (inline is not None and not raw):
            return Cell(_one_line(_text(inline)) if inline is not None else "", words=True, style=style)
        if not raw and formula is not None and formula.text:
            return Cell(f"={_one_line(formula.text)}", words=True, style=style)
        match kind:
            case "s":
                at = _whole(raw) if raw.strip().isdecimal() else -1
                if not 0 <= at < len(self._texts):
                    raise self._package.broken()
                return Cell(_one_line(self._texts[at]), words=True, style=style)
            case "str":
                return Cell(_one_line(_unescaped(raw)), words=True, style=style)
            case "b":
                return Cell({"1": "TRUE", "0": "FALSE"}.get(raw.strip(), raw), words=False, style=style)
            case "n":
                code = self._formats[style] if style < len(self._formats) else "General"
                return Cell(shown(raw, code, since_1904=self._since_1904) if raw else "", words=False, style=style)
        return Cell(_one_line(raw), words=False, style=style)  # an error such as #N/A, or a date as ISO 8601


def _formats(root: Any) -> list[str]:
    """The number format of every style of a cell."""
    if root is None:
        return []
    codes = dict(BUILT_IN)
    own = child(root, "s:numFmts")
    for entry in own if own is not None else ():
        codes[_whole(entry.get("numFmtId"))] = entry.get("formatCode", "General")
    styles = child(root, "s:cellXfs")
    return [codes.get(_whole(style.get("numFmtId")), "General") for style in (styles if styles is not None else ())]


def _merged(rows: list[Row], ranges: list[str]) -> list[Row]:
    """The rows, values that are merged over several of them repeated in each that holds anything else."""
    numbers = [row.number for row in rows]
    found, steps = list(rows), 0
    for reference in ranges:
        first, _, last = reference.partition(":")
        start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if start is None or end is None or end[2] == start[2]:
            continue
        column, at = column_number(start[1]), bisect_left(numbers, int(start[2]))
        top = rows[at] if at < len(rows) and rows[at].number == int(start[2]) else None
        if top is None or column not in top.cells:
            continue
        for below in range(at + 1, bisect_right(numbers, int(end[2]))):
            steps += 1
            if steps <= MAX_CELLS and column not in found[below].cells:  # ranges that overlap would never end
                cells = {**found[below].cells, column: top.cells[column]}
                found[below] = replace(found[below], cells=dict(sorted(cells.items())))
    return found


def _text(element: Any) -> str:
    """The words of a rich or plain string, without the phonetic help beside them."""
    parts: list[str] = []
    for inner in element:
        if name_of(inner) == "s:t":
            parts.append(inner.text or "")
        elif name_of(inner) == "s:r":
            parts.extend(words.text or "" for words in inner if name_of(words) == "s:t")
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold are written `_x000D_`."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _whole(text: str | None) -> int:
    """The number of an attribute, 0 for none."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
