"""Keeps the index equal to the corpus: scans, waits until changes have settled, has them built, tries again on failure.

A thread of its own does all this; `state` and `reindex` may be called from any other. What is on disk decides: hints
only wake it early, and what the index was made of is read from the stamps that every build leaves.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event, RLock, Thread
from typing import Any, Literal

from qa.errors import CorpusEmpty, CorpusError, IndexStoreError, MassDeletion, QAError
from qa.index.build import BuildRequest
from qa.index.corpus import scan
from qa.index.stamps import LastStamps, Seen
from qa.live.changes import Changes
from qa.live.hints import FolderHints
from qa.live.messages import Built
from qa.live.process import Builder
from qa.settings import Settings

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 2.0, 60.0
"""A failed build is tried again after the first; each further failure doubles the pause, up to the last."""
SCAN_SHARE = 5.0
"""Between two scans lies at least so many times the CPU time that one takes with its stamps, however fast hints come.

Not the time that passes: a scan that waits while questions are answered must not put off the next one all the more."""
LEAST_PAUSE_SECONDS = 0.05
STOP_SECONDS = 10.0
"""So long the end of the service waits for a scan that is running."""
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

    `checked` is when a build last found the index equal to the files, or made it so.
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


class Follower:
    """Follows one corpus folder. `refresh` opens a newer generation when there is one, so that no question waits.

    `troubled` tells that the published generation cannot be used; then a build is tried, which mends a damaged index.
    `tell` hears every state.
    """

    def __init__(
        self,
        settings: Settings,
        builder: Builder,
        *,
        refresh: Callable[[], object] = lambda: None,
        troubled: Callable[[], bool] = lambda: False,
        tell: Callable[[FollowerState], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._builder = builder
        self._refresh, self._troubled, self._heard = refresh, troubled, tell
        self._clock = clock
        self._changes = Changes(settings.settle_seconds)
        self._stamps = LastStamps(settings.index, settings.corpus)
        self._failures, self._retry_at, self._repair_at = 0, 0.0, 0.0
        self._missed: frozenset[str] = frozenset()
        self._scan_took = 0.0
        self._wake, self._stop = Event(), Event()
        self._lock = RLock()
        self._asked: BuildRequest | None = None
        self._state = FollowerState(watching=settings.watch)
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = Thread(target=self._run, name="qa-follower", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, together with a build that is running."""
        self._stop.set()
        self._wake.set()
        self._builder.stop()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def state(self) -> FollowerState:
        """What it is doing now."""
        return self._state

    @property
    def scan_pause(self) -> float:
        """Seconds that lie at least between the last scan and the next one."""
        return SCAN_SHARE * self._scan_took

    def reindex(self, *, allow_mass_delete: bool = False) -> FollowerState:
        """Soon compare every file with the index and build what differs; nothing new while that is under way."""
        with self._lock:
            if self._state.activity != "building":
                allow = allow_mass_delete or (self._asked is not None and self._asked.allow_mass_delete)
                self._asked = BuildRequest(rehash=True, allow_mass_delete=allow, wait=True)
                self._retry_at = 0.0
                self._note(activity="settling")
                self._wake.set()
            return self._state

    def step(self) -> float:
        """Look once, and build if it is time; returns the seconds until the next step."""
        asked = self._asked
        if asked is not None and self._clock() >= self._retry_at and self._build(asked) and self._asked is asked:
            self._asked = None
        pause = self._look() if self._settings.watch else self._settings.scan_seconds
        if self._asked is not None:
            pause = min(pause, self._retry_at - self._clock())
        self._open_newest()
        if self._settings.watch and self._troubled() and self._clock() >= max(self._repair_at, self._retry_at):
            self._repair_at = self._clock() + LAST_RETRY_SECONDS
            self._build(BuildRequest(settled=self._changes.settled(self._clock()), wait=True))
        self._builder.rest()
        return max(pause, LEAST_PAUSE_SECONDS)

    def _look(self) -> float:
        """Compare the corpus with what the index was made of, and build when it is time."""
        looked = self._clock()  # a file may have changed since then: at rest is what was so before
        try:
            began = time.thread_time()
            indexed = self._stamps.now().files
            found = {file.path: file.stamp for file in scan(self._settings.corpus, without=self._settings.index)}
            self._scan_took = time.thread_time() - began
            if indexed and not found:
                raise CorpusEmpty(f"Nothing is left in {self._settings.corpus}.", remedy="Bring the documents back.")
        except CorpusError as error:
            self._changes.forget()
            self._fail(error)
            self._note(activity="idle", changes=0)
            return min(self._settings.settle_seconds, self._settings.scan_seconds)  # nothing tells that it is back
        now = self._clock()
        self._changes.look(found, {path: seen.stamp for path, seen in indexed.items()}, now)
        if self._missed and self._missed != self._changes.away():  # another question than the one that was asked
            self._missed, self._retry_at = frozenset(), 0.0
        doubtful_in = _doubtful_in(indexed)
        if now >= self._retry_at and (self._changes.ready(looked) or doubtful_in <= 0):
            meant = self._changes.away_seconds(now) >= self._settings.mass_delete_seconds
            self._build(BuildRequest(allow_mass_delete=meant, settled=self._changes.settled(looked), wait=True))
            return LEAST_PAUSE_SECONDS
        if not self._changes and self._asked is None:
            self._succeed()
        if self._changes:
            self._builder.prepare()
        busy = bool(self._changes) or self._asked is not None
        self._note(activity="settling" if busy else "idle", changes=len(self._changes))
        if now < self._retry_at:
            return min(self._retry_at - now, self._settings.scan_seconds)
        return min(self._settings.settle_seconds if self._changes else self._settings.scan_seconds, doubtful_in)

    def _build(self, request: BuildRequest) -> bool:
        """Have it built; returns whether that went well."""
        began = self._clock()
        self._note(activity="building", stage=None, done=0, total=0)
        try:
            built = self._builder.build(request, self._tell)
        except QAError as error:
            if not self._stop.is_set():
                self._fail(error)
            self._note(activity="idle", stage=None, done=0, total=0)
            return False
        self._succeed()
        self._changes.forget(request.settled)
        if built.damaged:
            _LOG.warning("damaged generations were set aside: %s", ", ".join(built.damaged))
        self._open_newest()
        checked = datetime.now(UTC)
        if built.published:
            seconds = round(self._clock() - began, 3)
            self._note(last_build=LastBuild(finished=checked, seconds=seconds, built=built))
            _LOG.info("index published", extra={"data": {"generation": built.generation, "seconds": seconds}})
        self._note(activity="idle", stage=None, done=0, total=0, changes=len(self._changes), checked=checked)
        return True

    def _fail(self, error: QAError) -> None:
        """Tell why, and say when to try again. A corpus out of reach needs no build, and is looked at again anyway."""
        now = self._clock()
        reason = str(error)
        if isinstance(error, CorpusError):
            self._asked = None
        if isinstance(error, MassDeletion):
            left = self._settings.mass_delete_seconds - self._changes.away_seconds(now)
            self._missed, self._retry_at = self._changes.away(), now + max(left, LEAST_PAUSE_SECONDS)
            if self._settings.watch:
                reason += f" If they stay away for {self._settings.mass_delete_seconds:g} seconds, that is meant, too."
        elif not isinstance(error, CorpusError) or self._state.activity == "building":
            pause = min(FIRST_RETRY_SECONDS * 2**self._failures, LAST_RETRY_SECONDS)
            self._failures, self._retry_at = self._failures + 1, now + pause
        if reason != self._state.reason:
            _LOG.error("the index is not up to date: %s", reason)
        self._note(reason=reason)

    def _succeed(self) -> None:
        self._failures, self._retry_at = 0, 0.0
        self._note(reason=None)

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._note(stage=stage, done=done, total=total)

    def _note(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)
            self._heard(self._state)

    def _open_newest(self) -> None:
        try:
            self._refresh()
        except IndexStoreError as error:
            _LOG.error("no index can be opened: %s", error)

    def _run(self) -> None:
        hints = FolderHints(self._settings.corpus, self._wake.set)
        while not self._stop.is_set():
            if self._settings.watch:
                hints.refresh()
            try:
                pause = self.step()
            except Exception as error:  # noqa: BLE001  # a fault of ours must not end the following
                _LOG.error("unexpected error while following the corpus", exc_info=error)
                self._note(activity="idle", reason=f"Following the corpus failed ({type(error).__name__}: {error}).")
                pause = LAST_RETRY_SECONDS
            self._note(next_scan=datetime.now(UTC) + timedelta(seconds=pause) if self._settings.watch else None)
            looked = self._clock()
            self._wake.wait(pause)
            self._wake.clear()
            self._stop.wait(max(0.0, self.scan_pause - (self._clock() - looked)))
        hints.close()
        self._builder.close()


def _doubtful_in(indexed: Mapping[str, Seen]) -> float:
    """In how many seconds a file should be read again because it changed right before it was read; infinite if none."""
    times = [seen.trusted_from_ns for seen in indexed.values() if not seen.trusted]
    return (min(times) - time.time_ns()) / 1e9 if times else float("inf")
