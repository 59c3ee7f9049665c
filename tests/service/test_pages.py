"""The pages as a browser without scripts sees them: ask, read the quotation, follow it into its source."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from html_tree import Element, parse
from library import BERTH, BERTH_QUOTE, PENNANT, PENNANT_QUOTE, SQUAWK, SQUAWK_QUOTE, UNANSWERED, Library
from qa.service.index_state import age_words
from qa.wiring import make_engine

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def page(client: TestClient, path: str, *, status: int = 200, **params: str | list[str]) -> Element:
    """A page, parsed; it must be well formed, and all its scripts are files of the service."""
    response = client.get(path, params=params or None, headers=BROWSER)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    root = parse(response.text)
    assert all(script.attributes["src"].startswith("/static/") and not script.text for script in root.all("script"))
    assert all(not name.startswith("on") for element in root.all() for name in element.attributes)
    assert all("style" not in element.attributes for element in root.all())
    identifiers = [element.attributes["id"] for element in root.all() if "id" in element.attributes]
    assert len(identifiers) == len(set(identifiers))
    return root


def quotes(root: Element) -> list[str]:
    """The quotations of a page, to the character."""
    return [element.text for element in root.all(of_class="quote-text")]


def test_the_first_page_asks_for_a_question(client: TestClient) -> None:
    root = page(client, "/")

    form = root.one("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/")
    (field,) = [element for element in form.all("input") if element.attributes["type"] != "hidden"]
    assert field.attributes["name"] == "q"
    assert field.attributes["maxlength"] == "2000"
    assert [label.attributes["for"] for label in form.all("label")] == [field.attributes["id"]]
    assert form.one("button").attributes["type"] == "submit"
    assert not quotes(root)


@pytest.mark.parametrize(
    ("question", "quote"), [(BERTH, BERTH_QUOTE), (PENNANT, PENNANT_QUOTE), (SQUAWK, SQUAWK_QUOTE)]
)
def test_an_answer_is_the_verbatim_quotation_with_its_place(client: TestClient, question: str, quote: str) -> None:
    reply = client.get("/ask", params={"q": question}).json()
    root = page(client, "/", q=question)

    assert quotes(root) == [citation["quote"] for citation in reply["citations"]]
    assert quotes(root)[0] == quote
    first = root.all(of_class="quote-text")[0]
    assert first.one("mark").text == reply["answer"]
    figure = root.all("figure")[0]
    links = {link.attributes["href"] for link in figure.all("a")}
    assert links == {reply["citations"][0]["url"]}
    assert figure.one("cite").text == reply["citations"][0]["title"]
    shown = figure.text
    for proof in ("path", "text_sha256", "source_sha256"):
        assert reply["citations"][0][proof] in shown
    assert root.one("h2").text == question


def test_an_answer_that_is_the_whole_quotation_is_marked_whole(built: Library) -> None:
    settings = built.settings.model_copy(update={"answer_threshold": 0.0})
    client = built.client(make_engine(settings, built.encoder))  # its reader answers with whole sentences

    first = page(client, "/", q=BERTH).all(of_class="quote-text")[0]

    assert first.text == BERTH_QUOTE
    assert [mark.text for mark in first.all("mark")] == [BERTH_QUOTE]


@pytest.mark.parametrize("question", [BERTH, PENNANT, SQUAWK])
def test_the_source_page_marks_exactly_the_quotation(client: TestClient, question: str) -> None:
    for citation in client.get("/ask", params={"q": question}).json()["citations"]:
        path, _, anchor = citation["url"].partition("#")
        root = page(client, path)
        marks = root.all("mark")
        assert "".join(mark.text for mark in marks) == citation["quote"]
        assert [mark.attributes.get("id") for mark in marks] == [anchor]
        assert root.one("h1").text == citation["title"]


def test_a_place_across_blocks_is_marked_in_each_of_them(client: TestClient) -> None:
    (place,) = [
        passage
        for passage in client.get("/ask", params={"q": BERTH}).json()["passages"]
        if passage["text"].startswith(BERTH_QUOTE)
    ]
    document = client.get(f"/documents/{place['document_id']}").json()
    text, start, end = document["text"], place["start"], place["end"]
    inside = [
        text[max(start, block["start"]) : min(end, block["end"])]
        for block in document["blocks"]
        if block["start"] < end and start < block["end"]
    ]
    assert len(inside) == 4, "two items and two rows"

    marks = page(client, place["url"].partition("#")[0]).all("mark")

    assert [mark.text for mark in marks] == inside
    assert "".join("".join(mark.text for mark in marks).split()) == "".join(place["text"].split())
    assert [mark.attributes.get("id") for mark in marks] == ["c", None, None, None]


def test_a_place_inside_blocks_is_cut_to_the_character(client: TestClient) -> None:
    document_id = client.get("/ask", params={"q": PENNANT}).json()["citations"][0]["document_id"]
    text = client.get(f"/documents/{document_id}").json()["text"]

    marks = page(client, f"/source/{document_id}", c="8-14").all("mark")

    assert [mark.text for mark in marks] == ["\U0001f600", "The"]
    assert text[8:14] == "\U0001f600\n\nThe"


def test_the_source_page_shows_the_whole_text(client: TestClient) -> None:
    document_id = client.get("/ask", params={"q": BERTH}).json()["citations"][0]["document_id"]
    document = client.get(f"/documents/{document_id}").json()

    root = page(client, f"/source/{document_id}")

    assert not root.all("mark")
    words = root.one("article").text.split()
    assert words == document["text"].split()
    assert root.all(of_class="notice") == []


@pytest.mark.parametrize(
    "place",
    [
        "",
        "x",
        "5",
        "5-",
        "-5",
        "5-5",
        "9-3",
        "0-99999999",
        "-1-3",
        "0-5#c",
        "0 - 5",
        "1e1-20",
        "0-5,7-9",
        "9" * 30 + "-1",
    ],
)
def test_a_place_that_is_not_there_is_said_so(client: TestClient, place: str) -> None:
    document_id = client.get("/ask", params={"q": BERTH}).json()["citations"][0]["document_id"]

    root = page(client, f"/source/{document_id}", c=place)

    assert not root.all("mark")
    assert "does not have" in root.one(of_class="notice").text


def test_a_place_without_a_word_is_said_so(client: TestClient) -> None:
    document_id = client.get("/ask", params={"q": BERTH}).json()["citations"][0]["document_id"]
    assert client.get(f"/documents/{document_id}").json()["text"][13:15] == "\n\n"

    root = page(client, f"/source/{document_id}", c="13-15")

    assert not root.all("mark")
    assert root.one(of_class="notice").text.strip()


def test_an_abstention_shows_the_nearest_passages_as_what_they_are(client: TestClient) -> None:
    reply = client.get("/ask", params={"q": UNANSWERED}).json()
    root = page(client, "/", q=UNANSWERED)

    assert not quotes(root)
    card = root.one(of_class="abstention")
    assert "Not in these documents" in card.text
    assert reply["reason"] in card.text
    assert [item.text.strip() for item in card.one(of_class="missing").all("li")] == ["Zebras", "graze"]
    nearest = root.one(of_class="not-an-answer")
    assert [element.text for element in nearest.all(of_class="nearest-text")] == [
        passage["text"] for passage in reply["passages"][:3]
    ]
    assert [link.attributes["href"] for link in nearest.all("a")] == [p["url"] for p in reply["passages"][:3]]


def test_a_conversation_lives_in_the_address(client: TestClient) -> None:
    asked = [BERTH, UNANSWERED, PENNANT]
    root = page(client, "/", q=asked)

    turns = root.all(of_class="turn")
    assert [turn.one("h2").text for turn in turns] == asked
    assert [quotes(turn)[:1] for turn in turns] == [[BERTH_QUOTE], [], [PENNANT_QUOTE]]
    hidden = [
        element for element in root.one("form", of_class="ask").all("input") if element.attributes["type"] == "hidden"
    ]
    assert [(element.attributes["name"], element.attributes["value"]) for element in hidden] == [
        ("q", q) for q in asked
    ]
    for turn, question in zip(turns, asked, strict=True):
        (link,) = [a.attributes["href"] for a in turn.all("a") if a.attributes["href"].startswith("/?")]
        assert page(client, link).one("h2").text == question


def inputs(form: Element) -> list[tuple[str, str]]:
    """Names and values that a form sends, in order."""
    return [(e.attributes["name"], e.attributes.get("value", "")) for e in form.all("input")]


def link_to(turn: Element, words: str) -> str:
    """Where a turn's link with these words leads."""
    (link,) = [link for link in turn.all("a") if link.text == words]
    return link.attributes["href"]


