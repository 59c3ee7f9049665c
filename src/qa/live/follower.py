"""Keeps the index equal to the corpus: scans, waits until changes have settled, has them built, tries again on failure.

A thread of its own does all this; `state` and `reindex` may be called from any other. What is on disk decides: hints
only wake it early, and what the index was made of is read from the stamps that every build leaves.
"""

import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Unpack

from qa.errors import CorpusEmpty, CorpusError, MassDeletion, QAError
from qa.index.build import BuildRequest
from qa.index.corpus import scan
from qa.index.stamps import LastStamps, Seen
from qa.live.changes import Changes
from qa.live.hints import FolderHints
from qa.live.process import Builder
from qa.live.stepping import LAST_RETRY_SECONDS, Around, FollowerState, Stepping
from qa.settings import Settings

SCAN_SHARE = 5.0
"""Between two scans lies at least so many times the CPU time that one takes with its stamps, however fast hints come.

Not the time that passes: a scan that waits while questions are answered must not put off the next one all the more."""
LEAST_PAUSE_SECONDS = 0.05


class Follower(Stepping):
    """Follows one corpus folder; when the published generation cannot be used, a build is tried, which mends it."""

    what = "corpus"

    def __init__(self, settings: Settings, builder: Builder, **around: Unpack[Around]) -> None:
        super().__init__(settings, **around)
        self._builder = builder
        self._changes = Changes(settings.settle_seconds)
        self._stamps = LastStamps(settings.index, settings.corpus)
        self._retry_at, self._repair_at = 0.0, 0.0
        self._missed: frozenset[str] = frozenset()
        self._scan_took = 0.0
        self._hints = FolderHints(settings.corpus, self._wake.set)
        self._asked: BuildRequest | None = None

    def stop(self) -> None:
        """End, together with a build that is running."""
        self._stop.set()
        self._builder.stop()
        super().stop()

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
        self._open_newest()
        self._note_published(built, began, "published")
        checked = datetime.now(UTC)
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
            self._retry_at = now + self._retry_pause()
        self._note_failure(reason)

    def _succeed(self) -> None:
        self._failures, self._retry_at = 0, 0.0
        self._note(reason=None)

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._note(stage=stage, done=done, total=total)

    def _run(self) -> None:
        with closing(self._hints), closing(self._builder):
            super()._run()

    def _next(self) -> float:
        if self._settings.watch:
            self._hints.refresh()
        return super()._next()

    def _rest(self, pause: float) -> None:
        looked = self._clock()
        super()._rest(pause)
        self._stop.wait(max(0.0, self.scan_pause - (self._clock() - looked)))


def _doubtful_in(indexed: Mapping[str, Seen]) -> float:
    """In how many seconds a file should be read again because it changed right before it was read; infinite if none."""
    times = [seen.trusted_from_ns for seen in indexed.values() if not seen.trusted]
    return (min(times) - time.time_ns()) / 1e9 if times else float("inf")
