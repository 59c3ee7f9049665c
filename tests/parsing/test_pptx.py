"""Presentations: order, titles, lists, tables, notes, what is hidden, and what is left out."""

import pytest

from docx_maker import docx, p
from pptx_maker import frame, para, part, pptx, shape, table
from qa.errors import NoText, UnreadableDocument
from qa.parsing.pptx import PptxParser
from qa.types import ParsedDocument
from strategies import shown, source


def parsed(data: bytes) -> ParsedDocument:
    return PptxParser().parse(source("folder/pier_plan.pptx"), data)


FIRST = shape("The pier", "ctrTitle") + shape("A plan for 2019", "subTitle")
SECOND = (
    shape("12", "sldNum") + shape("1 May", "dt") + shape("Confidential", "ftr")
    + shape(para("Sea:") + para("Oak posts carry it.", level=1) + para("Iron rings hold the boats.", level=1)
            + para("No bullet here.", inner="<a:buNone/>"), "")
    + shape("How it is built", "title")
    + "<p:grpSp><p:nvGrpSpPr/>" + shape("In a group.") + "</p:grpSp>"
    + shape(para("One", inner='<a:buChar char="-"/>') + para("Two", inner='<a:buAutoNum type="arabicPeriod"/>'))
    + shape("Out of sight.", attributes='hidden="1"')
)  # fmt: skip
THIRD = table(("Year", "Tons"), ("2018", "40"), ("2019", "42"), first_row=True)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("absolute", [False, True])
def test_slides_in_their_order(*, strict: bool, absolute: bool) -> None:
    notes = {2: "Say why it burned.", 3: "Mention the storm."}
    document = parsed(pptx(FIRST, SECOND, THIRD, notes=notes, hidden=(3,), strict=strict, absolute=absolute))
    section, sea = ("How it is built",), ("How it is built", "Sea")
    assert document.title == "The pier"
    assert shown(document) == [
        ("heading", "The pier", ()),
        ("paragraph", "A plan for 2019", ()),
        ("heading", "How it is built", ()),
        ("heading", "Sea", section),
        ("list_item", "Oak posts carry it.", sea),
        ("list_item", "Iron rings hold the boats.", sea),
        ("paragraph", "No bullet here.", section),
        ("paragraph", "In a group.", section),
        ("list_item", "One", section),
        ("list_item", "Two", section),
        ("paragraph", "Say why it burned.", section),
        ("table_row", "Year | Tons", ()),
        ("table_row", "2018 | 40", ()),
        ("table_row", "2019 | 42", ()),
        ("paragraph", "Mention the storm.", ()),
    ]
    assert [block.page for block in document.blocks] == [1, 1, *[2] * 9, *[3] * 4]
    assert [block.place for block in document.blocks][-6:] == [
        "slide 2", "notes of slide 2", *["slide 3 (hidden)"] * 3, "notes of slide 3 (hidden)"
    ]  # fmt: skip
    assert [block.header.of(document.text) for block in document.blocks if block.header] == ["Year | Tons"] * 2


def test_words_of_a_paragraph() -> None:
    inner = (
        "<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline='30000'/><a:t>6</a:t></a:r><a:br/>"
        "<a:r><a:t>next</a:t></a:r><a:fld type='slidenum'><a:t>7</a:t></a:fld>"
        "<a:fld type='datetime1'><a:t> in May</a:t></a:fld></a:p>"
    )
    assert parsed(pptx(shape(inner))).text == "10⁶\nnext in May"


def test_the_richest_of_alternatives_is_read_once() -> None:
    choice, fallback = f"<mc:Choice>{shape('New.')}</mc:Choice>", f"<mc:Fallback>{shape('Old.')}</mc:Fallback>"
    assert parsed(pptx(f"<mc:AlternateContent>{choice}{fallback}</mc:AlternateContent>")).text == "New."


def test_a_diagram_is_a_list() -> None:
    diagram = frame('<dgm:relIds r:dm="d"/>')
    points = "".join(
        f"<dgm:pt{kind}><dgm:t>{para(text)}</dgm:t></dgm:pt>"
        for kind, text in (("", "Plan"), (' type="parTrans"', "arrow"), (' type="node"', "Build"))
    )
    data = part("dgm:dataModel", f"<dgm:ptLst>{points}</dgm:ptLst>")
    document = parsed(pptx(diagram, raw={"ppt/diagrams/data1.xml": data}))
    assert [row[:2] for row in shown(document)] == [("list_item", "Plan"), ("list_item", "Build")]


def test_without_text_it_says_so() -> None:
    with pytest.raises(NoText):
        parsed(pptx(shape("12", "sldNum")))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (docx(p("x")), "is a Word document, not a presentation"),
        (pptx(shape("x"), kind="application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"), "with macros"),
        (pptx(shape("x"), kind="application/presentationml.macroEnabled"), "a presentation with macros"),
        (pptx(shape("x"), raw={"ppt/slides/slide1.xml": "<p:sld"}), "broken"),
        (pptx(shape("x"), raw={"ppt/slides/slide1.xml": "<!DOCTYPE a><a/>"}), "declares entities"),
        (b"words", "is not a presentation"),
    ],
)
def test_other_files_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        parsed(data)


def test_groups_without_end_are_left() -> None:
    deep = "<p:grpSp>" * 60 + shape("Deep.") + "</p:grpSp>" * 60
    assert parsed(pptx(shape("Seen.") + deep)).text == "Seen."
