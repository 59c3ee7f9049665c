"""U3, U4 and U7: the whole task by keyboard alone, what is said aloud, the way back, and all of it without scripts."""

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from browser.conftest import Desk
from browser.shelf import fact, question

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COUNT_SAID = """() => {
  window.said = [];
  new MutationObserver(() => {
    const words = document.getElementById("status").textContent;
    if (words) window.said.push(words);
  }).observe(document.getElementById("status"), { childList: true, characterData: true, subtree: true });
}"""
FOCUSED = "document.activeElement"


def ask(page: "Page", text: str) -> None:
    """Type a question, and wait for its turn."""
    turns = page.locator(".turn").count()
    page.evaluate(f"{FOCUSED}.blur()")
    page.keyboard.press("/")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.locator(f"#turn-{turns + 1}").wait_for()


def focused(page: "Page", script: str) -> str:
    """Something of the element that has the focus."""
    return str(page.evaluate(f"{FOCUSED}.{script}"))


def test_the_whole_task_by_keyboard(desk: Desk) -> None:
    page = desk.open()
    ask(page, question(3))
    assert page.locator(".quote-text").first.inner_text().startswith(fact(3)[:20])
    assert focused(page, "id") == "question", "ready for the next one"

    page.evaluate("document.getElementById('main').focus()")
    page.keyboard.press("Tab")
    while focused(page, "className") != "chip":
        page.keyboard.press("Tab")
    assert page.locator("#card .quote-text").inner_text() == page.locator(".quote .quote-text").first.inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("#card").is_visible()
    page.keyboard.press("ArrowRight")
    citation = focused(page, "outerHTML")
    page.keyboard.press("Enter")
    page.locator("#pane #c").wait_for()
    page.wait_for_function(f"() => {FOCUSED}.id === 'c'")
    page.keyboard.press("Tab")
    assert page.locator("#pane").evaluate(f"(pane) => pane.contains({FOCUSED})")
    page.keyboard.press("Escape")
    assert not page.locator("#pane").is_visible()
    assert focused(page, "outerHTML") == citation.replace(' aria-current="true"', ""), "back where it was opened"


def test_the_marked_words_lead_back_to_their_quotation(desk: Desk) -> None:
    page = desk.open("/?" + urlencode([("exact", question(number)) for number in range(6)]))
    link = page.locator("#quote-1-1 a[data-cite]")
    for way in ("pointer", "keyboard"):
        link.click()
        page.wait_for_function(f"() => {FOCUSED}.id === 'c'")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        if way == "pointer":
            page.locator("#pane #c").click()
        else:
            page.keyboard.press("Enter")
        assert link.evaluate(f"(link) => link === {FOCUSED}")
        box = link.bounding_box()
        assert box
        assert 0 < box["y"] < 800 - box["height"]


def test_a_quotation_is_copied_with_its_citation(desk: Desk) -> None:
    desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = desk.open("/?" + urlencode({"exact": question(3)}))
    page.locator("[data-copy]").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Copied", exact=True).first.wait_for()

    copied = page.evaluate("navigator.clipboard.readText()")

    quote = page.locator(".quote-text").first.text_content()
    assert copied.startswith(f"\u201c{quote}\u201d\n\u2014 ")
    assert "characters" in copied
    assert "SHA-256" in copied


def test_an_answer_is_announced_once(desk: Desk) -> None:
    page = desk.open()
    page.evaluate(COUNT_SAID)
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "polite"

    ask(page, question(3))
    page.wait_for_function("() => window.said.length > 0")
    page.wait_for_timeout(100)

    said = page.evaluate("window.said")
    assert len(said) == 1
    assert "found" in said[0]
    assert log.get_attribute("aria-busy") == "false"


def test_passages_are_there_before_the_answer(desk: Desk) -> None:
    page = desk.open()
    page.evaluate("""() => {
      window.early = [];
      new MutationObserver(() => {
        const turn = document.querySelector(".turn-pending");
        const busy = document.querySelector(".thread").getAttribute("aria-busy");
        if (turn) window.early.push([busy, turn.querySelector(".question").textContent,
          turn.querySelectorAll(".nearest li").length]);
      }).observe(document.querySelector(".thread"), { childList: true, subtree: true });
    }""")

    ask(page, question(3))

    assert ["true", question(3), 3] in page.evaluate("window.early")
    assert page.locator(".turn-pending").count() == 0


def test_the_page_after_asking_is_the_page_of_its_address(desk: Desk) -> None:
    page = desk.open()
    texts = [question(number) for number in (3, 70, 130)]
    for text in texts:
        ask(page, text)
    shown = page.locator(".conversation").inner_text()

    assert page.url == f"{desk.address}/?" + urlencode([("q", text) for text in texts])
    page.reload()
    assert page.locator(".conversation").inner_text() == shown


def test_the_way_back_leads_through_the_conversation(desk: Desk) -> None:
    page = desk.open()
    ask(page, question(3))
    ask(page, question(70))
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('.turn').length === 1")
    page.go_back()
    page.locator(".past").wait_for()

    assert page.locator(".turn").count() == 0
    assert [link.get_attribute("href") for link in page.locator(".past a").all()] == [
        "/?" + urlencode([("q", question(3)), ("q", question(70))])
    ]
    page.get_by_role("button", name="Forget all").click()
    desk.open()
    assert not page.locator(".past").is_visible()


def test_a_stream_that_breaks_off_leads_to_the_answer_all_the_same(desk: Desk) -> None:
    page = desk.open()
    page.route("**/stream?*", lambda route: route.fulfill(content_type="text/event-stream", body=""))
    page.locator("#question").fill(question(3))
    page.keyboard.press("Enter")
    page.locator(".quote").first.wait_for()

    assert page.url.startswith(f"{desk.address}/?q=")


def test_a_question_that_cannot_be_asked_is_explained(desk: Desk) -> None:
    page = desk.open()
    page.locator("#question").evaluate(
        "(field) => { field.removeAttribute('maxlength'); field.value = 'a'.repeat(2001); }"
    )
    page.keyboard.press("Enter")
    page.locator(".turn .problem").wait_for()

    assert "What to do:" in page.locator(".problem").inner_text()


@pytest.mark.parametrize("width", [320, 1280])
def test_everything_works_without_scripts(browser: "Browser", address: str, width: int) -> None:
    window = browser.new_context(java_script_enabled=False, viewport={"width": width, "height": 800})
    page = window.new_page()
    page.goto(address)
    page.get_by_label("Your question").fill(question(3))
    page.get_by_role("button", name="Ask", exact=True).click()
    quote = page.locator(".quote-text").first.text_content()
    assert not page.locator("[data-copy]").first.is_visible()
    page.get_by_role("link", name="Open in source").first.click()

    assert page.locator("mark#c").text_content() == quote
    page.get_by_role("link", name="Documents", exact=True).click()
    assert page.get_by_role("heading", name="Documents", exact=True).is_visible()
    window.close()
