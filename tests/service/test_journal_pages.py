"""Feedback and the journal on the pages: what is written down, what is not, and what becomes of it."""

import json

import pytest
from fastapi.testclient import TestClient

from commands import Qa
from html_tree import Element, parse
from library import BERTH, BERTH_QUOTE, SQUAWK, UNANSWERED, Library
from qa.journal import FILE, Journal
from qa.service.quality_page import back_to
from qa.service.recording import Recorder

HTML = {"accept": "text/html"}
OCTOPUS = "# The octopus\n\nThe octopus has three hearts and blue blood.\n"
QUESTION = "How many hearts has the octopus?"


@pytest.fixture
def client(built: Library) -> TestClient:
    return built.client()


def form_of(client: TestClient, question: str) -> Element:
    (form,) = parse(client.get("/", params={"q": question}, headers=HTML).text).all(of_class="feedback")
    return form


def fields(form: Element, **more: str) -> dict[str, str]:
    return {field.attributes["name"]: field.attributes["value"] for field in form.all("input")} | more


def pressed(form: Element) -> list[str]:
    return [button.attributes["aria-pressed"] for button in form.all("button")]


def test_a_word_is_written_down_and_shown(built: Library, client: TestClient) -> None:
    form = form_of(client, BERTH)
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/quality/feedback")
    assert pressed(form) == ["false", "false"]

    response = client.post("/quality/feedback", data=fields(form, helpful="yes"), headers=HTML, follow_redirects=False)

    assert response.status_code == 303
    assert response.headers["location"].startswith("/?q=What+does+a+berth")
    assert response.headers["location"].endswith("#turn-1")
    assert pressed(form_of(client, BERTH)) == ["true", "false"]
    (feedback,) = Journal(built.settings.index).feedback()
    assert feedback.outcome.quote == BERTH_QUOTE
    assert client.post("/quality/feedback", data=fields(form, helpful="no")).json() == {"helpful": False}
    assert pressed(form_of(client, BERTH)) == ["false", "true"]


def test_nothing_else_is_written_down(built: Library, client: TestClient) -> None:
    client.get("/", params={"q": [BERTH, UNANSWERED]}, headers=HTML)
    client.get("/ask", params={"q": BERTH})
    client.post("/ask", json={"question": UNANSWERED})
    client.post("/ask/stream", json={"question": UNANSWERED})
    client.get("/stream", params={"q": SQUAWK})
    client.get("/quality", headers=HTML)

    assert not (built.settings.index / FILE).exists()
    assert "Nothing that is asked is written down" in client.get("/quality", headers=HTML).text


@pytest.mark.parametrize(
    "path", ["/ask?q=Zebras", "/ask/stream?q=Zebras", "/?q=Zebras", "/stream?q=Zebras", "POST /ask", "POST /ask/stream"]
)
def test_with_the_setting_every_way_of_asking_is_written_down(built: Library, path: str) -> None:
    client = built.client(recording=True)
    if path.startswith("POST "):
        client.post(path.removeprefix("POST "), json={"question": "Zebras"})
    else:
        client.get(path)

    (asked,) = Journal(built.settings.index).unanswered()
    assert (asked.question, asked.times) == ("Zebras", 1)


def test_what_has_no_answer_is_asked_again_when_the_documents_have_changed(built: Library) -> None:
    engine = built.engine()
    client = built.client(engine, recording=True)
    client.get("/ask", params={"q": QUESTION})
    client.get("/ask", params={"q": BERTH})
    recorder = Recorder(Journal(built.settings.index), engine, recording=True)
    recorder.ask_again()
    client.post("/quality/feedback", data={"asked": QUESTION, "helpful": "no"})
    page = parse(client.get("/quality", headers=HTML).text)
    assert QUESTION in page.text
    assert "Asked 1 time," in page.text, "to say a word on a reply is not to ask"
    assert "Nothing yet." in page.text

    built.write("octopus.md", OCTOPUS)
    built.build()
    recorder.ask_again()

    page = parse(client.get("/quality", headers=HTML).text)
    assert "Every question that was asked has an answer." in page.text
    (change,) = [item for item in page.all("li") if "Before" in item.text]
    assert QUESTION in change.text
    assert "no answer" in change.text
    assert "octopus.md" in change.text


