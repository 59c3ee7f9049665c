"""Documents are added and deleted by API and page, where that is allowed, and by no other site."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from html_tree import parse
from library import Library
from qa.configuration import load_settings
from qa.depot.remedies import THERE
from qa.errors import ConfigError
from qa.index.editing import CorpusEditor
from qa.service.documents_page import MAX_FILES
from qa.settings import Settings
from qa.types import document_id
from qa.wiring import make_editor

HTML = {"accept": "text/html"}
FOREIGN = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "http://evil.test"},
    {"origin": "null"},
    {"origin": "http://["},
)
OCTOPUS = b"# The octopus\n\nThe octopus has three hearts and blue blood.\n"
QUESTION = "How many hearts has the octopus?"


def editor_of(library: Library) -> CorpusEditor:
    editor = make_editor(library.settings)
    assert editor is not None
    return editor


@pytest.fixture
def client(built: Library) -> TestClient:
    """A service that may change its corpus, and whose index follows when the test says so."""
    return built.client(editor=editor_of(built))


def test_a_file_is_put_answered_from_and_deleted(built: Library, client: TestClient) -> None:
    response = client.put("/documents/sea/octopus.md", content=OCTOPUS)

    assert response.status_code == 201
    assert response.json() == {
        "path": "sea/octopus.md", "document_id": document_id("sea/octopus.md"), "change": "added", "collection": None
    }  # fmt: skip
    assert (built.settings.corpus / "sea/octopus.md").read_bytes() == OCTOPUS
    built.build()
    assert client.get("/ask", params={"q": QUESTION}).json()["citations"][0]["path"] == "sea/octopus.md"

    assert client.put("/documents/sea/octopus.md", content=b"# Gone").status_code == 200
    assert client.delete("/documents/sea/octopus.md").json()["change"] == "deleted"
    assert not (built.settings.corpus / "sea/octopus.md").exists()


def test_a_file_that_is_there_stays_when_that_is_asked_for(built: Library, client: TestClient) -> None:
    before = (built.settings.corpus / "harbour.md").read_bytes()
    response = client.put("/documents/harbour.md", content=OCTOPUS, headers={"If-None-Match": "*"})

    assert response.status_code == 412
    assert response.json()["type"] == "urn:quoth:name-taken"
    assert (built.settings.corpus / "harbour.md").read_bytes() == before


@pytest.mark.parametrize(
    ("address", "status"),
    [("/documents/..%2Fout.txt", 422), ("/documents/a%2F..%2F..%2Fout.txt", 422), ("/documents/%2Fetc%2Fout.txt", 422),
     ("/documents/.hidden.txt", 422), ("/documents/a%00.txt", 422), ("/documents/run.exe", 422)],
)  # fmt: skip
def test_bad_names_are_refused(built: Library, client: TestClient, address: str, status: int) -> None:
    response = client.put(address, content=b"x")

    assert response.status_code == status
    assert response.json()["remedy"]
    assert sorted(path.name for path in built.settings.corpus.parent.iterdir()) == ["corpus", "index"]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_site_changes_nothing(built: Library, client: TestClient, headers: dict[str, str]) -> None:
    before = sorted(built.settings.corpus.rglob("*"))
    files = {"files": ("new.txt", b"x")}

    assert client.put("/documents/new.txt", content=b"x", headers=headers).status_code == 403
    assert client.delete("/documents/harbour.md", headers=headers).status_code == 403
    assert client.post("/sources/add", files=files, headers=headers).status_code == 403
    assert client.post("/sources/delete", data={"path": "harbour.md"}, headers=headers).status_code == 403
    assert sorted(built.settings.corpus.rglob("*")) == before


def test_documents_have_their_own_limit_and_all_else_the_small_one(built: Library) -> None:
    settings = built.settings.model_copy(update={"max_document_megabytes": 0.2})
    client = built.client(editor=make_editor(settings))

    assert client.put("/documents/big.txt", content=b"x" * 200_000).status_code == 201
    assert client.put("/documents/over.txt", content=b"x" * 200_001).status_code == 422
    assert client.put("/documents/over.txt", content=b"x" * 400_000).status_code == 413
    assert client.post("/sources/add", files={"files": ("over.txt", b"x" * 400_000)}).status_code == 413
    assert client.post("/ask", content=b"x" * 40_000).status_code == 413
    assert client.post("/sources/delete", content=b"path=" + b"x" * 40_000).status_code == 413
    assert not (built.settings.corpus / "over.txt").exists()


def test_the_form_adds_files_without_scripts(built: Library, client: TestClient) -> None:
    root = parse(client.get("/sources", headers=HTML).text)
    (form,) = [form for form in root.all("form") if form.attributes["action"] == "/sources/add"]
    assert (form.attributes["method"], form.attributes["enctype"]) == ("post", "multipart/form-data")
    (field,) = [field for field in form.all("input") if field.attributes["type"] == "file"]

    files = [(field.attributes["name"], (name, OCTOPUS)) for name in ("octopus.md", "C:\\sea\\squid.md", "a/ray.md")]
    response = client.post("/sources/add", files=files, headers=HTML, follow_redirects=False)

    assert (response.status_code, response.headers["location"]) == (303, "/sources#index")
    assert [(built.settings.corpus / name).read_bytes() for name in ("octopus.md", "squid.md", "ray.md")] == [
        OCTOPUS
    ] * 3


def test_the_form_tells_what_it_did_not_add(built: Library, client: TestClient) -> None:
    files = [("files", (name, OCTOPUS)) for name in ("octopus.md", "harbour.md", "<b>.exe")]
    response = client.post("/sources/add", files=files, headers=HTML)
    root = parse(response.text)

    assert response.status_code == 422
    assert root.one(of_class="said").text == "1 file added."
    refused = [item.text for item in root.one(of_class="notice-refused").all("li")]
    assert refused[0].startswith("harbour.md: There is a file harbour.md already.")
    assert refused[1].startswith("<b>.exe: <b>.exe: no parser")
    replaced = client.post(
        "/sources/add", files=files[1:2], data={"replace": "1"}, headers=HTML, follow_redirects=False
    )
    assert replaced.status_code == 303
    assert (built.settings.corpus / "harbour.md").read_bytes() == OCTOPUS
    nothing = client.post("/sources/add", files={"other": ("a.txt", b"x")}, headers=HTML)
    assert "No file was chosen" in nothing.text


def test_a_form_that_cannot_be_read_is_told_as_a_form(built: Library, client: TestClient) -> None:
    kind = {"content-type": "multipart/form-data; boundary=X"}
    part = b'--X\r\nContent-Disposition: form-data; name="files"; filename="%d.txt"\r\n\r\nx\r\n'
    before = sorted(built.settings.corpus.rglob("*"))
    for body in (b"--Y\r\n", b"".join(part % number for number in range(MAX_FILES + 1)) + b"--X--\r\n"):
        problem = client.post("/sources/add", content=body, headers=kind).json()
        assert (problem["status"], "form" in problem["detail"], "JSON" in problem["remedy"]) == (400, True, False)
    assert sorted(built.settings.corpus.rglob("*")) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_name_in_another_encoding_is_not_taken_for_one_with_marks_in_its_place(
    built: Library, client: TestClient, method: str
) -> None:
    built.write("har\ufffdbour.txt", "The mark belongs to the name.")
    response = client.request(method, "/documents/har%FFbour.txt", content=OCTOPUS)
    assert (response.status_code, response.json()["type"]) == (422, "urn:quoth:unusable-name")
    assert (built.settings.corpus / "har\ufffdbour.txt").read_text(encoding="utf-8") == "The mark belongs to the name."


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, identity"])
def test_a_file_in_a_content_encoding_is_refused(built: Library, client: TestClient, coding: str) -> None:
    """Kept as it came, its bytes would not be the file's."""
    response = client.put("/documents/new.md", content=OCTOPUS, headers={"Content-Encoding": coding})
    assert (response.status_code, response.json()["type"]) == (422, "urn:quoth:unsupported-format")
    assert "without Content-Encoding" in response.json()["remedy"]
    assert not (built.settings.corpus / "new.md").exists()
    plain = client.put("/documents/new.md", content=OCTOPUS, headers={"Content-Encoding": "identity"})
    assert plain.status_code == 201


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_line_break_in_a_name_is_refused_as_a_name(client: TestClient, method: str) -> None:
    response = client.request(method, "/documents/har%0Abour.md", content=OCTOPUS)
    assert (response.status_code, "name" in response.json()["detail"]) == (422, True)


