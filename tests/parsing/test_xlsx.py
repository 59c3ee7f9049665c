"""Spreadsheets: what a cell shows, which rows are heads, what is hidden or merged, and every way to write a file."""

import pytest

from docx_maker import docx, p, packed
from qa.errors import DocumentTooLarge, UnreadableDocument
from qa.parsing import sheet
from qa.parsing import xlsx as module
from qa.parsing.xlsx import XlsxParser
from qa.types import ParsedDocument
from strategies import shown, source
from xlsx_maker import AMOUNT, BOLD, DATE, SHARE, Value, sheet_data, xlsx


def parsed(data: bytes) -> ParsedDocument:
    return XlsxParser().parse(source("folder/harbour_budget.xlsx"), data)


def rows(document: ParsedDocument) -> list[tuple[str, str | None, str | None]]:
    """Text, place and head of each block but the headings."""
    return [
        (block.span.of(document.text), block.place, block.header.of(document.text) if block.header else None)
        for block in document.blocks
        if block.kind != "heading"
    ]


BUDGET: list[list[Value]] = [
    ["Harbour budget 2019"],
    ["All in crowns."],
    ["Item", "Plan", "Spent", "Share", "Since"],
    ["Rope", 1200, (1234.5, AMOUNT), (0.125, SHARE), (43528, DATE)],
    ["Oil", 0.1 + 0.2, None, None, "last year"],
    [],
    ["Lamps", 7, 8],
]


@pytest.mark.parametrize("inline", [False, True])
@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("absolute", [False, True])
def test_a_sheet_however_it_is_written(*, inline: bool, strict: bool, absolute: bool) -> None:
    data = xlsx(
        {"Budget": BUDGET, "Q1 notes": [["Figures are rounded."]]}, inline=inline, strict=strict, absolute=absolute
    )
    document = parsed(data)
    section = ("Budget", "Harbour budget 2019")
    assert document.title == "harbour budget"
    assert shown(document) == [
        ("heading", "Budget", ()),
        ("heading", "Harbour budget 2019", ("Budget",)),
        ("paragraph", "All in crowns.", section),
        ("table_row", "Item | Plan | Spent | Share | Since", section),
        ("table_row", "Rope | 1200 | 1,234.50 | 12.5% | 4 Mar 2019", section),
        ("table_row", "Oil | 0.3 |  |  | last year", section),
        ("table_row", "Lamps | 7 | 8", section),
        ("heading", "Q1 notes", ()),
        ("paragraph", "Figures are rounded.", ("Q1 notes",)),
    ]
    head = "Item | Plan | Spent | Share | Since"
    assert rows(document) == [
        ("All in crowns.", "Budget!A2", None),
        (head, "Budget!A3:E3", None),
        ("Rope | 1200 | 1,234.50 | 12.5% | 4 Mar 2019", "Budget!A4:E4", head),
        ("Oil | 0.3 |  |  | last year", "Budget!A5:E5", head),
        ("Lamps | 7 | 8", "Budget!A7:C7", head),
        ("Figures are rounded.", "'Q1 notes'!A1", None),
    ]


def test_the_title_of_the_file_is_the_title() -> None:
    document = parsed(xlsx({"Budget": BUDGET}, title="Money of the pier"))
    assert document.title == "Money of the pier"
    assert document.blocks[-1].headings == ("Budget", "Harbour budget 2019")


def test_what_a_cell_shows() -> None:
    cells: list[tuple[str, Value]] = [
        ("name", 'A "b" | c'),
        ("bool", '<c t="b"><v>1</v></c>'),
        ("error", '<c t="e"><v>#N/A</v></c>'),
        ("sum", "<c><f>SUM(A1:A3)</f><v>6</v></c>"),
        ("joined", '<c t="str"><f>A1&amp;"x"</f><v>1x</v></c>'),
        ("uncomputed", "<c><f>SUM(A1:A3)</f></c>"),
        ("formula as text", "=1+1"),
        ("link", '<c t="str"><f>HYPERLINK("http://a.example","press")</f><v>press</v></c>'),
        ("dangerous text", '=HYPERLINK("http://a.example","press")'),
        ("rich", "<si><r><t>bo</t></r><r><t>th</t></r><rPh><t>furigana</t></rPh></si>"),
        ("lines", "one\ntwo_x000D_\n three"),
        ("day", '<c t="d"><v>2019-03-04</v></c>'),
    ]
    document = parsed(xlsx({"S": [[name, value] for name, value in cells]}))
    assert [text.partition(" | ")[2] for text, _, _ in rows(document)] == [
        'A "b" | c', "TRUE", "#N/A", "6", "1x", "=SUM(A1:A3)", "=1+1", "press",
        '=HYPERLINK("http://a.example","press")', "both", "one two three", "2019-03-04",
    ]  # fmt: skip


def test_what_is_hidden_says_so() -> None:
    table: list[list[Value]] = [["Item", "Price", "Cost"], ["Rope", 5, 3], ["Oil", 6, 4]]
    inner = '<cols><col min="3" max="3" hidden="1"/></cols>' + sheet_data(table, None, attributes={3: 'hidden="1"'})
    document = parsed(
        xlsx({"Open": inner, "Old": [["Gone", "Year"], ["Dock", 1950]]}, states={"Old": "veryHidden"}, inline=True)
    )
    assert [place for _, place, _ in rows(document)] == [
        "Open!A1:C1 (partly hidden)", "Open!A2:C2 (partly hidden)", "Open!A3:C3 (hidden)",
        "Old!A1:B1 (hidden)", "Old!A2:B2 (hidden)",
    ]  # fmt: skip


