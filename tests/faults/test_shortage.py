"""R5 and C8: when the machine runs short of something, answering goes on, the probe says why, and all mends itself."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from library import BERTH, BERTH_QUOTE, HereBuilder, Library
from qa.errors import CorpusUnreadable
from qa.index.corpus import read, scan
from shelf import NOON, Shelf, public_folder, without_privileges
from torture.places import CHILD
from torture.service import LONG, asked, children_of, running, until
from torture.syscalls import strace_problem

PROBLEM = strace_problem()
OCTOPUS = "The octopus sleeps under the bridge."


@contextmanager
def without_descriptors() -> Iterator[None]:
    """No file can be opened inside."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_corpus_that_the_machine_cannot_read_now_is_an_error_and_no_file_is_skipped_for_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path).write()
    (file, *_) = scan(shelf.corpus)
    with without_descriptors():
        with pytest.raises(CorpusUnreadable, match="Too many open files"):
            scan(shelf.corpus)
        with pytest.raises(CorpusUnreadable, match="Too many open files"):
            read(file, max_bytes=1000)
    assert read(file, max_bytes=1000).data


@pytest.mark.skipif(PROBLEM is not None, reason=f"{PROBLEM}, so no system call can be broken")
def test_a_build_that_has_no_descriptors_left_at_any_moment_leaves_no_document_out() -> None:
    environment = {**CHILD, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "torture.syscalls", "10", "EMFILE"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    tally = json.loads(done.stdout)
    assert tally["wrong"] == []
    assert tally["points"] > 150, "every opening of a file of corpus or index"
    assert tally["ends"]["refused"] > 5


def test_a_service_without_descriptors_answers_on_says_so_and_recovers_by_itself(built: Library) -> None:
    now = 1000.0
    engine = built.engine(clock=lambda: now)
    builder = HereBuilder(built)
    follower = built.follower(builder, clock=lambda: now, refresh=engine.refresh, troubled=engine.troubled)
    first = built.store.current()
    with built.client(engine, follower) as client:
        assert client.post("/ask", json={"question": BERTH}).status_code == 200
        assert client.get("/readyz").json()["status"] == "ready"
        built.write("octopus.txt", OCTOPUS)
        with without_descriptors():
            for _ in range(3):
                follower.step()
                now += 2
            reply = client.post("/ask", json={"question": BERTH}).json()
            probe = client.get("/readyz").json()
        assert reply["citations"][0]["quote"] == BERTH_QUOTE
        assert (probe["status"], probe["generation"]) == ("stale", first)
        assert "Too many open files" in probe["problem"]
        assert "octopus.txt" not in client.get("/documents").text
        for _ in range(4):
            now += 10
            follower.step()
        assert client.get("/readyz").json()["status"] == "ready"
        assert built.store.current() > first
        assert OCTOPUS in client.post("/search", json={"query": "octopus"}).text
    published = built.store.manifest(built.store.current()).documents
    assert {record.path for record in published if record.reason} == {"latin.txt", "sheet.xyz"}


def test_an_index_folder_that_cannot_be_written_is_said_and_answers_on() -> None:
    with public_folder() as folder:
        library = Library.at(folder / "library")
        library.build()
        now = 1000.0
        engine = library.engine(clock=lambda: now)
        follower = library.follower(clock=lambda: now, refresh=engine.refresh, troubled=engine.troubled)
        client = library.client(engine, follower)
        assert client.get("/readyz").json()["status"] == "ready"
        library.write("octopus.txt", OCTOPUS)
        closed = (library.settings.index, library.store.folder(""), library.settings.index / ".lock")
        modes = [path.stat().st_mode for path in closed]
        for path, mode in zip(closed, modes, strict=True):
            path.chmod(mode & 0o555)
        with without_privileges():
            for _ in range(3):
                follower.step()
                now += 2
            assert client.post("/ask", json={"question": BERTH}).json()["citations"][0]["quote"] == BERTH_QUOTE
            probe = client.get("/readyz").json()
        assert probe["status"] == "stale"
        assert "cannot be written (Permission denied)" in probe["problem"]
        for path, mode in zip(closed, modes, strict=True):
            path.chmod(mode)
        for _ in range(3):
            now += 10
            follower.step()
        assert client.get("/readyz").json()["status"] == "ready"
        assert OCTOPUS in client.post("/search", json={"query": "octopus"}).text


def test_a_clock_that_jumps_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = NOON
    shelf = Shelf(tmp_path, clock=lambda: clock).write()
    shelf.build()
    for days in (-400, 800, -400):
        clock += timedelta(days=days)
        assert not shelf.build().published, "nothing has changed"
        shelf.write({"stones.txt": f"Slate is {days}."})
        assert shelf.build().published
        assert f"Slate is {days}." in "".join(p.text for p in shelf.open().passages(range(len(shelf.open().lexical))))
    library = Library.at(tmp_path / "library")
    library.build()
    builder = HereBuilder(library)
    steady, wall = 1000.0, time.time_ns()
    follower = library.follower(builder, clock=lambda: steady)
    for jump in (-(10**17), 10**17, 0):
        monkeypatch.setattr("qa.live.follower.time.time_ns", lambda by=jump: wall + by)
        before = len(builder.requests)
        for _ in range(20):
            follower.step()
            steady += 10
        assert len(builder.requests) - before <= 20, "it does not spin"
        library.write("octopus.txt", f"The octopus waits {jump}.")
        for _ in range(3):
            follower.step()
            steady += 10
        found = library.client().post("/search", json={"query": "octopus"}).text
        assert f"The octopus waits {jump}." in found


def namespace_problem() -> str | None:
    """Why no other number of watches can be set here for one process alone, or None."""
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    tried = subprocess.run([*NO_WATCHES, "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else f"no user namespace can be made here: {tried.stderr.strip()[-200:]}"


NO_WATCHES = (
    "unshare", "--user", "--map-root-user", "sh", "-c",
    'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh",
)  # fmt: skip
NAMESPACE_PROBLEM = namespace_problem()


@pytest.mark.skipif(NAMESPACE_PROBLEM is not None, reason=str(NAMESPACE_PROBLEM))
def test_c8_without_any_watch_scans_find_what_changes_and_it_is_said_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    library = Library.at(tmp_path / "library")
    with running(library, before=NO_WATCHES, log="text", scan_seconds=0.2) as served, asked(served.address) as asking:
        for number in range(2):
            library.write("octopus.txt", f"The octopus waits {number}.")
            until(lambda text=f"The octopus waits {number}.": served.found("octopus") == [text])  # type: ignore[misc]  # a bound default
    assert asking.failures == []
    assert capfd.readouterr().err.count("found by scans alone") == 1


def test_a_disk_that_is_full_while_it_serves_is_said_and_recovers_by_itself(tmp_path: Path) -> None:
    library = Library.at(tmp_path / "library")
    with running(library) as served, asked(served.address) as asking:
        library.write("octopus.txt", OCTOPUS)
        until(lambda: served.found("octopus"))
        processes = [served.process.pid, *children_of(served.process.pid)]
        limits = [resource.prlimit(one, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY)) for one in processes]
        library.write("crab.txt", "The crab sleeps under the pier.")
        until(lambda: served.get("/readyz")["status"] == "stale")
        assert os.strerror(errno.EFBIG) in served.get("/readyz")["problem"]
        assert served.found("octopus")
        assert not served.found("crab")
        for one, limit in zip(processes, limits, strict=True):
            resource.prlimit(one, resource.RLIMIT_FSIZE, limit)
        until(lambda: served.found("crab"))
        until(lambda: served.get("/readyz")["status"] == "ready", LONG)
    assert asking.failures == []


def test_a_process_without_descriptors_answers_those_that_are_connected_and_others_when_it_has_some(
    tmp_path: Path,
) -> None:
    with running(Library.at(tmp_path / "library")) as served, asked(served.address) as asking:
        process = served.process.pid
        with httpx2.Client(base_url=served.address, timeout=LONG) as connected:
            assert connected.get("/readyz").json()["status"] == "ready"
            before = resource.prlimit(process, resource.RLIMIT_NOFILE)

            def is_short() -> bool:
                """Take all descriptors away that are not in use just now, and see whether it says so."""
                used = {int(path.name) for path in Path(f"/proc/{process}/fd").iterdir()}
                lowest = min(set(range(len(used) + 1)) - used)
                if lowest < resource.prlimit(process, resource.RLIMIT_NOFILE)[0]:
                    resource.prlimit(process, resource.RLIMIT_NOFILE, (lowest, before[1]))
                return "Too many open files" in (connected.get("/readyz").json()["problem"] or "")

            until(is_short)
            reply = connected.post("/ask", json={"question": BERTH}).json()
            assert reply["citations"][0]["quote"] == BERTH_QUOTE
            resource.prlimit(process, resource.RLIMIT_NOFILE, before)
        until(lambda: served.get("/readyz")["status"] == "ready")
    assert asking.failures == [], "who came meanwhile waited"
