"""`POST /verify` and permalinks: after an edit, a rebuild or a rename the words are found again, or said to be gone."""

import copy
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from html_tree import Element, parse
from library import BERTH, BERTH_QUOTE, HARBOUR, PENNANT, PENNANT_QUOTE, SQUAWK, UNANSWERED, Library

BROWSER = {"accept": "text/html"}


def asked(client: TestClient, question: str = BERTH) -> dict[str, Any]:
    reply: dict[str, Any] = client.get("/ask", params={"q": question}).json()
    return reply


def verified(client: TestClient, body: Any) -> dict[str, Any]:
    response = client.post("/verify", json=body)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def shown(client: TestClient, url: str, *, status: int = 200) -> Element:
    response = client.get(url.partition("#")[0], headers=BROWSER)
    assert response.status_code == status
    return parse(response.text)


def marked(root: Element) -> str:
    return "".join(mark.text for mark in root.all("mark"))


def notices(root: Element) -> str:
    return " ".join(element.text for element in root.all(of_class="notice"))


def rebuilt(library: Library) -> TestClient:
    library.build()
    return library.client()


@pytest.mark.parametrize("question", [BERTH, PENNANT, SQUAWK])
def test_in_an_unchanged_index_every_citation_is_the_same(client: TestClient, question: str) -> None:
    reply = asked(client, question)
    found = verified(client, reply)

    assert found["holds"]
    assert found["generation"] == reply["generation"]
    for before, now in zip(reply["citations"], found["citations"], strict=True):
        assert now["status"] == "same"
        for name in ("document_id", "path", "start", "end", "url"):
            assert now[name] == before[name]


def test_an_answer_its_citations_or_one_of_them_may_be_sent(client: TestClient) -> None:
    reply = asked(client)
    whole = verified(client, reply)

    assert verified(client, {"citations": reply["citations"]}) == whole
    assert verified(client, reply["citations"][0])["citations"] == whole["citations"][:1]
    assert verified(client, asked(client, UNANSWERED)) == {**whole, "citations": []}


def test_after_an_edit_above_it_the_quotation_has_moved(built: Library) -> None:
    reply = asked(built.client())
    built.write("harbour.md", HARBOUR.replace("# Harbour rules\n", "# Harbour rules\n\nRead them. 🙂\n"))
    client = rebuilt(built)

    (now,) = verified(client, reply)["citations"]
    before = reply["citations"][0]
    assert (now["status"], now["start"] - before["start"]) == ("moved", len("Read them. 🙂\n\n"))
    text = client.get(f"/documents/{now['document_id']}").json()["text"]
    assert text[now["start"] : now["end"]] == BERTH_QUOTE

    old, new = shown(client, before["url"]), shown(client, now["url"])
    assert marked(old) == marked(new) == BERTH_QUOTE
    assert "has changed since" in notices(old)
    assert "at another place" in notices(old)
    assert notices(new) == ""


def test_after_an_edit_of_its_words_nothing_is_marked(built: Library) -> None:
    reply = asked(built.client())
    built.write("harbour.md", HARBOUR.replace("twelve", "thirty"))
    client = rebuilt(built)

    found = verified(client, reply)
    assert (found["holds"], found["citations"][0]["status"]) == (False, "edited")
    assert found["citations"][0]["start"] is None
    assert found["citations"][0]["url"] == f"/source/{reply['citations'][0]['document_id']}"

    root = shown(client, reply["citations"][0]["url"])
    assert marked(root) == ""
    assert "So nothing is marked." in notices(root)


def test_after_an_edit_below_it_the_link_shows_it_without_a_word(built: Library) -> None:
    reply = asked(built.client())
    built.write("harbour.md", HARBOUR + "\n## More\n\nEverything else is allowed.\n")
    client = rebuilt(built)

    assert verified(client, reply)["citations"][0]["status"] == "same"
    root = shown(client, reply["citations"][0]["url"])
    assert (marked(root), notices(root)) == (BERTH_QUOTE, "")


def test_a_renamed_document_is_shown_in_place_of_the_old_one(built: Library) -> None:
    reply = asked(built.client(), PENNANT)
    old = built.settings.corpus / "letters" / "café signals.txt"
    old.rename(built.settings.corpus / "flags.txt")
    client = rebuilt(built)

    (now,) = verified(client, reply)["citations"]
    assert (now["status"], now["path"]) == ("moved", "flags.txt")
    root = shown(client, reply["citations"][0]["url"])
    assert marked(root) == PENNANT_QUOTE
    assert "The document is now flags.txt" in notices(root)


