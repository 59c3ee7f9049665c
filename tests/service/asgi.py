"""A bare ASGI exchange: what a middleware does with a request, without a server and without waiting for real."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send


def scope(path: str = "/ask", method: str = "GET", *, client: str = "192.0.2.1", **headers: str) -> Scope:
    """A request of a program."""
    return {
        "type": "http", "scheme": "http", "method": method, "path": path,
        "client": (client, 5), "query_string": b"", "state": {},
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip


@dataclass
class Exchange:
    """One request and what came of it; `messages` is what the client sends, after which it stays until `hang_up`."""

    app: ASGIApp
    scope: Scope
    messages: list[Message] = field(default_factory=lambda: [{"type": "http.request", "body": b"", "more_body": False}])
    sent: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._gone = asyncio.Event()
        self.task: asyncio.Task[Any] = asyncio.ensure_future(self.app(self.scope, self._receive, self._send))

    @property
    def status(self) -> int | None:
        """Of the response, None before there is one."""
        return self.sent[0]["status"] if self.sent else None

    @property
    def headers(self) -> dict[str, str]:
        """Of the response."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        """Of the response."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def hang_up(self) -> None:
        """The client closes the connection."""
        self._gone.set()

    async def _receive(self) -> Message:
        if self.messages:
            return self.messages.pop(0)
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


class Working:
    """An application that works until it is told that it is done."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.done = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note who is let in; answer when told."""
        self.begun.append(scope["client"][0])
        await self.done.wait()
        body = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


async def settle() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)