WHERE, WHAT = "Where does the parrot live?", "what does it say?"


def test_a_follow_up_shows_what_it_is_asked_as(client: TestClient) -> None:
    first, second = page(client, "/", q=[WHERE, WHAT]).all(of_class="turn")

    assert not first.all(of_class="asked")
    assert second.one("h2").text == WHAT
    assert second.one(of_class="asked-as").text == f"Asked as: {SQUAWK}"
    assert quotes(second)[0] == SQUAWK_QUOTE
    assert quotes(second) == quotes(page(client, link_to(second, "Link to this answer")))


def test_a_follow_up_can_be_asked_as_it_was_typed(client: TestClient) -> None:
    second = page(client, "/", q=[WHERE, WHAT, BERTH]).all(of_class="turn")[1]
    address, _, anchor = link_to(second, "Ask it as typed").partition("#")

    turns = page(client, address).all(of_class="turn")

    assert anchor == turns[1].attributes["id"] == "turn-2"
    assert [turn.one("h2").text for turn in turns] == [WHERE, WHAT, BERTH]
    assert not turns[1].all(of_class="asked")
    assert quotes(turns[1]) == quotes(page(client, "/", q=WHAT))


def test_what_a_follow_up_is_asked_as_can_be_edited(client: TestClient) -> None:
    second = page(client, "/", q=[WHERE, WHAT, BERTH]).all(of_class="turn")[1]
    form = second.one("form", of_class="change-form")

    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/#turn-2")
    assert form.one("button").text == "Ask this instead"
    assert inputs(form) == [("q", WHERE), ("exact", SQUAWK), ("q", BERTH)]
    (field,) = [element for element in form.all("input") if element.attributes["type"] == "text"]
    assert [label.attributes["for"] for label in form.all("label")] == [field.attributes["id"]]
    edited = page(client, f"/?{urlencode([('q', WHERE), ('exact', PENNANT), ('q', 'and what does it say?')])}")
    turns = edited.all(of_class="turn")
    assert [turn.one("h2").text for turn in turns] == [WHERE, PENNANT, "and what does it say?"]
    assert quotes(turns[1])[0] == PENNANT_QUOTE
    assert not turns[1].all(of_class="asked")
    docked = [form for form in edited.all("form") if "ask-docked" in form.classes]
    assert inputs(docked[0])[:3] == [("q", WHERE), ("exact", PENNANT), ("q", "and what does it say?")]