def test_of_a_deleted_document_the_link_says_so(built: Library) -> None:
    reply = asked(built.client(), PENNANT)
    (built.settings.corpus / "letters" / "café signals.txt").unlink()
    client = rebuilt(built)

    (now,) = verified(client, reply)["citations"]
    assert (now["status"], now["document_id"], now["url"]) == ("deleted", None, None)
    root = shown(client, reply["citations"][0]["url"], status=404)
    assert "The source of this link has changed since." in root.text
    assert marked(root) == ""


def test_links_of_passages_find_their_words_too(built: Library) -> None:
    (place,) = [p for p in asked(built.client())["passages"] if p["text"].startswith(BERTH_QUOTE)]
    built.write("harbour.md", HARBOUR.replace("# Harbour rules\n", "# Harbour rules\n\nRead them.\n"))
    client = rebuilt(built)

    assert "".join(marked(shown(client, place["url"])).split()) == "".join(place["text"].split())


def test_selectors_tell_equal_words_apart_when_the_link_does_not(built: Library) -> None:
    """A citation of another maker: Web Annotation selectors, no link of ours."""
    built.write("fees.txt", "Ships pay for the pilot at once. Yes.\n\nBoats pay for the berth at noon. Yes.\n")
    client = rebuilt(built)
    selectors: list[dict[str, Any]] = [
        {"type": "TextPositionSelector", "start": 33, "end": 37},
        {"type": "TextQuoteSelector", "exact": "Yes.", "prefix": "berth at noon. ", "suffix": ""},
    ]
    (apart,) = verified(client, {"path": "fees.txt", "selectors": selectors})["citations"]
    assert (apart["status"], apart["places"]) == ("edited", 2)
    assert "nothing tells which one" in apart["reason"]

    built.write(
        "fees.txt", "Ships pay for the pilot at once. Yes.\n\nBoats pay for the berth at noon. Yes. Really so.\n"
    )
    client = rebuilt(built)
    selectors[1]["suffix"] = " Really"
    (found,) = verified(client, {"path": "fees.txt", "selectors": selectors})["citations"]
    assert (found["status"], found["start"], found["places"]) == ("moved", 72, 2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"citations": [{}]},
        {"citations": [{"quote": "x"}]},
        {"citations": [{"path": "x"}]},
        {"citations": [{"path": "x", "quote": 1}]},
        {"citations": [{"path": "x", "quote": "x", "start": -1}]},
        {"citations": [{"path": "x", "quote": "x"}] * 101},
        {"citations": "x"},
        [],
        "x",
        {"path": "\ud800", "quote": "x"},
        {"path": "x", "quote": "\ud800"},
    ],
)
def test_what_is_no_citation_is_refused(client: TestClient, body: Any) -> None:
    response = client.post("/verify", content=json.dumps(body), headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


def test_hashes_and_links_that_are_none_are_passed_over(client: TestClient) -> None:
    citation = asked(client)["citations"][0]
    for odd in ("", "x", "/source/a?c=1-2&h=é", "http://[::1", citation["url"][:-5], "?h=" + "A" * 52):
        assert verified(client, {**citation, "url": odd})["citations"][0]["status"] == "same"
        assert verified(client, {**citation, "text_sha256": odd})["citations"][0]["status"] == "same"


def test_the_seal_of_other_words_is_not_believed(client: TestClient) -> None:
    citation, other = (asked(client, question)["citations"][0] for question in (BERTH, PENNANT))
    forged = copy.deepcopy(citation) | {"url": other["url"], "text_sha256": ""}

    assert verified(client, forged)["citations"][0]["status"] == "same"


def test_a_link_without_a_seal_marks_what_it_names(client: TestClient) -> None:
    url = asked(client)["citations"][0]["url"]
    query = parse_qs(urlsplit(url).query)
    assert set(query) == {"c", "h"}
    path = urlsplit(url).path

    assert marked(shown(client, f"{path}?c={query['c'][0]}")) == BERTH_QUOTE
    for seal in ("x", query["h"][0][:-1], ""):
        assert marked(shown(client, f"{path}?c={query['c'][0]}&h={seal}")) == ""
    assert marked(shown(client, f"{path}?h={query['h'][0]}")) == ""