def test_deleting_asks_first(built: Library, client: TestClient) -> None:
    root = parse(client.get("/sources", headers=HTML).text)
    links = [link.attributes["href"] for link in root.all("a") if "/delete" in link.attributes["href"]]
    assert len(links) == len(client.get("/documents").json()["documents"])
    (link,) = [link for link in links if "harbour" in link]

    question = parse(client.get(link, headers=HTML).text)
    (form,) = [form for form in question.all("form") if form.attributes["action"] == "/sources/delete"]
    data = {field.attributes["name"]: field.attributes["value"] for field in form.all("input")}
    assert data == {"path": "harbour.md"}
    assert (built.settings.corpus / "harbour.md").exists()

    response = client.post("/sources/delete", data=data, headers=HTML, follow_redirects=False)
    assert response.status_code == 303
    assert not (built.settings.corpus / "harbour.md").exists()
    assert client.post("/sources/delete", data=data, headers=HTML).status_code == 404
    assert client.get("/sources/delete", params={"path": "none.txt"}, headers=HTML).status_code == 404


def test_a_service_that_must_not_change_the_corpus_does_not(built: Library) -> None:
    client = built.client()
    page = client.get("/sources", headers=HTML).text

    assert "/sources/add" not in page
    assert "/sources/delete" not in page
    for response in (
        client.put("/documents/new.txt", content=b"x"),
        client.delete("/documents/harbour.md"),
        client.post("/sources/add", files={"files": ("new.txt", b"x")}),
        client.post("/sources/delete", data={"path": "harbour.md"}),
    ):
        assert response.status_code == 403
        assert response.json()["type"] == "urn:quoth:changes-forbidden"
    assert client.put("/documents/new.txt", content=b"x" * 40_000).status_code in {403, 413}
    assert (built.settings.corpus / "harbour.md").exists()


