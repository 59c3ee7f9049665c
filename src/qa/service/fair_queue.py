"""Places to work in, and a fair queue for them: clients are let in by turns, however many requests each has waiting."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from qa.errors import Overloaded

WAIT_SECONDS = 10.0
"""Whoever has waited so long is refused: a browser's user has gone by then."""


class FairQueue:
    """`places` requests are worked on at once, `waiting` more may wait. For one event loop."""

    def __init__(
        self,
        places: int,
        waiting: int,
        *,
        seconds: float = WAIT_SECONDS,
        tell: Callable[[int, int], None] = lambda _working, _waiting: None,
    ) -> None:
        """`tell` is told how many work and how many wait, whenever that changes."""
        self._tell = tell
        self._places = places
        self._most = waiting
        self._seconds = seconds
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0
        self.working = 0

    async def enter(self, client: str, gone: "asyncio.Future[Any] | None" = None) -> bool:
        """Wait for a place, which `leave` gives back; False when `gone` came first.

        Raises Overloaded when too many wait already, or nobody has left for long.
        """
        if self.working < self._places:
            self._now(1, 0)
            return True
        if self.waiting >= self._most:
            raise _overloaded("Too many requests are waiting already.")
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(client, deque()).append(place)
        self._now(0, 1)
        try:
            awaited: set[asyncio.Future[Any]] = {place, gone} if gone else {place}
            await asyncio.wait(awaited, timeout=self._seconds, return_when="FIRST_COMPLETED")
        except asyncio.CancelledError:
            if place.done():
                self.leave()
            else:
                self._forget(client, place)
            raise
        if place.done():
            return True
        self._forget(client, place)
        if gone and gone.done():
            return False
        raise _overloaded(f"The request has waited {self._seconds:g} seconds, and its turn has not come.")

    def leave(self) -> None:
        """Give a place back: to the first in line of the client whose turn it is."""
        if not self._lines:
            self._now(-1, 0)
            return
        client, line = self._lines.popitem(last=False)
        line.popleft().set_result(None)
        if line:
            self._lines[client] = line  # behind the other clients
        self._now(0, -1)

    def _forget(self, client: str, place: "asyncio.Future[None]") -> None:
        line = self._lines[client]
        line.remove(place)
        if not line:
            del self._lines[client]
        self._now(0, -1)

    def _now(self, working: int, waiting: int) -> None:
        self.working += working
        self.waiting += waiting
        self._tell(self.working, self.waiting)


def _overloaded(words: str) -> Overloaded:
    return Overloaded(words, remedy="Ask again in a second.")
