"""`qa serve`: what it builds, what it prints, and when it refuses to start."""

import gc
import socket
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from commands import Qa, failed
from library import LOCAL, Library
from qa.service.run import listen


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another service has; ours listens from the start, so one that is still starting has it too."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def refuse_to_run(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
    """Stands for a server that would block for ever."""
    raise AssertionError("the service started")


def test_a_taken_port_is_named(qa: Qa, taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", refuse_to_run)
    qa("index")

    failed(qa("serve", "--port", str(taken)), 1, str(taken), "--port")


def test_a_reply_does_not_wait_for_the_other_side() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[TestClient]]:
    """Collects a client for each service that is started, which stops at once."""
    clients: list[TestClient] = []

    def run(server: uvicorn.Server, sockets: list[socket.socket] | None = None) -> None:
        assert sockets
        assert sockets[0].getsockname()[1] > 0
        assert isinstance(server.config.app, FastAPI)
        clients.append(TestClient(server.config.app, base_url=LOCAL))

    monkeypatch.setattr(uvicorn.Server, "run", run)
    yield clients
    gc.unfreeze()


def test_serve_builds_what_is_missing_and_says_where_it_answers(qa: Qa, served: list[TestClient]) -> None:
    ran = qa("serve", "--port", "0", "--no-watch")  # what would build then has the real encoder, not the fake one

    assert ran.code == 0
    assert "3 documents, 5 passages, 2 skipped" in ran.out
    assert "http://127.0.0.1:" in ran.out
    assert ":0 " not in ran.out
    assert "embedding" not in ran.out
    (client,) = served
    assert client.get("/readyz").json()["status"] == "ready"
    assert gc.get_freeze_count() > 0, "what is there by then is not looked through again"


def test_serve_keeps_to_the_last_index_when_the_corpus_has_gone(
    qa: Qa, library: Library, served: list[TestClient]
) -> None:
    qa("index")
    library.settings.corpus.rename(library.settings.corpus.with_name("away"))

    ran = qa("serve", "--port", "0")

    assert ran.code == 0
    assert "Serving the last index" in ran.err
    assert served[0].get("/readyz").status_code == 200


@pytest.mark.parametrize(("option", "watching"), [("", True), ("--no-watch", False), ("--no-build", False)])
def test_changes_are_followed_unless_told_otherwise(
    qa: Qa, served: list[TestClient], option: str, *, watching: bool
) -> None:
    qa("index")
    qa("serve", "--port", "0", *([option] if option else []))

    assert served[0].get("/index").json()["watching"] is watching


def test_serve_without_corpus_and_index_stops(qa: Qa, library: Library, served: list[TestClient]) -> None:
    failed(qa("serve", "--port", "0", "--corpus", "nowhere"), 1, "nowhere")
    assert served == []
