"""How many requests are worked on at once: as many as the machine can, some wait, and the rest are told to come again.

A request is complete before it waits, so that a slow client holds no place; and one whose client has gone loses its.
"""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa.errors import Overloaded
from qa.service.clients import client_of, is_unlimited
from qa.service.errors import refuse
from qa.service.fair_queue import FairQueue

UPLOADS = 2
"""Documents that are received at once, each as large as the setting allows; as many may wait."""
RETRY_AFTER = {"Retry-After": "1"}


class ConcurrencyLimit:
    """Shares the places of `queue`; what brings documents (`takes_documents`) has places of its own."""

    def __init__(self, app: ASGIApp, *, queue: FairQueue, takes_documents: Callable[[Scope], bool]) -> None:
        self._app = app
        self._queue = queue
        self._uploads = FairQueue(UPLOADS, UPLOADS)
        self._takes_documents = takes_documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when its turn comes, or refuse it with 503."""
        if scope["type"] != "http" or is_unlimited(scope):
            await self._app(scope, receive, send)
            return
        try:
            if self._takes_documents(scope):
                queue, inside = self._uploads, receive
                await queue.enter(client_of(scope))
            else:
                queue, came = self._queue, await _complete(receive)
                if came is None or not await _enter(queue, client_of(scope), receive):
                    return  # the client has gone
                inside = _again(came, receive)
        except Overloaded as error:
            await refuse(scope, receive, send, error, RETRY_AFTER)
            return
        try:
            await self._app(scope, inside, send)
        finally:
            queue.leave()


async def _enter(queue: FairQueue, client: str, receive: Receive) -> bool:
    """Wait for a place, or until the client has gone, which is all that can still be received."""
    gone = asyncio.ensure_future(receive())
    try:
        return await queue.enter(client, gone)
    finally:
        gone.cancel()


async def _complete(receive: Receive) -> list[Message] | None:
    """All of a request's body, None when the client has gone; a guard outside of this one bounds its size."""
    came: list[Message] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        came.append(message)
        if not message.get("more_body", False):
            return came


def _again(came: list[Message], receive: Receive) -> Receive:
    """What was received, once more, and then what comes."""
    left = iter(came)

    async def received() -> Message:
        return next(left, None) or await receive()

    return received
