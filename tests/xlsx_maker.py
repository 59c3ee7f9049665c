"""Writes small spreadsheets part by part, so that tests know every cell in them and need no other library."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from docx_maker import packed
from qa.text.places import column_name

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
FORMATS = ("General", "d mmm yyyy", "#,##0.00", "0.0%")
"""The number formats of the styles 0, 1, 2 and so on."""
GENERAL, DATE, AMOUNT, SHARE, BOLD = range(5)

Value = str | int | float | None | tuple[float, int]
"""Text, a number, a number in a style; text that begins with `<` is the XML of a whole cell."""


def xlsx(
    sheets: Mapping[str, Sequence[Sequence[Value]] | str],
    *,
    inline: bool = False,
    strict: bool = False,
    absolute: bool = False,
    workbook: str = "",
    states: Mapping[str, str] | None = None,
    title: str = "",
    kind: str = KIND,
    raw: Mapping[str, str] | None = None,
) -> bytes:
    """A file of sheets, each its rows or the XML inside of its root.

    `inline` writes text into the cells instead of the shared strings, `strict` uses the namespaces of the strict
    format, `absolute` the targets that begin with a slash; `states` are `hidden` and the like.
    """
    shared: list[str] = []
    main, office = (STRICT, _STRICT_OFFICE) if strict else (MAIN, _OFFICE)
    parts: dict[str, str | bytes] = {}
    for number, content in enumerate(sheets.values(), start=1):
        inner = content if isinstance(content, str) else sheet_data(content, None if inline else shared)
        parts[f"xl/worksheets/sheet{number}.xml"] = f'<worksheet xmlns="{main}">{inner}</worksheet>'
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" state="{(states or {}).get(name, "visible")}" r:id="s{n}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{main}" xmlns:r="{office}">{workbook}<sheets>{entries}</sheets></workbook>'
    )
    targets = {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)}
    targets["styles"] = ("styles", "styles.xml")
    parts["xl/styles.xml"] = _styles(main)
    if not inline:
        targets["strings"] = ("sharedStrings", "sharedStrings.xml")
        items = "".join(text if text.startswith("<si>") else f"<si><t>{escape(text)}</t></si>" for text in shared)
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}">{items}</sst>'
    prefix = "/xl/" if absolute else ""
    parts["xl/_rels/workbook.xml.rels"] = _relations(
        {key: (f"{office}/{name}", prefix + target) for key, (name, target) in targets.items()}
    )
    parts["_rels/.rels"] = _relations(
        {"r": (f"{office}/officeDocument", ("/" if absolute else "") + "xl/workbook.xml")}
    )
    parts["[Content_Types].xml"] = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>'
    )
    if title:
        dc = "http://purl.org/dc/elements/1.1/"
        parts["docProps/core.xml"] = f'<c xmlns:dc="{dc}"><dc:title>{escape(title)}</dc:title></c>'
    return packed({**parts, **(raw or {})})


def sheet_data(
    rows: Sequence[Sequence[Value]], shared: list[str] | None, *, attributes: Mapping[int, str] | None = None
) -> str:
    """The rows as XML; `shared` collects their texts, None writes them into the cells."""
    found = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(f"{column_name(at)}{number}", value, shared) for at, value in enumerate(row, start=1))
        found.append(f'<row r="{number}" {(attributes or {}).get(number, "")}>{cells}</row>')
    return f"<sheetData>{''.join(found)}</sheetData>"


def _cell(reference: str, value: Value, shared: list[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith("<c"):
        return value.replace("<c", f'<c r="{reference}"', 1)
    if isinstance(value, tuple):
        return f'<c r="{reference}" s="{value[1]}"><v>{value[0]}</v></c>'
    if not isinstance(value, str):
        return f'<c r="{reference}"><v>{value}</v></c>'
    if shared is None:
        return f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    shared.append(value)
    return f'<c r="{reference}" t="s"><v>{len(shared) - 1}</v></c>'


def _styles(main: str) -> str:
    own = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{escape(code)}"/>' for n, code in enumerate(FORMATS))
    styles = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(FORMATS))) + '<xf numFmtId="0" fontId="1"/>'
    return f'<styleSheet xmlns="{main}"><numFmts>{own}</numFmts><cellXfs>{styles}</cellXfs></styleSheet>'


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    inner = "".join(f'<Relationship Id="{key}" Type="{kind}" Target="{to}"/>' for key, (kind, to) in targets.items())
    return f'<Relationships xmlns="{_PACKAGE}">{inner}</Relationships>'
