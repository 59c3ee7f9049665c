"""A running service over a small library, for harnesses: started as a program, asked over loopback, killed at will."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from library import BERTH, BERTH_QUOTE, Library
from torture.places import CHILD, TESTS

LONG = 60.0
QUICK = {
    "settle_seconds": 0.2, "scan_seconds": 0.5, "mass_delete_seconds": 1.0, "answer_threshold": 0.0, "log": "off",
    "port": 0, "requests_per_second": 0,
}  # fmt: skip
SERVED = TESTS / "live" / "served.py"


def until(what: Callable[[], object], seconds: float = LONG) -> float:
    """Wait until it is true; returns for how long."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it has not come"
        time.sleep(0.02)
    return time.monotonic() - began


@dataclass
class Running:
    """A started service. `process` is the web process, or the supervisor of several."""

    library: Library
    process: "subprocess.Popen[str]"
    address: str
    started_in: float
    http: httpx2.Client

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of an address, over a connection of its own."""
        found: dict[str, Any] = self.http.get(path).json()
        return found

    def found(self, word: str) -> list[str]:
        """The texts that hold a word."""
        response = self.http.post("/search", json={"query": word})
        response.raise_for_status()
        return [passage["text"] for passage in response.json()["passages"] if word in passage["text"]]

    def children(self) -> list[int]:
        """The processes that it has started and that live."""
        return children_of(self.process.pid)


def children_of(process: int) -> list[int]:
    """The living children of a process."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def lives(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def connected(address: str) -> httpx2.Client:
    """A client that opens a connection for each request, as different people do."""
    return httpx2.Client(base_url=address, timeout=LONG, headers={"Connection": "close"})


@contextmanager
def running(
    library: Library,
    *,
    before: Sequence[str] = (),
    environment: dict[str, str] | None = None,
    **more: Any,
) -> Iterator[Running]:
    """Start the service over a library and wait until it says where it answers; terminated in the end.

    `before` is a command that runs the one that follows it.
    """
    values = {**json.loads(library.settings.model_dump_json()), **QUICK, **more}
    folder = library.settings.corpus.parent
    command = [*before, sys.executable, str(SERVED), "serve", str(folder), json.dumps(values)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**CHILD, **(environment or {})}) as process:
        assert process.stdout is not None
        try:
            lines = iter(process.stdout.readline, "")
            address = next(line.split()[3] for line in lines if line.startswith("Quoth answers at"))
            started_in = time.monotonic() - began
            with connected(address) as http:
                yield Running(library, process, address, started_in, http)
        finally:
            process.terminate()
            process.wait(LONG)


@dataclass
class Asking:
    """What came of the questions that were asked without pause: failures, seconds each, generations in order."""

    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    backwards: int = 0
    generations: Counter[str] = field(default_factory=Counter)
    last: str = ""

    def ask(self, http: httpx2.Client) -> None:
        """Ask once."""
        began = time.monotonic()
        try:
            response = http.post("/ask", json={"question": BERTH})
            reply = response.json()
            if response.status_code != 200 or reply["citations"][0]["quote"] != BERTH_QUOTE:
                self.failures.append(response.text[:200])
                return
        except (httpx2.TransportError, ValueError, LookupError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")
            return
        self.seconds.append(time.monotonic() - began)
        self.generations[reply["generation"]] += 1
        self.backwards += reply["generation"] < self.last
        self.last = reply["generation"]

    def took(self, share: float) -> float:
        """The milliseconds that so many of the answers took at most."""
        ordered = sorted(self.seconds)
        return round(1000 * ordered[int(share * (len(ordered) - 1))], 1) if ordered else 0.0

    def p95(self) -> float:
        """The 95th percentile of the milliseconds."""
        return self.took(0.95)


@contextmanager
def asked(address: str, *, every: float = 0.2, tolerated: bool = False, into: Asking | None = None) -> Iterator[Asking]:
    """Ask five times a second meanwhile, each over a connection of its own; `tolerated` goes on after a failure."""
    asking, stop = into or Asking(), threading.Event()

    def ask_on() -> None:
        began = time.monotonic()
        with connected(address) as http:
            while not stop.wait(began + every - time.monotonic()) and (tolerated or not asking.failures):
                began = time.monotonic()
                asking.ask(http)

    thread = threading.Thread(target=ask_on)
    thread.start()
    try:
        yield asking
    finally:
        stop.set()
        thread.join()
