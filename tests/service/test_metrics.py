"""Figures for Prometheus, read back with its own parser and compared with what was asked; and the lines of the log."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from library import BERTH, UNANSWERED, Library
from qa.observe import Observers, configure_logging
from qa.service.guards import Guards
from qa.service.metrics import SHARED_FOLDER, Metrics
from torture.places import CHILD

Figures = dict[tuple[str, ...], float]


def read(text: str) -> Figures:
    """Every sample by its name and the values of its labels."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def figures(client: TestClient) -> Figures:
    """What the service tells."""
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return read(response.text)


@pytest.fixture
def metrics() -> Metrics:
    """What the client's engine is observed by."""
    return Metrics()


@pytest.fixture
def watched(built: Library, metrics: Metrics) -> TestClient:
    """A service with limits, whose engine is measured."""
    engine = built.engine(observer=Observers(metrics), threshold=0.5)
    return built.client(engine, guards=Guards(at_once=2, waiting=2, requests_per_second=1e6), metrics=metrics)


def test_what_was_asked_is_counted_as_it_went(watched: TestClient) -> None:
    for question in (BERTH, BERTH, UNANSWERED):
        assert watched.post("/ask", json={"question": question}).status_code == 200
    watched.post("/ask", json={})
    watched.get("/nowhere/at/all")
    watched.get("/documents/" + "f" * 16)
    watched.get("/static/ground.css")
    watched.request("BREW", "/ask")
    found = figures(watched)

    assert found["quoth_requests_total", "POST", "/ask", "200"] == 3
    assert found["quoth_requests_total", "POST", "/ask", "422"] == 1
    assert found["quoth_requests_total", "GET", "none", "404"] == 1
    assert found["quoth_requests_total", "GET", "/documents/{document_id}", "404"] == 1
    assert found["quoth_requests_total", "GET", "/static/", "200"] == 1
    assert sum(value for key, value in found.items() if key[:2] == ("quoth_requests_total", "other")) == 1
    assert found["quoth_replies_total", "answered"] == 2
    assert found["quoth_replies_total", "abstained"] == 1
    assert {key[1] for key in found if key[0] == "quoth_stage_seconds_count"} == {"retrieve", "read", "decide"}
    assert {value for key, value in found.items() if key[0] == "quoth_stage_seconds_count"} == {
        2
    }  # one reply is from memory
    assert found[("quoth_requests_working",)] == found[("quoth_requests_waiting",)] == 0


def test_the_index_is_told_as_it_is(watched: TestClient) -> None:
    found = figures(watched)
    health = watched.get("/readyz").json()

    assert found[("quoth_ready",)] == 1
    assert found[("quoth_stale",)] == 0
    assert [found[f"quoth_{name}",] for name in ("documents", "passages", "skipped_files")] == [
        health["documents"], health["passages"], health["skipped"]]  # fmt: skip
    assert 0 <= found[("quoth_index_age_seconds",)] < 3_600


def test_without_an_index_the_figures_say_so(library: Library) -> None:
    found = figures(library.client())
    assert found[("quoth_ready",)] == 0
    assert ("quoth_index_age_seconds",) not in found


def test_no_word_of_a_question_or_a_name_becomes_a_figure(watched: TestClient) -> None:
    for secret in ("hushhush", "parrot"):
        watched.get("/ask", params={"q": secret})
        watched.get(f"/documents/{secret}/original")
        watched.get(f"/{secret}?q={secret}")
        watched.request(secret.upper(), f"/{secret}")
    text = watched.get("/metrics").text.lower()
    assert "hushhush" not in text
    assert "parrot" not in text


def test_w20_figures_are_given_only_to_those_who_are_asked_or_local(built: Library) -> None:
    assert built.client(guards=Guards(described=False)).get("/metrics").status_code == 404


COUNTING = """
import sys
from qa.service.metrics import Metrics
metrics = Metrics()
metrics.request("GET", "/ask", 200, 0.2)
metrics.queue(1, 2)
print("counted", flush=True)
sys.stdin.read()
"""


def test_several_workers_are_added_up_and_one_that_ended_works_no_more(tmp_path: Path) -> None:
    environment = {**CHILD, SHARED_FOLDER: str(tmp_path)}
    workers = [
        subprocess.Popen([sys.executable, "-c", COUNTING], stdin=-1, stdout=-1, env=environment) for _ in range(2)
    ]
    told = [
        "from qa.service import metrics; from library import Library; from pathlib import Path",
        "from qa.service.holdings import Collection",
        f"metrics.forget(Path({str(tmp_path)!r}), {workers[0].pid})",
        f"library = Library.at(Path({str(tmp_path / 'library')!r}))",
        "print(metrics.Metrics().exposition([Collection.of(library.engine(), library.settings.corpus)]).decode())",
    ]
    try:
        assert [worker.stdout.readline() for worker in workers if worker.stdout] == [b"counted\n"] * 2
        command = [sys.executable, "-c", "\n".join(told)]
        asked = subprocess.run(command, stdout=subprocess.PIPE, env=environment, text=True, check=True)
    finally:
        for worker in workers:
            worker.communicate()
    found = read(asked.stdout)
    assert found["quoth_requests_total", "GET", "/ask", "200"] == 2
    assert (found[("quoth_requests_working",)], found[("quoth_requests_waiting",)]) == (1, 2)
    assert found[("quoth_ready",)] == 0


HOSTILE = 'berth\r\n{"event": "forged"}\x1b[31m\u202e\u2028'


@pytest.mark.parametrize("form", ["json", "text"])
def test_w17_nothing_that_is_asked_or_named_can_forge_a_line_of_the_log(
    built: Library, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    built.write("evil\r\n\x1b[31m.txt", "berth")
    configure_logging(form)  # type: ignore[arg-type]  # one of its three
    client = built.client()
    client.get("/ask", params={"q": HOSTILE})
    client.get(f"/documents/{quote(HOSTILE)}/original")
    client.put(f"/documents/{quote(HOSTILE)}.txt", content=b"x")
    client.get("/", headers={b"x-request-id": b"a\x1b[31m", b"user-agent": HOSTILE.encode("utf-8")})
    logging.getLogger("qa").error("index: %s", HOSTILE)

    written = capsys.readouterr().err
    lines = written.removesuffix("\n").split("\n")
    assert len(lines) == 5
    assert all(character.isascii() and character.isprintable() for line in lines for character in line)
    if form == "json":
        said = [json.loads(line) for line in lines]
        assert [one["event"] for one in said[:4]] == ["request"] * 4
        assert said[4]["event"] == f"index: {HOSTILE}"
    assert written.count("berth") == 1, "only what the service itself logs of it, and no question"


def test_the_log_names_no_question_no_document_and_no_client(
    watched: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json")
    watched.get("/ask", params={"q": "hushhush"})
    watched.post("/ask", json={"question": "hushhush"})
    watched.get("/", params={"q": "hushhush"})
    watched.get("/documents/hushhush")
    watched.get("/hushhush")
    watched.get("/readyz")
    watched.get("/static/ground.css")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert "hushhush" not in str(lines)
    assert "testclient" not in str(lines)
    assert [(line["route"], line["status"]) for line in lines if line["event"] == "request"] == [
        ("/ask", 200), ("/ask", 200), ("/", 200), ("/documents/{document_id}", 404), ("none", 404)]  # fmt: skip
    assert all(line["ms"] >= 0 and line["request"] for line in lines if line["event"] == "request")
