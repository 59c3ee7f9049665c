"""Keeps the index equal to what a depot serves: looks, pulls, opens, and tries again on failure. Nothing is built here.

A thread of its own does all this; `state` and `reindex` may be called from any other. Questions are answered from the
generation that is held until the new one is open, so a switch costs no request.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, RLock, Thread
from typing import Any

from qa.depot.place import Depot
from qa.depot.pulling import Puller
from qa.errors import IndexStoreError, QAError
from qa.live.follower import FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS, STOP_SECONDS, FollowerState, LastBuild
from qa.live.messages import Built
from qa.settings import Settings

_LOG = logging.getLogger("qa")


class ReplicaFollower:
    """Follows one depot, as `Follower` follows a corpus; see there for what the arguments hear."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        puller: Puller,
        *,
        refresh: Callable[[], object] = lambda: None,
        troubled: Callable[[], bool] = lambda: False,
        tell: Callable[[FollowerState], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._settings = settings
        self._puller = puller
        self._refresh, self._troubled, self._heard = refresh, troubled, tell
        self._clock = clock
        self._depot: Depot | None = None
        self._failures = 0
        self._asked, self._wake, self._stop = Event(), Event(), Event()
        self._lock = RLock()
        self._state = FollowerState(watching=settings.watch)
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = Thread(target=self._run, name="qa-replica", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a pull that is under way is given up after a while, and goes on where it was at the next start."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def state(self) -> FollowerState:
        """What it is doing now."""
        return self._state

    def reindex(self, *, allow_mass_delete: bool = False) -> FollowerState:  # noqa: ARG002  # the depot decides that
        """Soon compare every file of the index with what the depot serves."""
        with self._lock:
            if self._state.activity != "building":
                self._asked.set()
                self._note(activity="settling")
                self._wake.set()
            return self._state

    def step(self) -> float:
        """Look once, and pull what is newer; returns the seconds until the next step."""
        asked = self._asked.is_set()
        pause = self._settings.scan_seconds
        if asked or self._settings.watch:
            self._asked.clear()
            pause = self._pull(check=asked or self._troubled())
        try:
            self._refresh()
        except IndexStoreError as error:
            _LOG.error("no index can be opened: %s", error)
        return pause

    def _pull(self, *, check: bool) -> float:
        began = self._clock()
        try:
            if self._depot is None:
                self._depot = Depot(self._url)
            pulled = self._puller.pull(self._depot, self._tell, check=check)
        except QAError as error:
            self._depot = None  # a connection that broke stays broken
            return self._fail(error)
        self._failures = 0
        checked = datetime.now(UTC)
        if pulled.damaged:
            _LOG.warning("damaged generations were set aside: %s", ", ".join(pulled.damaged))
        if pulled.switched:
            built = Built(published=True, generation=pulled.generation, embedded=0, reused=0, damaged=pulled.damaged)
            seconds = round(self._clock() - began, 3)
            self._note(last_build=LastBuild(finished=checked, seconds=seconds, built=built))
            _LOG.info("index pulled", extra={"data": {"generation": pulled.generation, "seconds": seconds}})
        self._note(activity="idle", reason=None, stage=None, done=0, total=0, checked=checked)
        return self._settings.scan_seconds

    def _fail(self, error: QAError) -> float:
        """Tell why; each failure in a row doubles the pause."""
        pause = min(FIRST_RETRY_SECONDS * 2.0**self._failures, LAST_RETRY_SECONDS)
        self._failures += 1
        reason = str(error)
        if reason != self._state.reason:
            _LOG.error("the index is not up to date: %s", reason)
        self._note(activity="idle", reason=reason, stage=None, done=0, total=0)
        return pause

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._note(activity="building", stage=stage, done=done, total=total)

    def _note(self, **changes: Any) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)
            self._heard(self._state)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                pause = self.step()
            except Exception as error:  # noqa: BLE001  # a fault of ours must not end the following
                _LOG.error("unexpected error while following the depot", exc_info=error)
                self._note(activity="idle", reason=f"Following the depot failed ({type(error).__name__}: {error}).")
                pause = LAST_RETRY_SECONDS
            self._note(next_scan=datetime.now(UTC) + timedelta(seconds=pause) if self._settings.watch else None)
            self._wake.wait(pause)
            self._wake.clear()
