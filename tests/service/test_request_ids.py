"""Every response has a request id; a well-formed one of the client is kept, and problems and log lines repeat it."""

import json
import re

import pytest
from fastapi.testclient import TestClient

from library import BERTH, Library
from qa.observe import LogObserver, configure_logging
from service.test_errors import BrokenReader
from service.test_stream import told

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("path", ["/ask?q=berth", "/", "/livez", "/nowhere", "/static/ground.css", "/openapi.json"])
def test_every_response_has_one(client: TestClient, path: str) -> None:
    one, other = (client.get(path).headers["x-request-id"] for _ in range(2))

    assert MADE.fullmatch(one)
    assert one != other


def test_refusals_before_a_route_is_found_have_one(client: TestClient) -> None:
    foreign = client.get("/", headers={"host": "evil.example"})
    large = client.post("/ask", content=b"x" * 40_000)

    assert (foreign.status_code, large.status_code) == (400, 413)
    for response in (foreign, large):
        assert response.json()["request_id"] == response.headers["x-request-id"]


def test_that_of_the_client_is_kept(client: TestClient) -> None:
    response = client.get("/ask", params={"q": ""}, headers={"x-request-id": "build-7.step_3"})

    assert response.status_code == 422
    assert response.headers["x-request-id"] == response.json()["request_id"] == "build-7.step_3"


@pytest.mark.parametrize("brought", ["", "a b", "a\tb", 'a"b', "é", "x" * 101, "-a", "<b>"])
def test_one_that_is_not_well_formed_is_replaced(client: TestClient, brought: str) -> None:
    response = client.get("/livez", headers=[(b"x-request-id", brought.encode())])

    assert MADE.fullmatch(response.headers["x-request-id"])


def test_a_stream_that_fails_names_it(client: TestClient) -> None:
    response = client.post("/ask/stream", json={"question": " "}, headers={"x-request-id": "mine"})

    ((name, problem),) = told(response.text)
    assert (name, problem["request_id"]) == ("error", "mine")


def test_the_log_names_it(shared_library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    client = shared_library.client(shared_library.engine(observer=LogObserver()))
    client.post("/ask", json={"question": BERTH}, headers={"x-request-id": "one"})
    client.post("/ask/stream", json={"question": BERTH}, headers={"x-request-id": "two"})
    broken = shared_library.client(shared_library.engine(reader=BrokenReader()))
    response = broken.post("/ask", json={"question": BERTH}, headers={"x-request-id": "three"})
    LogObserver().replied(answered=True, confidence=1.0)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line.get("request")) for line in lines] == [
        ("replied", "one"),
        ("request", "one"),
        ("replied", "two"),
        ("request", "two"),
        ("unexpected error", "three"),
        ("request", "three"),
        ("replied", None),
    ]
    assert response.json()["request_id"] == "three"
