"""What keeps an index up to date, whatever it is made from: a thread that takes one step after another and tells of it.

What a step is, the followers say (`follower.py` of a corpus, `replica.py` of a depot). Here are the thread, the state,
and what both do alike when something fails, is published or is to be opened.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event, RLock, Thread
from typing import Any, ClassVar, Literal, TypedDict, Unpack

from qa.errors import IndexStoreError
from qa.live.messages import Built
from qa.settings import Settings

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 2.0, 60.0
"""What failed is tried again after the first; each further failure doubles the pause, up to the last."""
STOP_SECONDS = 10.0
"""So long the end of the service waits for a step that is being taken."""
_LOG = logging.getLogger("qa")


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBuild:
    """The last build that published a generation."""

    finished: datetime
    seconds: float
    built: Built


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerState:
    """What the follower is doing. `reason` says why the index may not equal the corpus; `changes` counts files.

    `checked` is when the index was last found to equal what it is made from, or made so.
    """

    watching: bool
    activity: Literal["idle", "settling", "building"] = "idle"
    reason: str | None = None
    changes: int = 0
    stage: str | None = None
    done: int = 0
    total: int = 0
    last_build: LastBuild | None = None
    checked: datetime | None = None
    next_scan: datetime | None = None


class Around(TypedDict, total=False):
    """What a follower has to do with what is around it, all of it optional."""

    refresh: Callable[[], object]
    """Opens a newer generation when there is one, so that no question waits."""
    troubled: Callable[[], bool]
    """Tells that the published generation cannot be used, which a step then mends."""
    tell: Callable[[FollowerState], None]
    """Hears every state."""
    clock: Callable[[], float]


class Stepping(ABC):
    """Takes steps in a thread of its own; `state` may be called from any other."""

    what: ClassVar[str]
    """What it follows, as the log and the name of the thread say it."""

    def __init__(self, settings: Settings, **around: Unpack[Around]) -> None:
        self._settings = settings
        self._refresh = around.get("refresh", lambda: None)
        self._troubled = around.get("troubled", lambda: False)
        self._heard = around.get("tell", unheard)
        self._clock = around.get("clock", time.monotonic)
        self._failures = 0
        self._wake, self._stop = Event(), Event()
        self._lock = RLock()
        self._state = FollowerState(watching=settings.watch)
        self._thread: Thread | None = None

    @abstractmethod
    def step(self) -> float:
        """Look once, and bring the index up to date if it is time; returns the seconds until the next step."""

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = Thread(target=self._run, name=f"qa-{self.what}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a step that is being taken is waited for, but not for long."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def state(self) -> FollowerState:
        """What it is doing now."""
        return self._state

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                pause = self._next()
            except Exception as error:  # noqa: BLE001  # a fault of ours must not end the following
                _LOG.error("unexpected error while following the %s", self.what, exc_info=error)
                reason = f"Following the {self.what} failed ({type(error).__name__}: {error})."
                self._note(activity="idle", reason=reason)
                pause = LAST_RETRY_SECONDS
            self._note(next_scan=datetime.now(UTC) + timedelta(seconds=pause) if self._settings.watch else None)
            self._rest(pause)

    def _next(self) -> float:
        """A step, with what else the thread has to see to."""
        return self.step()

    def _rest(self, pause: float) -> None:
        """Wait so long, or until something wakes it."""
        self._wake.wait(pause)
        self._wake.clear()

    def _open_newest(self) -> None:
        try:
            self._refresh()
        except IndexStoreError as error:
            _LOG.error("no index can be opened: %s", error)

    def _retry_pause(self) -> float:
        """The seconds until what has just failed is tried again; more with each failure in a row."""
        pause = min(FIRST_RETRY_SECONDS * 2.0**self._failures, LAST_RETRY_SECONDS)
        self._failures += 1
        return pause

    def _note_failure(self, reason: str, **changes: Any) -> None:
        """Tell why the index is not up to date, in the log once."""
        if reason != self._state.reason:
            _LOG.error("the index is not up to date: %s", reason)
        self._note(reason=reason, **changes)

    def _note_published(self, built: Built, began: float, word: str) -> None:
        """Tell what was published, and what had to be set aside for it."""
        if built.damaged:
            _LOG.warning("damaged generations were set aside: %s", ", ".join(built.damaged))
        if built.published:
            seconds = round(self._clock() - began, 3)
            self._note(last_build=LastBuild(finished=datetime.now(UTC), seconds=seconds, built=built))
            _LOG.info("index %s", word, extra={"data": {"generation": built.generation, "seconds": seconds}})

    def _note(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)
            self._heard(self._state)


def unheard(_: FollowerState) -> None:
    """For where all that asks for the state is in this process."""
