"""Every refusal has one shape, the right status, a remedy, and nothing of what the client sent."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from library import BERTH, Library
from qa import errors
from qa.ports import LexicalIndex
from qa.service.errors import problem_of, status_of
from qa.types import Candidate, RankedPassage

MARKER = "xylophone"


def assert_problem(response: httpx2.Response, status: int) -> dict[str, Any]:
    """The response is a problem of that status in the one shape; returns it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "remedy"} <= problem.keys()
    assert problem["status"] == status
    for name in ("type", "title", "detail", "remedy"):
        assert isinstance(problem[name], str), name
        assert problem[name].strip(), name
    assert problem["type"] == "about:blank" or problem["type"].startswith("urn:quoth:")
    return problem


def post(client: TestClient, body: str | bytes, path: str = "/ask", **headers: str) -> httpx2.Response:
    """Send a body as it is."""
    return client.post(path, content=body, headers={"content-type": "application/json", **headers})


BAD_QUESTIONS = {
    "empty": '{"question": ""}',
    "white space": '{"question": " \\n\\t\\u3000 "}',
    "control characters only": '{"question": "\\r\\u000f\\u001f \\u2005\\u0000"}',
    "NUL only": '{"question": "\\u0000"}',
    "2001 characters": f'{{"question": "{MARKER}{"a" * (2001 - len(MARKER))}"}}',
    "lone surrogate": f'{{"question": "{MARKER}\\ud800"}}',
    "surrogate pair turned round": f'{{"question": "{MARKER}\\ude00\\ud83d"}}',
}
BAD_HISTORIES = {
    "empty": '[{"question": " "}]',
    "2001 characters": f'[{{"question": "{MARKER}{"a" * 2001}"}}]',
    "lone surrogate": f'[{{"question": "{MARKER}\\ud800"}}]',
}
BAD_REQUESTS = {
    "history that is no list": f'{{"question": "x", "history": "{MARKER}"}}',
    "history of texts": f'{{"question": "x", "history": ["{MARKER}"]}}',
    "null as history": '{"question": "x", "history": null}',
    "history without a question": f'{{"question": "x", "history": [{{"answer": "{MARKER}"}}]}}',
    "number in the history": '{"question": "x", "history": [{"question": "y", "answer": 5}]}',
    "unknown field in the history": f'{{"question": "x", "history": [{{"question": "y", "{MARKER}": 1}}]}}',
    "long answer in the history": f'{{"question": "x", "history": [{{"question": "y", "answer": "{MARKER * 250}"}}]}}',
    "21 exchanges": '{"question": "x", "history": [' + '{"question": "y"}, ' * 20 + '{"question": "y"}]}',
    "NaN": '{"question": NaN}',
    "infinity": '{"question": "x", "top_k": Infinity}',
    "NaN top_k": '{"question": "x", "top_k": NaN}',
    "number": '{"question": 5}',
    "list": f'{{"question": ["{MARKER}"]}}',
    "null": '{"question": null}',
    "object": f'{{"question": {{"{MARKER}": 1}}}}',
    "text as top_k": f'{{"question": "x", "top_k": "{MARKER}"}}',
    "number as text": '{"question": "x", "top_k": "3"}',
    "fraction": '{"question": "x", "top_k": 1.5}',
    "true": '{"question": "x", "top_k": true}',
    "zero": '{"question": "x", "top_k": 0}',
    "negative": '{"question": "x", "top_k": -1}',
    "too many": '{"question": "x", "top_k": 51}',
    "unknown field": f'{{"question": "x", "{MARKER}": 1}}',
    "unknown field with a surrogate": f'{{"question": "x", "{MARKER}\\ud800": 1}}',
    "no question": "{}",
    "a list": "[]",
    "a string": f'"{MARKER}"',
    "nothing": "",
    "no JSON": f"{{{MARKER}",
    "cut off": f'{{"question": "{MARKER}',
}
UNREADABLE = {
    "not UTF-8": b'{"question": "\xff\xfe"}',
    "deep": b"[" * 16_000,
    "long number": b'{"top_k":' + b"9" * 9000,
}


@pytest.mark.parametrize("name", BAD_QUESTIONS)
@pytest.mark.parametrize("path", ["/ask", "/search"])
def test_a_bad_question_is_refused(client: TestClient, path: str, name: str) -> None:
    body = BAD_QUESTIONS[name].replace('"question"', '"query"' if path == "/search" else '"question"')

    response = post(client, body, path)

    assert assert_problem(response, 422)["type"] == "urn:quoth:invalid-question"
    assert MARKER not in response.text


@pytest.mark.parametrize("name", BAD_HISTORIES)
def test_a_history_that_cannot_be_asked_is_refused(client: TestClient, name: str) -> None:
    response = post(client, f'{{"question": "x", "history": {BAD_HISTORIES[name]}}}')

    problem = assert_problem(response, 422)
    assert problem["type"] == "urn:quoth:invalid-question"
    assert "history" in problem["detail"]
    assert MARKER not in response.text


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_request_of_the_wrong_form_is_refused(client: TestClient, name: str) -> None:
    response = post(client, BAD_REQUESTS[name])

    assert assert_problem(response, 422)["type"] == "urn:quoth:invalid-request"
    assert MARKER not in response.text


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_body_that_cannot_be_read_is_the_clients_fault(client: TestClient, name: str) -> None:
    response = post(client, UNREADABLE[name])

    problem = assert_problem(response, response.status_code)
    assert response.status_code in (400, 422)
    assert response.status_code == 422 or problem["type"] == "urn:quoth:unreadable-request"


