"""`/ask` and `/search`: the exact shape that clients rely on, and proof for every character that is returned."""

import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient

from library import (
    BERTH,
    BERTH_QUOTE,
    FILES,
    HARBOUR,
    PENNANT,
    PENNANT_QUOTE,
    SQUAWK,
    SQUAWK_QUOTE,
    UNANSWERED,
    Library,
)
from qa.anchoring.seal import Seal

PLACE = {
    "document_id": str,
    "path": str,
    "title": str,
    "section": list,
    "page": (int, type(None)),
    "start": int,
    "end": int,
    "text_sha256": str,
    "source_sha256": str,
    "url": str,
}
CITATION = {**PLACE, "quote": str}
PASSAGE = {**PLACE, "text": str, "score": float}
REPLY = {
    "question": str,
    "asked": str,
    "rewritten": bool,
    "answered": bool,
    "answer": (str, type(None)),
    "confidence": float,
    "reason": (str, type(None)),
    "citations": list,
    "passages": list,
    "generation": str,
    "timings_ms": dict,
    "missing": list,
    "left_out": int,
    "conflict": (dict, type(None)),
}


def assert_shape(value: dict[str, Any], shape: dict[str, Any]) -> None:
    """All the fields, of these types; more fields may be there."""
    assert shape.keys() <= value.keys()
    for name, kind in shape.items():
        assert isinstance(value[name], kind), f"{name} is {value[name]!r}"
        assert kind is not int or not isinstance(value[name], bool), name


def assert_proven(client: TestClient, place: dict[str, Any], words: str) -> None:
    """The words are the slice of the served text at that place, and both hashes can be computed again."""
    document = client.get(f"/documents/{place['document_id']}").json()
    assert document["text"][place["start"] : place["end"]] == words
    assert hashlib.sha256(document["text"].encode()).hexdigest() == place["text_sha256"] == document["text_sha256"]
    assert hashlib.sha256(FILES[place["path"]]).hexdigest() == place["source_sha256"] == document["source_sha256"]
    assert place["title"] == document["title"]
    address, _, sealed = place["url"].removesuffix("#c").partition("&h=")
    assert address == f"/source/{place['document_id']}?c={place['start']}-{place['end']}"
    seal = Seal.read(sealed)
    assert seal is not None
    assert seal.proves(place.get("quote") or place["text"])
    assert seal.made_of(place["text_sha256"])


@pytest.mark.parametrize(
    ("question", "quote", "answer"),
    [
        (BERTH, BERTH_QUOTE, BERTH_QUOTE[2:-1]),
        (PENNANT, PENNANT_QUOTE, "raises the red pennant \U0001f6a9 at noon"),
        (SQUAWK, SQUAWK_QUOTE, "parrot says"),
    ],
)
def test_an_answer_has_the_promised_shape(client: TestClient, question: str, quote: str, answer: str) -> None:
    response = client.post("/ask", json={"question": question})

    reply = response.json()
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert_shape(reply, REPLY)
    assert (reply["question"], reply["answered"], reply["reason"]) == (question, True, None)
    assert 0 <= reply["confidence"] <= 1
    assert reply["citations"][0]["quote"] == quote
    assert reply["answer"] == answer
    for citation in reply["citations"]:
        assert_shape(citation, CITATION)
    for passage in reply["passages"]:
        assert_shape(passage, PASSAGE)
    assert set(reply["timings_ms"]) == {"retrieve", "read", "decide"}
    assert all(isinstance(value, float) and value >= 0 for value in reply["timings_ms"].values())


def test_an_abstention_has_the_same_shape(client: TestClient) -> None:
    reply = client.post("/ask", json={"question": UNANSWERED}).json()

    assert_shape(reply, REPLY)
    assert (reply["answered"], reply["answer"], reply["citations"]) == (False, None, [])
    assert reply["reason"]
    assert reply["missing"] == ["Zebras", "graze"]
    assert reply["passages"], "the nearest passages are shown"
    for passage in reply["passages"]:
        assert_shape(passage, PASSAGE)


