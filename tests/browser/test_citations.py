"""U1 and U8: a clicked citation is marked in its source to the character, in view, in every format and script."""

from collections import Counter
from urllib.parse import urlencode

import pytest

from browser.clicking import Texts, all_formats, clicked, fault
from browser.conftest import Desk
from browser.shelf import FACTS_EACH, FORMATS, SCRIPTS, question

CLICKED = 2_000
"""Citations to click, over all formats."""
LEAST_EACH = 150
"""Of every format."""
MOST_MILLISECONDS = 300
"""From the click to the mark in view, for 95 of 100 citations: some ten times what it takes on two idle cores."""


def test_every_citation_is_marked_where_it_stands_at_once(desk: Desk) -> None:
    texts = Texts(desk.address)
    each = Counter[str]()
    times: list[float] = []
    for path, one in all_formats(desk.page, desk.address, wanted=CLICKED, least=LEAST_EACH, facts=FACTS_EACH):
        each[path] += 1
        times.append(one["milliseconds"])
        assert fault(one, texts) == ""

    assert each.total() >= CLICKED
    assert min(each[path] for path in FORMATS) >= LEAST_EACH, each
    assert sorted(times)[int(0.95 * len(times))] <= MOST_MILLISECONDS


def test_a_quotation_of_a_pdf_is_marked_on_its_page(desk: Desk) -> None:
    """The strip of the page is drawn, is in view, and the mark on it lies over ink."""
    number = list(FORMATS).index("beacons.pdf") * FACTS_EACH + 3
    page = desk.open("/?" + urlencode({"exact": question(number)}))
    with page.expect_response("**/documents/*/pages/*") as drawn:
        page.locator(".quote a[data-cite]").first.click()
    assert drawn.value.headers["content-type"] == "image/png"

    strip = page.locator(".pane-page .drawing").first
    strip.locator("image").wait_for()
    room, mark = strip.bounding_box(), strip.locator("rect").first.bounding_box()
    assert room
    assert mark
    assert room["x"] < mark["x"]
    assert room["y"] < mark["y"]
    assert mark["y"] + mark["height"] < room["y"] + room["height"] < 800
    assert mark["width"] > 5 * mark["height"] > 25
    page.locator(".pane-page summary").first.click()
    assert page.locator(".pane-page .drawing").nth(1).is_visible()


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_marked_to_the_character(desk: Desk, script: str) -> None:
    asked, sentence = SCRIPTS[script]

    found = clicked(desk.page, desk.address, [asked])

    assert sentence in [one["quote"] for one in found]
    assert [fault(one, Texts(desk.address)) for one in found] == [""] * len(found)


def test_a_document_from_right_to_left_is_shown_so(desk: Desk) -> None:
    page = desk.open("/?" + urlencode({"exact": SCRIPTS["arabic"][0]}))

    direction = "(element) => getComputedStyle(element).direction"
    assert page.locator(".quote blockquote").first.evaluate(direction) == "rtl"
    page.locator(".quote a[data-cite]").first.click()
    assert page.locator("#c").locator("xpath=..").evaluate(direction) == "rtl"
    assert page.locator("html").evaluate(direction) == "ltr"
