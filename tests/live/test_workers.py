"""R13: several web processes on one index: one generation, one follower, and a worker that dies is replaced.

How soon all have switched is measured by `torture.workers`: a test does not depend on how busy the machine is.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from library import Library
from qa.errors import BuildFailed, ModelUnavailable
from qa.live.shared import LOCK
from qa.service.workers import run_workers, threads_each
from torture.service import LONG, Running, asked, children_of, lives, running, until

OCTOPUS = "The octopus sleeps under the bridge."
WORKERS = 3


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Running]:
    """Three workers."""
    with running(Library.at(tmp_path / "library"), workers=WORKERS) as service:
        yield service


def leader(served: Running) -> int:
    """The worker that holds the lock; 0 when none does just now."""
    inode = (served.library.settings.index / LOCK).stat().st_ino
    locks = Path("/proc/locks").read_text().splitlines()
    return next((int(line.split()[4]) for line in locks if line.split()[5].endswith(f":{inode}")), 0)


def generations(served: Running, asks: int = 40) -> set[str]:
    """What so many connections, which reach all workers, are answered from."""
    return {served.get("/readyz")["generation"] for _ in range(asks)}


def test_all_switch_soon_and_any_passes_a_request_on(served: Running) -> None:
    assert len(served.children()) == WORKERS
    library = served.library
    first = library.store.current()
    with asked(served.address) as asking:
        library.write("octopus.txt", OCTOPUS)
        until(lambda: library.store.current() != first)
        until(lambda: generations(served) == {library.store.current()})
        before = served.get("/index")["checked"]
        time.sleep(1.0)
        response = httpx2.post(served.address + "/reindex", json={}, timeout=LONG)
        assert response.status_code == 202
        until(lambda: served.get("/index")["checked"] > before)
        assert served.found("octopus") == [OCTOPUS]
    assert asking.failures == []


def test_a_killed_worker_is_replaced_and_nobody_else_notices(served: Running) -> None:
    before = served.children()
    until(lambda: leader(served))
    follower = leader(served)
    other = next(worker for worker in before if worker != follower)
    with asked(served.address, tolerated=True) as asking:
        for victim in (other, follower):
            os.kill(victim, signal.SIGKILL)
            # The default binds the victim of this round; a lambda with one cannot be typed.
            until(lambda gone=victim: gone not in served.children() and len(served.children()) == WORKERS)  # type: ignore[misc]  # a bound default
        until(lambda: leader(served) not in {0, follower})
        served.library.write("octopus.txt", OCTOPUS)
        until(lambda: served.found("octopus") == [OCTOPUS])
        until(lambda: generations(served) == {served.library.store.current()})
    assert len(asking.failures) <= 2, "a worker takes along what it had accepted, and no more"


def test_all_end_with_the_supervisor(served: Running) -> None:
    workers = served.children()
    builders = [child for worker in workers for child in children_of(worker)]
    served.process.kill()
    until(lambda: not any(map(lives, [*workers, *builders])))


def test_sigterm_ends_all_and_is_no_failure(served: Running) -> None:
    workers = served.children()
    served.process.terminate()
    assert served.process.wait(LONG) == 0
    assert not any(map(lives, workers))


def test_workers_that_cannot_start_are_an_error_with_a_reason(library: Library) -> None:
    settings = library.settings.model_copy(update={"workers": 2, "port": 0})
    told = '{"error": {"name": "ModelUnavailable", "message": "No model.", "remedy": "Get one."}}'
    with pytest.raises(ModelUnavailable, match=r"No model\. Get one\."):
        run_workers(settings, prepare=None, worker=["sh", "-c", f"read line; echo '{told}'; exit 1"])
    with pytest.raises(BuildFailed, match="before it could answer"):
        run_workers(settings, prepare=None, worker=["false"])


def test_workers_share_the_processor() -> None:
    cores = len(os.sched_getaffinity(0))
    assert threads_each(1) == cores
    assert threads_each(10 * cores) == 1
