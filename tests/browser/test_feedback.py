"""What users say is noted with scripts and without, and what the operator sees of it has no fault of accessibility."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from browser.conftest import Desk, Seen, axe_source, serving
from browser.test_access import LEAST_TARGET, RULES, SMALL_TARGETS
from library import BERTH, SQUAWK, UNANSWERED, Library
from qa.journal import Journal

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def own(browser: "Browser", tmp_path: Path) -> Iterator[tuple[Desk, Journal]]:
    """A watched window on a service that records, and its journal."""
    library = Library.at(tmp_path / "library")
    library.build()
    with serving(library.client(recording=True).app) as address:
        window = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        page = window.new_page()
        seen = Seen(address)
        seen.watch(page)
        yield Desk(address, page, seen), Journal(library.settings.index)
        seen.nothing()
        window.close()


def test_a_word_is_noted_in_place_and_the_operator_sees_it(own: tuple[Desk, Journal]) -> None:
    desk, journal = own
    page = desk.open("/?" + urlencode([("q", BERTH), ("q", UNANSWERED)]))
    first = page.locator(".feedback").first
    first.get_by_role("button", name="Not helpful").click()
    page.locator("#status", has_text="Noted, thank you.").wait_for()
    assert first.get_by_role("button", name="Not helpful").get_attribute("aria-pressed") == "true"
    assert first.get_by_role("button", name="Helpful", exact=True).get_attribute("aria-pressed") == "false"
    assert [(feedback.question, feedback.helpful) for feedback in journal.feedback()] == [(BERTH, False)]

    checker = axe_source().read_text(encoding="utf-8")
    for theme, width in (("light", 320), ("dark", 1280)):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two words
        page.set_viewport_size({"width": width, "height": 800})
        desk.open("/quality")
        page.locator(".forget summary").click()
        page.evaluate(checker)
        found: Any = page.evaluate("(values) => axe.run({ runOnly: { type: 'tag', values } })", RULES)
        assert [fault["id"] for fault in found["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(SMALL_TARGETS, LEAST_TARGET) == []
    assert page.locator("#unanswered + p + ul").inner_text().startswith(UNANSWERED)
    page.get_by_label("Right answers").fill("thirteen crowns")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/quality#said")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 1 question for qa eval").click()
    assert "thirteen crowns" in download.value.path().read_text()


def test_a_word_is_noted_without_scripts(browser: "Browser", own: tuple[Desk, Journal]) -> None:
    desk, journal = own
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(desk.address + "/?" + urlencode([("q", BERTH), ("q", SQUAWK)]))
    page.locator("#turn-2 .feedback").get_by_role("button", name="Helpful", exact=True).click()
    page.wait_for_url("**#turn-2")

    assert page.locator("#turn-2 .choice[aria-pressed=true]").inner_text() == "Helpful"
    assert page.locator("#turn-1 .choice[aria-pressed=true]").count() == 0
    assert [(feedback.question, feedback.helpful) for feedback in journal.feedback()] == [(SQUAWK, True)]
    context.close()


def test_a_conversation_is_saved_from_its_page(own: tuple[Desk, Journal]) -> None:
    desk, _ = own
    page = desk.open("/?" + urlencode({"q": BERTH}))
    for kind, words in (("HTML", "<blockquote"), ("JSON", "quoth-conversation")):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind).click()
        assert words in download.value.path().read_text()
        assert download.value.suggested_filename.endswith(kind.lower())
