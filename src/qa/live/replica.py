"""Keeps the index equal to what a depot serves: looks, pulls, opens, and tries again on failure. Nothing is built here.

A thread of its own does all this; `state` and `reindex` may be called from any other. Questions are answered from the
generation that is held until the new one is open, so a switch costs no request.
"""

from datetime import UTC, datetime
from threading import Event
from typing import Unpack

from qa.depot.place import Depot
from qa.depot.pulling import Puller
from qa.errors import QAError
from qa.live.messages import Built
from qa.live.stepping import Around, FollowerState, Stepping
from qa.settings import Settings


class ReplicaFollower(Stepping):
    """Follows one depot, as `Follower` follows a corpus; a pull that is given up goes on where it was."""

    what = "depot"

    def __init__(self, url: str, settings: Settings, puller: Puller, **around: Unpack[Around]) -> None:
        super().__init__(settings, **around)
        self._url = url
        self._puller = puller
        self._depot: Depot | None = None
        self._asked = Event()

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
            if asked:  # what is asked from here on is for the next step
                self._asked.clear()
            pause = self._pull(check=asked or self._troubled())
        self._open_newest()
        return pause

    def _pull(self, *, check: bool) -> float:
        began = self._clock()
        try:
            if self._depot is None:
                self._depot = Depot(self._url)
            pulled = self._puller.pull(self._depot, self._tell, check=check)
        except QAError as error:
            self._depot = None  # a connection that broke stays broken
            if check:
                self._asked.set()  # what was to be compared still is
            self._note_failure(str(error), activity="idle", stage=None, done=0, total=0)
            return self._retry_pause()
        self._failures = 0
        built = Built(
            published=pulled.switched, generation=pulled.generation, embedded=0, reused=0, damaged=pulled.damaged
        )
        self._note_published(built, began, "pulled")
        self._note(activity="idle", reason=None, stage=None, done=0, total=0, checked=datetime.now(UTC))
        return self._settings.scan_seconds

    def _tell(self, stage: str, done: int, total: int) -> None:
        self._note(activity="building", stage=stage, done=done, total=total)
