"""W1 to W20, as far as no other test has them: docs/security.md says for each id which test shows what.

Those of sockets and signals are in `service/test_slow_clients.py` and `live/test_shutdown.py`, those of tokens in
`service/test_access.py`, those of limits in `service/test_limits.py`, that of the log in `service/test_metrics.py`.
"""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from html_tree import parse
from library import BERTH, SQUAWK, WEB, Library
from qa.wiring import make_editor
from service.test_pages import page
from service.test_security import assert_guarded

HTML = {"accept": "text/html"}
ODD = "\u202eabc\u2066def\u2069\u200b\U000e0041 ends"
ODD_TEXT = f"The tortoise carries {ODD} here.\n"
LINKS = """# Links

Read [this](javascript:alert(1)) and [that](data:text/html,<b>x</b>) and [there](https://elsewhere.example/x) too.
The mole digs <a href="javascript:alert(1)" onclick="x()">tunnels</a> at night.
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A service over documents that try things, which may be changed."""
    library = Library.at(tmp_path_factory.mktemp("web") / "library")
    library.write("odd.txt", ODD_TEXT)
    library.write("links.md", LINKS)
    library.build()
    return library.client(editor=make_editor(library.settings))


def asked(client: TestClient, question: str) -> dict[str, Any]:
    """The reply."""
    reply: dict[str, Any] = client.post("/ask", json={"question": question}).json()
    return reply


def test_w1_markup_in_streams_and_errors_is_text_in_json(client: TestClient) -> None:
    stream = client.post("/ask/stream", json={"question": SQUAWK})
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: ")]
    assert '<script>alert("text")</script>' in events[-1]["citations"][0]["quote"]
    error = client.get("/documents/<script>alert(1)</script>", headers=HTML)
    assert "<script>alert" not in error.text
    for response in (stream, error):
        assert_guarded(response)


def test_w2_odd_characters_stay_in_the_api_and_turn_nothing_round_on_the_page(hostile: TestClient) -> None:
    question = "What does the tortoise carry?"
    reply = asked(hostile, question)
    citation = reply["citations"][0]
    document = hostile.get(f"/documents/{citation['document_id']}").json()

    assert ODD in citation["quote"]
    assert document["text"][citation["start"] : citation["end"]] == citation["quote"]
    quoted = page(hostile, "/", q=question).all(of_class="quote-text")[0]
    assert quoted.tag == "p", "a block of its own, so nothing outside of it is turned round"
    assert ODD in quoted.text
    rule = (WEB / "static" / "quotation.css").read_text().partition(".quote-text {")[2].partition("}")[0]
    assert "unicode-bidi: plaintext" in rule


def test_w3_every_response_has_the_headers(hostile: TestClient) -> None:
    for method, path in (("GET", "/nowhere"), ("DELETE", "/ask"), ("PUT", "/documents/x.exe"), ("GET", "/static/none")):
        assert_guarded(hostile.request(method, path))


POSTS = ("/reindex", "/quality/feedback", "/feedback", "/sources/add", "/sources/delete", "/sources/reindex",
         "/quality/expected", "/quality/forget", "/signin", "/signout")  # fmt: skip


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                                     {"origin": "https://evil.example"}, {"origin": "null"}])  # fmt: skip
def test_w4_another_site_makes_a_browser_change_nothing(hostile: TestClient, headers: dict[str, str]) -> None:
    before = hostile.get("/documents").json()
    form = {"path": "odd.txt", "asked": BERTH, "helpful": "yes"}
    for path in POSTS:
        assert hostile.post(path, headers=headers, data=form).status_code == 403, path
        assert hostile.post(path, headers=headers, json={}).status_code == 403, path
    assert hostile.put("/documents/new.txt", content=b"x", headers=headers).status_code == 403
    assert hostile.delete("/documents/odd.txt", headers=headers).status_code == 403
    assert hostile.get("/documents").json() == before


