"""R13 with the shipped models: `qa serve --workers N` over a copy of the example corpus, asked, changed and killed.

`python -m torture.workers N` prints a tally as JSON. All workers must answer from a new generation within the bound; a
worker that is killed takes no more than one request along (one is asked at a time), and the corpus is still followed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from torture.places import CHILD, TESTS, quick_folder
from torture.service import LONG, children_of, connected, until

QUESTION, QUOTED = "Which countries has India held 2+2 meetings with?", "Japan"
SWITCH_SECONDS = 2.0
CHANGES, KILLS = 3, 2
ALL = 30
"""So many connections in a row reach every worker."""


@dataclass
class Asked:
    """What came of the questions: seconds each, and what failed."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ask(self, http: httpx2.Client) -> None:
        """Ask once."""
        began = time.monotonic()
        try:
            reply = http.post("/ask", json={"question": QUESTION}).json()
            quotes = " ".join(citation["quote"] for citation in reply["citations"])
        except (httpx2.TransportError, ValueError, LookupError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")
            return
        if QUOTED in quotes:
            self.seconds.append(time.monotonic() - began)
        else:
            self.failures.append(quotes)

    def at(self, share: float) -> float:
        """The time that so many of the answers took at most, in seconds."""
        return round(sorted(self.seconds)[int(share * (len(self.seconds) - 1))], 2)


@contextmanager
def asking(address: str) -> Iterator[Asked]:
    """One question after another meanwhile, a fifth of a second apart."""
    asked, stop = Asked(), threading.Event()

    def ask_on() -> None:
        with connected(address) as http:
            while not stop.wait(0.2):
                asked.ask(http)

    thread = threading.Thread(target=ask_on)
    thread.start()
    try:
        yield asked
    finally:
        stop.set()
        thread.join()


def megabytes(process: int) -> int:
    """What a process holds in memory."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def trial(folder: Path, workers: int) -> dict[str, Any]:
    """Start, change, kill; ends the service."""
    shutil.copytree(TESTS.parent / "corpus", folder / "corpus")
    options = {"corpus": folder / "corpus", "index": folder / "index", "workers": workers, "port": 0}
    command = [sys.executable, "-m", "qa", "serve", *(f"--{name}={value}" for name, value in options.items())]
    environment = {**CHILD, "QA_LOG": "off"}
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            address = next(line.split()[3] for line in lines if line.startswith("Quoth answers at"))
            ready = round(time.monotonic() - began, 1)
            with connected(address) as http, asking(address) as asked:
                switches = [switch(http, folder, number) for number in range(CHANGES)]
                replaced = [kill(process.pid, number, workers) for number in range(KILLS)]
                followed = change(http, folder, "garden")
                sizes = [megabytes(worker) for worker in children_of(process.pid)]
        finally:
            process.terminate()
            process.wait(LONG)
    late = [f"a worker switched {max(switches)} s after publication"] if max(switches) > SWITCH_SECONDS else []
    failed = asked.failures if len(asked.failures) > KILLS else []
    return {
        "seconds until ready": ready, "asked": len(asked.seconds), "p50, s": asked.at(0.5), "p95, s": asked.at(0.95),
        "seconds from publication to the last old answer": switches, "failed": len(asked.failures),
        "seconds until a killed worker was replaced": replaced,
        "seconds until a change was found after that": followed,
        "MB of each": sizes, "wrong": [*late, *failed],
    }  # fmt: skip


def change(http: httpx2.Client, folder: Path, place: str) -> float:
    """Write something and wait until it is answered; returns the seconds."""
    (folder / "corpus" / "octopus.txt").write_text(f"The octopus Ringo sleeps in the {place}.")
    question = {"question": "Where does the octopus Ringo sleep?"}
    return round(until(lambda: place in http.post("/ask", json=question).text), 2)


def switch(http: httpx2.Client, folder: Path, number: int) -> float:
    """Change a file; how long after the publication the last answer came from the generation before."""
    current = folder / "index" / "CURRENT"
    before = current.read_text()
    (folder / "corpus" / "octopus.txt").write_text(f"The octopus Ringo sleeps under bridge {number}.")
    until(lambda: current.read_text() != before)
    published = last = time.monotonic()
    row = 0
    while row < ALL:
        row += 1
        if http.get("/readyz").json()["generation"] != current.read_text().strip():
            row, last = 0, time.monotonic()
    return round(last - published, 2)


def kill(supervisor: int, number: int, workers: int) -> float:
    """Kill a worker, and wait until another process is in its place; returns the seconds."""
    victim = children_of(supervisor)[number]
    os.kill(victim, signal.SIGKILL)
    return round(until(lambda: victim not in (now := children_of(supervisor)) and len(now) == workers), 2)


if __name__ == "__main__":
    with quick_folder() as place:
        sys.stdout.write(json.dumps(trial(place, int(sys.argv[1]))) + "\n")
