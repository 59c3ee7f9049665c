"""Tokens: who is let in, who may change what, what a browser gets, and that no token is ever shown."""

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from commands import Qa, failed
from html_tree import parse
from library import BERTH, Library
from qa.errors import ConfigError, TokensUnusable
from qa.service.access import ASKED_BY_POST, role_needed
from qa.service.guards import Guards
from qa.service.signin_page import own_address
from qa.service.tokens import SESSION_SECONDS, Grant, Role, Token, Tokens, load_tokens
from qa.settings import Settings
from qa.wiring import make_editor
from service.test_pages import page

READER, WRITER, UNKNOWN = "r" * 31 + "1", "w" * 31 + "2", "r" * 31 + "3"
HTML = {"accept": "text/html"}


def tokens(now: float = 1e9) -> Tokens:
    """One token of each role, and a clock that stands."""
    return Tokens([Token(Role.READ, READER), Token(Role.WRITE, WRITER)], clock=lambda: now)


def bearer(secret: str) -> dict[str, str]:
    """The header of a program."""
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def guarded(built: Library) -> TestClient:
    """A service that asks for tokens, and lets documents be changed."""
    editor = make_editor(built.settings.model_copy(update={"write_token": WRITER}))
    assert editor is not None
    return built.client(editor=editor, guards=Guards(tokens=tokens()))


@pytest.mark.parametrize(
    "headers", [{}, bearer(UNKNOWN), bearer(""), {"authorization": f"Basic {READER}"}, bearer("é")]
)
def test_w16_without_a_known_token_nothing_is_told(guarded: TestClient, headers: dict[str, str]) -> None:
    for path in ("/ask?q=berth", "/", "/documents", "/sources", "/index", "/openapi.json", "/quality", "/nowhere"):
        response = guarded.get(path, headers={k.encode(): v.encode("latin-1") for k, v in headers.items()})
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert response.json()["type"] == "urn:quoth:token-missing"


def test_w16_a_token_in_the_address_counts_for_nothing(guarded: TestClient) -> None:
    for name in ("token", "access_token", "authorization", "quoth"):
        assert guarded.get("/documents", params={name: WRITER}).status_code == 401


def test_a_reader_asks_and_a_writer_changes(guarded: TestClient) -> None:
    put = {"url": "/documents/new.txt", "content": b"The gull sleeps."}

    assert guarded.post("/ask", json={"question": BERTH}, headers=bearer(READER)).json()["answered"]
    refused = guarded.put(**put, headers=bearer(READER))  # type: ignore[arg-type]  # one kind of value for all
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:quoth:role-missing")
    assert guarded.post("/reindex", json={}, headers=bearer(READER)).status_code == 403
    assert guarded.put(**put, headers=bearer(WRITER)).status_code == 201  # type: ignore[arg-type]  # as above
    assert guarded.post("/ask", json={"question": BERTH}, headers=bearer(WRITER)).status_code == 200


def test_probes_are_open_and_tell_no_more_than_the_status(guarded: TestClient) -> None:
    assert guarded.get("/livez").json() == {"status": "ok"}
    known, unknown = guarded.get("/readyz", headers=bearer(READER)), guarded.get("/readyz")

    assert known.json()["generation"]
    assert unknown.json() == {**known.json(), "generation": None, "created": None, "documents": 0, "passages": 0,
                              "skipped": 0}  # fmt: skip


def test_every_address_needs_a_role_and_only_known_ones_read_by_post(guarded: TestClient) -> None:
    routers = [getattr(one, "original_router", None) for one in guarded.app.routes]  # type: ignore[attr-defined]  # FastAPI
    routes = [route for router in routers if router for route in router.routes]
    needed = {(method, route.path): role_needed(method, route.path) for route in routes for method in route.methods}
    open_to_all = {path for (_, path), role in needed.items() if role is None}
    writing = {path for (method, path), role in needed.items() if role is Role.WRITE and method == "POST"}

    assert open_to_all == {"/livez", "/readyz", "/signin", "/signout"}
    assert {role for (method, _), role in needed.items() if method in {"PUT", "DELETE", "PATCH"}} == {Role.WRITE}
    assert writing >= {"/reindex", "/sources/add", "/sources/delete", "/sources/reindex", "/quality/forget"}
    assert writing.isdisjoint(ASKED_BY_POST)
    assert role_needed("POST", "/of-tomorrow") is Role.WRITE
    assert role_needed("TRACE", "/static/ground.css") is Role.WRITE


