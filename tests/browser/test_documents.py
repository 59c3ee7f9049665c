"""Documents are chosen or dropped, answered from, and deleted, with scripts and without."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from browser.conftest import Desk, Seen, serving
from library import Library
from qa.wiring import make_editor

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

OCTOPUS = "# The octopus\n\nThe octopus has three hearts and blue blood.\n"
QUESTION = "/?" + urlencode({"exact": "How many hearts has the octopus?"})
BUILDING = {
    "state": "building",
    "summary": "being compared with the folder (reading 3 of 8)",
    "reason": None,
    "done": 3,
    "total": 8,
    "generation": None,
}
DROP = """([name, text]) => {
  const carried = new DataTransfer();
  carried.items.add(new File([text], name));
  const tell = (kind) => document.querySelector("main").dispatchEvent(
    new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
  tell("dragover");
  const shown = document.querySelector(".adding").classList.contains("is-over");
  tell("drop");
  return shown;
}"""


@pytest.fixture
def shelf_address(tmp_path: Path) -> Iterator[tuple[str, Library]]:
    """A service that follows a corpus of its own, which tests change."""
    library = Library.at(tmp_path / "library")
    settings = library.settings.model_copy(update={"scan_seconds": 0.2, "settle_seconds": 0.1})
    library = Library(settings=settings)
    library.build()
    follower = library.follower()
    follower.start()
    try:
        with serving(library.client(follower=follower, editor=make_editor(settings)).app) as address:
            yield address, library
    finally:
        follower.stop()


@pytest.fixture
def own(browser: "Browser", shelf_address: tuple[str, Library]) -> Iterator[Desk]:
    """A window on that service, watched."""
    window = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = window.new_page()
    seen = Seen(shelf_address[0])
    seen.watch(page)
    yield Desk(shelf_address[0], page, seen)
    window.close()
    assert (seen.dialogs, seen.foreign) == ([], [])


def listed(page: "Page", title: str) -> None:
    """Wait until the list has a document."""
    page.locator(".shelf-title", has_text=title).wait_for(timeout=15_000)


def test_a_chosen_file_is_added_and_the_list_follows(own: Desk, tmp_path: Path) -> None:
    file = tmp_path / "octopus.md"
    file.write_text(OCTOPUS)
    page = own.open("/sources")
    page.locator("#files").set_input_files(str(file))
    page.get_by_role("button", name="Add", exact=True).click()

    page.locator(".added li", has_text="added; it is being read").wait_for()
    listed(page, "The octopus")
    assert "four" not in page.locator(".page-head").inner_text()
    own.seen.nothing()
    assert (
        own.open(QUESTION).locator(".quote-text").first.inner_text() == "The octopus has three hearts and blue blood."
    )


def test_the_list_follows_a_folder_that_others_change(own: Desk, shelf_address: tuple[str, Library]) -> None:
    page = own.open("/sources")
    page.route("**/index", lambda route: route.fulfill(json=BUILDING))
    page.locator("[data-progress]").wait_for()
    assert page.locator("[data-progress]").evaluate("(bar) => [bar.value, bar.max]") == [3, 8]
    assert "reading 3 of 8" in page.locator("[data-state]").first.inner_text()
    page.unroute("**/index")

    shelf_address[1].write("octopus.md", OCTOPUS)
    listed(page, "The octopus")

    page.locator("[data-progress]").wait_for(state="hidden")
    assert page.locator("[data-state]").first.inner_text() == "up to date"


def test_a_reader_who_comes_back_is_told_that_the_answer_has_changed(
    own: Desk, shelf_address: tuple[str, Library]
) -> None:
    page = own.open(QUESTION)
    assert page.locator(".abstention").is_visible()
    assert page.locator(".then").count() == 0
    for hearts, before in (("three", "there was none"), ("nine", "three hearts")):
        shelf_address[1].write("octopus.md", OCTOPUS.replace("three", hearts))
        own.open("/sources")
        for _ in range(100):
            if f"{hearts} hearts" in own.open(QUESTION).locator(".reply").inner_text():
                break
            page.wait_for_timeout(100)
        told = page.locator(".then").inner_text()
        assert told.startswith("The answer has changed.")
        assert before in told
    own.open(QUESTION)
    assert page.locator(".then").count() == 0, "it is told once"


def test_a_dropped_file_is_added_and_another_of_its_name_is_not(own: Desk, shelf_address: tuple[str, Library]) -> None:
    page = own.open("/sources")
    assert page.evaluate(DROP, ["sea 100%?#.md", OCTOPUS])
    listed(page, "The octopus")
    page.evaluate(DROP, ["sea 100%?#.md", "other"])
    page.locator(".added .why", has_text="There is a file").wait_for()
    page.evaluate(DROP, ["program.exe", "x"])
    page.locator(".added .why", has_text="no parser for .exe").wait_for()

    assert (shelf_address[1].settings.corpus / "sea 100%?#.md").read_text() == OCTOPUS
    page.get_by_label("Replace files").check()
    page.evaluate(DROP, ["sea 100%?#.md", OCTOPUS.replace("octopus", "squid")])
    listed(page, "The squid")


def test_all_of_it_works_without_scripts(
    browser: "Browser", shelf_address: tuple[str, Library], tmp_path: Path
) -> None:
    address, library = shelf_address
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/sources")
    for name in ("octopus.md", "bad.exe"):
        (tmp_path / name).write_text(OCTOPUS)
    page.locator("#files").set_input_files([tmp_path / "octopus.md", tmp_path / "bad.exe"])
    page.get_by_role("button", name="Add", exact=True).click()
    assert "1 file added." in page.locator(".said").inner_text()
    assert "no parser for .exe" in page.locator(".notice-refused").inner_text()
    assert (library.settings.corpus / "octopus.md").read_text() == OCTOPUS

    page.goto(address + "/sources")
    page.locator("li", has_text="harbour.md").get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Keep it").click()
    assert (library.settings.corpus / "harbour.md").exists()
    page.locator("li", has_text="harbour.md").get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    page.wait_for_url("**/sources#index")
    assert not (library.settings.corpus / "harbour.md").exists()
    context.close()
