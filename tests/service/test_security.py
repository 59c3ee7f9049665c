"""Every response, whatever it is, carries the headers that keep foreign content out."""

import httpx2
import pytest
from fastapi.testclient import TestClient

from library import BERTH, SQUAWK, Library
from service.test_errors import BrokenReader

HTML = {"accept": "text/html"}


def assert_guarded(response: httpx2.Response) -> None:
    """The headers are there, and the policy lets nothing inline or foreign run."""
    headers = response.headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] in ("'self'", "'none'")
    assert policy["style-src"] in ("'self'", "'none'")
    assert policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "permissions-policy" in headers
    assert "server" not in headers


@pytest.mark.parametrize("headers", [{}, HTML])
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/?q=berth", 200),
        ("/sources", 200),
        ("/index", 200),
        ("/reindex", 405),
        ("/ask?q=berth", 200),
        ("/ask?q=", 422),
        ("/documents", 200),
        ("/documents/none", 404),
        ("/source/none", 404),
        ("/livez", 200),
        ("/readyz", 200),
        ("/openapi.json", 200),
        ("/nowhere", 404),
        ("/search", 405),
        ("/ask/", 307),
    ],
)
def test_pages_data_and_errors(client: TestClient, path: str, status: int, headers: dict[str, str]) -> None:
    response = client.get(path, headers=headers, follow_redirects=False)

    assert response.status_code == status
    assert_guarded(response)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("path", "status"), [("/static/ground.css", 200), ("/static/none.css", 404)])
def test_static_files(client: TestClient, path: str, status: int) -> None:
    response = client.get(path)

    assert response.status_code == status
    assert_guarded(response)


@pytest.mark.parametrize("headers", [{}, HTML])
def test_refusals_before_a_route_is_found(client: TestClient, headers: dict[str, str]) -> None:
    large = client.post("/ask", content=b"x" * 40_000, headers=headers)
    foreign = client.get("/", headers={**headers, "host": "evil.example"})

    assert (large.status_code, foreign.status_code) == (413, 400)
    assert_guarded(large)
    assert_guarded(foreign)


@pytest.mark.parametrize("headers", [{}, HTML])
def test_a_bug_of_ours(shared_library: Library, headers: dict[str, str]) -> None:
    client = shared_library.client(shared_library.engine(reader=BrokenReader()))

    response = client.get("/ask", params={"q": BERTH}, headers=headers)

    assert response.status_code == 500
    assert_guarded(response)


def test_no_index_at_all(library: Library) -> None:
    response = library.client().get("/ask", params={"q": SQUAWK}, headers=HTML)

    assert response.status_code == 503
    assert_guarded(response)


def test_static_files_stay_in_their_folder(client: TestClient) -> None:
    for path in (
        "/static/../templates/base.html",
        "/static/%2e%2e/templates/base.html",
        "/static/..%2ftemplates/base.html",
    ):
        response = client.get(path)
        assert response.status_code == 404
        assert "{%" not in response.text
