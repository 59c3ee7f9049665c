"""The end of the service: what is cut off is told so, and the probe says it first."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from library import Library
from qa.service.draining import Drain, Draining
from qa.service.server import Server
from service.asgi import Exchange, Working, scope, settle
from service.test_limits import in_a_loop


@in_a_loop
async def test_r12_a_stream_that_is_cut_off_ends_with_a_last_event() -> None:
    async def events() -> AsyncIterator[str]:
        yield "event: retrieved\ndata: {}\n\n"
        await asyncio.Event().wait()

    drain = Drain()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(events(), media_type="text/event-stream")(scope, receive, send)

    stream = Exchange(Draining(app, drain=drain), scope())
    await settle()
    drain.begin()
    stream.task.cancel()
    await stream.task

    first, last = stream.body.decode().removesuffix("\n\n").split("\n\n")
    assert first.startswith("event: retrieved")
    name, data = last.split("\n")
    assert name == "event: shutdown"
    assert json.loads(data.removeprefix("data: "))["type"] == "urn:quoth:shutting-down"
    assert stream.sent[-1]["more_body"] is False


@in_a_loop
async def test_r12_a_request_that_is_cut_off_gets_503() -> None:
    drain = Drain()
    app = Draining(Working(), drain=drain)
    request = Exchange(app, {**scope(), "app": Starlette()})
    await settle()
    drain.begin()
    request.task.cancel()
    await request.task

    assert request.status == 503
    assert int(request.headers["retry-after"]) >= 1


@in_a_loop
async def test_before_the_end_nothing_is_changed() -> None:
    working = Working()
    request = Exchange(Draining(working, drain=Drain()), scope())
    await settle()
    request.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request.task


def test_r12_the_probe_says_so_at_once_and_connections_are_not_kept(built: Library) -> None:
    client = built.client()
    assert client.get("/readyz").status_code == 200

    client.app.state.drain.begin()  # type: ignore[attr-defined]  # it is a FastAPI

    probe = client.get("/readyz")
    assert (probe.status_code, probe.json()["status"]) == (503, "stopping")
    assert probe.headers["connection"] == "close"
    assert client.get("/livez").status_code == 200


def test_r12_the_server_goes_on_for_a_moment_and_ends_with_the_second_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    import uvicorn

    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)

    def server(linger: float) -> tuple[Server, Drain]:
        drain = Drain()
        return Server(uvicorn.Config(Working), drain, linger=linger), drain

    def tick(server: Server) -> bool:
        asked: Callable[[int], Awaitable[bool]] = server.on_tick
        return asyncio.run(asked(1))  # type: ignore[arg-type]  # a coroutine

    waiting, drain = server(60.0)
    assert not tick(waiting)
    waiting.handle_exit(signal.SIGTERM, None)
    assert drain.began
    assert not tick(waiting), "requests are still taken"
    waiting.handle_exit(signal.SIGTERM, None)
    assert ended == [128 + signal.SIGTERM]

    by_hand, _ = server(60.0)
    by_hand.handle_exit(signal.SIGINT, None)
    assert tick(by_hand), "nobody at a terminal waits"