@pytest.mark.parametrize("question", [BERTH, PENNANT, SQUAWK, UNANSWERED, "Which word is Hebrew?", "Winter hour?"])
def test_every_quotation_and_passage_is_proven(client: TestClient, question: str) -> None:
    reply = client.post("/ask", json={"question": question}).json()

    for citation in reply["citations"]:
        assert_proven(client, citation, citation["quote"])
    for passage in reply["passages"]:
        assert_proven(client, passage, passage["text"])
    assert len(reply["passages"]) == 6


def test_the_answer_lies_inside_the_first_quotation(client: TestClient) -> None:
    reply = client.post("/ask", json={"question": PENNANT}).json()

    first = reply["citations"][0]
    start, end = reply["answer_start"], reply["answer_end"]
    assert first["start"] <= start < end <= first["end"]
    assert first["quote"][start - first["start"] : end - first["start"]] == reply["answer"]


def test_offsets_count_code_points_not_bytes_or_utf_16(client: TestClient) -> None:
    reply = client.post("/ask", json={"question": PENNANT}).json()

    # Signals 😀 | 2 line breaks | The 𝔬𝔩𝔡 code 😀🚩 has three flags. | space
    assert reply["citations"][0]["start"] == 9 + 2 + 32 + 1
    assert reply["citations"][0]["end"] - reply["citations"][0]["start"] == len(PENNANT_QUOTE)


def test_a_quotation_names_the_section_it_stands_in(client: TestClient) -> None:
    reply = client.post("/ask", json={"question": BERTH}).json()

    first = reply["citations"][0]
    assert (first["path"], first["title"], first["section"], first["page"]) == (
        "harbour.md",
        "Harbour rules",
        ["Fees"],
        None,
    )


def test_a_link_asks_the_same(client: TestClient) -> None:
    posted = client.post("/ask", json={"question": PENNANT, "top_k": 2}).json()
    linked = client.get("/ask", params={"q": PENNANT, "top_k": 2}).json()

    assert len(posted["passages"]) == 2
    for reply in (posted, linked):
        assert set(reply.pop("timings_ms")) in ({"retrieve", "read", "decide"}, set())  # none of one from memory
    assert linked == posted


def test_a_question_of_exactly_2000_characters_is_accepted(client: TestClient) -> None:
    for filler in ("x", "\u0baa", "\U0001f600"):
        question = BERTH + " " + filler * (2000 - len(BERTH) - 1)
        body = f'{{"question": "{question}"}}'.encode()
        response = client.post("/ask", content=body, headers={"content-type": "application/json"})
        assert (response.status_code, response.json().get("question")) == (200, question)


PARROT = {"question": "Where does the parrot live?", "answer": "on the quay"}


def test_a_follow_up_is_asked_self_contained(client: TestClient) -> None:
    reply = client.post("/ask", json={"question": " what does it say? ", "history": [PARROT]}).json()

    assert_shape(reply, REPLY)
    assert (reply["question"], reply["asked"], reply["rewritten"]) == ("what does it say?", SQUAWK, True)
    assert reply["citations"][0]["quote"] == SQUAWK_QUOTE
    alone = client.post("/ask", json={"question": SQUAWK}).json()
    assert (alone["question"], alone["asked"], alone["rewritten"]) == (SQUAWK, SQUAWK, False)
    differing = {"question", "rewritten", "timings_ms"}
    assert {k: v for k, v in reply.items() if k not in differing} == {
        k: v for k, v in alone.items() if k not in differing
    }


@pytest.mark.parametrize("question", [BERTH, PENNANT, UNANSWERED])
def test_a_self_contained_question_does_not_depend_on_the_history(client: TestClient, question: str) -> None:
    alone = client.post("/ask", json={"question": question}).json()
    after = client.post("/ask", json={"question": question, "history": [PARROT, {"question": SQUAWK}]}).json()

    assert {**alone, "timings_ms": {}} == {**after, "timings_ms": {}}


