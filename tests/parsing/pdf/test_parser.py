"""PDF files written byte by byte: canonical texts by hand, the place of every character, and clear refusals."""

import textwrap
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdf_maker import BOLD, LINE, ODD, WIDTHS, Page, assemble, pdf, stream
from qa.boxes import boxes_of
from qa.errors import DocumentError, NoText, UnreadableDocument
from qa.parsing.pdf.parser import PdfParser
from qa.types import ParsedDocument, Span
from strategies import shown, source


def parsed(*pages: Page) -> ParsedDocument:
    return PdfParser().parse(source("page.pdf"), pdf(*pages))


PROSE = (
    "The harbour lies in the north of the island. It was dug by hand in the year of the great storm, and the people of"
    " three villages worked on it for two summers. Since then the ferries call twice a day. A pilot takes every ship"
    " through the narrow gate, where the current is strong at spring tide. The keeper of the lamp writes down each"
    " passage, with the hour and the weather. Nobody has read those books for many years, but they are kept dry."
)


def set_lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_on_hyphens=False)


def test_one_column_with_headings_paragraphs_and_a_list() -> None:
    page = Page().text(72, 740, "The harbour book", size=20, font=BOLD)
    page.text(72, 700, "1 The place", size=14, font=BOLD)
    page.lines(72, 680, set_lines(PROSE, 80))
    page.text(72, 600, "1.1 Its rules", size=12, font=BOLD)
    page.lines(72, 580, ["Three rules hold for everyone who comes by sea:"])
    page.text(84, 560, "\u2022 Wait for the pilot outside the gate, however long it takes and whatever the").text(
        94, 548, "weather is."
    )
    page.text(84, 530, "\u2022 Pay before you unload.")
    document = parsed(page)
    one, rules = ("1 The place",), ("1 The place", "1.1 Its rules")
    assert document.title == "The harbour book"
    assert shown(document) == [
        ("heading", "The harbour book", ()),
        ("heading", "1 The place", ()),
        ("paragraph", PROSE, one),
        ("heading", "1.1 Its rules", one),
        ("paragraph", "Three rules hold for everyone who comes by sea:", rules),
        ("list_item", "Wait for the pilot outside the gate, however long it takes and whatever the weather is.", rules),
        ("list_item", "Pay before you unload.", rules),
    ]
    assert {block.page for block in document.blocks} == {1}


def test_two_columns_are_read_one_after_the_other_under_a_title_that_spans_them() -> None:
    left, right = set_lines(PROSE, 45), set_lines(PROSE.replace("harbour", "market"), 45)
    page = Page().text(150, 740, "Two towns and what they have in common", size=16, font=BOLD)
    for number, (one, other) in enumerate(zip(left, right, strict=True)):  # painted across, line by line
        page.text(72, 700 - LINE * number, one).text(320, 700 - LINE * number, other)
    document = parsed(page)
    assert shown(document) == [
        ("heading", "Two towns and what they have in common", ()),
        ("paragraph", PROSE, ()),
        ("paragraph", PROSE.replace("harbour", "market"), ()),
    ]


def test_running_lines_and_page_numbers_are_left_out_but_nothing_is_lost() -> None:
    pages = []
    for number in range(1, 5):
        page = Page().text(72, 770, "Harbour authority, confidential", size=8).text(300, 30, f"- {number} -", size=8)
        page.text(400, 770, f"Year book, leaf {number}", size=8)
        pages.append(page.lines(72, 700, set_lines(f"Ship {number**2} came in. " + PROSE, 80)))
    document = parsed(*pages)
    assert document.text.count("Harbour authority, confidential") == 1
    assert document.text.count("Year book, leaf") == 1
    assert "- 1 -" not in document.text
    assert [block.page for block in document.blocks if block.span.of(document.text).startswith("Ship")] == [1, 2, 3, 4]