def test_a_question_that_failed_tells_the_next_ones_nothing(client: TestClient) -> None:
    turns = page(client, "/", q=[WHERE, "a" * 2001, WHAT]).all(of_class="turn")

    assert turns[1].all(of_class="problem")
    assert turns[2].one(of_class="asked-question").text == SQUAWK


def test_a_follow_up_keeps_its_meaning_when_what_it_follows_is_forgotten(client: TestClient) -> None:
    asked = [WHERE, WHAT, BERTH, PENNANT, BERTH, PENNANT]
    root = page(client, "/", q=asked)
    docked = [form for form in root.all("form") if "ask-docked" in form.classes]

    assert len(root.all(of_class="turn")) == 6
    assert inputs(docked[0])[:-1] == [("exact", SQUAWK), *(("q", question) for question in asked[2:])]


def test_a_long_conversation_forgets_its_beginning(client: TestClient) -> None:
    asked = [f"{BERTH} {number}" for number in range(9)]
    root = page(client, "/", q=asked)

    shown = [turn.one("h2").text for turn in root.all(of_class="turn")]
    assert shown == asked[-len(shown) :]
    assert 2 <= len(shown) < 9
    hidden = [
        element for element in root.one("form", of_class="ask").all("input") if element.attributes["type"] == "hidden"
    ]
    assert len(hidden) < len(shown), "room is left for the next question"


@pytest.mark.parametrize("question", ["a" * 2001, "\0 \0"])
def test_a_question_that_cannot_be_asked_is_explained_in_its_turn(client: TestClient, question: str) -> None:
    root = page(client, "/", q=[BERTH, question])

    answered, refused = root.all(of_class="turn")
    assert quotes(answered)[0] == BERTH_QUOTE
    assert not quotes(refused)
    assert "What to do:" in refused.one(of_class="problem").text


def test_an_empty_question_is_the_first_page(client: TestClient) -> None:
    assert not page(client, "/", q=["", "  "]).all(of_class="turn")


def test_the_documents_page_lists_what_is_read_and_what_is_not(client: TestClient) -> None:
    listed = client.get("/documents").json()["documents"]
    root = page(client, "/sources")

    links = {link.attributes["href"] for link in root.one("main").all("a") if "/source/" in link.attributes["href"]}
    assert links == {document["url"] for document in listed if document["url"]}
    skipped = root.one(of_class="shelf-skipped").text
    for document in listed:
        assert document["path"] in root.text
        assert (document["path"] in skipped) == (document["status"] == "skipped")
        assert (document["reason"] or "") in skipped


