"""Places to work in, and a fair queue for them: clients are let in by turns, however many requests each has waiting.

Whose turn would come too late is refused at once, by the pace at which places have become free lately: who waits in
vain holds up others, and learns of it late. A queue evens out a burst. One that never empties although more are refused
all the time only makes everybody wait: no more are let into it then than are worked on.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NoReturn

from qa.errors import Overloaded

WAIT_SECONDS = 10.0
"""Whoever has waited so long is refused: a browser's user has gone by then."""

SURE = 0.5
"""The share of that in which the turn must come as far as can be seen: the pace may halve, and nobody waits in vain."""

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
        self._sure = SURE * seconds
        self._clock = clock
        self._full_since = 0.0
        self._refuses_since: float | None = None
        """When the first was refused since the queue was empty."""
        self._empty_since = 0.0
        self._pace = 0.0
        """Seconds between two that leave while all places are taken; 0 before the first."""
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0
        self.working = 0

    async def enter(self, client: str, gone: "asyncio.Future[Any] | None" = None) -> bool:
        """Wait for a place, which `leave` gives back; False when `gone` came first.

        Raises Overloaded when too many wait already, when the turn would come too late, or nobody has left for long.
        All but the last, which takes a pace that falls to less than half, is known at once.
        """
        if self.working < self._places:
            self._now(1, 0)
            return True
        self._check_room(self._turn(client))
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
        """How many leave until a client that comes now has a place, at most.

        Its own come first, and before each of them and itself one of every other client that waits: those may come
        again before that.
        """
        own = len(self._lines.get(client, ()))
        others = len(self._lines) - (client in self._lines)
        return (own + 1) * (others + 1)

    def _check_room(self, turn: int) -> None:
        """Raise Overloaded unless somebody may wait whose turn that would be."""
        if self.waiting >= self._most:
            self._refuse("Too many requests are waiting already.")
        if turn * self._pace > self._sure:
            self._refuse(f"The request would have to wait longer than {self._sure:g} seconds.")
        if self._refuses_since is not None and self._clock() - self._refuses_since > self._sure and turn > self._places:
            self._refuse("Too many have been asking for long.")

    def _refuse(self, words: str) -> NoReturn:
        if self._refuses_since is None:
            self._refuses_since = self._clock()
        raise _overloaded(words)

    def _note_pause(self, change: int) -> None:
        """When the queue was empty, the overload is over.

        Several that leave at once may empty it for a moment; that is no pause until another one could have left.
        """
        if self.waiting == 0:
            self._empty_since = self._clock()
        elif change > 0 and self.waiting == 1 and self._clock() - self._empty_since > self._pace:
            self._refuses_since = None

    def _note_pace(self) -> None:
        """Whoever leaves shows how long it takes, if all places were taken; one who is next may always wait."""
        if self.working < self._places:
            return
        now = self._clock()
        interval, self._full_since = min(now - self._full_since, self._sure), now
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
        if waiting:
            self._note_pause(waiting)
        self._tell(self.working, self.waiting)


def _overloaded(words: str) -> Overloaded:
    return Overloaded(words, remedy="Ask again in a second.")
