"""R12: SIGTERM loses no accepted request and ends with 0; a second one ends the process at once."""

import json
import signal
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from library import BERTH, BERTH_QUOTE, Library
from torture.service import LONG, Running, running

CLIENTS = 50


def half_asked(served: Running, stack: ExitStack) -> list[socket.socket]:
    """Connections on which a question is under way; the service has accepted them all when it answers a later one."""
    body = json.dumps({"question": BERTH}).encode()
    head = "POST /ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    where = urlsplit(served.address)
    asking = [stack.enter_context(socket.create_connection((where.hostname, where.port), LONG)) for _ in range(CLIENTS)]
    for connection in asking:
        connection.sendall(head.encode() + body[:10])
    assert served.get("/readyz")["status"] == "ready"
    return asking


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_loses_no_accepted_request_and_is_no_failure(tmp_path: Path, workers: int) -> None:
    library = Library.at(tmp_path / "library")
    with running(library, workers=workers, waiting=CLIENTS) as served, ExitStack() as stack:
        asking = half_asked(served, stack)
        served.process.terminate()
        for connection in asking:
            connection.sendall(json.dumps({"question": BERTH}).encode()[10:])
        for connection in asking:
            head, _, reply = b"".join(iter(lambda one=connection: one.recv(65_536), b"")).partition(b"\r\n\r\n")  # type: ignore[misc]  # a default binds it
            assert head.startswith(b"HTTP/1.1 200 ")
            assert json.loads(reply)["citations"][0]["quote"] == BERTH_QUOTE
        assert served.process.wait(LONG) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_sigterm_is_the_end(tmp_path: Path, workers: int) -> None:
    with (
        running(Library.at(tmp_path / "library"), workers=workers, receive_seconds=LONG) as served,
        ExitStack() as stack,
    ):
        half_asked(served, stack)
        while served.process.poll() is None:  # a signal that comes while the first is handled counts once
            served.process.terminate()
            try:
                served.process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
        assert served.process.returncode == 128 + signal.SIGTERM
