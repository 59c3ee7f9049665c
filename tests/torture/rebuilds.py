"""R6 and R7: the files of a corpus change in every way while the service is asked; nothing fails, all is soon found.

`python -m torture.rebuilds COUNT SECONDS` goes on until so many generations are published, a change every so many
seconds, with short waits (R6); between the rounds of changes the service is asked for a while without any, so that both
are measured under the same load. `python -m torture.rebuilds COUNT DOCUMENTS fresh` makes COUNT rounds of all changes
with the waits of the settings as they are delivered, in a corpus of so many documents (R7). Both print a tally as JSON;
`wrong` should stay empty.
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
IDLE_SECONDS = 6.0
"""After each round of ten changes."""
MOST_OVER_IDLE = 2.0
"""So many times longer than in an idle service 95 of 100 questions may take when changes come at a pace."""
HARMLESS: dict[str, Any] = {"settle_seconds": 0.06, "scan_seconds": 0.4, "mass_delete_seconds": 1.0}


@dataclass
class Follow:
    """Makes changes in a running service's corpus and waits for each; `seconds` are those until it was found."""

    served: Running
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    pause: float = 0.03
    """Seconds between two looks whether it is found, each of which costs the service some time."""
    every: float = 0.0
    """Seconds from one change to the next, at least."""
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
        started, before = time.monotonic(), published(self.served.library)
        expected = change(self.served.library, word)
        began = time.monotonic()
        name = change.__name__
        while published(self.served.library) == before or not self.is_found(word, expected, name):
            if time.monotonic() - began > PATIENCE_SECONDS:
                self.wrong.append(f"{name}: not found after {PATIENCE_SECONDS:g} s")
                return
            time.sleep(self.pause)
        self.seconds[name].append(time.monotonic() - began)
        if change in REPLACING:
            if change in self._last and self.served.found(self._last[change]):
                self.wrong.append(f"{name}: what was replaced is still found")
            self._last[change] = word
        time.sleep(max(0.0, started + self.every - time.monotonic()))

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


def rebuild(library: Library, count: int, *, every: float = 0.0, idle: float = IDLE_SECONDS) -> dict[str, Any]:
    """Change and ask until so many generations are published; a round of changes, a while without any, and so on."""
    library = quick_library(library, HARMLESS)
    quiet, asking = Asking(), Asking()
    with running(library, **HARMLESS) as served:
        follow = Follow(served, every=every)
        first = published(library)
        while published(library) - first < count and not follow.wrong + asking.failures + quiet.failures:
            with asked(served.address, into=asking):
                follow.round()
            with asked(served.address, into=quiet):
                time.sleep(idle)
        tally = {
            "rebuilds": published(library) - first, "changes": sum(map(len, follow.seconds.values())),
            "seconds between changes": every, "seconds until found, slowest": follow.slowest(), **of(asking),
            "asked while idle": len(quiet.seconds), "p95 while idle, ms": quiet.p95(),
            "p50, ms": asking.took(0.5), "p50 while idle, ms": quiet.took(0.5),
        }  # fmt: skip
    slow = every > 0 and asking.p95() > MOST_OVER_IDLE * quiet.p95()
    late = [f"p95 is {asking.p95() / quiet.p95():.1f} times that of an idle service"] if slow else []
    return {**tally, "wrong": [*follow.wrong, *late, *faults_of(asking), *faults_of(quiet)]}


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
        if "fresh" in sys.argv:
            result = freshness(Library.at(place, {**FILES, **documents(int(sys.argv[2]))}), int(sys.argv[1]))
        else:
            result = rebuild(Library.at(place), int(sys.argv[1]), every=float(sys.argv[2]))
    sys.stdout.write(json.dumps(result) + "\n")
