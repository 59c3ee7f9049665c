"""Several processes serve one index: the one that holds a lock follows the corpus, the others tell what it tells.

Three files in the index folder make that up. `.following` is locked by the process that follows; the kernel frees it
when that process ends, and another takes over within half a second. `following.json` has its state, replaced in one
step whenever it changes. `reindex.json` is a request of any other process, taken by the one that follows.
"""

import contextlib
import fcntl
import json
import logging
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread
from typing import IO, Any, Protocol

from qa.errors import IndexStoreError
from qa.live.messages import Built
from qa.live.stepping import FollowerState, LastBuild

LOCK, STATE, REQUEST = ".following", "following.json", "reindex.json"
POLL_SECONDS = 0.5
"""Between two looks at the lock, at requests and at what is published."""
TELL_SECONDS = 0.2
"""Progress is written no more often than that."""
_LOG = logging.getLogger("qa")


class Following(Protocol):
    """What the service needs of whoever follows the corpus, or a depot."""

    def state(self) -> FollowerState:
        """What it is doing now."""

    def reindex(self, *, allow_mass_delete: bool = False) -> FollowerState:
        """Soon compare every file with the index."""


class Leading(Following, Protocol):
    """One that follows by itself, in a thread of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End, together with what is under way."""


MakeFollower = Callable[[Callable[[FollowerState], None]], Leading]
"""Makes one, given what hears each state of it."""


class Unfollowed:
    """Follows nothing: the index is served as it is."""

    def state(self) -> FollowerState:
        """That of nobody who watches."""
        return FollowerState(watching=False)

    def reindex(self, *, allow_mass_delete: bool = False) -> FollowerState:  # noqa: ARG002  # as all that follow
        """Nothing is done."""
        return self.state()


class SharedFollower:
    """Follows if no other process does. `make` makes the follower."""

    def __init__(
        self,
        index: Path,
        make: MakeFollower,
        *,
        refresh: Callable[[], object],
        watching: bool,
    ) -> None:
        """`refresh` opens a newer generation when there is one; `watching` is told while nobody tells more."""
        self._index = index
        self._make = make
        self._refresh = refresh
        self._unknown = FollowerState(watching=watching)
        self._follower: Leading | None = None
        self._lock_file: IO[str] | None = None
        self._stop = Event()
        self._telling = Lock()
        self._told: tuple[FollowerState, float] = (self._unknown, 0.0)
        self._thread: Thread | None = None

    @property
    def leading(self) -> bool:
        """Whether this process is the one that follows."""
        return self._follower is not None

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = Thread(target=self._run, name="qa-shared", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; another process may follow then."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._follower is not None:
            self._follower.stop()
            self._follower = None
        if self._lock_file is not None:
            self._lock_file.close()

    def state(self) -> FollowerState:
        """What the process that follows is doing, as it last told."""
        if self._follower is not None:
            return self._follower.state()
        try:
            return state_of(json.loads((self._index / STATE).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return self._unknown

    def reindex(self, *, allow_mass_delete: bool = False) -> FollowerState:
        """Have the process that follows compare every file with the index; nothing new while it builds.

        Raises IndexStoreError when the request cannot be written.
        """
        if self._follower is not None:
            return self._follower.reindex(allow_mass_delete=allow_mass_delete)
        state = self.state()
        if state.activity == "building":
            return state
        try:
            _replace(self._index / REQUEST, {"allow_mass_delete": allow_mass_delete})
        except OSError as error:
            raise IndexStoreError(
                f"The index in {self._index} cannot be written ({error.strerror}).",
                remedy="Make room or give write permission, then ask again.",
            ) from None
        return replace(state, activity="settling")

    def step(self) -> None:
        """Follow if nobody else does, hear a request, open what is newer."""
        if self._follower is None and self._taken():
            self._follower = self._make(self._tell)
            self._follower.start()
            _LOG.info("this process follows", extra={"data": {"pid": os.getpid()}})
        if self._follower is not None:
            self._hear(self._follower)
        try:
            self._refresh()
        except IndexStoreError as error:
            _LOG.error("no index can be opened: %s", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.step()
            self._stop.wait(POLL_SECONDS)

    def _taken(self) -> bool:
        """Try to take the lock."""
        try:
            file = (self._index / LOCK).open("w")
        except OSError as error:
            why = f"The index folder {self._index} cannot be written ({error.strerror}), so nothing is followed."
            self._unknown = replace(self._unknown, reason=why)
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._lock_file = file
        return True

    def _hear(self, follower: Leading) -> None:
        path = self._index / REQUEST
        try:
            allow = json.loads(path.read_text(encoding="utf-8"))["allow_mass_delete"] is True
        except (OSError, ValueError, KeyError, TypeError):
            allow = False
            if not path.exists():
                return
        with contextlib.suppress(OSError):
            path.unlink()
            follower.reindex(allow_mass_delete=allow)

    def _tell(self, state: FollowerState) -> None:
        """Write what the others tell; progress now and then, anything else at once."""
        with self._telling:
            last, when = self._told
            now = time.monotonic()
            alike = replace(state, done=0, next_scan=None) == replace(last, done=0, next_scan=None)
            if alike and now - when < TELL_SECONDS:
                return
            self._told = (state, now)
            with contextlib.suppress(OSError):  # a full disk must not end the following; the build says so loudly
                _replace(self._index / STATE, plain(state))


def plain(state: FollowerState) -> dict[str, Any]:
    """A state as JSON takes it."""
    data = asdict(state)
    for name in ("checked", "next_scan"):
        data[name] = data[name] and data[name].isoformat()
    if state.last_build:
        data["last_build"]["finished"] = state.last_build.finished.isoformat()
    return data


def state_of(data: dict[str, Any]) -> FollowerState:
    """What `plain` was given; raises ValueError, KeyError or TypeError for anything else."""
    times = {name: data[name] and datetime.fromisoformat(data[name]) for name in ("checked", "next_scan")}
    last = data["last_build"]
    if last is not None:
        built = Built(**{**last["built"], "damaged": tuple(last["built"]["damaged"])})
        last = LastBuild(finished=datetime.fromisoformat(last["finished"]), seconds=last["seconds"], built=built)
    return FollowerState(**{**data, **times, "last_build": last})


def _replace(path: Path, data: dict[str, Any]) -> None:
    """Write a small file in one step. Nothing is lost with it, so it is not synced."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    new.write_text(json.dumps(data) + "\n", encoding="utf-8")
    new.replace(path)