def test_a_judged_answer_that_changes_is_told_though_nothing_else_is_recorded(built: Library) -> None:
    engine = built.engine()
    client = built.client(engine)
    client.post("/quality/feedback", data={"asked": QUESTION, "helpful": "no"})
    assert "Judged on " in client.get("/quality", headers=HTML).text
    built.write("octopus.md", OCTOPUS)
    built.build()

    Recorder(Journal(built.settings.index), engine, recording=False).ask_again()

    page = parse(client.get("/quality", headers=HTML).text)
    (change,) = [item for item in page.all("li") if "Before" in item.text]
    assert "no answer" in change.text
    assert "octopus.md" in change.text
    assert "1 of them with the last change" in page.text


def test_the_api_tells_what_has_changed_and_what_has_no_answer(built: Library) -> None:
    engine = built.engine()
    client = built.client(engine, recording=True)
    assert client.get("/changes").json()["changes"] == []
    client.get("/ask", params={"q": QUESTION})
    client.get("/ask", params={"q": BERTH})
    earlier = client.get("/changes").json()["generation"]
    (asked,) = client.get("/unanswered").json()["questions"]
    assert (asked["question"], asked["times"], asked["generation"]) == (QUESTION, 1, earlier)
    built.write("octopus.md", OCTOPUS)
    built.build()
    later = engine.snapshot().generation
    assert client.get("/changes").json()["waiting"] == 2
    assert "2 questions that were asked before have still" in client.get("/quality", headers=HTML).text

    Recorder(Journal(built.settings.index), engine, recording=True).ask_again()

    found = client.get("/changes").json()
    assert (found["generation"], found["recording"], found["waiting"]) == (later, True, 0)
    (change,) = found["changes"]
    assert (change["question"], change["earlier"], change["later"]) == (QUESTION, earlier, later)
    assert change["before"] == {"answered": False, "answer": None, "quote": None, "path": None}
    assert change["after"]["answered"]
    assert (change["after"]["quote"], change["after"]["path"]) == (OCTOPUS.splitlines()[-1], "octopus.md")
    assert client.get("/changes", params={"generation": earlier}).json()["changes"] == []
    assert client.get("/changes", params={"generation": later}).json()["changes"] == [change]
    assert client.get("/unanswered").json() == {"recording": True, "total": 0, "questions": []}
    assert client.get("/changes", params={"limit": 0}).status_code == 422