def test_a_history_may_have_twenty_exchanges(client: TestClient) -> None:
    history = [{"question": f"What is berth {number}?", "answer": None} for number in range(19)] + [PARROT]

    reply = client.post("/ask", json={"question": "what does it say?", "history": history}).json()

    assert reply["asked"] == SQUAWK


def test_search_returns_passages_best_first(client: TestClient) -> None:
    response = client.post("/search", json={"query": "northern pier lantern", "top_k": 3})

    found = response.json()
    assert response.status_code == 200
    assert found.keys() == {"query", "passages"}
    assert found["query"] == "northern pier lantern"
    assert found["passages"][0]["text"] == "The green lantern marks the northern pier."
    scores = [passage["score"] for passage in found["passages"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    for passage in found["passages"]:
        assert_shape(passage, PASSAGE)
        assert_proven(client, passage, passage["text"])


def test_documents_lists_every_file_with_its_status(client: TestClient) -> None:
    listed = client.get("/documents").json()["documents"]

    assert [document["path"] for document in listed] == sorted(FILES)
    by_path = {document["path"]: document for document in listed}
    for path, content in FILES.items():
        entry = by_path[path]
        assert entry["source_sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["size"] == len(content)
    skipped = {path: entry for path, entry in by_path.items() if entry["status"] == "skipped"}
    assert skipped.keys() == {"latin.txt", "sheet.xyz"}
    assert "UTF-8" in skipped["latin.txt"]["reason"]
    assert ".xyz" in skipped["sheet.xyz"]["reason"]
    for entry in skipped.values():
        assert (entry["url"], entry["text_sha256"], entry["characters"], entry["passages"]) == (None, None, 0, 0)
    harbour = by_path["harbour.md"]
    assert (harbour["status"], harbour["reason"], harbour["media_type"]) == ("indexed", None, "text/markdown")
    assert harbour["url"] == f"/source/{harbour['document_id']}"


def test_a_document_comes_with_its_text_and_blocks(client: TestClient) -> None:
    listed = {entry["path"]: entry for entry in client.get("/documents").json()["documents"]}
    document = client.get(f"/documents/{listed['harbour.md']['document_id']}").json()

    assert listed["harbour.md"].items() <= document.items()
    assert document["characters"] == len(document["text"])
    shown = [document["text"][block["start"] : block["end"]] for block in document["blocks"]]
    assert shown[:4] == ["Harbour rules", HARBOUR.split("\n")[2], "Fees", BERTH_QUOTE]
    assert [block["kind"] for block in document["blocks"]][:4] == ["heading", "paragraph", "heading", "list_item"]


def test_a_skipped_file_has_no_text_to_show(client: TestClient) -> None:
    listed = {entry["path"]: entry for entry in client.get("/documents").json()["documents"]}

    response = client.get(f"/documents/{listed['latin.txt']['document_id']}")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_a_misspelt_question_is_mended_unless_it_is_exact(client: TestClient) -> None:
    typed = "What does a berht cost a day?"
    mended = client.post("/ask", json={"question": typed}).json()
    assert (mended["question"], mended["asked"], mended["rewritten"]) == (typed, BERTH, True)
    for exact in (
        client.post("/ask", json={"question": typed, "exact": True}).json(),
        client.get("/ask", params={"q": typed, "exact": "true"}).json(),
    ):
        assert (exact["question"], exact["asked"], exact["rewritten"]) == (typed, typed, False)


def test_answers_do_not_depend_on_who_asked_before(shared_library: Library, client: TestClient) -> None:
    first = client.post("/ask", json={"question": BERTH}).json()
    fresh = shared_library.client().post("/ask", json={"question": BERTH}).json()

    assert {**first, "timings_ms": {}} == {**fresh, "timings_ms": {}}