def test_a_question_in_the_address_is_checked_alike(client: TestClient) -> None:
    assert_problem(client.get("/ask"), 422)
    assert_problem(client.get("/ask?q="), 422)
    assert_problem(client.get("/ask", params={"q": "a" * 2001}), 422)
    response = client.get("/ask", params={"q": "x", "top_k": MARKER})
    assert_problem(response, 422)
    assert MARKER not in response.text
    assert client.get("/ask", params={"q": "a" * 2000}).status_code == 200
    assert client.get("/ask?q=%ED%A0%80%FF").status_code in (200, 422)


@pytest.mark.parametrize("path", [f"/documents/{MARKER}", f"/{MARKER}", f"/static/{MARKER}.css", f"/source/{MARKER}"])
def test_what_is_not_there_is_404(client: TestClient, path: str) -> None:
    response = client.get(path)

    assert_problem(response, 404)
    assert MARKER not in response.text


@pytest.mark.parametrize(
    ("method", "path", "right"),
    [
        ("DELETE", "/ask", "GET, POST"),
        ("OPTIONS", "/ask/stream", "GET, POST"),
        ("PUT", "/documents", "GET"),
        ("POST", "/documents/x.md", "DELETE, GET, PUT"),
        ("GET", "/search", "POST"),
        ("POST", "/", "GET"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(client: TestClient, method: str, path: str, right: str) -> None:
    response = client.request(method, path)

    assert_problem(response, 405)
    assert response.headers["allow"] == right


def test_a_whole_number_may_have_a_point(client: TestClient) -> None:
    """As JSON has but one kind of number, and JavaScript none of whole ones."""
    assert len(post(client, f'{{"question": "{BERTH}", "top_k": 2.0}}').json()["passages"]) == 2


def test_a_body_over_32_kb_is_413(client: TestClient) -> None:
    body = f'{{"question": "x", "{MARKER}": "{"y" * 34_000}"}}'

    response = post(client, body)

    assert "32 kB" in assert_problem(response, 413)["remedy"]
    assert MARKER not in response.text


def test_a_body_over_32_kb_without_a_length_is_413(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"question": "'
        for _ in range(40):
            yield b"y" * 1000
        yield b'"}'

    response = client.post("/ask", content=chunks(), headers={"content-type": "application/json"})

    assert_problem(response, 413)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "", "localhost@evil"])
def test_a_foreign_host_is_refused(client: TestClient, host: str) -> None:
    response = client.get("/livez", headers={"host": host})

    assert_problem(response, 400)
    assert "evil" not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:9", "[::1]", "[::1]:8000"])
def test_local_hosts_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.post("/ask", json={"question": BERTH}),
        lambda client: client.get("/ask", params={"q": BERTH}),
        lambda client: client.post("/search", json={"query": BERTH}),
        lambda client: client.get("/documents"),
        lambda client: client.get("/documents/0123456789abcdef"),
        lambda client: client.get("/source/0123456789abcdef"),
        lambda client: client.get("/sources"),
    ],
)
def test_without_an_index_everything_says_how_to_build_one(library: Library, call: Any) -> None:
    problem = assert_problem(call(library.client()), 503)

    assert problem["type"] == "urn:quoth:index-missing"
    assert "qa index" in problem["remedy"]


def test_a_damaged_index_is_refused_with_its_remedy(built: Library) -> None:
    built.spoil()

    problem = assert_problem(built.client().post("/ask", json={"question": BERTH}), 503)

    assert problem["type"] == "urn:quoth:index-corrupt"
    assert "qa index" in problem["remedy"]


class BrokenReader:
    """A reader with a bug."""

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        raise RuntimeError(f"a bug met {question}")


def test_a_bug_of_ours_is_500_and_keeps_its_details(built: Library) -> None:
    client = built.client(built.engine(reader=BrokenReader()))

    response = client.post("/ask", json={"question": MARKER})

    assert assert_problem(response, 500)["type"] == "urn:quoth:internal-error"
    assert MARKER not in response.text
    assert "RuntimeError" not in response.text


def test_a_browser_gets_a_page_and_others_get_json(client: TestClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    assert client.get("/nowhere", headers={"accept": browser}).headers["content-type"] == "text/html; charset=utf-8"
    for accept in ("*/*", "application/json", "application/problem+json"):
        assert_problem(client.get("/nowhere", headers={"accept": accept}), 404)


def subclasses(kind: type[errors.QAError]) -> Iterator[type[errors.QAError]]:
    """All classes below one."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


ERRORS = sorted(subclasses(errors.QAError), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_has_a_status_and_the_one_shape(kind: type[errors.QAError]) -> None:
    error = kind("It is so.", remedy="Do this.")

    problem = problem_of(error)

    assert HTTPStatus(status_of(error)).value == problem.status >= 400
    assert (problem.detail, problem.remedy) == ("It is so.", "Do this.")
    assert problem.title
    assert str(error) == "It is so. Do this."


def test_error_types_tell_the_classes_apart() -> None:
    types = [problem_of(kind("", remedy="")).type for kind in ERRORS]

    assert len(set(types)) == len(ERRORS)
    assert all(name == name.lower() and " " not in name for name in types)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidQuestion, 422),
        (errors.DocumentUnknown, 404),
        (errors.IndexMissing, 503),
        (errors.IndexCorrupt, 503),
        (errors.IndexIncompatible, 503),
        (errors.ModelUnavailable, 503),
        (errors.CitationMismatch, 500),
    ],
)
def test_the_status_says_whose_fault_it_is(kind: type[errors.QAError], status: int) -> None:
    assert status_of(kind("", remedy="")) == status
