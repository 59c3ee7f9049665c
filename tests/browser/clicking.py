"""Clicks every citation on a page and says what is marked then, where, how soon, and whether it can be seen."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

from browser.shelf import FORMATS, question

if TYPE_CHECKING:
    from playwright.sync_api import Page

TURNS = 6
"""Questions that one address carries."""
Clicked = dict[str, Any]

# In the page: click every citation, wait for its mark, and tell what is marked, where, and whether it can be seen.
CLICK_ALL = """async () => {
  const found = [];
  for (const figure of document.querySelectorAll(".quote")) {
    const before = document.querySelector("#pane #c");
    const begun = performance.now();
    figure.querySelector("a[data-cite]").click();
    let mark;
    while (!(mark = document.querySelector("#pane #c")) || mark === before || document.activeElement !== mark) {
      if (performance.now() - begun > 30000) throw new Error("no mark for " + figure.textContent);
      await new Promise(requestAnimationFrame);
    }
    const box = mark.getBoundingClientRect(), room = document.querySelector(".pane-body").getBoundingClientRect();
    found.push({
      milliseconds: performance.now() - begun,
      quote: figure.querySelector(".quote-text").textContent,
      document: new URL(figure.querySelector("a[data-cite]").href).pathname.split("/").pop(),
      marks: [...document.querySelectorAll("#pane mark")].map((m) => [m.dataset.place, m.textContent]),
      seen: box.height > 0 && box.top >= room.top && box.top < Math.min(room.bottom, innerHeight),
    });
  }
  return found;
}"""


class Texts:
    """The canonical texts, as the API gives them; Python counts code points, as the offsets do."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._known: dict[str, dict[str, str]] = {}

    def of(self, document_id: str) -> str:
        """The text of a document."""
        return self._detail(document_id)["text"]

    def path(self, document_id: str) -> str:
        """Its file."""
        return self._detail(document_id)["path"]

    def _detail(self, document_id: str) -> dict[str, str]:
        if document_id not in self._known:
            with urlopen(f"{self._address}/documents/{document_id}") as response:
                self._known[document_id] = json.load(response)
        return self._known[document_id]


def fault(found: Clicked, texts: Texts) -> str:
    """What is wrong with a citation that was clicked; empty when all is right.

    Everything marked must be the slice of the text that it says it is, all of it together the quotation, and in view.
    """
    text = texts.of(found["document"])
    for place, marked in found["marks"]:
        start, end = map(int, place.split("-"))
        if text[start:end] != marked:
            return f"{marked!r} is not what stands at {place}"
    words = [marked for _, marked in found["marks"]]
    if len(words) == 1 and words[0] != found["quote"]:
        return f"{words[0]!r} is marked for {found['quote']!r}"
    if "".join("".join(words).split()) != "".join(found["quote"].split()):
        return f"{words!r} are marked for {found['quote']!r}"
    return "" if found["seen"] else f"{words[0]!r} is not in view"


def clicked(page: "Page", address: str, questions: Sequence[str]) -> list[Clicked]:
    """Ask in one conversation, then click every citation."""
    page.goto(address + "/?" + urlencode([("exact", text) for text in questions]))
    assert page.locator(".turn").count() == len(questions)
    found: list[Clicked] = page.evaluate(CLICK_ALL)
    return found


def all_formats(page: "Page", address: str, *, wanted: int, least: int, facts: int) -> Iterator[tuple[str, Clicked]]:
    """Paths and what was clicked, the formats in turn, until there are `wanted`, and `least` of every format.

    `facts` is how many the document of each format has. Raises AssertionError when they do not suffice.
    """
    texts = Texts(address)
    each = Counter[str]()
    for start in range(0, len(FORMATS) * facts, TURNS):
        places = range(start, min(start + TURNS, len(FORMATS) * facts))
        numbers = [place % len(FORMATS) * facts + place // len(FORMATS) for place in places]
        for one in clicked(page, address, [question(number) for number in numbers]):
            path = texts.path(one["document"])
            each[path] += 1
            yield path, one
        if each.total() >= wanted and min(each[path] for path in FORMATS) >= least:
            return
    raise AssertionError(f"not enough citations: {each}")
