"""`POST /feedback` and `GET /questions`: what programs say of replies, and the questions that come of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from library import BERTH, BERTH_QUOTE, UNANSWERED, Library
from qa.engine import Engine
from qa.evaluation import own
from qa.journal import Journal
from service.test_errors import assert_problem


@pytest.fixture
def client(shared_library: Library, engine: Engine) -> Iterator[TestClient]:
    """Of the shared library, whose journal is removed afterwards."""
    yield shared_library.client(engine)
    Journal(shared_library.settings.index).forget()


def questions(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/questions").json()["questions"]
    return found


def test_a_helpful_answer_becomes_a_question(client: TestClient) -> None:
    assert questions(client) == []

    response = client.post("/feedback", json={"question": BERTH, "helpful": True})

    assert response.status_code == 201
    said = response.json()
    assert (said["number"], said["question"], said["helpful"], said["expected"]) == (1, BERTH, True, None)
    assert said["outcome"]["quote"] == BERTH_QUOTE
    assert said["generation"] == client.get("/index").json()["generation"]
    assert questions(client) == [{"question": BERTH, "answers": [said["outcome"]["answer"]], "path": "harbour.md"}]


def test_what_would_have_been_right_is_kept_and_can_be_evaluated(client: TestClient, tmp_path: Path) -> None:
    client.post("/feedback", json={"question": BERTH, "helpful": False})
    client.post("/feedback", json={"question": UNANSWERED, "helpful": True, "expected": []})
    assert [question["question"] for question in questions(client)] == [UNANSWERED]
    said = client.post("/feedback", json={"question": BERTH, "helpful": False, "expected": ["twelve crowns", "12"]})

    assert said.json()["expected"] == ["twelve crowns", "12"]
    file = tmp_path / "own.jsonl"
    file.write_text("\n".join(map(json.dumps, questions(client))), encoding="utf-8")
    loaded = [(question.text, question.answers) for question in own.load(file).questions]
    assert loaded == [(UNANSWERED, ()), (BERTH, ("twelve crowns", "12"))]


@pytest.mark.parametrize(
    "body",
    [
        '{"question": "x"}',
        '{"question": "x", "helpful": "yes"}',
        '{"question": "x", "helpful": true, "expected": "y"}',
        '{"question": "x", "helpful": true, "expected": [""]}',
        '{"question": "x", "helpful": true, "expected": ["\\ud800"]}',
        '{"question": "x", "helpful": true, "expected": [' + ",".join(['"y"'] * 21) + "]}",
        '{"question": "x", "helpful": true, "more": 1}',
        '{"question": "", "helpful": true}',
    ],
)
def test_what_is_not_of_the_form_is_refused(client: TestClient, body: str) -> None:
    response = client.post("/feedback", content=body, headers={"content-type": "application/json"})

    assert_problem(response, 422)
    assert questions(client) == []


def test_a_form_or_another_site_says_nothing(client: TestClient) -> None:
    json_text = json.dumps({"question": BERTH, "helpful": True})

    assert_problem(client.post("/feedback", data={"asked": BERTH, "helpful": "yes"}), 415)
    assert_problem(client.post("/feedback", content=json_text, headers={"content-type": "text/plain"}), 415)
    foreign = {"origin": "https://evil.example", "content-type": "application/json"}
    assert_problem(client.post("/feedback", content=json_text, headers=foreign), 403)
    assert questions(client) == []