def test_a_browser_is_shown_where_to_sign_in_and_nothing_of_the_documents(guarded: TestClient) -> None:
    for path in ("/?q=berth", "/nowhere", "/sources"):
        response = guarded.get(path, headers=HTML)
        assert response.status_code == 401
        root = parse(response.text)
        back = [field for field in root.all("input") if field.attributes["name"] == "back"]
        assert [field.attributes["value"] for field in back] == [path]
        assert "3 documents" not in response.text
        assert "app.js" not in response.text
    foreign = guarded.get("/", headers={**HTML, "host": "evil.example"})
    assert foreign.status_code == 400
    assert "documents" not in foreign.text


def test_signing_in_gives_a_cookie_that_is_no_token(guarded: TestClient) -> None:
    wrong = guarded.post("/signin", data={"token": UNKNOWN, "back": "/"}, headers=HTML)
    assert wrong.status_code == 401
    assert "not known" in wrong.text
    assert UNKNOWN not in wrong.text

    response = guarded.post("/signin", data={"token": READER, "back": "/?q=berth"}, follow_redirects=False)
    cookie = response.headers["set-cookie"]
    assert (response.status_code, response.headers["location"]) == (303, "/?q=berth")
    assert {"HttpOnly", "SameSite=strict", "Path=/", f"Max-Age={SESSION_SECONDS}"} <= set(cookie.split("; "))
    assert READER not in cookie
    assert page(guarded, "/", q=BERTH).one("nav").all("a")
    assert guarded.post("/sources/reindex").status_code == 403

    session = cookie.partition("=")[2].partition(";")[0]
    guarded.cookies.clear()
    assert guarded.get("/documents", headers=bearer(session)).status_code == 401


def test_signing_out_takes_it_away(guarded: TestClient) -> None:
    guarded.post("/signin", data={"token": WRITER})
    assert guarded.get("/documents").status_code == 200
    assert guarded.post("/signout", follow_redirects=False).headers["clear-site-data"] == '"cache", "storage"'
    assert guarded.get("/documents").status_code == 401


def test_over_an_encrypted_connection_the_cookie_stays_on_such(guarded: TestClient) -> None:
    response = guarded.post("https://127.0.0.1/signin", data={"token": READER}, follow_redirects=False)
    assert response.headers["set-cookie"].startswith("__Host-quoth=")
    assert {"Secure", "Path=/"} <= set(response.headers["set-cookie"].split("; "))
    assert guarded.get("https://127.0.0.1/documents").status_code == 200
    assert guarded.get("http://127.0.0.1/documents").status_code == 401
    stolen = response.headers["set-cookie"].partition("=")[2].partition(";")[0]
    assert guarded.get("https://127.0.0.1/documents", headers={"cookie": f"quoth={stolen}"}).status_code == 401