def test_a_paragraph_goes_on_over_the_page_and_each_block_has_the_page_where_its_sentences_begin() -> None:
    lines = set_lines(PROSE, 80)
    first = Page().lines(72, 100, lines[:3]).text(300, 30, "1", size=8)
    document = parsed(first, Page().lines(72, 740, lines[3:]).text(300, 30, "2", size=8))
    assert " ".join(block.span.of(document.text) for block in document.blocks) == PROSE
    assert [block.page for block in document.blocks] == [1, 2]
    crossing = next(index for index, line in enumerate(lines[:3]) if "through" in line or index == 2)
    assert document.blocks[0].span.of(document.text).endswith(".")
    assert lines[crossing] in document.blocks[0].span.of(document.text)


@pytest.mark.parametrize(
    ("upper", "lower", "joined"),
    [
        ("the whole of the har-", "bour is deep", "the whole of the harbour is deep"),
        ("they are well-", "known and well-known people", "they are well-known and well-known people"),
        ("ships of class GT-", "300 are here", "ships of class GT-300 are here"),
        ("the Anglo-", "Saxon boats", "the Anglo-Saxon boats"),
        ("a state-of-the-", "art crane", "a state-of-the-art crane"),
        ("see https://example.org/harbour/", "rules for more", "see https://example.org/harbour/rules for more"),
    ],
)
def test_hyphens_at_line_ends(upper: str, lower: str, joined: str) -> None:
    filler = "It was known to everyone in the town and in the villages around"
    tail = "as the pilots said in the morning of that day."
    page = Page().lines(72, 700, [f"{filler} {upper}", f"{lower} {tail}"])
    assert parsed(page).text == f"{filler} {joined} {tail}"


def test_ligatures_and_painted_hyphens_read_as_letters() -> None:
    page = Page().text(72, 700, b"The \x01rst o\x02ine test of a well\x03kept o\x02ine.", font=ODD)
    assert parsed(page).text == "The first offline test of a well-kept offline."


def test_glyphs_that_the_file_does_not_name_are_marked_and_a_file_full_of_them_is_refused() -> None:
    page = Page().text(72, 700, b"The \x04 sign is unknown but the rest of it is plain.", font=ODD)
    assert parsed(page).text == "The \ufffd sign is unknown but the rest of it is plain."
    with pytest.raises(NoText, match=r"page\.pdf do not say which letters they paint"):
        parsed(Page().text(72, 700, b"\x04" * 40, font=ODD))


def test_every_space_of_unicode_reads_as_a_plain_one_and_none_stands_at_an_end_or_twice() -> None:
    spaces = [code for code in range(0x110000) if unicodedata.category(chr(code)) == "Zs"]
    named = "".join(f"<{number:02x}> <{code:04x}> " for number, code in enumerate(spaces, start=128))
    codes = bytes(range(128, 128 + len(spaces)))
    page = Page().text(72, 740, b"The" + codes + b"harbour" + codes, size=20)
    page.text(72, 700, b"It lies" + b"x".join(codes[i : i + 1] for i in range(len(codes))) + b"in the north." + codes)
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>",
        4: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding /ToUnicode 6 0 R >>",
        5: stream(b"\n".join(page.parts)),
        6: stream(
            f"begincmap 1 begincodespacerange <00> <ff> endcodespacerange {len(spaces)} beginbfchar {named} endbfchar"
            " endcmap".encode()
        ),
    }
    document = PdfParser().parse(source("page.pdf"), assemble(objects))
    assert document.text == "The harbour\n\nIt lies " + "x ".join([""] * len(spaces)) + "in the north."


def test_small_raised_digits_stay_apart_from_what_they_follow() -> None:
    page = Page().text(72, 700, "The lamp has a power of 10").text(72 + 122, 704, "6", size=6)
    page.text(72, 680, "candles, as the keeper wrote in his book, which is kept in the town hall.")
    assert "10⁶" in parsed(page).text


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_accent_that_is_painted_over_its_letter_is_part_of_it(order: tuple[int, int]) -> None:
    page = Page().text(72, 700, "M")
    signs = ((80.33, "u"), (81.44, "\u00a8"))
    for sign in order:
        page.text(signs[sign][0], 700, signs[sign][1])
    page.text(85.89, 700, "ller keeps the lamp.")
    assert parsed(page).text == "Müller keeps the lamp."


