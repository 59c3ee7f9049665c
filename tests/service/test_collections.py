"""Several collections in one service: each asked alone or all, kept apart, and opened by their own tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest
from fastapi.testclient import TestClient

from html_tree import parse
from library import BERTH, BERTH_QUOTE, LOCAL, WEB, Library
from qa.engine import Generation
from qa.service.app import create_app
from qa.service.guards import Guards
from qa.service.holdings import Collection
from qa.service.tokens import Role, Token, Tokens
from qa.service.verifying import SavedCitation, traced_in
from qa.types import DocumentRecord, ParsedDocument
from qa.wiring import make_editor

READER, WRITER = "r" * 31 + "1", "w" * 31 + "2"
OF_NOTES, OF_RULES = "n" * 31 + "3", "h" * 31 + "4"
TAPIR = "Where does the tapir sleep?"
TAPIR_QUOTE = "The tapir sleeps in the orangery."
NOTES = {"notes.txt": f"{TAPIR_QUOTE}\n".encode(), "harbour.md": b"# Another harbour\n\nNothing is for hire here.\n"}
HTML = {"accept": "text/html"}


def bearer(secret: str) -> dict[str, str]:
    """The header of a program."""
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Library]:
    """Two corpora, in which a document of one path is not the same; indexed."""
    folder = tmp_path_factory.mktemp("several")
    found = {"rules": Library.at(folder / "rules"), "notes": Library.at(folder / "notes", NOTES)}
    for library in found.values():
        library.build()
    return found


def client_of(libraries: dict[str, Library], *tokens: Token) -> TestClient:
    """A browser for a service of all of them."""
    collections = [
        Collection.of(
            library.engine(collection=name),
            library.settings.corpus,
            library.settings.index,
            follower=library.follower(),
            editor=make_editor(library.settings),
        )
        for name, library in libraries.items()
    ]
    app = create_app(collections, web=WEB, hosts=["127.0.0.1"], guards=Guards(tokens=Tokens(tokens)))
    return TestClient(app, base_url=LOCAL, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(libraries: dict[str, Library]) -> TestClient:
    return client_of(libraries)


@pytest.fixture
def guarded(libraries: dict[str, Library]) -> TestClient:
    """Tokens for all and for each; that of the rules may change them."""
    return client_of(
        libraries,
        Token(Role.READ, READER),
        Token(Role.WRITE, WRITER),
        Token(Role.READ, OF_NOTES, "notes"),
        Token(Role.WRITE, OF_RULES, "rules"),
    )


def test_all_are_asked_and_the_surest_answer_says_where_it_is_from(client: TestClient) -> None:
    for question, quote, name in ((BERTH, BERTH_QUOTE, "rules"), (TAPIR, TAPIR_QUOTE, "notes")):
        reply = client.post("/ask", json={"question": question}).json()
        assert (reply["collection"], reply["citations"][0]["collection"]) == (name, name)
        assert reply["citations"][0]["quote"] == quote
        source = client.get(reply["citations"][0]["url"], headers=HTML)
        assert quote in parse(source.text).text
        text = client.get(f"/documents/{reply['citations'][0]['document_id']}", params={"collection": name}).json()
        assert text["text"][reply["citations"][0]["start"] : reply["citations"][0]["end"]] == quote


def test_one_alone_knows_nothing_of_the_others(client: TestClient) -> None:
    alone = client.post("/ask", json={"question": TAPIR, "collection": "rules"}).json()
    assert {passage["collection"] for passage in alone["passages"]} == {"rules"}
    assert TAPIR_QUOTE not in str(alone)
    found = client.post("/search", json={"query": TAPIR, "collection": "notes"}).json()["passages"]
    assert {passage["collection"] for passage in found} == {"notes"}


def test_a_search_of_all_is_in_the_order_of_the_scores(client: TestClient) -> None:
    found = client.post("/search", json={"query": "tapir harbour", "top_k": 4}).json()["passages"]
    assert len(found) == 4
    assert {passage["collection"] for passage in found} == {"rules", "notes"}
    assert [passage["score"] for passage in found] == sorted((p["score"] for p in found), reverse=True)


def test_a_stream_of_all_tells_each_and_one_reply(client: TestClient) -> None:
    body = client.post("/ask/stream", json={"question": TAPIR}).text
    kinds = [line.removeprefix("event: ") for line in body.splitlines() if line.startswith("event: ")]
    assert kinds == ["retrieved", "read", "retrieved", "read", "replied"]


def test_documents_of_one_path_are_told_apart(client: TestClient) -> None:
    listed = client.get("/documents").json()["documents"]
    same = [document for document in listed if document["path"] == "harbour.md"]
    assert [document["collection"] for document in same] == ["rules", "notes"]
    assert same[0]["document_id"] == same[1]["document_id"]
    for document in same:
        assert client.get(document["original_url"]).headers["etag"] == f'"{document["source_sha256"]}"'
    needed = client.get(f"/documents/{same[0]['document_id']}")
    assert (needed.status_code, needed.json()["type"]) == (422, "urn:quoth:collection-needed")


def test_an_unknown_collection_is_one_problem_everywhere(client: TestClient) -> None:
    for method, path, body in (
        ("POST", "/ask", {"question": TAPIR, "collection": "x"}),
        ("POST", "/ask/stream", {"question": TAPIR, "collection": "x"}),
        ("POST", "/search", {"query": TAPIR, "collection": "x"}),
        ("POST", "/reindex", {"collection": "x"}),
        ("GET", "/index?collection=x", None),
        ("GET", "/documents?collection=x", None),
        ("GET", "/ask?q=tapir&collection=x", None),
    ):
        response = client.request(method, path, json=body)
        assert (response.status_code, response.json()["type"]) == (404, "urn:quoth:collection-unknown"), path


def test_a_file_goes_into_the_collection_that_is_named(libraries: dict[str, Library], client: TestClient) -> None:
    response = client.put("/documents/new.txt", params={"collection": "notes"}, content=b"A new note.")
    assert (response.status_code, response.json()["collection"]) == (201, "notes")
    assert (libraries["notes"].settings.corpus / "new.txt").read_bytes() == b"A new note."
    assert not (libraries["rules"].settings.corpus / "new.txt").exists()
    assert client.put("/documents/new.txt", content=b"Where?").status_code == 422
    assert client.delete("/documents/new.txt", params={"collection": "notes"}).status_code == 200


def test_citations_are_verified_in_their_own_collection_and_found_in_another(client: TestClient) -> None:
    (citation,) = client.post("/ask", json={"question": TAPIR}).json()["citations"]
    for named in ("notes", "rules", None):
        sent = {"citations": [{**citation, "collection": named}]}
        (found,) = client.post("/verify", json=sent).json()["citations"]
        assert (found["status"], found["collection"]) == ("same", "notes")
    alone = client.post("/verify", json={"citations": [citation], "collection": "rules"}).json()
    assert [one["status"] for one in alone["citations"]] == ["deleted"]


def test_a_citation_that_names_its_collection_is_judged_by_that_one(libraries: dict[str, Library]) -> None:
    # "harbour.md" is in both, with other words; in a third there is a copy of what the rules have.
    read: list[str] = []

    class Watched:
        def __init__(self, name: str) -> None:
            self._name, self._snapshot = name, libraries[name].engine().snapshot()
            self.generation = self._snapshot.generation

        def documents(self) -> Sequence[DocumentRecord]:
            read.append(self._name)
            return self._snapshot.documents()

        def document(self, wanted: str) -> ParsedDocument:
            return self._snapshot.document(wanted)

    def verified(path: str, quote: str, collection: str | None) -> tuple[str, str | None, list[str]]:
        read.clear()
        citation = SavedCitation(path=path, quote=quote, collection=collection)
        generations = cast("dict[str | None, Generation]", {name: Watched(name) for name in ("rules", "notes")})
        (found,) = traced_in([citation], generations).citations
        return found.status, found.collection, [*read]

    assert verified("harbour.md", BERTH_QUOTE, "rules") == ("moved", "rules", ["rules"])
    assert verified("harbour.md", BERTH_QUOTE, "notes") == ("edited", "notes", ["notes"]), "its own says other words"
    assert verified("notes.txt", TAPIR_QUOTE, "rules") == ("moved", "notes", ["rules", "notes"]), "moved to another"
    assert verified("notes.txt", "The tapir sings.", "rules") == ("deleted", "rules", ["rules", "notes"])
    assert verified("notes.txt", TAPIR_QUOTE, None) == ("moved", "notes", ["rules", "notes"])
    assert verified("notes.txt", "The tapir sings.", "gone") == ("edited", "notes", ["rules", "notes"])


def test_a_bound_token_sees_nothing_of_the_others(guarded: TestClient) -> None:
    guarded.headers.update(bearer(OF_NOTES))
    assert [one["name"] for one in guarded.get("/collections").json()["collections"]] == ["notes"]
    assert {one["collection"] for one in guarded.get("/documents").json()["documents"]} == {"notes"}
    assert [one["id"] for one in guarded.get("/v1/models").json()["data"]] == ["quoth", "quoth/notes"]
    assert guarded.post("/ask", json={"question": TAPIR}).json()["answered"]
    assert BERTH_QUOTE not in guarded.post("/ask", json={"question": BERTH}).text

    unknown = guarded.post("/ask", json={"question": BERTH, "collection": "never-there"}).json()
    hidden = guarded.post("/ask", json={"question": BERTH, "collection": "rules"}).json()
    assert {**hidden, "request_id": ""} == {**unknown, "request_id": ""}
    for path in ("/", "/sources", "/quality", "/readyz", "/index", "/openapi.json", "/sources?collection=rules"):
        assert "rules" not in guarded.get(path, headers=HTML).text.replace("Harbour rules", ""), path
    assert guarded.get("/metrics").status_code == 403
    assert guarded.post("/v1/chat/completions", json={"model": "quoth/rules", "messages": []}).status_code in {404, 422}


def test_a_role_counts_in_its_own_collection_only(guarded: TestClient) -> None:
    line = b"A line."
    own = guarded.put("/documents/a.txt", params={"collection": "rules"}, headers=bearer(OF_RULES), content=line)
    assert own.status_code == 201
    other = guarded.put("/documents/a.txt", params={"collection": "notes"}, headers=bearer(OF_RULES), content=line)
    assert (other.status_code, other.json()["type"]) == (404, "urn:quoth:collection-unknown")
    for secret in (READER, OF_NOTES):
        refused = guarded.post("/reindex", json={"collection": "notes"}, headers=bearer(secret))
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:quoth:role-missing")
    assert guarded.delete("/documents/a.txt", params={"collection": "rules"}, headers=bearer(WRITER)).status_code == 200


def test_a_token_of_two_collections_may_in_each_what_it_may_there(libraries: dict[str, Library]) -> None:
    both = client_of(libraries, Token(Role.READ, OF_NOTES, "notes"), Token(Role.WRITE, OF_NOTES, "rules"))
    both.headers.update(bearer(OF_NOTES))
    assert both.post("/reindex", json={"collection": "rules"}).status_code == 202
    assert both.post("/reindex", json={"collection": "notes"}).status_code == 403


def test_a_model_of_each_collection(client: TestClient) -> None:
    assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["quoth", "quoth/rules", "quoth/notes"]
    assert client.get("/v1/models/quoth/notes").json()["id"] == "quoth/notes"
    messages = [{"role": "user", "content": TAPIR}]
    told = client.post("/v1/chat/completions", json={"model": "quoth/notes", "messages": messages}).json()
    assert (told["model"], told["quoth"]["collection"]) == ("quoth/notes", "notes")


def test_the_page_lets_one_choose_where_there_is_a_choice(client: TestClient, guarded: TestClient) -> None:
    page = parse(client.get("/", headers=HTML).text)
    (chooser,) = page.all("select")
    assert [option.attributes["value"] for option in chooser.all("option")] == ["", "rules", "notes"]
    sources = parse(client.get("/sources?collection=notes", headers=HTML).text)
    (current,) = [link for link in sources.all("a") if link.attributes.get("aria-current") == "true"]
    assert current.text == "notes"
    only = parse(guarded.get("/", headers={**HTML, **bearer(OF_NOTES)}).text)
    assert only.all("select") == []


def test_one_collection_without_a_name_has_no_chooser(built: Library) -> None:
    client = built.client()
    assert parse(client.get("/", headers=HTML).text).all("select") == []
    assert [one["name"] for one in client.get("/collections").json()["collections"]] == [None]
    assert client.post("/ask", json={"question": BERTH, "collection": "any"}).status_code == 404


def test_a_conversation_stays_in_its_collection(client: TestClient) -> None:
    page = parse(client.get("/", params={"collection": "notes", "q": TAPIR}, headers=HTML).text)
    hidden = {
        one.attributes["name"]: one.attributes.get("value")
        for one in page.all("input")
        if one.attributes.get("type") == "hidden"
    }
    assert hidden["collection"] == "notes"
    (quote,) = [link for link in page.all("a") if "data-quote" in link.attributes]
    assert "collection=notes" in quote.attributes["href"]


def test_figures_have_the_name_of_the_collection(client: TestClient) -> None:
    text = client.get("/metrics").text
    assert 'quoth_ready{collection="rules"} 1.0' in text
    assert 'quoth_ready{collection="notes"} 1.0' in text


def test_one_index_that_is_missing_is_told_and_the_others_answer(libraries: dict[str, Library], tmp_path: Path) -> None:
    client = client_of({**libraries, "empty": Library.at(tmp_path / "empty")})
    assert client.post("/ask", json={"question": TAPIR}).status_code == 503
    assert client.post("/ask", json={"question": TAPIR, "collection": "notes"}).json()["answered"]
    assert client.get("/readyz").status_code == 200
