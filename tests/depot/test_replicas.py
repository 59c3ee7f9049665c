"""Three replicas behind a proxy: switched, killed and stopped under load, and nobody who asks notices."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from fakes import no_progress
from library import BERTH, BERTH_QUOTE, Library
from qa.depot.place import Depot
from qa.depot.pushing import push
from qa.embedding.packaged import PackagedEncoder
from torture.places import CHILD
from torture.service import LONG, connected, until

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
NAMES = ("one", "two", "three")
CLIENTS = 4
QUICK = {"QA_SCAN_SECONDS": "0.3", "QA_REQUESTS_PER_SECOND": "0", "QA_ANSWER_THRESHOLD": "0", "QA_THREADS": "1",
         "QA_READER": "sentence"}  # fmt: skip


@dataclass
class Replica:
    """A `qa serve --follow` of its own, without documents."""

    index: Path
    depot: Path
    process: "subprocess.Popen[str] | None" = None
    port: int = 0

    def start(self) -> None:
        """Start it, on the port that it had before."""
        command = [sys.executable, "-m", "qa", "serve", "--follow", str(self.depot), "--index", str(self.index)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**CHILD, **QUICK, "QA_LOG": "off"},
            cwd=self.index.parent,
        )

    def await_address(self) -> None:
        """Wait until it says where it answers."""
        assert self.process is not None
        assert self.process.stdout is not None
        lines = iter(self.process.stdout.readline, "")
        address = next(line.split()[3] for line in lines if line.startswith("Quoth answers at"))
        self.port = int(address.rpartition(":")[2])

    def generation(self) -> str:
        """What it answers from."""
        return str(httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=LONG).json()["generation"])

    def end(self, number: int) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.send_signal(number)
        code = self.process.wait(LONG)
        self.process.stdout.close()
        self.process = None
        return code

    def end_if_running(self) -> None:
        """Kill what a broken test leaves."""
        if self.process is not None:
            self.end(signal.SIGKILL)


@dataclass
class Load:
    """Clients that ask through the proxy without pause. `failures` are questions without the right answer, by time."""

    address: str
    failures: list[tuple[float, str]] = field(default_factory=list)
    answered: int = 0
    generations: set[str] = field(default_factory=set)

    def ask_until(self, stop: threading.Event) -> None:
        """One client."""
        with connected(self.address) as http:
            while not stop.wait(0.05):
                began = time.monotonic()
                try:
                    response = http.post("/ask", json={"question": BERTH})
                    assert response.status_code == 200, response.text[:200]
                    reply = response.json()
                    assert reply["citations"][0]["quote"] == BERTH_QUOTE
                except (httpx2.TransportError, ValueError, LookupError, AssertionError) as error:
                    self.failures.append((began, f"{type(error).__name__}: {error}"))
                else:
                    self.answered += 1
                    self.generations.add(reply["generation"])

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Ask meanwhile."""
        stop = threading.Event()
        threads = [threading.Thread(target=self.ask_until, args=(stop,)) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def some_more(self, answers: int = 3 * CLIENTS) -> None:
        """Wait for so many answers more."""
        enough = self.answered + answers
        until(lambda: self.answered >= enough)


@contextmanager
def proxy(replicas: list[Replica], folder: Path) -> Iterator[tuple[str, Path]]:
    """The shipped configuration with these replicas; its address, and the socket that tells its figures."""
    assert HAPROXY is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    control = folder / "admin.sock"
    text = CONFIGURATION.read_text(encoding="utf-8")
    text = text.replace("/run/haproxy/admin.sock", str(control)).replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    for number, replica in enumerate(replicas, start=1):
        text = text.replace(f"127.0.0.1:800{number}", f"127.0.0.1:{replica.port}")
    path = folder / "haproxy.cfg"
    path.write_text(text, encoding="utf-8")
    with subprocess.Popen([HAPROXY, "-db", "-q", "-f", str(path)], stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: control.exists() and len(states(control)) == len(replicas))
            yield f"http://127.0.0.1:{port}", control
        finally:
            process.terminate()
            process.wait(LONG)


def states(control: Path) -> dict[str, dict[str, str]]:
    """What the proxy says of each replica: `status`, and `eresp`, the answers that it had to give up."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(control))
        asking.sendall(b"show stat\n")
        text = b"".join(iter(lambda: asking.recv(65_536), b"")).decode()
    head, *lines = text.lstrip("# ").strip().splitlines()
    rows = [dict(zip(head.split(","), line.split(","), strict=False)) for line in lines]
    return {row["svname"]: row for row in rows if row["pxname"] == "replicas" and row["svname"] in NAMES}


@pytest.fixture
def replicas(tmp_path: Path) -> Iterator[list[Replica]]:
    """Three places for replicas; whatever runs in the end is stopped."""
    found = [Replica(tmp_path / name / "index", tmp_path / "depot") for name in NAMES]
    for one in found:
        one.index.parent.mkdir()
    with ExitStack() as stack:
        for one in found:
            stack.callback(one.end_if_running)
        yield found


@pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed (apt-get install haproxy)")
def test_a_switch_and_a_killed_replica_cost_nobody_an_answer(
    replicas: list[Replica], tmp_path: Path, packaged_encoder: PackagedEncoder
) -> None:
    builder = Library.at(tmp_path / "builder", encoder=packaged_encoder)

    def publish(word: str) -> str:
        builder.write("octopus.txt", f"The octopus sleeps under the {word}.")
        builder.build()
        return push(builder.store, Depot(str(tmp_path / "depot")), no_progress, keep=2).generation

    first = publish("bridge")
    for replica in replicas:
        replica.start()
    for replica in replicas:
        replica.await_address()
    with proxy(replicas, tmp_path) as (address, control):
        until(lambda: {row["status"] for row in states(control).values()} == {"UP"})
        load = Load(address)
        with load.going_on():
            load.some_more()
            second = publish("pier")
            until(lambda: {replica.generation() for replica in replicas} == {second})
            load.some_more()
            assert load.failures == []
            assert load.generations == {first, second}

            killed = time.monotonic()
            replicas[0].end(signal.SIGKILL)
            until(lambda: states(control)["one"]["status"] == "DOWN")
            load.some_more()
            gone = time.monotonic()
            replicas[0].start()
            replicas[0].await_address()
            until(lambda: states(control)["one"]["status"] == "UP")

            third = publish("lighthouse")
            until(lambda: {replica.generation() for replica in replicas} == {third})
            assert replicas[1].end(signal.SIGTERM) == 0
            load.some_more()
        lost = {name: int(row["eresp"]) for name, row in states(control).items()}
    assert [why for when, why in load.failures if not killed - 1 < when < gone] == []
    assert len(load.failures) <= min(CLIENTS, lost["one"])
    assert lost["two"] == lost["three"] == 0
    assert load.generations == {first, second, third}
