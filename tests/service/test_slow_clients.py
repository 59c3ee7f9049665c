"""Clients that are slow, rude or sly, on real sockets over loopback: a server in a thread, with short deadlines."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from threading import Thread

import pytest
import uvicorn
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from library import Library
from qa.service.closing import closing
from qa.service.deadlines import BYTES_A_SECOND
from qa.service.draining import Drain
from qa.service.run import listen
from qa.service.security import HEADERS
from qa.service.server import Server, make_config
from qa.settings import Settings

LONG = 60.0
SHORT = 0.3
HALF = b"POST /ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

HIDDEN = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Thing:
    """An application that answers, at any length, and holds nobody up: `/endless` streams for ever."""

    def __init__(self) -> None:
        self.bodies: list[int] = []
        self.ended = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return
        if scope["path"] == "/endless":
            try:
                await StreamingResponse(self._endless(), media_type="text/event-stream")(scope, receive, send)
            finally:
                self.ended += 1
            return
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        self.bodies.append(size)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def _endless(self) -> AsyncIterator[bytes]:
        while True:
            yield b"data: " + b"x" * 65_536 + b"\n\n"
            await asyncio.sleep(0)


@contextlib.contextmanager
def serving(app: ASGIApp, **values: object) -> Iterator[tuple[Server, tuple[str, int]]]:
    """The server as `qa serve` has it, on a free port, in a thread."""
    settings = Settings.model_validate({"receive_seconds": SHORT, **values})
    with listen("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        server = Server(make_config(app, settings), Drain(), linger=0.0)  # type: ignore[arg-type]  # any application will do
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield server, address
        finally:
            server.finish(linger=False)
            thread.join(LONG)
            assert not thread.is_alive()


def until(what: Callable[[], object]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.02)


def said(connection: socket.socket) -> bytes:
    """All that the server says before it closes the connection."""
    connection.settimeout(LONG)
    with contextlib.suppress(ConnectionResetError):
        return b"".join(iter(lambda: connection.recv(65_536), b""))
    return b""


def exchange(address: tuple[str, int], request: bytes) -> bytes:
    """What the server says to a request whose connection it closes."""
    with socket.create_connection(address, LONG) as connection:
        connection.sendall(request)
        return said(connection)


def test_w10_r10_five_hundred_half_open_connections_are_gone_and_others_are_answered_meanwhile() -> None:
    thing = Thing()
    with serving(thing) as (server, address), contextlib.ExitStack() as stack:
        half = [stack.enter_context(socket.create_connection(address, LONG)) for _ in range(500)]
        for number, connection in enumerate(half):
            connection.sendall((b"", b"GET /", HALF, HALF + b"Content-Length: 9\r\n\r\n{")[number % 4])
        assert exchange(address, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").endswith(b"ok")
        assert {said(connection) for connection in half} == {closing(HTTPStatus.REQUEST_TIMEOUT)}
        until(lambda: not server.server_state.connections)


def test_w10_a_body_that_trickles_does_not_go_on_for_ever() -> None:
    with serving(Thing()) as (_, address), socket.create_connection(address, LONG) as connection:
        connection.sendall(HALF + b"Content-Length: 100000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            for _ in range(int(LONG / 0.05)):
                connection.sendall(b"x")
                time.sleep(0.05)
            pytest.fail("it was never told to stop")


def test_w10_a_large_file_on_a_slow_line_has_its_time() -> None:
    thing = Thing()
    with serving(thing) as (_, address), socket.create_connection(address, LONG) as connection:
        size = 4 * BYTES_A_SECOND
        connection.sendall(HALF + f"Connection: close\r\nContent-Length: {size + 1}\r\n\r\n".encode() + b"x" * size)
        time.sleep(3 * SHORT)
        connection.sendall(b"x")
        assert said(connection).endswith(b"ok")
    assert thing.bodies == [size + 1]


def test_w10_answers_that_nobody_reads_end() -> None:
    thing = Thing()
    with serving(thing) as (server, address), contextlib.ExitStack() as stack:
        for _ in range(20):
            deaf = stack.enter_context(socket.create_connection(address, LONG))
            deaf.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: thing.ended == 20)
        until(lambda: not server.server_state.connections)


def test_a_connection_that_is_kept_open_is_not_late() -> None:
    with serving(Thing()) as (_, address), socket.create_connection(address, LONG) as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            reply = b""
            while not reply.endswith(b"ok"):
                reply += connection.recv(1000)
            time.sleep(2 * SHORT)


@pytest.fixture(scope="module")
def address(shared_library: Library) -> Iterator[tuple[str, int]]:
    """The real application."""
    with serving(shared_library.client().app, receive_seconds=LONG) as (_, where):
        yield where


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HALF + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN, 400),
        (HALF + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", 400),
        (HALF + b"Transfer-Encoding: xchunked\r\n\r\n", 400),
        (HALF + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\n\r\n", 400),
        (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 65_536 + b"\r\n\r\n", 431),
        (b"GET /livez?" + b"a" * 65_537 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ],
)  # fmt: skip
def test_w13_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(
    address: tuple[str, int], request_: bytes, status: int
) -> None:
    replies = exchange(address, request_)
    assert replies.startswith(b"HTTP/1.1 %d " % status)
    assert replies.count(b"HTTP/1.1 ") == 1, "what was hidden behind it is not answered"


def test_w3_what_is_no_request_is_refused_in_the_one_shape_with_the_headers_of_all(address: tuple[str, int]) -> None:
    head, _, body = exchange(address, b"GET /livez HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n").partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    sent = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert lines[0] == "HTTP/1.1 400 Bad Request"
    assert {name.lower(): value for name, value in HEADERS.items()}.items() <= sent.items()
    assert (sent["content-type"], sent["cache-control"]) == ("application/problem+json", "no-store")
    assert int(sent["content-length"]) == len(body)
    problem = json.loads(body)
    assert (problem["status"], problem["title"], bool(problem["remedy"])) == (400, "Bad Request", True)


def test_w13_what_breaks_off_behind_an_answer_that_has_begun_gets_no_second_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def hasty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"early", "more_body": True})
            while (await receive())["type"] != "http.disconnect":
                pass

    with serving(hasty) as (_, where), socket.create_connection(where, LONG) as connection:
        connection.sendall(HALF + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
        came = b""
        while b"early" not in came:
            came += connection.recv(1000)
        connection.sendall(b"zz\r\n")
        assert (came + said(connection)).count(b"HTTP/1.1") == 1
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_w13_a_bare_line_feed_ends_a_line_and_hides_nothing(address: tuple[str, int]) -> None:
    reply = exchange(address, b"GET /livez HTTP/1.1\nHost: evil.example\nConnection: close\n\n")
    assert reply.startswith(b"HTTP/1.1 400 ")


def test_w10_and_an_upgrade_is_not_followed(address: tuple[str, int]) -> None:
    request = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert exchange(address, request).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("proxies", "client"),
    [
        ("", "127.0.0.1"),
        ("10.0.0.0/8", "127.0.0.1"),
        ("127.0.0.0/8", "203.0.113.9"),
        ("127.0.0.1,::1", "203.0.113.9"),
    ],
)
def test_w6_only_a_listed_proxy_is_believed_who_the_client_is(proxies: str, client: str) -> None:
    seen: list[tuple[str, str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append((scope["client"][0], scope["scheme"]))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

    with serving(app, trusted_proxies=proxies) as (_, where):
        forwarded = b"X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
        exchange(where, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + forwarded + b"\r\n")
    assert seen == [(client, "https" if client == "203.0.113.9" else "http")]


def test_the_server_says_nothing_of_itself(address: tuple[str, int]) -> None:
    reply = exchange(address, b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert b"uvicorn" not in reply.lower()
    assert b"\r\nserver:" not in reply.lower()
    assert uvicorn.__version__.encode() not in reply