def test_where_it_is_changed_instead_depends_on_where_the_index_is_built(built: Library) -> None:
    here = built.client().put("/documents/new.txt", content=b"x").json()["remedy"]
    assert "QA_ALLOW_UPLOAD" in here
    there = built.client(replica=True).put("/documents/new.txt", content=b"x").json()["remedy"]
    assert there == THERE


def test_a_service_that_follows_nothing_compares_after_a_change(built: Library) -> None:
    follower = built.follower(watch=False)
    client = built.client(follower=follower, editor=editor_of(built))

    client.put("/documents/octopus.md", content=OCTOPUS)

    assert follower.state().activity == "settling"
    follower.step()
    assert client.get("/ask", params={"q": QUESTION}).json()["answered"]


def test_the_page_says_when_a_file_was_changed(built: Library, client: TestClient) -> None:
    import os

    os.utime(built.settings.corpus / "harbour.md", (1_551_657_600, 1_551_657_600))  # 4 March 2019
    built.build(force=True)

    assert "changed 4 Mar 2019" in parse(client.get("/sources", headers=HTML).text).text


@pytest.mark.parametrize(
    ("values", "allowed"),
    [({}, True), ({"host": "::1"}, True), ({"host": "localhost"}, True), ({"host": "0.0.0.0"}, False),
     ({"host": "192.0.2.10"}, False), ({"allowed_hosts": "docs.example"}, False), ({"allow_upload": "never"}, False),
     ({"host": "192.0.2.10", "allow_upload": "always"}, True)],
)  # fmt: skip
def test_who_may_change_the_corpus(values: dict[str, str], *, allowed: bool) -> None:
    settings = Settings.model_validate(values)

    assert settings.changes_allowed() is allowed
    assert (make_editor(settings) is not None) is allowed


def test_another_word_for_the_setting_is_refused() -> None:
    with pytest.raises(ConfigError, match="allow_upload"):
        load_settings({"allow_upload": "yes"}, environment={}, config=Path("/dev/null"))
