"""Lists, long lists and contradictions on the page and in the API: every character still the document's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from html_tree import Element, parse
from library import Library
from qa.service.quotations import Part, Quote
from qa.types import Block, BlockKind, Citation, ParsedDocument, Span
from qa.wiring import make_engine
from strategies import document_of

RULES = "# Rules\n\nThe rules of the quay are:\n\n- Ring the bell.\n  - Twice at night.\n- Shut the gate.\n"
FEES = "# Fees\n\nThe fees of the club are:\n\n" + "".join(f"- Fee {number}\n" for number in range(14))
PIER = "The northern pier was opened in {year}.\n"


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client for documents with lists and a contradiction, read by whole sentences."""
    files = {"rules.md": RULES, "fees.md": FEES, "a.txt": PIER.format(year=1902), "b.txt": PIER.format(year=1905)}
    folder: Path = tmp_path_factory.mktemp("lists")
    library = Library.at(folder, {name: text.encode() for name, text in files.items()})
    library.build()
    settings = library.settings.model_copy(update={"answer_threshold": 0.0})
    with library.client(make_engine(settings, library.encoder)) as client:
        yield client


def ask(client: TestClient, question: str) -> dict[str, Any]:
    reply: dict[str, Any] = client.get("/ask", params={"q": question}).json()
    return reply


def page(client: TestClient, question: str) -> Element:
    return parse(client.get("/", params={"q": question}, headers={"accept": "text/html"}).text)


def test_a_list_is_one_proven_quotation(lists: TestClient) -> None:
    reply = ask(lists, "What are the rules of the quay?")

    citation = reply["citations"][0]
    text = lists.get(f"/documents/{citation['document_id']}").json()["text"]
    assert citation["quote"] == text[citation["start"] : citation["end"]]
    assert citation["quote"] == "The rules of the quay are:\n\nRing the bell.\nTwice at night.\nShut the gate."
    assert reply["answer"] == citation["quote"]
    assert (reply["left_out"], reply["conflict"]) == (0, None)


def test_the_page_shows_a_list_as_one(lists: TestClient) -> None:
    root = page(lists, "What are the rules of the quay?")

    quote = root.all(of_class="quote-text")[0]
    assert quote.text == "The rules of the quay are:\n\nRing the bell.\nTwice at night.\nShut the gate."
    items = quote.all(of_class="part-list_item")
    assert [item.text for item in items] == ["Ring the bell.", "Twice at night.", "Shut the gate."]
    assert [item.attributes["class"].split()[-1] for item in items] == ["part-depth-0", "part-depth-1", "part-depth-0"]
    assert [mark.text for mark in quote.all("mark")] == ["The rules of the quay are:", *(item.text for item in items)]
    assert not root.all(of_class="left-out")


def test_what_a_long_list_leaves_out_is_said(lists: TestClient) -> None:
    question = "What are the fees of the club?"

    assert ask(lists, question)["left_out"] == 2
    assert ask(lists, question)["citations"][0]["quote"].endswith("Fee 11")
    assert page(lists, question).one(of_class="left-out").text == "… and 2 more items in the document."


def test_a_contradiction_is_told_and_both_figures_are_marked(lists: TestClient) -> None:
    question = "When was the northern pier opened?"
    reply, root = ask(lists, question), page(lists, question)

    quotes = [citation["quote"] for citation in reply["citations"]]
    assert quotes == ["The northern pier was opened in 1902.", "The northern pier was opened in 1905."]
    conflict = reply["conflict"]
    assert conflict["answer"] == quotes[1][conflict["start"] : conflict["end"]]
    assert "The documents give different figures." in root.one(of_class="caution-conflict").text
    marked = [quote.one("mark").text for quote in root.all(of_class="quote-text")]
    assert marked == [reply["answer"], conflict["answer"]]


def test_without_a_contradiction_nothing_is_told(lists: TestClient) -> None:
    assert not page(lists, "What are the rules of the quay?").all(of_class="caution-conflict")


def cited(document: ParsedDocument, span: Span, *, text_sha256: str | None = None) -> Citation:
    return Citation(
        document_id=document.id, path="a", title="A", page=None, headings=(), span=span, quote=span.of(document.text),
        text_sha256=text_sha256 or document.text_sha256, source_sha256="",
    )  # fmt: skip


LIST = document_of(
    "Lead:\n\none\ntwo\n\nend",
    Block(kind=BlockKind.PARAGRAPH, span=Span(0, 5)),
    Block(kind=BlockKind.LIST_ITEM, span=Span(7, 10), level=4),
    Block(kind=BlockKind.LIST_ITEM, span=Span(11, 14), level=9),
    Block(kind=BlockKind.PARAGRAPH, span=Span(16, 19)),
)


def test_the_parts_joined_are_the_quotation() -> None:
    for start in range(len(LIST.text)):
        for end in range(start + 1, len(LIST.text) + 1):
            quote = Quote.of(1, cited(LIST, Span(start, end)), None, LIST)
            if quote.parts:
                assert "".join(part.text for part in quote.parts) == LIST.text[start:end]


def test_the_parts_of_a_list() -> None:
    assert Quote.of(1, cited(LIST, Span(0, 14)), None, LIST).parts == [
        Part(text="Lead:", kind="paragraph"),
        Part(text="\n\n", kind=None),
        Part(text="one", kind="list_item", depth=0),
        Part(text="\n", kind=None),
        Part(text="two", kind="list_item", depth=1),
    ]


def test_one_block_has_no_parts_and_neither_has_a_document_that_changed() -> None:
    assert Quote.of(1, cited(LIST, Span(7, 10)), None, LIST).parts == []
    assert Quote.of(1, cited(LIST, Span(0, 14), text_sha256="0" * 64), None, LIST).parts == []
