"""`/ask/stream`: the stages of the one pipeline as server-sent events, and the page's own stream of a conversation."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from fakes import FakeReader
from library import BERTH, BERTH_QUOTE, SQUAWK, UNANSWERED, Library

WHERE, WHAT = "Where does the parrot live?", "what does it say?"


def told(text: str) -> list[tuple[str, Any]]:
    """Names and data of the events, in order."""
    events = []
    for part in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in part.splitlines() if not line.startswith(":"))
        if fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events


def test_the_stages_come_in_order_and_end_with_the_reply(client: TestClient) -> None:
    response = client.post("/ask/stream", json={"question": BERTH, "top_k": 3})

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    (first, passages), (second, read), (third, reply) = told(response.text)
    assert (first, second, third) == ("retrieved", "read", "replied")
    whole = client.post("/ask", json={"question": BERTH, "top_k": 3}).json()
    assert {**reply, "timings_ms": None} == {**whole, "timings_ms": None}
    assert passages["passages"] == whole["passages"]
    best = read["candidates"][0]
    text = client.get(f"/documents/{best['document_id']}").json()["text"]
    assert text[best["start"] : best["end"]] == best["text"]
    assert best["text"] in BERTH_QUOTE


def test_by_query_and_with_a_history(client: TestClient) -> None:
    by_query = told(client.get("/ask/stream", params={"q": UNANSWERED}).text)
    history = [{"question": WHERE}]
    followed = told(client.post("/ask/stream", json={"question": WHAT, "history": history}).text)

    assert by_query[-1][1]["answered"] is False
    assert followed[-1][1]["asked"] == SQUAWK


def test_what_fails_is_told_as_an_error_with_its_remedy(client: TestClient, library: Library) -> None:
    ((name, problem),) = told(client.post("/ask/stream", json={"question": " "}).text)
    assert (name, problem["type"]) == ("error", "urn:quoth:invalid-question")
    ((name, problem),) = told(library.client().get("/ask/stream", params={"q": BERTH}).text)
    assert (name, problem["type"]) == ("error", "urn:quoth:index-missing")
    assert "qa index" in problem["remedy"]


@pytest.mark.parametrize("body", [{}, {"question": BERTH, "more": 1}, {"question": BERTH, "top_k": 0}])
def test_a_wrong_request_is_refused_before_anything_is_told(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/ask/stream", json=body).status_code == 422


def test_the_pages_stream_follows_the_conversation_of_the_address(client: TestClient) -> None:
    events = told(client.get("/stream?" + urlencode([("q", WHERE), ("q", WHAT)])).text)

    assert events[-1][0] == "replied"
    assert events[-1][1]["asked"] == SQUAWK
    assert client.get("/stream").text == ""


class CountingReader(FakeReader):
    """Counts how often it reads."""

    def __init__(self) -> None:
        self.read_questions: list[str] = []

    def read(self, question: str, passages: Any, lexical: Any) -> Any:
        """As the fake one."""
        self.read_questions.append(question)
        return super().read(question, passages, lexical)


def test_a_question_of_the_pages_is_read_once_for_each_generation(built: Library) -> None:
    reader = CountingReader()
    client = built.client(built.engine(reader=reader))
    address = urlencode([("q", WHERE), ("q", WHAT)])
    html = {"accept": "text/html"}

    first = client.get("/stream?" + address).text
    client.get("/?" + address, headers=html)
    again = told(client.get("/stream?" + address).text)
    assert reader.read_questions == [WHERE, SQUAWK]
    assert [again[0], again[1][1]["citations"]] == [told(first)[0], told(first)[-1][1]["citations"]]

    built.write("more.md", "# More\n\nThe parrot says nothing at night.\n")
    built.build()
    client.get("/?" + address, headers=html)
    assert len(reader.read_questions) == 4
