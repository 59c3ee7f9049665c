"""`GET /index`, `POST /reindex` and the button: what they say, what they start, and whom they refuse."""

from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from html_tree import parse
from library import LOCAL, HereBuilder, Library
from qa.errors import BuildFailed
from qa.index.build import BuildRequest
from qa.live.follower import Follower
from qa.live.messages import Built
from qa.live.stepping import FollowerState
from qa.ports import Progress
from qa.service.index_state import name_of, words_of
from service.test_errors import assert_problem

JSON = {"content-type": "application/json"}
HTML = {"accept": "text/html"}


def index(client: TestClient) -> dict[str, Any]:
    """The state, which must not be an error."""
    response = client.get("/index")
    assert response.status_code == 200, response.text
    state: dict[str, Any] = response.json()
    return state


@pytest.fixture
def follower(built: Library) -> Follower:
    """A follower of the library that does its steps when it is told to."""
    return built.follower()


@pytest.fixture
def client(built: Library, follower: Follower) -> TestClient:
    """A client of the service with that follower."""
    return built.client(follower=follower)


def test_the_state_tells_what_is_served(built: Library, client: TestClient) -> None:
    state = index(client)

    assert (state["state"], state["reason"], state["watching"], state["changes"]) == ("idle", None, True, 0)
    assert (state["documents"], state["passages"]) == (3, 6)
    vectors = built.store.manifest(built.store.current()).children
    assert state["vectors"] == {
        "count": vectors,
        "exact": True,
        "rescored": None,
        "lists": None,
        "probes": None,
        "recall": 1.0,
    }
    assert [skipped["path"] for skipped in state["skipped"]] == ["latin.txt", "sheet.xyz"]
    assert all(skipped["reason"].startswith(skipped["path"]) for skipped in state["skipped"])
    assert state["generation"] == built.store.current()
    assert 0 <= state["age_seconds"] < 1000
    assert state["last_build"] is None


def test_a_reindex_is_taken_once_and_done(built: Library) -> None:
    builder = HereBuilder(built)
    follower = built.follower(builder, watch=False)
    client = built.client(follower=follower)
    built.write("octopus.txt", "The octopus sleeps.")

    for _ in range(3):
        response = client.post("/reindex", json={})
        assert (response.status_code, response.json()["state"]) == (202, "settling")
    follower.step()

    state = index(client)
    assert [request.rehash for request in builder.requests] == [True], "the three were one"
    assert (state["state"], state["documents"]) == ("idle", 4)
    last = state["last_build"]
    assert (last["embedded"], last["reused"]) == (1, 11)
    assert datetime.fromisoformat(last["finished"]).tzinfo is not None
    client.post("/reindex", json={})
    follower.step()
    assert index(client)["last_build"] == last
    assert index(client)["checked"] >= last["finished"]
    assert client.get("/documents").json()["documents"][-2]["path"] == "octopus.txt"


def test_a_reindex_while_one_is_running_starts_nothing(built: Library) -> None:
    told: list[dict[str, Any]] = []

    class AskingBuilder(HereBuilder):
        """Asks for another build while it builds."""

        def build(self, request: BuildRequest, progress: Progress) -> Built:
            progress("embedding", 3, 7)
            told.append(asker.post("/reindex", json={}).json())
            return super().build(request, progress)

    builder = AskingBuilder(built)
    follower = built.follower(builder, watch=False)
    asker = built.client(follower=follower)
    asker.post("/reindex", json={})

    follower.step()
    follower.step()

    assert [(state["state"], state["stage"], state["done"], state["total"]) for state in told] == [
        ("building", "embedding", 3, 7)
    ]
    assert len(builder.requests) == 1


def test_a_failed_build_is_told_everywhere_and_the_last_index_answers(built: Library) -> None:
    error = BuildFailed("The disk is <full>.", remedy="Make room.")
    follower = built.follower(HereBuilder(built, errors=[error]))
    client = built.client(follower=follower)
    client.post("/reindex", json={})
    follower.step()

    assert index(client)["state"] == "failed"
    assert index(client)["reason"] == "The disk is <full>. Make room."
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "stale")
    assert ready.json()["problem"] == "The disk is <full>. Make room."
    page = parse(client.get("/sources", headers=HTML).text)
    assert "The disk is <full>. Make room." in page.text
    assert client.post("/ask", json={"question": "berth"}).status_code == 200