def test_the_thread_asks_again_by_itself(built: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.service.recording.LOOK_SECONDS", 0.01)
    engine = built.engine()
    journal = Journal(built.settings.index)
    journal.hear(QUESTION, engine.ask(QUESTION).reply)
    built.write("octopus.md", OCTOPUS)
    built.build()
    recorder = Recorder(journal, engine, recording=True)
    recorder.start()
    try:
        for _ in range(1000):
            if not journal.unanswered():
                break
            recorder._stop.wait(0.01)
    finally:
        recorder.stop()
    assert journal.unanswered() == []


def test_feedback_is_downloaded_and_evaluated_by_the_command(qa: Qa, library: Library) -> None:
    """End to end: a helpful answer, a wrong one that is put right, and `qa eval` on the file."""
    assert qa("index", "--allow-skipped").code == 0
    client = library.client()
    client.post("/quality/feedback", data=fields(form_of(client, BERTH), helpful="yes"))
    client.post("/quality/feedback", data=fields(form_of(client, SQUAWK), helpful="no"))
    page = parse(client.get("/quality", headers=HTML).text)
    (form,) = page.all(of_class="expected")
    client.post("/quality/expected", data=fields(form, answers=" loudly \n\nnight"), headers=HTML)
    response = client.get("/quality/questions.jsonl")
    (library.settings.corpus.parent / "questions.jsonl").write_bytes(response.content)

    assert response.headers["content-disposition"] == 'attachment; filename="questions.jsonl"'
    assert [line["question"] for line in map(json.loads, response.text.splitlines())] == [BERTH, SQUAWK]
    ran = qa("eval", "questions.jsonl")
    assert ran.code == 0, ran.err
    assert "2 questions" in ran.out
    assert client.get("/quality", headers=HTML).text.count("What would have been right?") == 0


def test_forgetting(built: Library, client: TestClient) -> None:
    client.post("/quality/feedback", data=fields(form_of(client, BERTH), helpful="yes"))
    client.post("/quality/forget")

    assert not (built.settings.index / FILE).exists()
    assert "Nobody has said yet" in client.get("/quality", headers=HTML).text


def test_another_site_says_nothing(built: Library, client: TestClient) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "http://evil.test"}):
        for path in ("/quality/feedback", "/quality/expected", "/quality/forget"):
            assert client.post(path, data={"asked": BERTH, "helpful": "yes"}, headers=headers).status_code == 403
    assert not (built.settings.index / FILE).exists()


@pytest.mark.parametrize(
    ("path", "data"),
    [("/quality/feedback", {"asked": BERTH, "helpful": "maybe"}),
     ("/quality/feedback", {"asked": "", "helpful": "yes"}),
     ("/quality/expected", {"number": "x", "answers": "a"}), ("/quality/expected", {"number": "1"}),
     ("/quality/expected", {"number": "9" * 40, "none": "1"}),
     ("/quality/expected", {"number": "\u0663", "none": "1"})],
)  # fmt: skip
def test_odd_forms_are_refused(client: TestClient, path: str, data: dict[str, str]) -> None:
    assert client.post(path, data=data).status_code == 422


@pytest.mark.parametrize(
    "address",
    ["http://evil.test/?q=a", "//evil.test?q=a", "javascript:alert(1)?q=a", "/\\evil.test?q=a", "/nowhere?q=a", "?q=a"],
)
def test_the_way_back_leads_nowhere_else(address: str) -> None:
    assert back_to(address) == "/?q=a"
    assert back_to(address + "#turn-2") == "/?q=a#turn-2"
    assert back_to(address + "#x") == "/?q=a"
    assert back_to("http://[") == "/?"


def test_a_journal_that_fails_keeps_nobody_from_an_answer(built: Library) -> None:
    (built.settings.index / FILE).write_bytes(b"no database at all, " * 100)
    client = built.client(recording=True)

    assert client.get("/ask", params={"q": BERTH}).json()["answered"]
    assert client.get("/", params={"q": BERTH}, headers=HTML).status_code == 200
    response = client.post("/quality/feedback", data={"asked": BERTH, "helpful": "yes"})
    assert (response.status_code, response.json()["type"]) == (503, "urn:quoth:journal-unavailable")
    page = client.get("/quality", headers=HTML)
    assert page.status_code == 200
    assert "not a database" in page.text


def test_what_users_ask_is_shown_as_text(built: Library) -> None:
    client = built.client(recording=True)
    hostile = "<img src=x onerror=alert(1)> \"zebras' {{ 7*7 }}"
    client.get("/ask", params={"q": hostile, "exact": True})
    client.post("/quality/feedback", data={"asked": hostile, "helpful": "no"})

    root = parse(client.get("/quality", headers=HTML).text)
    assert hostile in [link.text for link in root.all(of_class="asked-link")]
    assert all(not name.startswith("on") for element in root.all() for name in element.attributes)
    assert [image.attributes["src"] for image in root.all("img")] == ["/static/favicon.svg"]