def test_w4_no_other_site_is_allowed_to_read(hostile: TestClient) -> None:
    for response in (
        hostile.get("/ask", params={"q": BERTH}, headers={"origin": "https://evil.example"}),
        hostile.options("/ask", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}),
    ):
        assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "127.0.0.1@evil.example", "a b"],
)
def test_w5_w6_a_name_that_is_not_ours_is_refused_and_never_repeated(hostile: TestClient, host: str) -> None:
    for headers in ({"host": host}, {"host": host, **HTML}):
        response = hostile.get("/ask", params={"q": BERTH}, headers=headers)
        assert response.status_code == 400
        assert host not in response.text
        assert_guarded(response)


def test_w6_forwarded_headers_change_nothing(hostile: TestClient) -> None:
    forwarded = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https", "forwarded": "host=evil.example",
                 "x-original-url": "/quality", "x-rewrite-url": "/quality"}  # fmt: skip
    for path in ("/ask/", "/sources", "/ask?q=berth", "/openapi.json"):
        plain, other = (hostile.get(path, headers=more, follow_redirects=False) for more in ({}, forwarded))
        assert "evil.example" not in other.text + str(other.headers)
        assert plain.headers.get("location") == other.headers.get("location")


def chunks(size: int) -> Iterator[bytes]:
    """A body without a length that is far too large; only what is asked for is made."""
    for _ in range(size // 65_536):
        yield b"x" * 65_536


def test_w7_bodies_that_are_too_large_or_disguised(hostile: TestClient) -> None:
    kind = {"content-type": "application/json"}
    bomb = gzip.compress(json.dumps({"question": "x" * 10_000_000}).encode())
    assert hostile.post("/ask", content=b" " * 32_769, headers=kind).status_code == 413
    assert hostile.post("/ask", content=chunks(1 << 24), headers=kind).status_code == 413
    assert len(bomb) < 32_768
    assert hostile.post("/ask", content=bomb, headers={**kind, "content-encoding": "gzip"}).status_code in {400, 422}
    assert hostile.post("/ask", content=b"[" * 15_000, headers=kind).status_code in {400, 422}
    assert hostile.get("/livez").status_code == 200


ODD_BODIES = ['{"question": "x\\ud800"}', '{"question": NaN}', '{"question": "x", "top_k": 1e999}', '{"question": []}',
              '{"question": "x", "question": ["y"]}', '{"question": "x", "__proto__": {}}']  # fmt: skip


@pytest.mark.parametrize("body", ODD_BODIES)
def test_w8_odd_values_are_refused_and_not_repeated(hostile: TestClient, body: str) -> None:
    response = hostile.post("/ask", content=body.encode(), headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert "ud800" not in response.text
    assert "__proto__" not in response.text


def test_w9_questions_of_any_kind_are_answered_or_refused(hostile: TestClient) -> None:
    assert hostile.post("/ask", json={"question": "x" * 1_000_000}).status_code == 413
    words = " ".join(f"w{number}" for number in range(330))
    questions = [
        "a" * 2_000,
        words,
        "?" * 2_000,
        "(" * 2_000,
        "a!" * 1_000,
        '" OR "' * 333,
        'NEAR( * ^ " -',
        "\u0301" * 2_000,
    ]
    for question in questions:
        assert len(question) <= 2_000
        assert hostile.post("/ask", json={"question": question}).status_code == 200


@pytest.mark.parametrize("path", [
    "/static/../templates/base.html", "/static/%2e%2e/%2e%2e/pyproject.toml", "/static/..%2f..%2fpyproject.toml",
    "/static/%2fetc/passwd", "/static//etc/passwd", "/static/app.js%00.css", "/source/..%2f..%2fetc%2fpasswd",
    "/documents/..%2f..%2fetc%2fpasswd/original", "/documents/%00/original", "/documents/harbour.md/original",
])  # fmt: skip
def test_w11_no_address_leads_out_of_what_is_served(hostile: TestClient, path: str) -> None:
    response = hostile.get(path)
    assert response.status_code in {404, 405}
    assert "root:" not in response.text
    assert "[project]" not in response.text


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW", "PATCH", "OPTIONS"])
def test_w14_other_methods_are_refused(hostile: TestClient, method: str) -> None:
    response = hostile.request(method, "/ask", params={"q": BERTH})
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) <= {"GET", "POST"}


def test_w14_a_header_that_names_another_method_is_not_heard(hostile: TestClient) -> None:
    document = {record["path"]: record for record in hostile.get("/documents").json()["documents"]}["odd.txt"]
    for name in ("x-http-method-override", "x-method-override", "x-http-method"):
        assert hostile.get(f"/documents/{document['document_id']}", headers={name: "DELETE"}).status_code == 200
        assert hostile.post("/documents/odd.txt", headers={name: "DELETE"}).status_code == 405


def test_w14_no_answer_is_kept_by_a_cache(hostile: TestClient) -> None:
    for path in ("/ask?q=berth", "/", "/documents", "/readyz", "/nowhere", "/ask?q="):
        assert hostile.get(path).headers["cache-control"] == "no-store"


def test_w18_links_of_documents_are_words(hostile: TestClient) -> None:
    (links,) = [one for one in hostile.get("/documents").json()["documents"] if one["path"] == "links.md"]
    source = hostile.get(f"/source/{links['document_id']}").text
    answer = page(hostile, "/", q="What does the mole dig at night?")

    for root in (parse(source), answer):
        for link in root.all("a"):
            assert re.fullmatch(r"(/|#|\?).*", link.attributes["href"]), link.attributes["href"]
            assert not link.attributes["href"].startswith("//")
    assert "elsewhere.example" not in str([link.attributes for link in parse(source).all("a")])


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_w18_no_form_leads_to_another_site(built: Library, address: str) -> None:
    client = built.client()
    said = {"asked": BERTH, "helpful": "yes", "back": address}
    response = client.post("/quality/feedback", data=said, headers=HTML, follow_redirects=False)
    assert response.status_code == 303
    assert re.fullmatch(r"/(\?.*)?", response.headers["location"])


INJECTIONS = [
    'x" or 1==1',
    "x' OR '1'='1",
    "*",
    "%",
    "path:*",
    "title:harbour",
    "body:(berth)",
    "x) OR (x",
    "\\",
    "[a TO z]",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_w19_nothing_that_is_sent_is_taken_for_a_filter(hostile: TestClient, text: str) -> None:
    assert hostile.get(f"/documents/{quote(text, safe='')}").status_code == 404
    assert hostile.get(f"/source/{quote(text, safe='')}").status_code == 404
    found = hostile.post("/search", json={"query": f"zzzz {text}", "top_k": 50}).json()["passages"]
    words = set(re.findall(r"\w+", text.lower()))
    told = [passage for passage in found if passage["score"] > 0]
    assert all(
        words & set(re.findall(r"\w+", (one["text"] + one["title"]).lower())) for one in told if "lexical" in str(one)
    )
    for said in (hostile.get("/unanswered", params={"limit": text}), hostile.get("/changes", params={"limit": text})):
        assert said.status_code == 422
    error = hostile.get("/ask", params={"q": text, "top_k": text}).text
    assert not re.search(r"sqlite|tantivy|faiss|traceback|syntax", error, re.I)


def test_w19_a_question_reaches_one_index_only(tmp_path_factory: pytest.TempPathFactory) -> None:
    one, other = (Library.at(tmp_path_factory.mktemp(name) / "library") for name in ("one", "other"))
    other.write("secret.txt", "The badger knows the secret word.")
    for library in (one, other):
        library.build()
    for question in ("badger", "secret word", 'badger" or 1==1', "../other badger"):
        assert "badger" not in str(one.client().post("/search", json={"query": question}).json()["passages"])
    assert "badger" in str(other.client().post("/search", json={"query": "badger"}).json())
