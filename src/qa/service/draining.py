"""How the service ends: what has been asked is still answered, nothing new is invited, and nothing waits for ever."""

import asyncio
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.errors import ShuttingDown
from qa.service.errors import problem_of, refuse

GOODBYE = "shutdown"
"""The last server-sent event of a stream that cannot be finished."""


class Drain:
    """Whether the service is being stopped, and since when. Shared by the server, the probe and the middleware."""

    def __init__(self) -> None:
        self.since: float | None = None

    @property
    def began(self) -> bool:
        """Whether it is being stopped."""
        return self.since is not None

    def begin(self) -> None:
        """From now on."""
        if self.since is None:
            self.since = time.monotonic()

    def lasts(self) -> float:
        """Seconds since it began; 0 before."""
        return 0.0 if self.since is None else time.monotonic() - self.since


class Draining:
    """While the service is being stopped, asks clients to connect anew for the next request, elsewhere.

    What is cut off in the end, because it takes too long, is told so: a stream of events by a last event, a request
    that has no answer yet by 503.
    """

    def __init__(self, app: ASGIApp, *, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and end it in order."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = streaming = False

        async def watched(message: Message) -> None:
            nonlocal started, streaming
            if message["type"] == "http.response.start":
                started = True
                streaming = Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
                if self._drain.began:
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            # The server cuts off what is left when its time is over; the loop ends with it, so nothing waits for this.
            if not self._drain.began or (started and not streaming):
                raise
            if streaming:
                data = problem_of(_error()).model_dump_json()
                body = f"event: {GOODBYE}\ndata: {data}\n\n".encode()
                await send({"type": "http.response.body", "body": body, "more_body": False})
            else:
                await refuse(scope, receive, send, _error(), {"Retry-After": "5", "Connection": "close"})


def _error() -> ShuttingDown:
    return ShuttingDown(
        "The service is being stopped, and the answer was not ready in time.", remedy="Ask again in a few seconds."
    )
