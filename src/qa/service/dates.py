"""When files were last changed, as their stamps say that the last build left them: no file is looked at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from qa.index import stamps

Dates = Callable[[str, str], datetime | None]
"""The path of a file and the SHA-256 of its bytes to the time when these bytes were written, None if it is unknown."""


def unknown(_path: str, _sha256: str) -> None:
    """For where nothing is known of any file."""


class FileDates:
    """The times of the files of a corpus, read again when a build has left other stamps. Safe for threads."""

    def __init__(self, index: Path | None, corpus: Path) -> None:
        """Without an `index` folder nothing is known."""
        self._index = index
        self._corpus = corpus
        self._lock = Lock()
        self._version: tuple[int, int, int] | None = None
        self._stamps = stamps.Stamps()

    def of(self, path: str, sha256: str) -> datetime | None:
        """The time of a file, in UTC; None when other bytes than these were seen last, or none."""
        seen = self._current().files.get(path)
        if seen is None or seen.stamp is None or seen.sha256 != sha256:
            return None
        return moment(seen.stamp.mtime_ns)

    def _current(self) -> stamps.Stamps:
        if self._index is None:
            return self._stamps
        try:
            found = (self._index / stamps.FILE).stat()
        except OSError:
            return stamps.Stamps()
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        with self._lock:
            if version != self._version:
                self._stamps, self._version = stamps.load(self._index, self._corpus), version
            return self._stamps


def moment(nanoseconds: int) -> datetime | None:
    """A time of a file system in UTC, to the second; None when no calendar has it."""
    try:
        return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class Day:
    """A time as pages show it: `words` such as 4 Mar 2026, `iso` for programs."""

    time: datetime

    @classmethod
    def of(cls, time: datetime | None) -> "Day | None":
        """None where the time is unknown."""
        return None if time is None else cls(time)

    @property
    def words(self) -> str:
        """The day in UTC."""
        return self.time.strftime("%-d %b %Y")

    @property
    def iso(self) -> str:
        """ISO 8601, to the second."""
        return self.time.isoformat()


def newer_of(first: Day | None, second: Day | None) -> int | None:
    """1 or 2, whichever is of a later day; None when that is unknown or the same."""
    if first is None or second is None or first.words == second.words:
        return None
    return 1 if first.time > second.time else 2