def test_w4_another_site_signs_nobody_in(guarded: TestClient) -> None:
    response = guarded.post("/signin", data={"token": READER}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


def test_a_session_ends_with_its_time_and_with_its_token() -> None:
    session = tokens().session(READER)

    assert tokens().grant_of_session(session) == Grant({None: Role.READ})
    assert tokens(1e9 + SESSION_SECONDS).grant_of_session(session) is None
    assert Tokens([Token(Role.WRITE, WRITER)], clock=lambda: 1e9).grant_of_session(session) is None
    later = f"{int(session[:12]) + 1:012d}{session[12:]}"
    for forged in (later, "", ".", "x" * 77, session[:-1], session.replace(".", ""), "٣" * 12 + session[12:]):
        assert tokens().grant_of_session(forged) is None


@pytest.mark.parametrize(
    "address", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/\n/evil", "javascript:x", ""]
)
def test_w18_signing_in_leads_to_no_other_site(guarded: TestClient, address: str) -> None:
    assert own_address(address) == "/"
    response = guarded.post("/signin", data={"token": READER, "back": address}, follow_redirects=False)
    assert response.headers["location"] == "/"


def test_w16_no_token_is_logged_or_shown(guarded: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("qa").propagate = True
    settings = Settings.model_validate({"read_token": READER, "write_token": WRITER})
    with caplog.at_level(logging.DEBUG):
        shown = [guarded.get("/nowhere", headers=bearer(secret)).text for secret in (READER, WRITER, UNKNOWN)]
    for secret in (READER, WRITER, UNKNOWN):
        assert secret not in "".join([*shown, caplog.text, repr(settings), repr(load_tokens(settings)._tokens)])


def test_w16_every_guess_is_compared_whole_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return one == other

    monkeypatch.setattr("qa.service.tokens.hmac.compare_digest", compare)
    for guess in ("", "r", READER[:-1], READER, WRITER, "x" * 10_000):
        tokens().grant_of(guess)
    assert compared == [(32, 32)] * 12, "two comparisons of digests for each guess, whatever it is"


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ("", 0o600, "no token"),
        ("# none\n\n", 0o600, "no token"),
        (f"admin {READER}", 0o600, "Line 1"),
        (f"# one\nread {READER} {WRITER}", 0o600, "Line 2"),
        ("write short", 0o600, "shorter than 24"),
        (f"read {READER}", 0o644, "by everybody"),
        (f"read {READER}", 0o660, "by its group"),
    ],
)
def test_a_file_of_tokens_that_is_not_right_is_refused(tmp_path: Path, text: str, mode: int, says: str) -> None:
    path = tmp_path / "tokens"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(TokensUnusable, match=says) as caught:
        load_tokens(Settings.model_validate({"token_file": path}))
    assert READER not in str(caught.value)


def test_tokens_come_from_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"# of the team\nread {READER}\n\n  write {WRITER}\n")
    path.chmod(0o640)
    found = load_tokens(Settings.model_validate({"token_file": path, "read_token": UNKNOWN}))

    assert [found.grant_of(secret) for secret in (READER, WRITER, UNKNOWN)] == [
        Grant({None: role}) for role in (Role.READ, Role.WRITE, Role.READ)
    ]
    with pytest.raises(TokensUnusable, match="cannot be read"):
        load_tokens(Settings.model_validate({"token_file": tmp_path / "gone"}))


def test_w16_it_does_not_start_where_others_reach_it_unasked(qa: Qa) -> None:
    for host in ("0.0.0.0", "192.0.2.10", "::"):
        failed(qa("serve", "--host", host), 2, "QA_WRITE_TOKEN", "--insecure", "openssl rand -hex 32")
    failed(qa("serve", "--host", "0.0.0.0", "--workers", "2"), 2, "--insecure")
    failed(qa("serve", "--host", "0.0.0.0", QA_READ_TOKEN="short"), 2, "shorter than 24")


def test_w20_the_description_is_given_only_to_those_who_are_asked_or_local() -> None:
    def guards(**values: object) -> Guards:
        return Guards.of(Settings.model_validate(values))

    assert guards().described
    assert guards(host="0.0.0.0", read_token=READER).described
    assert not guards(host="0.0.0.0", insecure=True).described
    assert not guards(allowed_hosts="quoth.example").described
    with pytest.raises(ConfigError):
        guards(host="0.0.0.0")


def test_w20_where_it_is_not_given_there_is_none(built: Library) -> None:
    client = built.client(guards=Guards(described=False))
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert client.get(path).status_code == 404
