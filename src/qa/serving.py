"""Which generation answers: the published one, or, when that cannot be opened, the newest that can.

Checking a generation means reading all of its files, so one that failed is left alone for a while. While one thread
opens a newer generation, all others go on with the one that is held; where questions must not wait, that thread is none
of theirs.
"""

import logging
import time
from collections.abc import Callable
from functools import partial
from threading import Lock, Thread
from typing import Generic, Protocol, TypeVar

from qa.errors import IndexStoreError

RETRY_SECONDS = 5.0
"""So long a generation that could not be opened is left alone."""
_LOG = logging.getLogger("qa")


class Named(Protocol):
    """An open generation."""

    @property
    def generation(self) -> str:
        """Its name."""


G = TypeVar("G", bound=Named)
Work = Callable[[], None]


def at_once(work: Work) -> None:
    """Have the question that finds a newer generation open it, so that it is the first to be answered from there."""
    work()


def aside(work: Work) -> None:
    """Have it opened in a thread of its own: until then questions are answered from the one that is held."""
    try:
        Thread(target=work, name="qa-opening", daemon=True).start()
    except RuntimeError:  # no room for a thread: better late than never
        work()


class Serving(Generic[G]):
    """Holds the open generation. Safe for several threads."""

    def __init__(
        self,
        *,
        current: Callable[[], str],
        open_current: Callable[[], G],
        open_other: Callable[[], G],
        collection: str | None = None,
        opening: Callable[[Work], None] = at_once,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`current` names the published generation (cheap, asked for every question); `open_current` opens it.

        `open_other` opens the newest generation that can be used, for when the published one cannot. `opening` is how a
        question has a newer one opened. `collection` is the name of the documents, where there are several collections.
        """
        self.collection = collection
        self._current = current
        self._open_current = open_current
        self._open_other = open_other
        self._how = opening
        self._clock = clock
        self._held: G | None = None
        self._opening = Lock()
        self._refused: tuple[str, float] | None = None
        self.problem: str | None = None
        """Why an older generation answers than the published one, as last found; None when that one answers."""

    def held(self) -> G:
        """The generation for a question: the published one, or the last one until that is open, or cannot be.

        Raises an IndexStoreError when there is none.
        """
        held = self._held or self._first()
        newer = self._newer(held)
        if newer is not None and self._opening.acquire(blocking=False):
            self._how(partial(self._open_newer, held, newer))
        return self._held or held

    def newest(self) -> G:
        """Open the published generation if it is not held, in this thread; returns what is held then.

        Raises an IndexStoreError when there is none.
        """
        held = self._held or self._first()
        newer = self._newer(held)
        if newer is not None:
            self._opening.acquire()
            self._open_newer(held, newer)
        return self._held or held

    def _newer(self, held: G) -> str | None:
        """The name of the published generation when it is to be opened: not what is held, nor refused lately."""
        try:
            current = self._current()
        except IndexStoreError as error:
            self._fail(error)
            return None
        if held.generation == current:
            self.problem = self._refused = None
            return None
        return None if self._is_refused(current) else current

    def _first(self) -> G:
        with self._opening:
            if self._held is None:
                try:
                    self._held = self._open_current()
                except IndexStoreError as error:
                    self._held = self._instead(error)
            return self._held

    def _instead(self, error: IndexStoreError) -> G:
        """Another generation than the published one; raises the error of that when there is none."""
        try:
            other = self._open_other()
        except IndexStoreError:
            raise error from None
        self._fail(error)
        return other

    def _open_newer(self, held: G, name: str) -> None:
        """Open it unless another thread has just done so; gives the lock back, which its caller has taken."""
        try:
            if self._held is held:
                self._held = self._open_current()
                self.problem = self._refused = None
        except IndexStoreError as error:
            self._refused = (name, self._clock() + RETRY_SECONDS)
            self._fail(error)
        finally:
            self._opening.release()

    def _is_refused(self, name: str) -> bool:
        return self._refused is not None and self._refused[0] == name and self._clock() < self._refused[1]

    def _fail(self, error: IndexStoreError) -> None:
        if self.problem != str(error):
            self.problem = str(error)
            _LOG.error("the newest index cannot be used, an older one answers: %s", error)
