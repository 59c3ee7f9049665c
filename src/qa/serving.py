"""Which generation answers: the published one, or, when that cannot be opened, the newest that can.

Checking a generation means reading all of its files, so one that failed is left alone for a while; all threads but the
one that opens a newer generation go on with the one that is held.
"""

import logging
import time
from collections.abc import Callable
from threading import Lock
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


class Serving(Generic[G]):
    """Holds the open generation. Safe for several threads."""

    def __init__(
        self,
        *,
        current: Callable[[], str],
        open_current: Callable[[], G],
        open_other: Callable[[], G],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`current` names the published generation (cheap, asked for every question); `open_current` opens it.

        `open_other` opens the newest generation that can be used, for when the published one cannot.
        """
        self._current = current
        self._open_current = open_current
        self._open_other = open_other
        self._clock = clock
        self._held: G | None = None
        self._opening = Lock()
        self._refused: tuple[str, float] | None = None
        self.problem: str | None = None
        """Why an older generation answers than the published one, as last found; None when that one answers."""

    def held(self) -> G:
        """The published generation, opened once; when it cannot be opened, the last one, or the newest that can be.

        Raises an IndexStoreError when there is none.
        """
        held = self._held
        if held is None:
            return self._first()
        try:
            current = self._current()
        except IndexStoreError as error:
            self._fail(error)
            return held
        if held.generation == current:
            self.problem = self._refused = None
        elif not self._is_refused(current) and self._opening.acquire(blocking=False):
            try:
                if self._held is held:  # else another thread has just opened the newer one
                    self._open_newer(current)
            finally:
                self._opening.release()
        return self._held or held

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

    def _open_newer(self, name: str) -> None:
        try:
            self._held = self._open_current()
            self.problem = self._refused = None
        except IndexStoreError as error:
            self._refused = (name, self._clock() + RETRY_SECONDS)
            self._fail(error)

    def _is_refused(self, name: str) -> bool:
        return self._refused is not None and self._refused[0] == name and self._clock() < self._refused[1]

    def _fail(self, error: IndexStoreError) -> None:
        if self.problem != str(error):
            self.problem = str(error)
            _LOG.error("the newest index cannot be used, an older one answers: %s", error)
