"""Remembers what files looked like when their bytes were last hashed, so that unchanged ones need not be read again.

The stamps lie beside the generations and belong to none: they are only ever a reason to read less. A lost or damaged
file of stamps costs a reading of the corpus, nothing else.

A file that is written twice within one tick of its file system's clock can keep its stamp over a change. As git does
with its index ("racily clean" entries), a stamp is therefore trusted only if the file was at rest for longer than a
tick before it was read; otherwise the file is read again the next time. A time with a fraction of a second shows that
the file system keeps fine ones.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from qa.index.corpus import Stamp

FILE = "stamps.json"
FORMAT = 1
COARSE_TICK_NS, FINE_TICK_NS = 2_000_000_000, 100_000_000
"""FAT keeps times to two seconds, the coarsest in use; Linux stamps files with a clock of at most 10 ms a tick."""
_SECOND_NS = 1_000_000_000


class Seen(NamedTuple):
    """A file as it was last seen; `sha256` is None for one that could not be read, `taken_ns` when it was hashed."""

    stamp: Stamp | None
    sha256: str | None
    taken_ns: int

    @property
    def trusted_from_ns(self) -> int:
        """The earliest time at which a reading of this stamp can be trusted."""
        if self.stamp is None:
            return 0
        set_by_hand = self.stamp.mtime_ns > self.taken_ns
        last = self.stamp.ctime_ns if set_by_hand else max(self.stamp.mtime_ns, self.stamp.ctime_ns)
        return last + (FINE_TICK_NS if self.stamp.ctime_ns % _SECOND_NS else COARSE_TICK_NS)

    @property
    def trusted(self) -> bool:
        """Whether the same stamp means the same bytes."""
        return self.taken_ns >= self.trusted_from_ns


@dataclass(frozen=True, slots=True)
class Stamps:
    """What was seen of every file of the corpus folder `root`, by path."""

    root: str = ""
    files: Mapping[str, Seen] = field(default_factory=dict)

    def sha256(self, path: str, stamp: Stamp | None) -> str | None:
        """The hash of a file that is surely as it was seen, else None."""
        seen = self.files.get(path)
        return seen.sha256 if seen and stamp is not None and seen.stamp == stamp and seen.trusted else None

    def save(self, index: Path) -> None:
        """Write into the index folder, replacing the last ones in one step."""
        rows = {path: [seen.stamp, seen.sha256, seen.taken_ns] for path, seen in sorted(self.files.items())}
        new = index / f".{FILE}.new"
        text = json.dumps({"format": FORMAT, "root": self.root, "files": rows}, separators=(",", ":"))
        new.write_text(text, encoding="utf-8")
        new.replace(index / FILE)


def load(index: Path, corpus: Path) -> Stamps:
    """The stamps of a corpus folder in an index folder; without files if there are none that can be used.

    The `root` is that of another folder when the index was last built from there, and empty when nothing is known.
    """
    try:
        data = json.loads((index / FILE).read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            return Stamps()
        root = str(data["root"])
        return Stamps(
            root, {path: _seen(*row) for path, row in data["files"].items()} if root == root_of(corpus) else {}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Stamps()


class LastStamps:
    """The stamps of a corpus folder in an index folder as they are now, read again only when they have been written."""

    def __init__(self, index: Path, corpus: Path) -> None:
        self._index = index
        self._corpus = corpus
        self._read: tuple[Stamp, Stamps] | None = None

    def now(self) -> Stamps:
        """What `load` gives."""
        try:
            stamp = Stamp.of((self._index / FILE).stat())
        except OSError:
            return Stamps()
        if self._read is not None and self._read[0] == stamp:
            return self._read[1]
        found = load(self._index, self._corpus)
        self._read = (stamp, found) if found.files else None  # nothing may mean that it could not be read just now
        return found


def root_of(corpus: Path) -> str:
    """The name under which the stamps of a corpus folder are kept."""
    return os.fsencode(corpus.absolute()).decode("utf-8", "backslashreplace")


def _seen(stamp: list[int] | None, sha256: str | None, taken_ns: int) -> Seen:
    return Seen(None if stamp is None else Stamp(*map(int, stamp)), sha256, int(taken_ns))
