"""Tells which files of the corpus differ from the index, and which of those have come to rest; pure.

A file that is still being written must not be read: its state (its stamp, or that it is gone) has to be the same in
two scans that lie the settle time apart. One that never rests, a log for instance, is taken as it is now and then.
All times are in seconds of any clock that only goes forward.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from qa.index.corpus import Stamp

State = Stamp | None
PATIENCE_SECONDS = 300.0
"""So long a file may go on changing before it is taken as it is."""
GATHER_SECONDS = 5.0
"""So long files at rest wait for others that are still changing, since one build for all is cheaper."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A file's state, since when it has been the same, and when the file began to differ from the index."""

    gone: bool
    state: State
    since: float
    first: float


@dataclass(slots=True)
class Changes:
    """The changes that are not in the index yet; `look` keeps them up to date with each scan."""

    settle_seconds: float
    _changes: dict[str, _Change] = field(default_factory=dict)

    def look(self, found: Mapping[str, State], indexed: Mapping[str, State], now: float) -> None:
        """Compare a scan with what the index was made of."""
        differing = [path for path, state in found.items() if path not in indexed or indexed[path] != state]
        gone = [path for path in indexed if path not in found]
        self._changes = {
            **{path: self._next(path, gone=False, state=found[path], now=now) for path in differing},
            **{path: self._next(path, gone=True, state=None, now=now) for path in gone},
        }

    def __len__(self) -> int:
        return len(self._changes)

    def settled(self, now: float) -> dict[str, State]:
        """The files that may be taken, each in the state that has come to rest; None for one that is gone.

        One that never rests has None as well: it is taken as it is.
        """
        return {
            path: change.state if self._rests(change, now) else None
            for path, change in self._changes.items()
            if self._may_be_taken(change, now)
        }

    def ready(self, now: float) -> bool:
        """Whether it is time to build."""
        settled = [change for change in self._changes.values() if self._may_be_taken(change, now)]
        if len(settled) < len(self._changes):
            return any(now - change.since >= self.settle_seconds + GATHER_SECONDS for change in settled)
        return bool(settled)

    def away(self) -> frozenset[str]:
        """The files that are gone and still in the index."""
        return frozenset(path for path, change in self._changes.items() if change.gone)

    def away_seconds(self, now: float) -> float:
        """For how long the file that was removed last has been away; 0 when none is."""
        return min((now - change.since for change in self._changes.values() if change.gone), default=0.0)

    def forget(self, taken: Collection[str] | None = None) -> None:
        """Begin anew but for those that a build has not taken; all are forgotten when the folder is out of reach."""
        kept = set(self._changes).difference(taken) if taken is not None else set()
        self._changes = {path: change for path, change in self._changes.items() if path in kept}

    def _next(self, path: str, *, gone: bool, state: State, now: float) -> _Change:
        last = self._changes.get(path)
        if last is None:
            return _Change(gone, state, now, now)
        same = (last.gone, last.state) == (gone, state)
        return _Change(gone, state, last.since if same else now, last.first)

    def _rests(self, change: _Change, now: float) -> bool:
        return now - change.since >= self.settle_seconds

    def _may_be_taken(self, change: _Change, now: float) -> bool:
        return self._rests(change, now) or now - change.first >= PATIENCE_SECONDS
