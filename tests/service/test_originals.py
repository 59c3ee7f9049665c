"""A document's file comes back as the very bytes that were indexed, or not at all, and never as a page of ours."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from fastapi.testclient import TestClient

from library import HARBOUR, Library
from pdf_maker import Page, pdf
from qa.depot.remedies import COPY
from qa.service.pictures import PagePictures
from qa.types import document_id
from qa.wiring import make_sandbox

PAGE = b"<!DOCTYPE html><title>t</title><body><p>The gate is open. <script>alert(document.domain)</script></p></body>"
PDF = pdf(Page().text(72, 700, "The lamp is lit by nine and put out at dawn."))
LATIN = "latin \u00e9.txt"


@pytest.fixture
def shelf(tmp_path: Path) -> Library:
    """A library with a page, a PDF and a name that needs care."""
    library = Library.at(
        tmp_path / "shelf",
        {
            "a/harbour.md": HARBOUR.encode(),
            "gate.html": PAGE,
            "lamp.pdf": PDF,
            LATIN: b"The pier is long.",
            "no.xyz": b"?",
        },
    )
    library.build()
    return library


def original(client: TestClient, path: str) -> httpx2.Response:
    return client.get(f"/documents/{document_id(path)}/original")


@pytest.mark.parametrize(
    ("path", "kind", "disposition"),
    [
        ("a/harbour.md", "text/plain; charset=utf-8", "inline"),
        ("gate.html", "text/html", "attachment"),
        ("lamp.pdf", "application/pdf", "inline"),
        (LATIN, "text/plain; charset=utf-8", "inline"),
    ],
)
def test_the_bytes_are_those_of_the_file_and_the_headers_keep_them_harmless(
    shelf: Library, path: str, kind: str, disposition: str
) -> None:
    client = shelf.client()
    response = original(client, path)
    name = path.rpartition("/")[2]

    assert response.status_code == 200
    assert response.content == (shelf.settings.corpus / path).read_bytes()
    record = client.get(f"/documents/{document_id(path)}").json()
    assert hashlib.sha256(response.content).hexdigest() == record["source_sha256"]
    assert record["original_url"] == response.url.path
    assert response.headers["etag"] == f'"{record["source_sha256"]}"'
    assert response.headers["content-type"] == kind
    assert response.headers["content-disposition"].startswith(f'{disposition}; filename="')
    assert response.headers["content-disposition"].endswith(f"filename*=UTF-8''{quote(name)}")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    policy = response.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("sandbox" in policy) == (path != "lamp.pdf")


def test_a_name_cannot_leave_its_header(tmp_path: Path) -> None:
    name = 'x"; filename=evil.html; \u2028.txt'
    library = Library.at(tmp_path / "odd", {name: b"The pier is long."})
    library.build()
    header = original(library.client(), name).headers["content-disposition"]
    assert header == f"inline; filename=\"x___filename_evil.html___.txt\"; filename*=UTF-8''{quote(name, safe='')}"


def test_a_changed_file_is_refused_with_the_remedy_and_comes_back_after_a_build(shelf: Library) -> None:
    client = shelf.client()
    for changed in (b"The pier is wide.", b"The pier is long. And wide.", b""):
        shelf.write(LATIN, changed)
        refused = original(client, LATIN)
        assert refused.status_code == 409
        assert refused.json()["type"] == "urn:quoth:original-changed"
        assert "has changed since it was indexed" in refused.json()["detail"]
        assert "qa index" in refused.json()["remedy"]
        assert changed not in refused.content or not changed
    shelf.write(LATIN, "The pier is wide.")
    shelf.build()
    assert original(client, LATIN).content == b"The pier is wide."


def test_at_a_replica_nothing_advises_to_build(shelf: Library) -> None:
    """A depot is followed there: an index that was built would be replaced by what is pulled."""
    pictures = PagePictures(shelf.settings.corpus, make_sandbox(shelf.settings))
    client = shelf.client(pictures=pictures, replica=True)
    shelf.write("lamp.pdf", b"%PDF-1.4 changed")
    for part in ("original", "pages/1"):
        refused = client.get(f"/documents/{document_id('lamp.pdf')}/{part}")
        assert (refused.status_code, refused.json()["remedy"]) == (409, COPY)


def test_a_file_that_is_gone_is_410(shelf: Library) -> None:
    client = shelf.client()
    (shelf.settings.corpus / LATIN).unlink()
    refused = original(client, LATIN)
    assert refused.status_code == 410
    assert refused.json()["type"] == "urn:quoth:original-gone"


def test_a_link_in_its_place_is_not_followed(shelf: Library, tmp_path: Path) -> None:
    """Not even to the same bytes: a link is no file of the corpus."""
    target = shelf.settings.corpus / LATIN
    (tmp_path / "elsewhere").write_bytes(target.read_bytes())
    target.unlink()
    target.symlink_to(tmp_path / "elsewhere")
    assert original(shelf.client(), LATIN).status_code == 409


def test_a_pipe_in_its_place_does_not_hang(shelf: Library) -> None:
    target = shelf.settings.corpus / LATIN
    target.unlink()
    os.mkfifo(target)
    assert original(shelf.client(), LATIN).status_code == 409


def test_what_was_skipped_or_is_unknown_is_404(shelf: Library) -> None:
    client = shelf.client()
    for path in ("no.xyz", "nowhere.txt"):
        assert original(client, path).status_code == 404


def test_a_citation_of_a_pdf_carries_its_boxes_and_selectors(shelf: Library) -> None:
    client = shelf.client()
    (citation, *_) = client.get("/ask", params={"q": "When is the lamp lit?"}).json()["citations"]
    assert citation["path"] == "lamp.pdf"
    (page,) = citation["boxes"]
    ((x0, y0, x1, y1),) = page["boxes"]
    assert (page["page"], page["width"], page["height"]) == (1, 612, 792)
    assert x0 == 72
    assert y0 < 700 < y1 < 712
    assert 250 < x1 < 300
    position, quoted, fragment = citation["selectors"]
    assert position == {
        "type": "TextPositionSelector",
        "start": citation["start"],
        "end": citation["end"],
        "utf16_start": citation["start"],
        "utf16_end": citation["end"],
    }
    assert quoted == {"type": "TextQuoteSelector", "exact": citation["quote"], "prefix": "", "suffix": ""}
    assert (fragment["value"], fragment["boxes"]) == ("page=1", page["boxes"])
    assert citation["original_url"] == f"/documents/{citation['document_id']}/original#page=1"


def test_a_citation_of_a_text_has_no_boxes(shelf: Library) -> None:
    (citation, *_) = shelf.client().get("/ask", params={"q": "How long is the pier?"}).json()["citations"]
    assert citation["boxes"] == []
    assert [selector["type"] for selector in citation["selectors"]] == ["TextPositionSelector", "TextQuoteSelector"]
    assert "#" not in citation["original_url"]


def test_the_list_of_documents_says_what_was_read_and_what_repeats(shelf: Library) -> None:
    shelf.write("z.md", HARBOUR)
    shelf.build()
    listed = {document["path"]: document for document in shelf.client().get("/documents").json()["documents"]}
    assert {path: document["reach"] for path, document in listed.items()} == {
        "a/harbour.md": 1, "gate.html": 1, "lamp.pdf": 1, LATIN: 1, "no.xyz": None, "z.md": 1,
    }  # fmt: skip
    first = {"document_id": document_id("a/harbour.md"), "path": "a/harbour.md", "likeness": 1}
    assert listed["z.md"]["duplicate_of"] == first
    assert [path for path, document in listed.items() if document["duplicate_of"]] == ["z.md"]
    assert "It has the same text as a/harbour.md." in shelf.client().get("/sources").text
