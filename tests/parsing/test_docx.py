"""Word files written part by part: hand-computed canonical texts, and hostile files that end in a clear refusal."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docx_maker import MAIN, W, docx, item, p, packed, part, run, table
from qa.errors import DocumentError, DocumentTooLarge, NoText, UnreadableDocument
from qa.parsing.docx import DocxParser
from qa.types import BlockKind, ParsedDocument
from strategies import shown, source


def read(data: bytes) -> ParsedDocument:
    return DocxParser().parse(source("page.docx"), data)


def parsed(body: str, **parts: str) -> ParsedDocument:
    return read(docx(body, kind=MAIN, raw=None, **parts))


RAISED = '<w:vertAlign w:val="superscript"/>'
SHOWN = '<w:vanish w:val="0"/>'
OLD = "<w:del><w:r><w:delText>old </w:delText></w:r></w:del>"
GONE = '<w:rStyle w:val="Gone"/>'


NESTED = "".join(
    f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name}"/>'
    '<w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
    for name in ("List Bullet", "List Bullet 2", "List Number 3")
)


def test_styles_for_deeper_items_tell_their_depth_by_name() -> None:
    body = p("a", style="List Bullet") + p("b", style="List Bullet 2") + p("c", style="List Number 3")
    blocks = parsed(body, styles=NESTED).blocks
    assert [block.level for block in blocks] == [1, 2, 3]


def test_the_canonical_text_is_what_a_reader_sees() -> None:
    document = parsed(
        p("The harbour", style="Titel")
        + p(inner=run("A claim with ") + run("bold", "<w:b/>") + run(" words, 10") + run("6", RAISED)
            + "<w:r><w:br/></w:r>" + run("and a line."))
        + p("The place", style="berschrift1")
        + p("Its gate", style="Mine")
        + item("first") + item("second") + item("inner", 1)
        + item("Sea:") + item("ships", 1) + item("crews", 1) + item("land")
        + p("In a list by style.", style="Dots")
        + p("said so", style="Q") + p("x = 1  # kept", style="C")
        + table(("a", "b"), ("1", p("2") + p("3")), ("", "4"))
        + p("By level", properties='<w:outlineLvl w:val="0"/>')
        + p("After.")
    )  # fmt: skip
    gate = ("The place", "Its gate")
    assert document.title == "The harbour"
    assert shown(document) == [
        ("heading", "The harbour", ()),
        ("paragraph", "A claim with bold words, 10⁶\nand a line.", ()),
        ("heading", "The place", ()),
        ("heading", "Its gate", ("The place",)),
        ("list_item", "first", gate),
        ("list_item", "second", gate),
        ("list_item", "inner", gate),
        ("heading", "Sea", gate),
        ("list_item", "ships", (*gate, "Sea")),
        ("list_item", "crews", (*gate, "Sea")),
        ("list_item", "land", gate),
        ("list_item", "In a list by style.", gate),
        ("quote", "said so", gate),
        ("code", "x = 1  # kept", gate),
        ("table_row", "a | b", gate),
        ("table_row", "1 | 2 3", gate),
        ("table_row", "| 4", gate),
        ("heading", "By level", ()),
        ("paragraph", "After.", ("By level",)),
    ]
    assert [block.level for block in document.blocks if block.kind is BlockKind.LIST_ITEM] == [1, 1, 2, 2, 2, 1, 1]
    assert {block.page for block in document.blocks} == {None}


def maths(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<w:ins>" + run("new ") + "</w:ins>" + OLD + run("two"), "new two"),
        ("<w:moveFrom>" + run("old") + "</w:moveFrom><w:moveTo>" + run("moved") + "</w:moveTo>", "moved"),
        ('<w:hyperlink w:anchor="a">' + run("the link") + "</w:hyperlink>", "the link"),
        (run("seen") + run("no", "<w:vanish/>") + run("no", GONE) + run(" too", SHOWN), "seen too"),
        ("<w:r><w:t>a</w:t><w:noBreakHyphen/><w:t>b</w:t><w:softHyphen/><w:tab/></w:r>" + run("d"), "a-b\td"),
        ('<w:r><w:sym w:font="Symbol" w:char="F061"/><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', "α✓"),
        ('<w:r><w:sym w:font="Symbol" w:char="zz"/><w:t>x</w:t></w:r>', "\ufffdx"),
        ('<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGEREF x</w:instrText></w:r>' + run("7"), "7"),
        ('<w:fldSimple w:instr="DATE">' + run("today") + "</w:fldSimple>", "today"),
        ("<w:sdt><w:sdtPr/><w:sdtContent>" + run("chosen") + "</w:sdtContent></w:sdt>", "chosen"),
        ("<m:oMath><m:sSup><m:e>" + maths("x") + "</m:e><m:sup>" + maths("2") + "</m:sup></m:sSup></m:oMath>", "x²"),
        ("<m:oMath><m:f><m:num>" + maths("1") + "</m:num><m:den>" + maths("n") + "</m:den></m:f></m:oMath>", "1/n"),
        ("<w:ruby><w:rt>" + run("kana") + "</w:rt><w:rubyBase>" + run("日") + "</w:rubyBase></w:ruby>", "日(kana)"),
        ('<w:r><w:t>one</w:t><w:br w:type="page"/><w:t>two</w:t></w:r>', "one two"),
        ("<w:r><w:t>caf\u00e9 \U0001f642 &amp; &#xe9;\nso</w:t></w:r>", "café 🙂 & é so"),
    ],
)  # fmt: skip
def test_words_inside_a_paragraph(inner: str, text: str) -> None:
    assert parsed(p(inner=inner)).text == text


BOX = (
    "<w:r><mc:AlternateContent>"
    "<mc:Choice><wps:txbx><w:txbxContent>{0}</w:txbxContent></wps:txbx></mc:Choice>"
    "<mc:Fallback><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></mc:Fallback>"
    "</mc:AlternateContent></w:r>"
)


def test_a_text_box_stands_once_after_its_paragraph() -> None:
    document = parsed(p(inner=run("Beside.") + BOX.format(p("In a box.") + table(("a", "b")))) + p("Next."))
    assert document.text == "Beside.\n\nIn a box.\n\na | b\n\nNext."


def test_notes_follow_what_refers_to_them_with_the_number_that_is_shown() -> None:
    mark = '<w:r><w:footnoteReference w:id="{}"/></w:r>'
    notes = (
        '<w:footnote w:type="separator" w:id="-1">' + p("no") + "</w:footnote>"
        f'<w:footnote w:id="7">{p("Seven.")}</w:footnote><w:footnote w:id="2">{p("Two.")}{p("More.")}</w:footnote>'
    )
    ends = f'<w:endnote w:id="1">{p("At the end.")}</w:endnote>'
    body = (
        p("Part", style="berschrift1")
        + p(inner=run("First") + mark.format(7) + run(" and ") + mark.format(2) + run("."))
        + p(inner=run("Second.") + '<w:r><w:endnoteReference w:id="1"/></w:r>')
        + p("Last.")
    )
    document = parsed("<w:p/>" + p("Title", style="Titel") + body, footnotes=notes, endnotes=ends)
    assert [row[1:] for row in shown(document)][2:] == [
        ("First¹ and ².", ("Part",)),
        ("¹Seven.", ("Part",)),
        ("²Two.\nMore.", ("Part",)),
        ("Second.¹", ("Part",)),
        ("Last.", ("Part",)),
        ("¹At the end.", ()),
    ]


def test_a_note_that_refers_to_itself_ends() -> None:
    mark = '<w:r><w:footnoteReference w:id="1"/></w:r>'
    notes = f'<w:footnote w:id="1">{p(inner=run("again") + mark)}</w:footnote>'
    assert parsed(p(inner=run("x") + mark), footnotes=notes).text.startswith("x¹\n\n¹again²")


def test_page_headers_and_footers_come_once_after_the_text() -> None:
    body = p("Part", style="berschrift1") + p("The harbour lies north.")
    document = parsed(
        body, header=p("Harbour office") + p("The harbour lies north."), footer=p("Page 3 of 7") + p("Tel. 12")
    )
    assert document.text == "Part\n\nThe harbour lies north.\n\nHarbour office\n\nTel. 12"
    assert document.blocks[-1].headings == ()


def test_a_table_that_only_places_things_is_read_as_what_it_holds() -> None:
    assert [row[0] for row in shown(parsed(table((p("In a frame.") + item("point"),))))] == ["paragraph", "list_item"]
    nested = table((p("Left"), table(("1", "2"))), ("x", "y"))
    assert [row[:2] for row in shown(parsed(nested))][:2] == [("paragraph", "Left"), ("table_row", "1 | 2")]


def test_wrapped_blocks_deleted_rows_and_looping_styles() -> None:
    wrapped = f"<w:sdt><w:sdtContent>{p('inside')}</w:sdtContent></w:sdt><w:customXml>{p('more')}</w:customXml>"
    rows = (
        "<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p/></w:tc></w:tr><w:tr><w:tc>"
        + p("a")
        + "</w:tc></w:tr></w:tbl>"
    )
    assert parsed(wrapped + rows + p("end", style="Loop")).text == "inside\n\nmore\n\na\n\nend"


def test_headings_without_a_styles_part_and_in_the_strict_form() -> None:
    body = p("Teil", style="Überschrift 2") + p("Text.")
    assert shown(parsed(body, styles=""))[0][0] == "heading"
    document = part("document", f"<w:body>{body}</w:body>").replace(
        W, "http://purl.oclc.org/ooxml/wordprocessingml/main"
    )
    assert read(docx("", raw={"word/document.xml": document})).text == "Teil\n\nText."


def test_a_style_is_the_heading_that_its_own_name_says_not_one_that_it_is_based_on() -> None:
    styles = "".join(
        f'<w:style w:styleId="S{n}"><w:name w:val="heading {n}"/><w:basedOn w:val="S{n - 1}"/></w:style>'
        for n in range(1, 7)
    )
    document = parsed("".join(p(f"Part {n}", style=f"S{n}") for n in range(1, 7)) + p("Text."), styles=styles)
    assert [block.level for block in document.blocks] == [1, 2, 3, 4, 5, 6, 0]


def test_the_title_is_the_one_in_the_properties_when_no_heading_opens() -> None:
    core = '<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title> The\n book </dc:title></c>'
    assert read(docx(p("Text."), raw={"docProps/core.xml": core})).title == "The book"
    assert read(docx(p("Text."))).title == "page"


def entity_bomb() -> str:
    lines = (
        '<!DOCTYPE a [<!ENTITY e0 "ha">'
        + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
        + "]>"
    )
    return lines + part("document", f"<w:body>{p('&e9;')}</w:body>").partition("?>")[2]


def document_with(xml: str | bytes) -> bytes:
    return docx("", raw={"word/document.xml": xml})


def bomb() -> bytes:
    return docx("", raw={"word/document.xml": b"<a>" + b" " * 30_000_000 + b"</a>"})


MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"
SHEET = MAIN.replace("wordprocessing", "spreadsheet")
HOSTILE: dict[str, tuple[Callable[[], bytes], type[DocumentError], str]] = {
    "P1 bomb": (bomb, DocumentTooLarge, "unpacks to 30 MB"),
    "P2 huge part": (lambda: docx(p("x"), raw={"a.bin": bytes(210_000_000)}), DocumentTooLarge, "unpacks to 210 MB"),
    "P3 laughs": (lambda: document_with(entity_bomb()), UnreadableDocument, "declares entities|broken"),
    "P5 deep": (lambda: document_with(part("document", "<w:body>" + "<w:p>" * 100_000)), UnreadableDocument, "broken"),
    "P5 closed": (lambda: docx("<w:sdt>" * 5000 + p("x") + "</w:sdt>" * 5000), UnreadableDocument, "broken"),
    "P14 macros": (lambda: docx(p("x"), kind=MACROS), UnreadableDocument, "macros"),
    "P14 sheet": (lambda: docx(p("x"), kind=SHEET), UnreadableDocument, "a spreadsheet"),
    "P14 pdf": (lambda: b"%PDF-1.4", UnreadableDocument, "is a PDF file, not a Word document"),
    "P14 old": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", UnreadableDocument, "an old Office document"),
    "P14 polyglot": (lambda: b"%PDF-1.4\n" + docx(p("x")), UnreadableDocument, "is a PDF file"),
    "P14 zip": (lambda: packed({"a.txt": "x"}), UnreadableDocument, "broken"),
    "empty": (lambda: b"", UnreadableDocument, "not a Word document"),
    "text": (lambda: b"plain", UnreadableDocument, "not a Word document"),
    "no document": (lambda: document_with("<a/>"), UnreadableDocument, "broken"),
    "no words": (lambda: docx(p()), NoText, "no text"),
    "only a heading": (lambda: docx(p("x", style="berschrift1")), NoText, "no text"),
    "embedded file": (lambda: docx(p("x") + "<w:altChunk/>"), UnreadableDocument, "another file"),
    "no xml": (lambda: document_with(b"\x00\x01"), UnreadableDocument, "broken"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_files_that_cannot_be_used_are_refused_by_name(name: str) -> None:
    make, error, words = HOSTILE[name]
    data = make()
    with pytest.raises(error, match=words) as caught:
        read(data)
    assert "page.docx" in caught.value.message
    assert caught.value.remedy


def test_p4_a_file_named_by_an_entity_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    for declaration in (f'<!DOCTYPE w:document [<!ENTITY e SYSTEM "{secret.as_uri()}">]>', "<!DOCTYPE w:document>"):
        xml = part("document", f"<w:body>{p('A')}{p('B')}</w:body>").replace("?>", "?>" + declaration)
        xml = xml.replace("A</w:t>", "A&e;</w:t>") if "ENTITY" in declaration else xml
        with pytest.raises(UnreadableDocument, match="declares entities"):
            read(document_with(xml))


WORD = st.text(st.characters(categories=["L", "N", "So"]), min_size=1, max_size=5)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, list[str]]:
    words: list[str] = []

    def inner() -> str:
        out = []
        for _ in range(draw(st.integers(1, 3))):
            words.append(draw(WORD))
            wrap = draw(st.sampled_from(["{}", "<w:ins>{}</w:ins>", '<w:hyperlink w:anchor="x">{}</w:hyperlink>']))
            out.append(wrap.format(run(escape(words[-1]) + " ")))
        return "".join(out)

    def block(depth: int) -> str:
        kind = draw(st.integers(0, 6))
        if kind == 0 and depth < 2:
            return table(*[tuple(p(inner=inner()) for _ in range(draw(st.integers(1, 3)))) for _ in range(2)])
        if kind == 1 and depth < 3:
            return f"<w:sdt><w:sdtContent>{block(depth + 1)}{block(depth + 1)}</w:sdtContent></w:sdt>"
        style = draw(st.sampled_from(["", "Q", "C", "Dots", "berschrift1", "Mine", "Unknown"]))
        return p(style=style, inner=inner())

    return "".join(block(0) for _ in range(draw(st.integers(1, 6)))), words


@settings(deadline=None)
@given(bodies())
def test_every_visible_word_is_in_the_text_in_order(drawn: tuple[str, list[str]]) -> None:
    body, words = drawn
    try:
        document = parsed(body)
    except NoText:
        assert "berschrift1" in body or "Mine" in body
        return
    found = [word for block in document.blocks for word in block.span.of(document.text).split()]
    assert [word for word in found if word != "|"] == " ".join(words).split()
    assert document.text.split() == found


GOOD = docx(p("Title", style="Titel") + p("Some words.") + table(("a", "b")), footnotes="", header=p("head"))


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(GOOD)), st.binary(max_size=4), st.integers(0, 30))
def test_damaged_files_are_read_or_refused(place: int, wrong: bytes, length: int) -> None:
    try:
        document = read(GOOD[:place] + wrong + GOOD[place + length :])
    except DocumentError:
        return
    assert re.search(r"\w", document.text)


def test_the_same_bytes_give_the_same_document_and_the_version_names_the_library() -> None:
    assert read(GOOD) == read(GOOD)
    assert "lxml" in DocxParser().version


def test_rows_know_the_head_of_their_table() -> None:
    marked = table(("a", "b"), ("1", "2")).replace("<w:tr>", "<w:tr><w:trPr><w:tblHeader/></w:trPr>", 1)
    document = parsed(marked + p("Between.") + table(("Year", "Tons"), ("2018", "40")) + table(("c", "d"), ("e", "f")))
    assert [block.header and block.header.of(document.text) for block in document.blocks] == [
        None, "a | b", None, None, "Year | Tons", None, None
    ]  # fmt: skip
