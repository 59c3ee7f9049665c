"""A conversation as a file: one page that asks nobody for anything, and JSON that `qa verify` checks."""

import json
from pathlib import Path
from urllib.parse import urlencode

from fastapi.testclient import TestClient

from commands import Qa
from html_tree import parse
from library import BERTH, BERTH_QUOTE, PENNANT, SQUAWK, SQUAWK_QUOTE, UNANSWERED, Library
from qa.service.verifying import saved_citations, traced_in

ASKED = "?" + urlencode([("q", BERTH), ("q", SQUAWK), ("exact", "a" * 2001), ("q", UNANSWERED)])


def test_the_page_needs_nothing_and_runs_nothing(client: TestClient) -> None:
    response = client.get("/conversation.html" + ASKED)
    root = parse(response.text)

    assert response.headers["content-disposition"].startswith('attachment; filename="quoth-conversation-20')
    assert response.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    (policy,) = [meta for meta in root.all("meta") if meta.attributes.get("http-equiv") == "Content-Security-Policy"]
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    for name in ("script", "link", "img", "iframe", "object", "form", "base"):
        assert root.all(name) == []
    assert all(not name.startswith("on") for element in root.all() for name in element.attributes)
    assert "url(" not in root.one("style").text
    assert "@import" not in root.one("style").text
    quotes = [element.text for element in root.all(of_class="quote-text")]
    assert BERTH_QUOTE in quotes
    assert SQUAWK_QUOTE in quotes
    for link in root.all("a"):
        assert link.attributes["href"].startswith("http://127.0.0.1/source/")
        assert client.get(link.attributes["href"]).status_code == 200
    assert root.all("h2")[0].text == BERTH
    assert "Not in these documents" in root.text
    assert "over the limit" in root.text


def test_the_data_are_the_answers_of_the_api(client: TestClient) -> None:
    saved = client.get("/conversation.json" + ASKED).json()
    alone = client.get("/ask", params={"q": BERTH}).json()

    assert (saved["kind"], saved["format"]) == ("quoth-conversation", 1)
    assert {**saved["turns"][0], "timings_ms": {}} == {**alone, "timings_ms": {}}
    assert saved["turns"][2]["error"]["type"] == "urn:quoth:invalid-question"
    assert [turn.get("answered") for turn in saved["turns"]] == [True, True, None, False]


def test_every_citation_of_the_data_is_found_again(built: Library, tmp_path: Path) -> None:
    client = built.client()
    content = client.get("/conversation.json" + ASKED).content
    path = tmp_path / "saved.json"
    path.write_bytes(content)
    turns = json.loads(content)["turns"]
    given = [citation["quote"] for turn in turns for citation in turn.get("citations", [])]

    found = saved_citations(path)
    assert [citation.words() for citation in found] == given
    assert traced_in(found, {None: built.engine().snapshot()}).holds

    built.write("harbour.md", "# Harbour rules\n\nNothing costs anything.\n")
    built.build()
    statuses = [one.status for one in traced_in(found, {None: built.engine().snapshot()}).citations]
    assert statuses[0] != "same"


def test_the_command_verifies_a_saved_conversation(qa: Qa, library: Library) -> None:
    """End to end: index, ask and save through the service, then `qa verify` before and after a change."""
    assert qa("index", "--allow-skipped").code == 0
    client = library.client()
    saved = library.settings.corpus.parent / "saved.json"
    saved.write_bytes(client.get("/conversation.json", params={"q": BERTH}).content)

    ran = qa("verify", "saved.json")
    assert ran.code == 0, ran.err
    assert "same" in ran.out
    assert BERTH_QUOTE in ran.out

    library.write("harbour.md", "# Harbour rules\n\nNothing costs anything.\n")
    assert qa("index", "--allow-skipped").code == 0
    assert qa("verify", "saved.json").code == 1


def test_an_empty_conversation_is_an_empty_file(client: TestClient) -> None:
    assert client.get("/conversation.json").json()["turns"] == []
    assert "Nothing was asked" in client.get("/conversation.html").text


def test_the_conversation_offers_both(client: TestClient) -> None:
    root = parse(client.get("/", params={"q": [BERTH, PENNANT]}, headers={"accept": "text/html"}).text)
    links = [link.attributes["href"] for link in root.one(of_class="save").all("a")]

    assert [link.partition("?")[0] for link in links] == ["/conversation.html", "/conversation.json"]
    assert len(client.get(links[1]).json()["turns"]) == 2