def test_rows_of_a_table_are_blocks_with_their_cells() -> None:
    page = Page().lines(72, 740, set_lines(PROSE, 80))
    rows = [("Ship", "Year", "Tons"), ("Aurora", "1951", "320"), ("Borealis", "1962", "455")]
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.text(72 + 120 * column, 600 - 14 * number, cell)
    document = parsed(page)
    assert [text for kind, text, _ in shown(document) if kind == "table_row"] == [" | ".join(row) for row in rows]


@pytest.mark.parametrize(("rotate", "matrix"), [(90, "0 1 -1 0 {y} {x} Tm"), (270, "0 -1 1 0 {y2} {x2} Tm")])
def test_a_rotated_page_reads_as_it_is_seen(rotate: int, matrix: str) -> None:
    page = Page(rotate=rotate)
    lines = set_lines(PROSE, 80)
    for number, line in enumerate(lines):
        page.raw(matrix.format(x=72, y=100 + LINE * number, y2=500 - LINE * number, x2=720), line)
    assert parsed(page).text == PROSE


def test_a_line_in_the_margin_comes_last_and_is_no_title() -> None:
    page = Page().raw("0 1 -1 0 30 300 Tm", "copy of the archive", size=20).lines(72, 740, set_lines(PROSE, 80))
    assert [text for _, text, _ in shown(parsed(page))] == [PROSE, "copy of the archive"]


def test_text_that_nobody_can_see_is_left_out() -> None:
    page = Page().text(72, 700, "Seen by all.").text(72, 680, "too small", size=0.4).text(2000, 700, "off the page")
    assert parsed(page).text == "Seen by all."


def test_the_boxes_of_a_span_lie_where_its_glyphs_are_painted() -> None:
    words = "the lamp of the pier is lit by nine and put out at dawn by the keeper of it"
    document = parsed(Page().text(72, 700, words))
    start = words.index("pier")
    (page,) = boxes_of(document.places, Span(start, start + 4))
    (box,) = page.boxes
    widths = {**WIDTHS, " ": 278}
    left = 72 + sum(widths[character] for character in words[:start]) / 100
    assert (page.page, page.width, page.height) == (1, 612, 792)
    assert (box.x0, box.x1) == pytest.approx((left, left + sum(WIDTHS[c] for c in "pier") / 100), abs=0.2)
    assert box.y0 < 700 < box.y1 < 712


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_the_boxes_of_a_turned_page_are_those_that_a_viewer_shows(rotate: int) -> None:
    """A word at (72, 700) of a page of 612 by 792, where the page's turn takes it."""
    words = "the lamp of the pier is lit by nine and put out at dawn by the keeper of it"
    (page,) = boxes_of(parsed(Page(rotate).text(72, 700, words)).places, Span(0, 8))
    (box,) = page.boxes
    size = {0: (612, 792), 180: (612, 792)}.get(rotate, (792, 612))
    corner = {0: (72, 700), 90: (700, 612 - 72), 180: (612 - 72, 792 - 700), 270: (792 - 700, 72)}[rotate]
    assert (page.width, page.height) == size
    assert box.x0 - 5 <= corner[0] <= box.x1 + 5
    assert box.y0 - 5 <= corner[1] <= box.y1 + 5
    wide, high = box.x1 - box.x0, box.y1 - box.y0
    assert (wide > high) == (rotate in (0, 180))


