"""Writes small presentations part by part, so that tests know every word in them and need no other library."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from docx_maker import packed

MAIN = "http://schemas.openxmlformats.org/presentationml/2006/main"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
STRICT = {MAIN: "http://purl.oclc.org/ooxml/presentationml/main", DRAWING: "http://purl.oclc.org/ooxml/drawingml/main"}
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_NAMES = (
    f'xmlns:p="{MAIN}" xmlns:a="{DRAWING}" xmlns:r="{_OFFICE}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram"'
)


def pptx(
    *slides: str,
    notes: Mapping[int, str] | None = None,
    hidden: Sequence[int] = (),
    strict: bool = False,
    absolute: bool = False,
    kind: str = KIND,
    raw: Mapping[str, str] | None = None,
) -> bytes:
    """A file of slides, each the XML of its shapes; `notes` are paragraphs by slide, counted from 1, `hidden` slides.

    The parts are numbered backwards, so that only the list of slides tells their order.
    """
    parts: dict[str, str | bytes] = {}
    prefix = "/ppt/" if absolute else ""
    last = len(slides)
    for number, shapes in enumerate(slides, start=1):
        file = f"slide{last + 1 - number}.xml"
        show = ' show="0"' if number in hidden else ""
        parts[f"ppt/slides/{file}"] = _part("sld", _tree(shapes), show)
        targets = {}
        if notes and number in notes:
            targets["n"] = ("notesSlide", f"/ppt/notesSlides/{file}" if absolute else f"../notesSlides/{file}")
            parts[f"ppt/notesSlides/{file}"] = _part(
                "notes", _tree(shape("12", "sldNum") + shape(notes[number], "body"))
            )
        targets["d"] = ("diagramData", "../diagrams/data1.xml")
        parts[f"ppt/slides/_rels/{file}.rels"] = _relations(targets)
    listed = "".join(f'<p:sldId id="{255 + n}" r:id="s{n}"/>' for n in range(1, last + 1))
    parts["ppt/presentation.xml"] = _part("presentation", f"<p:sldIdLst>{listed}</p:sldIdLst>")
    parts["ppt/_rels/presentation.xml.rels"] = _relations(
        {f"s{n}": ("slide", f"{prefix}slides/slide{last + 1 - n}.xml") for n in range(1, last + 1)}
    )
    parts["_rels/.rels"] = _relations({"r": ("officeDocument", "/" * absolute + "ppt/presentation.xml")})
    parts["[Content_Types].xml"] = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/ppt/presentation.xml" ContentType="{kind}"/></Types>'
    )
    if strict:
        for transitional, other in STRICT.items():
            parts = {name: str(content).replace(transitional, other) for name, content in parts.items()}
    return packed({**parts, **(raw or {})})


def shape(text: str, placeholder: str | None = None, *, attributes: str = "") -> str:
    """A shape of paragraphs: lines of text, or their XML; `placeholder` is its kind, None for a text box."""
    body = text if text.startswith("<a:p") else "".join(para(line) for line in text.split("\n"))
    kind = f' type="{placeholder}"' if placeholder else ""
    fills = f"<p:ph{kind}/>" if placeholder is not None else ""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x" {attributes}/><p:cNvSpPr/><p:nvPr>{fills}</p:nvPr></p:nvSpPr>'
        f"<p:txBody><a:bodyPr/>{body}</p:txBody></p:sp>"
    )


def para(text: str, *, level: int = 0, inner: str = "") -> str:
    """A paragraph; `inner` are further properties of it."""
    return f'<a:p><a:pPr lvl="{level}">{inner}</a:pPr><a:r><a:rPr/><a:t>{escape(text)}</a:t></a:r></a:p>'


def table(*rows: Sequence[str], first_row: bool = False) -> str:
    """A table in its frame."""
    body = "".join(
        "<a:tr>" + "".join(f"<a:tc><a:txBody>{para(cell)}</a:txBody></a:tc>" for cell in row) + "</a:tr>"
        for row in rows
    )
    flag = ' firstRow="1"' if first_row else ""
    return frame(f"<a:tbl><a:tblPr{flag}/>{body}</a:tbl>")


def frame(inner: str) -> str:
    """A frame of a table or diagram."""
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="3" name="t"/><p:cNvGraphicFramePr/><p:nvPr/>'
        f"</p:nvGraphicFramePr><a:graphic><a:graphicData>{inner}</a:graphicData></a:graphic></p:graphicFrame>"
    )


def part(root: str, inner: str) -> str:
    """A part of any other kind."""
    return f"<{root} {_NAMES}>{inner}</{root}>"


def _tree(shapes: str) -> str:
    return f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld>"


def _part(root: str, inner: str, attributes: str = "") -> str:
    return f"<p:{root} {_NAMES}{attributes}>{inner}</p:{root}>"


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for key, (kind, to) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{inner}</Relationships>'
