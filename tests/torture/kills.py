"""R2: kills the service, or the process that builds for it, at random moments under load, and starts it again.

`python -m torture.kills COUNT [SECONDS]` makes COUNT kills, or as many as go into the time, and prints a tally as JSON;
without a time the next start may take as long as a busy machine needs.
A kill comes while the service starts and builds (`start`), at any time after a change (`any`), or right after a
generation has begun to be written (`writing`) or has been published (`published`), when it is opened and an older one
is pruned; `builder` and `builder published` kill the builder alone, and no request may fail then. After each kill
`CURRENT` must name a generation that passes its check and is not older than one that was seen before; the service that
is started next must answer as before within the bound, and follow.
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from library import BERTH, Library
from live import served
from qa.errors import QAError
from qa.index.store import STAGING_PREFIX
from torture.changes import text
from torture.places import quick_folder
from torture.rebuilds import HARMLESS, quick_library
from torture.service import QUICK, Asking, asked, children_of, connected, until

MOMENTS = ("any", "writing", "published", "builder", "builder published", "start", "start", "start", "start")
"""A round of kills, in an order that is drawn."""
START_SECONDS = 10.0
"""So long after a start at most, the first answer is there."""
MOST_DELAY = {"start": 0.5, "any": 1.0, "writing": 0.03, "published": 0.05, "builder": 0.03, "builder published": 0.05}
"""Seconds after the moment, at most; drawn at random."""
AWAITED_SECONDS = 60.0


@dataclass
class Tally:
    """What happened; `wrong` should stay empty."""

    kills: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)
    generations: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        slowest = round(max(self.starts, default=0.0), 2)
        return {
            "kills": dict(self.kills), "killed": self.kills.total(), "generations": self.generations,
            "asked": self.asked, "seconds from start to answer, slowest": slowest, "wrong": self.wrong,
        }  # fmt: skip


@dataclass
class Service:
    """A service that was forked from this process, which has no threads then."""

    library: Library
    process: int
    lines: Iterator[str]

    @classmethod
    def fork(cls, library: Library) -> "Service":
        """Start it; it says on a pipe where it answers."""
        values = {**json.loads(library.settings.model_dump_json()), **QUICK, **HARMLESS}
        told, tell = os.pipe()
        process = os.fork()
        if process == 0:
            os.dup2(tell, 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.closerange(3, 64)
            with contextlib.suppress(BaseException):  # how it ends is seen from outside
                served.serve(library.settings.corpus.parent, json.dumps(values))
            os._exit(1)
        os.close(tell)
        return cls(library, process, iter(os.fdopen(told, encoding="utf-8").readline, ""))

    def address(self) -> str:
        """Where it answers, once it does; empty when it has ended."""
        return next((line.split()[3] for line in self.lines if line.startswith("Quoth answers at")), "")

    def end(self) -> None:
        """Kill it, and wait until the builder has ended with it."""
        builders = children_of(self.process)
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)
        for builder in builders:
            until(lambda one=builder: not Path(f"/proc/{one}").exists())  # type: ignore[misc]  # a bound default


class Killing:
    """One library, one kill after another."""

    def __init__(self, library: Library, seed: int, start_seconds: float) -> None:
        self.library = quick_library(library, HARMLESS)
        self.chance = random.Random(seed)
        self.tally = Tally()
        self.words = 0
        self.seen = ""
        """The newest generation that was known to be published."""
        self.start_seconds = start_seconds
        self.said: Any = None
        """What the service says to a question, the generation left out."""

    def change(self) -> str:
        """Change a file; returns a word that is in it now."""
        self.words += 1
        word = f"octopus{self.words}x"
        self.library.write("changed.txt", text(word))
        return word

    def once(self, moment: str) -> None:
        """One kill, and all that must hold afterwards."""
        self.tally.kills[moment] += 1
        wrong = len(self.tally.wrong)
        if moment == "start":
            self.change()
            service = Service.fork(self.library)
            time.sleep(self.chance.uniform(0.0, MOST_DELAY[moment]))
            service.end()
        else:
            self.under_load(moment)
        self.look()
        self.tally.wrong[wrong:] = [f"{moment}: {what}" for what in self.tally.wrong[wrong:]]

    def under_load(self, moment: str) -> None:
        """Start, look at what it says, ask on, change something, and kill in the moment given."""
        began = time.monotonic()
        service = Service.fork(self.library)
        address = service.address()
        with connected(address) as http:
            self.compare(http)
            self.tally.starts.append(time.monotonic() - began)
            if self.tally.starts[-1] > self.start_seconds:
                self.tally.wrong.append(f"the first answer took {self.tally.starts[-1]:.1f} s")
            with asked(address, every=0.05, tolerated=True) as asking:
                before = self.library.store.current()
                word = self.change()
                self.await_moment(moment, before)
                time.sleep(self.chance.uniform(0.0, MOST_DELAY[moment]))
                if moment.startswith("builder"):
                    for builder in children_of(service.process):
                        os.kill(builder, signal.SIGKILL)
                    self.expect(lambda: self.finds(http, word), "the change was not found after the builder was killed")
                    self.tally.wrong.extend(list(asking.failures))
                service.end()
        self.note(asking)

    def await_moment(self, moment: str, before: str) -> None:
        """Wait until it has come; `before` was published before the change."""
        store = self.library.store
        generations = store.folder(before).parent

        def written() -> bool:
            """It may have been written and published between two looks."""
            return any(generations.glob(f"{STAGING_PREFIX}*")) or store.current() != before

        if moment in {"writing", "builder"}:
            self.expect(written, "nothing is built")
        elif moment.endswith("published"):
            self.expect(lambda: store.current() != before, "nothing is published")

    def expect(self, what: Callable[[], bool], otherwise: str) -> None:
        """Wait for it, closely; it is wrong when it does not come."""
        end = time.monotonic() + AWAITED_SECONDS
        while not what():
            if time.monotonic() > end:
                self.tally.wrong.append(otherwise)
                return
            time.sleep(0.0005)

    def compare(self, http: httpx2.Client) -> None:
        """The service answers as it did before, and knows what is in the files."""
        reply = http.post("/ask", json={"question": BERTH}).json()
        self.seen = max(self.seen, reply["generation"])
        said = {name: value for name, value in reply.items() if name in {"status", "citations", "confidence"}}
        if self.said is not None and said != self.said:
            self.tally.wrong.append("the same question is answered in another way")
        self.said = said
        if self.words and not self.finds(http, f"octopus{self.words}x"):
            self.tally.wrong.append("the index does not equal the corpus after a start")

    def finds(self, http: httpx2.Client, word: str) -> bool:
        """Whether what was written last is found."""
        found = http.post("/search", json={"query": word}).json()["passages"]
        return any(text(word) in passage["text"] for passage in found)

    def note(self, asking: Asking) -> None:
        """What was answered before the kill."""
        self.tally.asked += len(asking.seconds)
        self.tally.wrong.extend(["a generation went backwards"] * asking.backwards)
        self.seen = max(self.seen, asking.last)

    def look(self) -> None:
        """`CURRENT` names a whole generation, none that is older than one seen."""
        try:
            name = self.library.store.current()
            self.library.store.verify(name)
        except QAError as error:
            self.tally.wrong.append(str(error))
            return
        if name < self.seen:
            self.tally.wrong.append(f"{self.seen} was published and {name} is now")
        self.seen = name
        self.tally.generations = int(name.partition("-")[0])


def kill_often(library: Library, count: int, *, seconds: float = float("inf"), seed: int = 2) -> Tally:
    """So many kills, or as many as go into the time; the library has an index already."""
    timed = seconds < float("inf")
    killing = Killing(library, seed, START_SECONDS if timed else AWAITED_SECONDS)
    end = time.monotonic() + seconds
    moments = sorted(set(MOMENTS))  # each once, then as it is drawn
    while killing.tally.kills.total() < count and time.monotonic() < end and not killing.tally.wrong:
        moments = moments or killing.chance.sample(MOMENTS, len(MOMENTS))
        killing.once(moments.pop())
    return killing.tally


if __name__ == "__main__":
    with quick_folder() as place:
        shelf = Library.at(place)
        shelf.build()
        limit = float(sys.argv[2]) if len(sys.argv) > 2 else float("inf")
        sys.stdout.write(json.dumps(kill_often(shelf, int(sys.argv[1]), seconds=limit).plain()) + "\n")