def test_merged_cells() -> None:
    table: list[list[Value]] = [
        ["", "2018", "", "2019", ""],
        ["Goods", "Plan", "Spent", "Plan", "Spent"],
        ["Rope", 1, 2, 3, 4],
        [None, 5, 6, 7, 8],
    ]
    merges = '<mergeCells><mergeCell ref="B1:C1"/><mergeCell ref="D1:E1"/><mergeCell ref="A3:A4"/></mergeCells>'
    document = parsed(xlsx({"S": sheet_data(table, None) + merges}, inline=True))
    head = "| 2018 |  | 2019\nGoods | Plan | Spent | Plan | Spent"
    assert rows(document)[2:] == [
        ("Rope | 1 | 2 | 3 | 4", "S!A3:E3", head),
        ("Rope | 5 | 6 | 7 | 8", "S!A4:E4", head),
    ]


def test_merges_that_make_no_sense_cost_nothing() -> None:
    merges = "".join(f'<mergeCell ref="A1:A{number}"/>' for number in range(2, 2000)) + '<mergeCell ref="?"/>'
    data = xlsx(
        {"S": sheet_data([["a", 1], *[[None, 2]] * 500], None) + f"<mergeCells>{merges}</mergeCells>"}, inline=True
    )
    assert rows(parsed(data))[500][0] == "a | 2"


@pytest.mark.parametrize(
    ("table", "heads"),
    [
        ([["Berths", 12], ["Depth", 4]], 0),  # names with their figures
        ([["Master", "Zoe"], ["Town", "Oslo"]], 0),  # terms with what they mean
        ([["<c s='4' t='inlineStr'><is><t>Name</t></is></c>", "<c s='4' t='inlineStr'><is><t>Town</t></is></c>"],
          ["Ann", "Oslo"]], 1),  # it looks different
        ([["Name", "Town", "Boat"], ["Ann", "Oslo", "Gull"]], 1),
        ([["Name", "Year"], ["Ann", 1902]], 1),
        ([["Goods", 2018, "2019/20"], ["Rope", 1, 2]], 1),
        ([[None, 2018, 2019], ["Rope", 1, 2]], 1),
        ([["Rope", 2018, 4], ["Oil", 2019, 5]], 0),
    ],
)  # fmt: skip
def test_which_first_rows_are_heads(table: list[list[Value]], heads: int) -> None:
    assert BOLD == 4
    document = parsed(xlsx({"S": table}, inline=True))
    assert sum(block.header is not None for block in document.blocks) == heads * (len(table) - 1)


def test_a_table_after_an_empty_row_with_names_of_its_own() -> None:
    document = parsed(
        xlsx({"S": [["Item", "Plan"], ["Rope", 1], [], ["Boat", "Tons"], ["Gull", 40], [], ["Fee", 3, 4]]})
    )
    assert [head for _, _, head in rows(document)] == [None, "Item | Plan", None, "Boat | Tons", None]


def test_rows_and_cells_without_their_names_count_from_the_one_before() -> None:
    inner = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c r='C2'><v>3</v></c><c><v>4</v></c></row>"
    document = parsed(xlsx({"S": f"<sheetData>{inner}</sheetData>"}))
    assert [place for _, place, _ in rows(document)] == ["S!A1:B1", "S!C2:D2"]


def test_empty_styled_cells_are_no_cells() -> None:
    inner = "<sheetData>" + "".join(f"<row r='{n}'><c r='A{n}' s='1'/></row>" for n in range(1, 3000)) + "</sheetData>"
    document = parsed(xlsx({"S": inner, "T": [["Words."]]}))
    assert shown(document) == [("heading", "T", ()), ("paragraph", "Words.", ("T",))]


def test_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sheet.MAX_CELLS == 500_000
    monkeypatch.setattr(module, "MAX_CELLS", 3)
    assert parsed(xlsx({"S": [["a", 1], [2]]}))
    with pytest.raises(DocumentTooLarge, match="over 3 filled cells"):
        parsed(xlsx({"S": [["a", 1], [2]], "T": [["b"]]}))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (docx(p("x")), "is a Word document, not a spreadsheet"),
        (xlsx({"S": [["x"]]}, kind="application/vnd.ms-excel.sheet.macroEnabled.main+xml"), "with macros"),
        (xlsx({"S": [["x"]]}, kind="application/zip"), "is not a spreadsheet"),
        (xlsx({"S": [["x"]]}, raw={"xl/sharedStrings.xml": "<sst/>"}), "broken"),
        (xlsx({"S": [["x"]]}, raw={"xl/sharedStrings.xml": "<sst><si>"}), "broken"),
        (xlsx({"S": [["x"]]}, raw={"xl/worksheets/sheet1.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a><row/></a>"}),
         "declares entities"),
        (packed({"a": "b"}), "broken"),
        (b"PK\x03\x04 not really", "broken"),
        (b"a,b\n1,2\n", "is not a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Office document"),
    ],
)  # fmt: skip
def test_other_files_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        parsed(data)
