"""Probes and the API description; what the service says and does while the index changes under it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from library import BERTH, BERTH_QUOTE, Library

OCTOPUS = "The octopus sleeps under the bridge.\n"
OCTOPUS_QUESTION = "Where does the octopus sleep?"


def ask(client: TestClient, question: str = BERTH) -> dict[str, Any]:
    """The reply, which must not be an error."""
    response = client.post("/ask", json={"question": question})
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply


def test_livez_needs_nothing(library: Library) -> None:
    response = library.client().get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_tells_what_is_served(built: Library) -> None:
    response = built.client().get("/readyz")

    health = response.json()
    created = built.store.manifest(built.store.current()).created
    assert response.status_code == 200
    assert health == {
        "status": "ready",
        "generation": built.store.current(),
        "created": created,
        "documents": 3,
        "passages": 6,
        "skipped": 2,
        "problem": None,
    }


def test_readyz_is_503_with_the_reason_until_there_is_an_index(library: Library) -> None:
    client = library.client()

    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert "qa index" in response.json()["problem"]

    library.build()
    assert client.get("/readyz").status_code == 200
    assert ask(client)["citations"][0]["quote"] == BERTH_QUOTE


def test_readyz_names_an_index_of_another_encoder(built: Library) -> None:
    from fakes import FakeEncoder

    other = Library(settings=built.settings, encoder=FakeEncoder("other@2"))

    response = other.client().get("/readyz")

    assert response.status_code == 503
    assert "fake@1" in response.json()["problem"]
    assert "other@2" in response.json()["problem"]


def test_a_rebuild_is_served_without_a_restart(built: Library) -> None:
    client = built.client()
    before = ask(client)
    assert not ask(client, OCTOPUS_QUESTION)["answered"]

    built.write("octopus.txt", OCTOPUS)
    report = built.build()

    after = ask(client, OCTOPUS_QUESTION)
    assert after["citations"][0]["quote"] == OCTOPUS.strip()
    assert after["generation"] == report.manifest.id != before["generation"]
    assert client.get("/readyz").json()["generation"] == report.manifest.id


def test_a_document_taken_away_is_no_longer_served(built: Library) -> None:
    client = built.client()
    document_id = ask(client)["citations"][0]["document_id"]

    (built.settings.corpus / "harbour.md").unlink()
    built.build()

    assert client.get(f"/documents/{document_id}").status_code == 404
    assert all(passage["path"] != "harbour.md" for passage in ask(client)["passages"])


def test_a_newer_index_that_is_damaged_leaves_the_last_one_answering(built: Library) -> None:
    client = built.client()
    before = ask(client)
    built.write("octopus.txt", OCTOPUS)
    built.build()
    built.spoil()

    after = ask(client)

    assert {**after, "timings_ms": {}} == {**before, "timings_ms": {}}
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "stale")
    assert response.json()["generation"] == before["generation"]
    assert "qa index" in response.json()["problem"]

    report = built.build()
    assert report.published
    assert ask(client, OCTOPUS_QUESTION)["answered"]
    assert client.get("/readyz").json()["status"] == "ready"


def test_a_problem_that_has_gone_is_no_longer_reported(built: Library) -> None:
    client = built.client()
    ask(client)
    pointer = built.settings.index / "CURRENT"
    aside = pointer.rename(pointer.with_name("aside"))
    assert client.get("/readyz").json()["status"] == "stale"

    aside.rename(pointer)

    assert ask(client)["answered"]
    health = client.get("/readyz").json()
    assert (health["status"], health["problem"]) == ("ready", None)


@pytest.fixture(scope="module")
def openapi(shared_library: Library) -> dict[str, Any]:
    """The API description."""
    document: dict[str, Any] = shared_library.client().get("/openapi.json").json()
    return document


def test_the_description_of_errors_is_the_one_shape(openapi: dict[str, Any]) -> None:
    problem = openapi["components"]["schemas"]["Problem"]
    assert {"type", "title", "status", "detail", "remedy"} <= set(problem["required"])

    for path, operations in openapi["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/readyz":
                    content = response["content"]["application/problem+json"]
                    assert content["schema"]["$ref"].endswith(("/Problem", "/ChatProblem")), (path, status)


def test_the_description_says_what_offsets_count(openapi: dict[str, Any]) -> None:
    assert "code points" in openapi["info"]["description"]