@pytest.mark.parametrize("body", [b"{}", b'{"allow_mass_delete": true}'])
def test_bodies_that_are_taken(client: TestClient, follower: Follower, body: bytes) -> None:
    assert client.post("/reindex", content=body, headers=JSON).status_code == 202
    assert follower._asked is not None
    assert follower._asked.allow_mass_delete is (b"true" in body)


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_is_no_json_is_refused(client: TestClient, follower: Follower, kind: str | None) -> None:
    response = client.post("/reindex", content=b"{}", headers={"content-type": kind} if kind else {})

    assert "Content-Type: application/json" in assert_problem(response, 415)["remedy"]
    assert follower._asked is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"force": true}', b'{"allow_mass_delete": 1}', b"{"])
def test_json_of_another_form_is_refused(client: TestClient, follower: Follower, body: bytes) -> None:
    assert_problem(client.post("/reindex", content=body, headers=JSON), 422)
    assert follower._asked is None


@pytest.mark.parametrize(
    ("state", "name", "words"),
    [
        (FollowerState(watching=True), "idle", "up to date"),
        (FollowerState(watching=False), "idle", "as it was built"),
        (FollowerState(watching=True, reason="Why."), "failed", "not up to date"),
        (FollowerState(watching=True, activity="settling"), "settling", "about to be compared"),
        (FollowerState(watching=True, activity="settling", changes=2), "settling", "2 changed files to read"),
        (FollowerState(watching=True, activity="settling", reason="Why."), "failed", "not up to date"),
        (FollowerState(watching=True, activity="building", reason="Why."), "building", "being compared"),
        (
            FollowerState(watching=True, activity="building", stage="reading", done=3, total=1200),
            "building",
            "being compared with the folder (reading 3 of 1,200)",
        ),
    ],
)
def test_the_state_in_words(state: FollowerState, name: str, words: str) -> None:
    assert (name_of(state), words_of(state)) == (name, words)


FOREIGN: tuple[dict[str, str], ...] = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": LOCAL},
    {"sec-fetch-site": "odd"},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:81"},
    {"origin": "null"},
    {"origin": ""},
)
OWN: tuple[dict[str, str], ...] = (
    {},
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"sec-fetch-site": "none"},
    {"origin": LOCAL},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_starts_nothing(client: TestClient, follower: Follower, headers: dict[str, str]) -> None:
    assert_problem(client.post("/reindex", content=b"{}", headers={**JSON, **headers}), 403)
    assert_problem(client.post("/sources/reindex", headers=headers), 403)
    assert follower._asked is None


@pytest.mark.parametrize("headers", OWN)
def test_our_own_pages_and_programs_may(built: Library, headers: dict[str, str]) -> None:
    for path, status in (("/reindex", 202), ("/sources/reindex", 303)):
        follower = built.follower()
        client = built.client(follower=follower)
        response = client.post(path, content=b"{}", headers={**JSON, **headers}, follow_redirects=False)
        assert response.status_code == status
        assert follower._asked is not None


def test_the_button_needs_no_script(built: Library, client: TestClient, follower: Follower) -> None:
    page = parse(client.get("/sources", headers=HTML).text)
    form = page.one("form")
    assert (form.attributes["method"], form.one("button").text) == ("post", "Reindex now")
    (policy,) = [meta for meta in page.all("meta") if meta.attributes.get("name") == "referrer"]
    assert policy.attributes["content"] == "same-origin"  # else a browser would hide where the request comes from

    after = parse(client.post(form.attributes["action"], headers=HTML).text)
    assert "about to be compared" in after.text
    follower.step()
    assert "up to date" in parse(client.get("/sources", headers=HTML).text).text


def test_without_an_index_the_state_says_so(library: Library) -> None:
    state = index(library.client())

    assert "qa index" in state["reason"]
    assert (state["generation"], state["age_seconds"], state["skipped"]) == (None, None, [])
