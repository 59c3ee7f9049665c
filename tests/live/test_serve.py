"""A real `qa serve` on loopback follows its corpus: every wait ends when what is awaited has come, or after long."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from library import BERTH, Library
from qa.live.child import NICENESS

TESTS = Path(__file__).resolve().parents[1]
LONG = 60.0
QUICK = {"settle_seconds": 0.2, "scan_seconds": 0.5, "mass_delete_seconds": 1.0, "answer_threshold": 0.0, "log": "off"}
OCTOPUS = "The octopus sleeps under the bridge."


@dataclass
class Served:
    """A running service over a library."""

    library: Library
    process: "subprocess.Popen[str]"
    http: httpx2.Client
    failures: list[str] = field(default_factory=list)
    killed: bool = False

    def found(self, query: str = "octopus") -> list[str]:
        """The texts that hold a word."""
        response = self.http.post("/search", json={"query": query})
        assert response.status_code == 200, response.text
        return [passage["text"] for passage in response.json()["passages"] if query in passage["text"]]

    def ready(self) -> dict[str, Any]:
        """The body of the probe."""
        found: dict[str, Any] = self.http.get("/readyz").json()
        return found

    def children(self) -> list[int]:
        """The processes that build."""
        pid = self.process.pid
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def until(what: Callable[[], object]) -> None:
    """Wait until it is true."""
    end = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < end, "it has not come"
        time.sleep(0.05)


@contextmanager
def started(folder: Path, settings: dict[str, Any]) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A service with these settings, and its address."""
    values = {**settings, **QUICK, "port": 0}
    environment = {**os.environ, "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}"}
    command = [sys.executable, str(TESTS / "live" / "served.py"), "serve", str(folder), json.dumps(values)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        try:
            yield process, next(line.split()[3] for line in lines if line.startswith("Quoth answers at"))
        finally:
            process.terminate()
            process.wait(LONG)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The service; asked without pause from start to end, and not one request may fail."""
    library = Library.at(tmp_path / "library")
    with (
        started(tmp_path, json.loads(library.settings.model_dump_json())) as (process, address),
        httpx2.Client(base_url=address, timeout=LONG) as http,
    ):
        served = Served(library, process, http)
        stop = threading.Event()
        asking = threading.Thread(target=ask_on, args=(address, served.failures, stop))
        asking.start()
        try:
            yield served
        finally:
            stop.set()
            asking.join()
    assert served.killed or served.failures == []


def ask_on(address: str, failures: list[str], stop: threading.Event) -> None:
    """Ask five times a second."""
    with httpx2.Client(base_url=address, timeout=LONG) as http:
        while not stop.wait(0.2):
            try:
                response = http.post("/ask", json={"question": BERTH})
            except httpx2.TransportError as error:
                failures.append(str(error))
                return
            if response.status_code != 200:
                failures.append(response.text)


def test_what_is_written_changed_and_removed_is_followed(served: Served) -> None:
    assert served.found() == []
    served.library.write("sea/octopus.txt", OCTOPUS)
    until(lambda: served.found() == [OCTOPUS])

    served.library.write("sea/octopus.txt", "The octopus sleeps above the bridge.")
    until(lambda: served.found() == ["The octopus sleeps above the bridge."])

    (served.library.settings.corpus / "sea" / "octopus.txt").unlink()
    until(lambda: served.found() == [])
    assert served.ready()["status"] == "ready"


def test_what_is_uploaded_is_answered_from_and_what_is_deleted_no_longer(served: Served) -> None:
    """No bound on the time: `benchmarks/rebuild.md` has the figures."""

    def quoted() -> list[tuple[str, str]]:
        reply = served.http.post("/ask", json={"question": "Where does the octopus sleep?"}).json()
        return [(cited["path"], cited["quote"]) for cited in reply["citations"] if "octopus" in cited["quote"]]

    assert quoted() == []
    added = served.http.put("/documents/sea/octopus.txt", content=OCTOPUS.encode())
    assert (added.status_code, added.json()["change"]) == (201, "added")
    until(lambda: quoted() == [("sea/octopus.txt", OCTOPUS)])

    assert served.http.delete("/documents/sea/octopus.txt").status_code == 200
    until(lambda: quoted() == [])
    assert served.http.delete("/documents/sea/octopus.txt").status_code == 404


def test_a_corpus_that_has_gone_or_is_empty_goes_on_answering_and_is_followed_when_it_is_back(served: Served) -> None:
    corpus = served.library.settings.corpus
    before = served.ready()["generation"]
    away = corpus.rename(corpus.with_name("away"))
    until(lambda: served.ready()["status"] == "stale")
    assert "no corpus folder" in served.ready()["problem"]
    assert served.found("berth") != []

    corpus.mkdir()
    until(lambda: "Nothing is left" in served.ready()["problem"])
    assert served.found("berth") != []
    assert served.ready()["generation"] == before

    corpus.rmdir()
    away.rename(corpus)
    until(lambda: served.ready()["status"] == "ready")
    served.library.write("octopus.txt", OCTOPUS)
    until(lambda: served.found() == [OCTOPUS])


def test_a_builder_that_is_killed_leaves_the_last_index_answering_and_is_replaced(
    served: Served, tmp_path: Path
) -> None:
    flag = tmp_path / "slow"
    flag.touch()
    served.library.write("octopus.txt", OCTOPUS)
    until(lambda: served.http.get("/index").json()["stage"] == "embedding")
    (child,) = served.children()

    os.kill(child, signal.SIGKILL)
    until(lambda: served.ready()["status"] == "stale")
    assert "SIGKILL" in served.ready()["problem"]
    assert served.found("berth") != []

    flag.unlink()
    until(lambda: served.found() == [OCTOPUS])
    until(lambda: served.ready()["status"] == "ready")


def test_the_builder_ends_with_the_service(served: Served) -> None:
    served.library.write("octopus.txt", OCTOPUS)
    until(lambda: served.found() == [OCTOPUS])
    (child,) = served.children()

    assert os.getpriority(os.PRIO_PROCESS, child) == min(os.getpriority(os.PRIO_PROCESS, 0) + NICENESS, 19)
    served.killed = True
    served.process.kill()

    until(lambda: not Path(f"/proc/{child}").exists())


def test_each_collection_follows_its_own_folder(tmp_path: Path) -> None:
    sea, hills = Library.at(tmp_path / "sea"), Library.at(tmp_path / "hills")
    names = {"sea": sea, "hills": hills}
    folders = {
        name: {"corpus": str(own.settings.corpus), "index": str(own.settings.index)} for name, own in names.items()
    }
    settings = {**json.loads(sea.settings.model_dump_json()), "collections": folders}
    with started(tmp_path, settings) as (_, address), httpx2.Client(base_url=address, timeout=LONG) as http:

        def found(**where: str) -> list[tuple[str, str]]:
            passages = http.post("/search", json={"query": "octopus", **where}).json()["passages"]
            return [(one["collection"], one["path"]) for one in passages if "octopus" in one["text"]]

        assert found() == []
        hills.write("octopus.txt", OCTOPUS)
        sea.write("below/octopus.txt", OCTOPUS)
        until(lambda: len(found()) == 2)
        assert sorted(found()) == [("hills", "octopus.txt"), ("sea", "below/octopus.txt")]
        assert found(collection="sea") == [("sea", "below/octopus.txt")]

        (hills.settings.corpus / "octopus.txt").unlink()
        until(lambda: found() == [("sea", "below/octopus.txt")])
        assert found(collection="hills") == []
