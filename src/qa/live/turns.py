"""Builders of several collections take turns, so that two cores suffice however many there are.

One builds at a time, in the order in which they ask, and only the one that was last at it keeps its process. A locked
file holds apart the web processes that serve the same collections; the kernel frees it when its process ends.
"""

import contextlib
import fcntl
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from threading import Condition, Event, RLock
from typing import IO

from qa.errors import BuildFailed
from qa.index.build import BuildRequest
from qa.live.messages import Built
from qa.live.process import Builder
from qa.ports import Progress

FILE = ".building"
POLL_SECONDS = 0.1
"""Between two tries to lock the file while a builder of another process works."""
WAITING = "waiting"
"""The stage of a build that has not got its turn."""


class Turns:
    """Whose turn it is. Safe for several threads."""

    def __init__(self, file: Path) -> None:
        """`file` is the one that is locked; it is made when it is needed."""
        self._file = file
        self._line: deque[InTurn] = deque()
        self._changed = Condition()
        self._handling = RLock()
        self._warm: InTurn | None = None

    def prepare(self, builder: "InTurn") -> None:
        """Have it make ready, if nobody builds or waits."""
        with self._handling:
            if not self._line:
                self._warms(builder)
                builder.builder.prepare()

    def rest(self, builder: "InTurn") -> None:
        """Let it give back what it has not needed for long."""
        with self._handling:
            builder.builder.rest()

    def close(self, builder: "InTurn") -> None:
        """Have it give everything back."""
        with self._handling:
            builder.builder.close()

    def wake(self) -> None:
        """Have those that wait look whether they are to stop."""
        with self._changed:
            self._changed.notify_all()

    @contextlib.contextmanager
    def taken(self, builder: "InTurn") -> Iterator[None]:
        """Wait for the turn and hold it; raises BuildFailed when the builder is stopped first."""
        with self._changed:
            self._line.append(builder)
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._line[0] is builder or builder.stopped.is_set())
            if builder.stopped.is_set():
                raise _stopping()
            with self._locked(builder.stopped):
                with self._handling:
                    self._warms(builder)
                yield
        finally:
            with self._changed:
                self._line.remove(builder)
                self._changed.notify_all()

    def _warms(self, builder: "InTurn") -> None:
        """Note whose process there is from now on; another one ends its own, which does not build."""
        if self._warm is not None and self._warm is not builder:
            self._warm.builder.close()
        self._warm = builder

    @contextlib.contextmanager
    def _locked(self, stopped: Event) -> Iterator[None]:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            file = self._file.open("w")
        except OSError as error:
            raise BuildFailed(
                f"The file {self._file} cannot be written ({error.strerror}), so no build has its turn.",
                remedy="Make room or give write permission.",
            ) from None
        with file:
            while not _got(file):
                stopped.wait(POLL_SECONDS)
                if stopped.is_set():
                    raise _stopping()
            yield


def _got(file: IO[str]) -> bool:
    """Try to lock it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stopping() -> BuildFailed:
    return BuildFailed("The service is stopping.", remedy="The build is made when it runs again.")


class InTurn:
    """A builder that builds when it is its turn."""

    def __init__(self, builder: Builder, turns: Turns) -> None:
        self.builder = builder
        self.stopped = Event()
        self._turns = turns

    def prepare(self) -> None:
        """Make ready, unless others are at it."""
        self._turns.prepare(self)

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        """Wait for the turn, then build; raises what the builder raises, or BuildFailed when it is stopped first."""
        progress(WAITING, 0, 0)
        with self._turns.taken(self):
            return self.builder.build(request, progress)

    def rest(self) -> None:
        """As the builder does."""
        self._turns.rest(self)

    def stop(self) -> None:
        """End a build that is running or waits, and begin no other."""
        self.stopped.set()
        self._turns.wake()
        self.builder.stop()

    def close(self) -> None:
        """As the builder does."""
        self._turns.close(self)