def test_boxes_follow_a_broken_word_over_lines_and_pages() -> None:
    first = Page().lines(72, 112, ["The word is here, and the word is there, and the word was told of by the har-"])
    document = parsed(first, Page().lines(72, 740, ["bour master of the town, who knew the word."]))
    start = document.text.index("harbour")
    found = boxes_of(document.places, Span(start, start + 7))
    assert [(page.page, [round(box.y0) // 100 for box in page.boxes]) for page in found] == [(1, [1]), (2, [7])]
    third = document.text.rindex("word")
    assert [page.page for page in boxes_of(document.places, Span(third, third + 4))] == [2]


def test_every_line_of_a_paragraph_has_one_box() -> None:
    lines = set_lines(PROSE, 60)
    document = parsed(Page().lines(72, 700, lines))
    (page,) = boxes_of(document.places, document.blocks[0].span)
    assert [round(box.y0 + 2) for box in page.boxes] == [700 - int(LINE) * number for number in range(len(lines))]
    assert all(box.x0 == 72 for box in page.boxes)


WORDS = st.lists(st.sampled_from("harbour pilot Lamp 1962 gate. storm, tide; x9 (pier) self-made".split()), min_size=1)
LAYOUT = st.tuples(st.integers(20, 90), st.integers(1, 3), st.sampled_from([9, 10, 12]), st.sampled_from([72, 90]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, LAYOUT), min_size=1, max_size=6))
def test_every_word_is_in_the_text_once_and_every_block_slices_it(
    parts: list[tuple[list[str], tuple[int, ...]]],
) -> None:
    pages, words, y = [Page()], [], 740.0
    for text, (width, space, size, left) in parts:
        for line in set_lines(" ".join(text), width):
            if y < 80:
                pages.append(Page())
                y = 740.0
            pages[-1].text(left, y, line, size=size)
            words.extend(line.split())
            y -= LINE
        y -= LINE * space
    data = pdf(*pages)
    document = PdfParser().parse(source("page.pdf"), data)
    assert sorted(document.text.replace(" | ", " ").split()) == sorted(words)
    assert " ".join(block.span.of(document.text) for block in document.blocks).split() == document.text.split()
    for block in document.blocks:
        assert block.page is not None
        assert {page.page for page in boxes_of(document.places, block.span)} >= {block.page}


GOOD = pdf(Page().lines(72, 700, set_lines(PROSE, 80)))


def test_an_empty_password_opens_and_any_other_refuses() -> None:
    page = Page().text(72, 700, "A page for everyone who has it.")
    assert PdfParser().parse(source("page.pdf"), pdf(page, password="")).text == "A page for everyone who has it."
    with pytest.raises(UnreadableDocument, match="locked by a password"):
        PdfParser().parse(source("page.pdf"), pdf(page, password="secret"))


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", UnreadableDocument, "is not a PDF file"),
        (b"<!DOCTYPE html><p>no</p>", UnreadableDocument, "is a web page"),
        (b"PK\x03\x04", UnreadableDocument, "is a ZIP file or an Office document, not a PDF file"),
        (b"%PDF-1.4\nnothing", UnreadableDocument, "broken"),
        (pdf(Page()), NoText, "no text layer: it looks like a scan"),
        (pdf(), NoText, "has no pages"),
    ],
)
def test_files_that_cannot_be_used_are_refused_by_name(data: bytes, error: type[DocumentError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        PdfParser().parse(source("page.pdf"), data)
    assert "page.pdf" in caught.value.message
    assert caught.value.remedy


def test_a_page_tree_that_loops_or_lies_about_its_size_is_refused_or_read() -> None:
    for count in (b"2", b"2000000000", b"-1"):
        objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: b"<< /Type /Pages /Kids [2 0 R] /Count %s >>" % count}
        with pytest.raises(DocumentError, match=r"page\.pdf"):
            PdfParser().parse(source("page.pdf"), assemble(objects))


@pytest.mark.parametrize("share", [1, 5, 20, 50, 80, 95, 99])
def test_a_truncated_file_is_refused_or_read_in_part_but_never_wrong(share: int) -> None:
    try:
        document = PdfParser().parse(source("page.pdf"), GOOD[: len(GOOD) * share // 100])
    except DocumentError:
        return
    assert set(document.text.split()) <= set(PROSE.split())


@settings(max_examples=150, deadline=None, derandomize=True)  # PDFium runs in this very process
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_a_file_with_wrong_bytes_is_refused_or_read(place: int, wrong: bytes) -> None:
    try:
        document = PdfParser().parse(source("page.pdf"), GOOD[:place] + wrong + GOOD[place + len(wrong) :])
    except DocumentError:
        return
    assert document.text


def test_the_same_bytes_give_the_same_document() -> None:
    assert PdfParser().parse(source("a.pdf"), GOOD) == PdfParser().parse(source("a.pdf"), GOOD)


def test_the_version_names_the_library() -> None:
    assert "pypdfium2" in PdfParser().version
