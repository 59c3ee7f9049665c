"""R6 and R7: the files of a corpus change in every way while the service is asked; nothing fails, all is soon found.

`python -m torture.rebuilds COUNT` goes on until so many generations are published (R6), with short waits;
`python -m torture.rebuilds COUNT DOCUMENTS` makes COUNT rounds of all changes with the waits of the settings as they
are delivered, in a corpus of so many documents (R7). Both print a tally as JSON; `wrong` should stay empty.
"""

import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import Any

from library import FILES, Library
from qa.settings import Settings
from torture.changes import MATRIX, REPLACING, Change, documents
from torture.places import quick_folder
from torture.service import QUICK, Asking, Running, asked, running

BOUND_SECONDS = 5.0
"""So long after a file is complete, what it says is found."""
PATIENCE_SECONDS = 60.0
IDLE_SECONDS = 20.0
HARMLESS: dict[str, Any] = {"settle_seconds": 0.06, "scan_seconds": 0.4, "mass_delete_seconds": 1.0}


@dataclass
class Follow:
    """Makes changes in a running service's corpus and waits for each; `seconds` are those until it was found."""

    served: Running
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    pause: float = 0.03
    """Seconds between two looks whether it is found, each of which costs the service some time."""
    words: int = 0
    _last: dict[Change, str] = field(default_factory=dict)

    def round(self) -> None:
        """Every change once."""
        for changes in MATRIX:
            self.words += 1
            for change in changes:
                self.make(change, f"octopus{self.words}x")

    def make(self, change: Change, word: str) -> None:
        """One change; wait until exactly what it says is found."""
        expected = change(self.served.library, word)
        began = time.monotonic()
        name = change.__name__
        while not self.is_found(word, expected, name):
            if time.monotonic() - began > PATIENCE_SECONDS:
                self.wrong.append(f"{name}: not found after {PATIENCE_SECONDS:g} s")
                return
            time.sleep(self.pause)
        self.seconds[name].append(time.monotonic() - began)
        if change in REPLACING:
            if change in self._last and self.served.found(self._last[change]):
                self.wrong.append(f"{name}: what was replaced is still found")
            self._last[change] = word

    def is_found(self, word: str, expected: list[str], name: str) -> bool:
        """Whether all of it is there, and nothing else; half of a file that was not complete is wrong."""
        found = "\n".join(self.served.found(word))
        there = [text for text in expected if text in found]
        if name == "write_slowly" and 0 < len(there) < len(expected):
            self.wrong.append(f"{name}: {len(there)} of {len(expected)} pieces are found")
        return there == expected and bool(found) is bool(expected)

    def slowest(self) -> dict[str, float]:
        """The longest time for each change, in seconds."""
        return {name: round(max(seconds), 2) for name, seconds in sorted(self.seconds.items())}


def quick_library(library: Library, settings: dict[str, Any]) -> Library:
    """The same with other waits."""
    return replace(library, settings=Settings.model_validate({**library.settings.model_dump(), **settings}))


def published(library: Library) -> int:
    """How many generations there have been."""
    return int(library.store.current().partition("-")[0])


def rebuild(library: Library, count: int, *, idle: float = IDLE_SECONDS) -> dict[str, Any]:
    """Change and ask until so many generations are published."""
    library = quick_library(library, HARMLESS)
    with running(library, **HARMLESS) as served:
        with asked(served.address) as quiet:
            time.sleep(idle)
        follow = Follow(served)
        first = published(library)
        with asked(served.address) as asking:
            while published(library) - first < count and not follow.wrong:
                follow.round()
        tally = {
            "rebuilds": published(library) - first, "changes": sum(map(len, follow.seconds.values())),
            "seconds until found, slowest": follow.slowest(), "p95 while idle, ms": quiet.p95(), **of(asking),
        }  # fmt: skip
        return {**tally, "wrong": [*follow.wrong, *faults_of(asking), *faults_of(quiet)]}


def freshness(library: Library, rounds: int) -> dict[str, Any]:
    """Make all changes with the waits of the settings as they are delivered, and see that each is found in time."""
    waits = {name: Settings.model_fields[name].default for name in QUICK if name.endswith("_seconds")}
    with running(library, **waits) as served, asked(served.address) as asking:
        follow = Follow(served, pause=0.2)
        for _ in range(rounds):
            follow.round()
    late = [f"{name}: {most} s" for name, most in follow.slowest().items() if most > BOUND_SECONDS]
    tally = {
        "documents": len(list(library.settings.corpus.rglob("*.txt"))),
        "changes": sum(map(len, follow.seconds.values())),
        "seconds until found, slowest": follow.slowest(),
        **of(asking),
    }
    return {**tally, "wrong": [*follow.wrong, *late, *faults_of(asking)]}


def of(asking: Asking) -> dict[str, Any]:
    """What came of the questions."""
    return {"asked": len(asking.seconds), "p95, ms": asking.p95(), "generations answered from": len(asking.generations)}


def faults_of(asking: Asking) -> list[str]:
    """Failed requests, and answers from an older generation than one before."""
    return asking.failures + ["a generation went backwards"] * asking.backwards


if __name__ == "__main__":
    with quick_folder() as place:
        if len(sys.argv) > 2:
            result = freshness(Library.at(place, {**FILES, **documents(int(sys.argv[2]))}), int(sys.argv[1]))
        else:
            result = rebuild(Library.at(place), int(sys.argv[1]))
    sys.stdout.write(json.dumps(result) + "\n")
