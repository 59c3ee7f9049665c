"""Hostile text in documents, titles, file names and questions is shown as the characters it is."""

import re

import pytest
from fastapi.testclient import TestClient

from html_tree import Element
from library import PARROT_PATH, SQUAWK, SQUAWK_QUOTE, Library
from service.test_pages import page, quotes

TITLE = "<script>alert('title')</script>"
PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</h2></main><iframe src=javascript:alert(1)>",
    "</title><svg onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "<!-- --><textarea>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#x27;",
    "\u202etxet desrever",
    "a\u0000b",
]


def assert_nothing_foreign(root: Element) -> None:
    """No element of a page is one that Quoth's templates do not make."""
    assert [e.attributes["src"] for e in root.all("script")] == ["/static/theme.js", "/static/app.js"]
    assert not [e.tag for e in root.all() if e.tag in {"iframe", "svg", "textarea", "object", "b", "base"}]
    assert {element.attributes["src"] for element in root.all("img")} == {"/static/favicon.svg"}
    for link in root.all("a"):
        assert not link.attributes["href"].lower().startswith(("javascript:", "data:", "//", "http"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_question_is_shown_literally(client: TestClient, payload: str) -> None:
    root = page(client, "/", q=[payload, f"parrot {payload}"])

    assert_nothing_foreign(root)
    literally = payload.replace("\0", " ")
    assert [heading.text for heading in root.all("h2") if "question" in heading.classes] == [
        literally,
        f"parrot {literally}",
    ]
    assert f"parrot {literally}"[:60] in root.one("title").text
    fields = root.one("form", of_class="ask").all("input")
    hidden = [element for element in fields if element.attributes["type"] == "hidden"]
    assert hidden[0].attributes["value"] in (payload, literally)


def test_a_document_is_shown_literally(client: TestClient) -> None:
    root = page(client, "/", q=SQUAWK)

    assert_nothing_foreign(root)
    assert quotes(root)[0] == SQUAWK_QUOTE
    assert root.all("figure")[0].one("cite").text == TITLE
    assert PARROT_PATH in root.all("figure")[0].text


def test_its_source_page_too(client: TestClient) -> None:
    url = client.get("/ask", params={"q": SQUAWK}).json()["citations"][0]["url"]
    root = page(client, url.partition("#")[0])

    assert_nothing_foreign(root)
    assert root.one("h1").text == TITLE
    assert root.one("title").text.startswith(TITLE)
    assert PARROT_PATH in root.one("main").text
    assert root.one("mark").text == SQUAWK_QUOTE


def test_the_list_of_documents_too(client: TestClient) -> None:
    root = page(client, "/sources")

    assert_nothing_foreign(root)
    assert TITLE in root.one("main").text
    assert PARROT_PATH in root.one("main").text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_addresses_are_not_echoed(client: TestClient, payload: str) -> None:
    document_id = client.get("/ask", params={"q": SQUAWK}).json()["citations"][0]["document_id"]

    marked = page(client, f"/source/{document_id}", c=payload)
    assert_nothing_foreign(marked)
    assert payload not in marked.one(of_class="notice").text


def test_a_skipped_file_with_a_hostile_name_is_listed_literally(built: Library) -> None:
    name = "\"><script>alert('name')<.md"
    built.write(name, b"\xff")
    built.build()

    root = page(built.client(), "/sources")

    assert_nothing_foreign(root)
    assert name in root.one(of_class="shelf-skipped").text


def test_raw_output_holds_no_script_but_ours(client: TestClient) -> None:
    url = client.get("/ask", params={"q": SQUAWK}).json()["citations"][0]["url"].partition("#")[0]
    for path in (
        "/",
        "/sources",
        url,
        "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/%3Cscript%3E",
        "/source/%3Cscript%3E",
    ):
        response = client.get(path, headers={"accept": "text/html"})
        ours = re.findall(r'<script(?: type="module")? src="/static/\w+\.js"></script>', response.text)
        assert len(ours) == response.text.lower().count("<script") == 2
        assert "onerror=alert(1)>" not in response.text
