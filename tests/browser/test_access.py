"""U2, U5 and U6: no fault of accessibility in any state, theme or width; nothing scrolls sideways or is heavy."""

import gzip
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from browser.conftest import Desk, axe_source, serving
from browser.shelf import FACTS_EACH, FORMATS, question
from library import Library

if TYPE_CHECKING:
    from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MOST_BYTES = 60_000
"""Of a first load, compressed as any front server would."""
LEAST_TARGET = 24
"""Pixels of a target each way (WCAG 2.5.8)."""
SMALL_TARGETS = """(least) => [...document.querySelectorAll("a, button, input:not([type=hidden]), summary")]
  .filter((element) => element.checkVisibility() && !element.closest(".visually-hidden, .skip-link, p, li, dd"))
  .map((element) => [element.outerHTML.slice(0, 90), element.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least).map(([what]) => what)"""

OF_PDF = list(FORMATS).index("beacons.pdf") * FACTS_EACH
ANSWERED = "/?" + urlencode({"exact": question(3)})
ABSTAINED = "/?" + urlencode({"exact": "zebras graze where"})


def open_source(page: "Page") -> None:
    """Click the first citation."""
    page.locator(".quote a[data-cite]").first.click()
    page.locator("#pane #c").wait_for()


def follow(page: "Page", link: str, to: str) -> None:
    """Click a link that leads to another page, and wait for that."""
    page.locator(link).first.click()
    page.wait_for_url(to)


def never_answered(page: "Page") -> None:
    """Ask, and get no answer."""
    page.route("**/stream?*", lambda route: None)
    page.locator("#question").fill(question(5))
    page.keyboard.press("Enter")
    page.locator(".turn-pending").wait_for()


def nothing(page: "Page") -> None:
    """Leave the page as it is."""


STATES: dict[str, tuple[str, Callable[["Page"], None]]] = {
    "empty": ("/", nothing),
    "answered": (ANSWERED, nothing),
    "abstained": (ABSTAINED, nothing),
    "error": ("/?" + urlencode({"exact": "a" * 2001}), nothing),
    "source open": (ANSWERED, open_source),
    "loading": ("/", never_answered),
    "documents": ("/sources", nothing),
    "page of a PDF": ("/?" + urlencode({"exact": question(OF_PDF)}), open_source),
    "deleting": ("/sources", lambda page: follow(page, ".shelf-figures a", "**/delete?*")),
    "document": ("/sources", lambda page: follow(page, ".shelf a", "**/source/*")),
    "quality": ("/quality", nothing),
}


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_state_has_a_fault(desk: Desk, theme: Any, width: int) -> None:
    checker = axe_source().read_text(encoding="utf-8")
    page = desk.page
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    for state, (path, prepare) in STATES.items():
        desk.open(path)
        prepare(page)
        page.evaluate(checker)
        found = page.evaluate("(values) => axe.run({ runOnly: { type: 'tag', values } })", RULES)
        faults = [(fault["id"], [node["html"][:120] for node in fault["nodes"]]) for fault in found["violations"]]
        assert faults == [], f"{state}, {theme}, {width} px"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{state} scrolls sideways"
        assert page.evaluate(SMALL_TARGETS, LEAST_TARGET) == [], state
        page.unroute_all(behavior="ignoreErrors")


def test_a_first_load_is_light_and_asks_no_other_host(desk: Desk) -> None:
    desk.open()
    desk.page.wait_for_load_state("networkidle")
    bodies = [request.response().body() for request in desk.seen.requests]  # type: ignore[union-attr]  # each was answered

    assert len(bodies) > 3
    assert sum(len(gzip.compress(body)) for body in bodies) <= MOST_BYTES


def test_motion_stops_for_those_who_want_none(desk: Desk) -> None:
    page = desk.open()
    never_answered(page)

    assert page.locator(".working").evaluate("(e) => getComputedStyle(e, '::after').animationName") == "none"


def test_the_chosen_colours_are_remembered(desk: Desk) -> None:
    page = desk.open()
    page.emulate_media(color_scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    toggle = page.get_by_role("button", name="Colours")
    for _ in range(2):
        toggle.click()

    dark = page.evaluate(colour)
    desk.open("/sources")

    assert dark != light
    assert page.evaluate(colour) == dark
    assert page.get_by_role("button", name="Colours: dark").is_visible()


def test_without_an_index_the_page_has_no_fault(browser: Any, library: Library) -> None:
    with serving(library.client().app) as address:
        page = browser.new_page()
        page.goto(address)
        page.evaluate(axe_source().read_text(encoding="utf-8"))
        assert page.evaluate("(values) => axe.run({ runOnly: { type: 'tag', values } })", RULES)["violations"] == []
        page.close()