def test_every_link_of_every_page_leads_somewhere(client: TestClient) -> None:
    seen: set[str] = set()
    waiting = ["/", f"/?q={BERTH}", f"/?q={UNANSWERED}", "/sources"]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        root = page(client, path)
        anchors = {element.attributes["id"] for element in root.all() if "id" in element.attributes}
        for link in root.all("a"):
            target, _, anchor = link.attributes["href"].partition("#")
            assert re.match(r"/|$", target), "nothing leads out of the service"
            if not target:
                assert anchor in anchors
            elif target.startswith(("/documents/", "/conversation.")):
                assert client.get(target).status_code == 200
            elif not target.startswith("/?"):
                waiting.append(target)
        for element in (*root.all("link"), *root.all("img")):
            address = element.attributes.get("href") or element.attributes["src"]
            assert client.get(address).status_code == 200
    assert len(seen) > 8


def test_without_an_index_the_page_says_how_to_build_one(library: Library) -> None:
    client = library.client()

    first = page(client, "/")
    assert "qa index" in first.one(of_class="notice-problem").text
    asked = page(client, "/", q=BERTH)
    assert "qa index" in asked.one(of_class="problem").text
    assert "qa index" in page(client, "/sources", status=503).one(of_class="problem").text


@pytest.mark.parametrize("path", ["/nowhere", "/source/0000000000000000", "/documents/0000000000000000"])
def test_an_error_is_a_page_for_a_browser(client: TestClient, path: str) -> None:
    root = page(client, path, status=404)

    assert "404" in root.one("main").text
    assert root.one("h1").text
    assert "What to do:" in root.one(of_class="problem").text
    assert {"/", "/sources"} <= {link.attributes["href"] for link in root.one("main").all("a")}


def test_the_examples_of_the_first_page_are_headings_that_are_answered(built: Library) -> None:
    built.write("faq.md", "# Answers\n\n## Where do gulls nest?\n\nGulls nest on the roof of the old customs house.\n")
    built.build()
    client = built.client()

    (examples,) = page(client, "/").all(of_class="examples")

    (link,) = examples.all("a")
    assert link.text == "Where do gulls nest?"
    assert "Gulls nest on the roof of the old customs house." in quotes(page(client, link.attributes["href"]))


def test_the_neighbouring_sentences_of_a_quotation_are_its_context(built: Library) -> None:
    built.write(
        "gulls.md", "# Gulls\n\nThey came late. Gulls nest on roofs. They leave in May.\n\n## Owls\n\nOwls stay.\n"
    )
    built.build()
    root = page(built.client(), "/", q="Where do gulls nest?")

    assert quotes(root)[0] == "Gulls nest on roofs."
    context = root.all(of_class="context-text")[0]
    assert context.text == "They came late. Gulls nest on roofs. They leave in May."
    assert [around.text for around in context.all(of_class="around")] == ["They came late.", "They leave in May."]
    alone = page(built.client(), "/", q="Do owls stay?")
    assert quotes(alone)[0] == "Owls stay."
    assert not alone.all("figure")[0].all(of_class="context-text"), "another section is no context"


def test_the_part_around_a_place_has_the_same_mark(built: Library) -> None:
    lines = "\n\n".join(f"Line {number} of the log." for number in range(400))
    built.write("log.txt", lines.replace("Line 200", "Walrus 200"))
    built.build()
    client = built.client()
    (citation, *_) = client.get("/ask", params={"q": "walrus"}).json()["citations"]
    path = citation["url"].partition("#")[0]

    whole, part = page(client, path), page(client, path + "&part=near")

    assert whole.one("mark").text == part.one("mark").text == citation["quote"]
    start, end = map(int, part.one("mark").attributes["data-place"].split("-"))
    assert (start, end) == (citation["start"], citation["end"])
    assert len(whole.all(of_class="prose")) == 400
    assert len(part.all(of_class="prose")) == 121
    assert len(page(client, f"/source/{citation['document_id']}", part="near").all(of_class="prose")) == 61


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s ago"), (3, "3 s ago"), (59.4, "59 s ago"), (60, "1 min ago"), (7199, "1 h ago"), (86_400, "1 day ago"),
     (9 * 86_400, "9 days ago")],
)  # fmt: skip
def test_an_age_is_said_in_its_largest_unit(seconds: float, words: str) -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)

    assert age_words((now - timedelta(seconds=seconds)).isoformat(), now=now) == words


def test_the_head_of_a_page_says_what_answers(built: Library) -> None:
    line = page(built.client(), "/").one(of_class="holdings-line")

    assert "3 documents" in line.text
    assert "index 1 updated" in line.text
    assert " ago" in line.text
