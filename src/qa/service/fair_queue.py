"""Places to work in, and a fair queue for them: clients are let in by turns, however many requests each has waiting.

Whose turn would come too late is refused at once, by the pace at which places have become free lately: who waits in
vain holds up others, and learns of it late.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from qa.errors import Overloaded

WAIT_SECONDS = 10.0
"""Whoever has waited so long is refused: a browser's user has gone by then."""

MEMORY = 0.2
"""How much the last interval between two that left counts for the pace; the rest is that of those before."""


class FairQueue:
    """`places` requests are worked on at once, `waiting` more may wait. For one event loop."""

    def __init__(
        self,
        places: int,
        waiting: int,
        *,
        seconds: float = WAIT_SECONDS,
        tell: Callable[[int, int], None] = lambda _working, _waiting: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tell` is told how many work and how many wait, whenever that changes."""
        self._tell = tell
        self._places = places
        self._most = waiting
        self._seconds = seconds
        self._clock = clock
        self._full_since = 0.0
        self._pace = 0.0
        """Seconds between two that leave while all places are taken; 0 before the first."""
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0
        self.working = 0

    async def enter(self, client: str, gone: "asyncio.Future[Any] | None" = None) -> bool:
        """Wait for a place, which `leave` gives back; False when `gone` came first.

        Raises Overloaded when too many wait already, when the turn would come too late, or nobody has left for long.
        """
        if self.working < self._places:
            self._now(1, 0)
            return True
        if self.waiting >= self._most:
            raise _overloaded("Too many requests are waiting already.")
        if self._turn(client) * self._pace > self._seconds:
            raise _overloaded(f"The request would have to wait longer than {self._seconds:g} seconds.")
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
        self._note_pace()
        if not self._lines:
            self._now(-1, 0)
            return
        client, line = self._lines.popitem(last=False)
        line.popleft().set_result(None)
        if line:
            self._lines[client] = line  # behind the other clients
        self._now(0, -1)

    def _turn(self, client: str) -> int:
        """How many leave until a client that comes now has a place: its own come first, those of others by turns."""
        own = len(self._lines.get(client, ()))
        others = (line for name, line in self._lines.items() if name != client)
        return own + 1 + sum(min(own + 1, len(line)) for line in others)

    def _note_pace(self) -> None:
        """Whoever leaves shows how long it takes, if all places were taken; one who is next may always wait."""
        if self.working < self._places:
            return
        now = self._clock()
        interval, self._full_since = min(now - self._full_since, self._seconds), now
        self._pace += (interval - self._pace) * (MEMORY if self._pace else 1.0)

    def _forget(self, client: str, place: "asyncio.Future[None]") -> None:
        line = self._lines[client]
        line.remove(place)
        if not line:
            del self._lines[client]
        self._now(0, -1)

    def _now(self, working: int, waiting: int) -> None:
        self.working += working
        self.waiting += waiting
        if working > 0 and self.working == self._places:
            self._full_since = self._clock()
        self._tell(self.working, self.waiting)


def _overloaded(words: str) -> Overloaded:
    return Overloaded(words, remedy="Ask again in a second.")
