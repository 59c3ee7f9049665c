"""What PDFium reads inside the boxes of a span is the span: on plain, two-column and turned pages."""

import textwrap

import pypdfium2
import pytest

from pdf_maker import LINE, Page, pdf
from qa.boxes import boxes_of
from qa.parsing.pdf.parser import PdfParser
from qa.types import Span
from strategies import source

PROSE = (
    "The harbour lies in the north of the island. It was dug by hand in the year of the great storm, and the people of"
    " three villages worked on it for two summers. Since then the ferries call twice a day. A pilot takes every ship"
    " through the narrow gate, where the current is strong at spring tide. The keeper of the lamp writes down each"
    " passage, with the hour and the weather. Nobody has read those books for many years, but they are kept dry."
)


def read(document: pypdfium2.PdfDocument, page: int, box: tuple[float, float, float, float]) -> str:
    """The characters whose middle lies in a box of the page as it is shown."""
    shown, text = document[page - 1], document[page - 1].get_textpage()
    width, height = shown.get_size()
    found = []
    for number in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(number, loose=True)
        x, y = (left + right) / 2, (bottom + top) / 2
        x, y = {0: (x, y), 90: (y, height - x), 180: (width - x, height - y), 270: (width - y, x)}[shown.get_rotation()]
        if box[0] <= x <= box[2] and box[1] <= y <= box[3]:
            found.append(text.get_text_range(number, 1))
    return "".join(found)


def pages(rotate: int) -> list[Page]:
    lines = textwrap.wrap(PROSE, 42)
    half = (len(lines) + 1) // 2
    two = Page(rotate).lines(60, 700, lines[:half]).lines(330, 700, lines[half:])
    return [Page(rotate).lines(72, 600, textwrap.wrap(PROSE, 80)), two]


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_the_boxes_hold_what_is_quoted_and_nothing_else(rotate: int) -> None:
    data = pdf(*pages(rotate))
    document = PdfParser().parse(source("page.pdf"), data)
    file = pypdfium2.PdfDocument(data)
    try:
        spans = [
            Span(start, start + length) for length in (7, 90, 400) for start in range(0, len(document.text) - 400, 61)
        ]
        for span in spans:
            found = [read(file, page.page, box) for page in boxes_of(document.places, span) for box in page.boxes]
            assert "".join("".join(found).split()) == "".join(span.of(document.text).split())
    finally:
        file.close()


def test_one_line_is_one_box() -> None:
    data = pdf(Page().lines(72, 600, textwrap.wrap(PROSE, 80)))
    document = PdfParser().parse(source("page.pdf"), data)
    (page,) = boxes_of(document.places, Span(0, len(document.text)))
    assert [round(before.y0 - after.y0) for before, after in zip(page.boxes, page.boxes[1:], strict=False)] == [
        int(LINE)
    ] * (len(textwrap.wrap(PROSE, 80)) - 1)
