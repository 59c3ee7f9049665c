"""R11: hundreds of thousands of questions and hundreds of new generations; the service holds no more in the end.

`python -m torture.soak ASKS RELOADS SECONDS [READER]` has four clients ask without pause, each question on a connection
of its own and three of four of them new ones, until so many are answered or the time is over. Meanwhile a document is
changed again and again, spread over the questions, and each change is waited for. Before each, memory, descriptors and
threads of the web process are taken down. Prints a tally as JSON, of the samples a few; `wrong` should stay empty.
"""

import http.client
import json
import re
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from library import BERTH, BERTH_QUOTE, Library
from torture.changes import modify
from torture.places import quick_folder
from torture.rebuilds import published
from torture.service import LONG, Running, running, until

CLIENTS = 4
WARM = 0.1
"""The first tenth fills what is filled once: caches, arenas, threads."""
MOST_GROWTH, MOST_FILES, MOST_THREADS = 0.05, 2, 0
SHOWN = 10


@dataclass(frozen=True)
class Sample:
    """What the web process holds after so many answers: kB of memory, open descriptors, threads.

    Of the memory, what is its own (`anon_kb`) and what are pages of files that it has mapped (`mapped_kb`; the index
    lies in memory here, and its pages count like any others).
    """

    asks: int
    rss_kb: int
    anon_kb: int
    mapped_kb: int
    files: int
    threads: int

    @classmethod
    def of(cls, process: int, asks: int) -> "Sample":
        """As it is now; of the descriptors and threads, which come and go with requests, the usual number of some."""
        seen = [(_count(process, "fd"), _count(process, "task")) for _ in _moments(9)]
        told = Path(f"/proc/{process}/status").read_text()
        memory = {name: int(kb) for name, kb in re.findall(r"(VmRSS|RssAnon|RssFile|RssShmem):\s+(\d+)", told)}
        files, threads = (round(statistics.median(numbers)) for numbers in zip(*seen, strict=True))
        mapped = memory["RssFile"] + memory["RssShmem"]
        return cls(asks, memory["VmRSS"], memory["RssAnon"], mapped, files, threads)


def _moments(count: int) -> Any:
    for number in range(count):
        yield number
        time.sleep(0.02)


def _count(process: int, what: str) -> int:
    return len(list(Path(f"/proc/{process}/{what}").iterdir()))


@dataclass
class Tally:
    """What came of the questions of all clients."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> int:
        """The number of the next question."""
        with self.lock:
            self.asked += 1
            return self.asked

    def note(self, status: int, wrong: str = "") -> None:
        """Note what came of one."""
        with self.lock:
            self.statuses[status] += 1
            if wrong:
                self.wrong.append(wrong)


def ask(host: str, number: int) -> tuple[int, str]:
    """The status of one question, and what is wrong about its answer."""
    known = number % 4 == 0
    body = json.dumps({"question": BERTH if known else f"What does a berth cost on day {number}?"})
    connection = http.client.HTTPConnection(host, timeout=LONG)
    try:
        connection.request("POST", "/ask", body, {"Content-Type": "application/json", "Connection": "close"})
        response = connection.getresponse()
        reply = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        return 0, f"{number}: {type(error).__name__}: {error}"
    finally:
        connection.close()
    if response.status != 200:
        return response.status, f"{number}: {reply}"
    quotes = [citation["quote"] for citation in reply["citations"]]
    return 200, f"{number}: {quotes}" if known and quotes[:1] != [BERTH_QUOTE] else ""


def soak(served: Running, asks: int, reloads: int, seconds: float) -> dict[str, Any]:
    """Ask and change; all that was found."""
    tally, stop, end = Tally(), threading.Event(), time.monotonic() + seconds
    host = urlsplit(served.address).netloc

    def client() -> None:
        while not stop.is_set() and (number := tally.next()) <= asks:
            tally.note(*ask(host, number))

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    samples: list[Sample] = []
    first = published(served.library)
    try:
        for reload in range(1, reloads + 1):
            while tally.statuses[200] < asks * reload / reloads and time.monotonic() < end and not tally.wrong:
                time.sleep(0.05)
                if not any(thread.is_alive() for thread in threads):
                    break
            if time.monotonic() >= end or tally.wrong:
                break
            samples.append(Sample.of(served.process.pid, tally.statuses[200]))
            before = published(served.library)
            modify(served.library, f"octopus{reload}x")
            until(lambda before=before: published(served.library) > before)  # type: ignore[misc]  # the last one
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    wrong = tally.wrong[:5] + grown(samples)
    return {
        "asked": tally.statuses[200], "statuses": dict(tally.statuses),
        "reloads": published(served.library) - first, **of(samples), "wrong": wrong,
    }  # fmt: skip


def of(samples: Sequence[Sample]) -> dict[str, Any]:
    """Some of the samples, and how much there is more in the last tenth than after the first."""
    some = [asdict(sample) for sample in samples[:: max(1, len(samples) // SHOWN)]]
    if len(samples) < SHOWN * 2:
        return {"samples": some}
    early, late = _ends(samples)
    growth = {
        name: _middle(late, name) - _middle(early, name)
        for name in ("rss_kb", "anon_kb", "mapped_kb", "files", "threads")
    }
    share = round(100 * growth["rss_kb"] / _middle(early, "rss_kb"), 2)
    return {"samples": some, "growth": {**growth, "rss %": share}}


def grown(samples: Sequence[Sample]) -> list[str]:
    """What is more in the end than it may be; nothing is said of few samples."""
    if len(samples) < SHOWN * 2:
        return []
    early, late = _ends(samples)
    bounds = {"rss_kb": MOST_GROWTH * _middle(early, "rss_kb"), "files": MOST_FILES, "threads": MOST_THREADS}
    return [
        f"{name} grew from {_middle(early, name)} to {_middle(late, name)}"
        for name, bound in bounds.items()
        if _middle(late, name) - _middle(early, name) > bound
    ]


def _ends(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The tenth after the warm-up, and the last one."""
    tenth = max(1, int(WARM * len(samples)))
    return samples[tenth : 2 * tenth], samples[-tenth:]


def _middle(samples: Sequence[Sample], name: str) -> int:
    return round(statistics.median([int(getattr(sample, name)) for sample in samples]))


def main(asks: int, reloads: int, seconds: float, reader: str) -> dict[str, Any]:
    """Serve a small library and soak it."""
    with quick_folder() as place, running(Library.at(place), reader=reader) as served:
        return soak(served, asks, reloads, seconds)


if __name__ == "__main__":
    number, changes, most = (int(argument) for argument in sys.argv[1:4])
    named = sys.argv[4] if len(sys.argv) > 4 else "packaged"
    sys.stdout.write(json.dumps(main(number, changes, most, named)) + "\n")
