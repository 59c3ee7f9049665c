"""How many requests one client may send: so many a second, and some more at once."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from qa.errors import RateExceeded
from qa.service.clients import client_of, is_unlimited
from qa.service.errors import refuse

BURST_SECONDS = 2.0
"""What a client has not used is kept for so long: a page that is opened asks for several things at once."""
MAX_CLIENTS = 10_000
"""Clients that are remembered; of the one that was longest silent nothing is left to remember by then, or soon."""


class Allowance:
    """What each client may still send. Each has a bucket that fills at an even rate; a request takes one from it."""

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second * BURST_SECONDS)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take one; returns 0, or, when there is none, the seconds until there is one."""
        now = self._clock()
        left, then = self._left.pop(client, (self._most, now))
        left = min(self._most, left + (now - then) * self._rate)
        taken = left >= 1
        self._left[client] = (left - 1 if taken else left, now)
        if len(self._left) > MAX_CLIENTS:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._rate


class RateLimit:
    """Refuses with 429 what a client sends beyond its allowance, and says when to come back."""

    def __init__(self, app: ASGIApp, *, allowance: Allowance) -> None:
        self._app = app
        self._allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        wait = 0.0
        if scope["type"] == "http" and not is_unlimited(scope):
            wait = self._allowance.take(client_of(scope))
        if not wait:
            await self._app(scope, receive, send)
            return
        error = RateExceeded("You have sent too many requests in a short time.", remedy="Ask more slowly.")
        await refuse(scope, receive, send, error, {"Retry-After": str(math.ceil(wait))})
