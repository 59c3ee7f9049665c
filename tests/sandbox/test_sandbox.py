"""Whatever a job does in its child, the parent gets a reply or one error for one file, and the next job works."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import sandbox_jobs
from qa.errors import (
    DocumentError,
    DocumentTooLarge,
    NoText,
    ParserDied,
    ParserTimeout,
    SandboxUnavailable,
    UnreadableDocument,
)
from qa.sandbox.limits import Limits
from qa.sandbox.pool import Sandbox

LIMITS = Limits(memory_bytes=400_000_000, cpu_seconds=1, wall_seconds=20, open_files=32)
MB = 1_000_000


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """One child for the tests that do not count children."""
    sandbox = Sandbox(LIMITS, command=sandbox_jobs.COMMAND)
    yield sandbox
    sandbox.close()


@pytest.fixture
def made() -> Iterator[Callable[..., Sandbox]]:
    """Makes sandboxes that are closed after the test."""
    sandboxes = []

    def make(limits: Limits = LIMITS, **options: Any) -> Sandbox:
        sandboxes.append(Sandbox(limits, **{"command": sandbox_jobs.COMMAND, **options}))
        return sandboxes[-1]

    yield make
    for sandbox in sandboxes:
        sandbox.close()


def run(sandbox: Sandbox, job: str, data: bytes = b"", **arguments: Any) -> tuple[Any, bytes]:
    return sandbox.run(f"sandbox_jobs:{job}", arguments, data, name="a.pdf")


def pid(sandbox: Sandbox) -> int:
    return int(run(sandbox, "echo")[0]["pid"])


def is_gone(process: int, seconds: float = 20) -> bool:
    """Whether a process ends within a time; one that nobody has waited for yet counts as gone."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 40_000])
def test_bytes_and_values_arrive_as_they_are(shared: Sandbox, data: bytes) -> None:
    value, given = run(shared, "echo", data, words="caf\u00e9 \U0001f6a9\n", number=3, nothing=None)

    assert given == data
    assert (value["words"], value["number"], value["nothing"]) == ("caf\u00e9 \U0001f6a9\n", 3, None)
    assert value["pid"] != os.getpid()


def test_a_child_is_light_and_knows_no_secrets(made: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "secret")
    sandbox = made()
    loaded = set(run(sandbox, "modules")[0])

    assert {"qa", "sandbox_jobs"} <= loaded
    assert not loaded & {"torch", "faiss", "numpy", "pydantic", "tantivy", "transformers", "lxml", "onnxruntime"}
    assert "SOME_TOKEN" not in run(sandbox, "environment")[0]


def test_nothing_starts_before_the_first_job(made: Callable[..., Sandbox]) -> None:
    sandbox = made(command=("/no/such/program",))
    sandbox.close()
    with pytest.raises(SandboxUnavailable, match=r"does not start.*No such file"):
        run(sandbox, "echo")


def test_a_child_is_kept_for_its_share_of_jobs_and_then_replaced(made: Callable[..., Sandbox]) -> None:
    sandbox = made(jobs_each=3)
    pids = [pid(sandbox) for _ in range(7)]

    assert [len(set(pids[start : start + 3])) for start in (0, 3, 6)] == [1, 1, 1]
    assert len(set(pids)) == 3
    assert all(is_gone(process) for process in pids[:6])


def test_a_child_whose_memory_has_grown_is_replaced(made: Callable[..., Sandbox]) -> None:
    sandbox = made()
    first = pid(sandbox)
    run(sandbox, "eat", bytes=200 * MB)
    assert pid(sandbox) == first, "memory that was given back is no reason"
    run(sandbox, "keep", bytes=200 * MB)
    assert pid(sandbox) != first


def test_closing_ends_the_children_and_the_next_job_starts_new_ones(made: Callable[..., Sandbox]) -> None:
    sandbox = made(processes=2)
    first = pid(sandbox)
    sandbox.close()
    assert is_gone(first)
    assert pid(sandbox) != first


def test_jobs_of_several_threads_run_side_by_side(made: Callable[..., Sandbox]) -> None:
    sandbox = made(processes=2)
    with ThreadPoolExecutor(6) as threads:
        values = list(threads.map(lambda n: run(sandbox, "echo", b"%d" % n, number=n), range(60)))

    assert [(value["number"], data) for value, data in values] == [(n, b"%d" % n) for n in range(60)]
    assert len({value["pid"] for value, _ in values}) <= 2


def test_the_error_of_a_parser_comes_back_as_it_is_but_printable(shared: Sandbox) -> None:
    with pytest.raises(NoText) as caught:
        run(shared, "refuse")
    assert (caught.value.message, caught.value.remedy) == ("a.txt holds  no text.", "Write [31m some.")


FAILURES: dict[str, tuple[type[DocumentError], str, dict[str, Any]]] = {
    "spin": (ParserTimeout, "Reading a.pdf took longer than 1 seconds of computing", {}),
    "eat": (DocumentTooLarge, "Reading a.pdf takes more than 400 MB of memory", {"bytes": 600 * MB}),
    "end": (ParserDied, r"a\.pdf made the process that read it end \(exit code 0\)", {}),
    "refuse_otherwise": (UnreadableDocument, "no error that can be understood", {}),
    "fail": (UnreadableDocument, r"a\.pdf cannot be read \(its parser failed: KeyError: 'w:p'\)", {}),
    "nest": (UnreadableDocument, "RecursionError", {}),
    "babble": (UnreadableDocument, "UnicodeDecodeError", {}),
    "flood": (UnreadableDocument, "FrameTooLarge", {}),
    "swarm": (UnreadableDocument, "FrameTooLarge", {}),
    "no_object": (UnreadableDocument, "no object", {}),
    "no_value": (UnreadableDocument, "no value", {}),
    "unbelievable": (UnreadableDocument, "no error that can be understood", {}),
}


@pytest.mark.parametrize("job", FAILURES)
def test_what_a_child_may_do_wrong_is_one_error_for_its_file(shared: Sandbox, job: str) -> None:
    kind, words, arguments = FAILURES[job]
    with pytest.raises(kind, match=words) as caught:
        run(shared, job, **arguments)
    assert type(caught.value) is kind
    assert caught.value.remedy
    assert run(shared, "echo", b"next")[1] == b"next"


def test_a_child_that_ends_by_a_signal_without_a_name_breaks_nothing(made: Callable[..., Sandbox]) -> None:
    """It may choose its end: a timer, for one, can send it any signal."""
    sandbox = made()
    with pytest.raises(UnreadableDocument, match=r"\(signal 40\)"):
        run(sandbox, "end", signal=40)
    assert pid(sandbox) > 0


@pytest.mark.parametrize("name", ["SIGABRT", "SIGSEGV", "SIGKILL", "SIGTERM", "SIGILL"])
def test_a_child_that_dies_is_named_with_its_signal(shared: Sandbox, name: str) -> None:
    with pytest.raises(ParserDied, match=rf"a\.pdf made the process that read it end \({name}\)"):
        run(shared, "end", signal=getattr(signal, name))
    with pytest.raises(ParserDied, match="SIGSEGV"):
        run(shared, "end", address=8)


def test_a_child_that_hangs_is_killed_when_its_time_is_over(made: Callable[..., Sandbox]) -> None:
    sandbox = made(Limits(wall_seconds=1))
    first = pid(sandbox)
    with pytest.raises(ParserTimeout, match=r"longer than 60 seconds of computing, or 1 in all\. .*QA_PARSER_SECONDS"):
        run(sandbox, "sleep")
    assert is_gone(first)


def test_time_is_counted_for_each_job(made: Callable[..., Sandbox]) -> None:
    sandbox = made(Limits(cpu_seconds=1))
    assert len({run(sandbox, "spin", seconds=0.6)[0] for _ in range(4)}) == 1


def test_what_only_a_used_child_fails_on_is_tried_in_a_fresh_one(made: Callable[..., Sandbox]) -> None:
    sandbox = made()
    first = run(sandbox, "crash_when_used")[0]
    assert run(sandbox, "crash_when_used")[0] != first
    run(sandbox, "keep", bytes=100 * MB)
    assert run(sandbox, "eat", bytes=300 * MB)[0] == 300 * MB


@pytest.mark.parametrize("what", sandbox_jobs.ATTEMPTS)
def test_a_child_can_do_nothing_but_compute(shared: Sandbox, tmp_path: Path, what: str) -> None:
    (tmp_path / "old.txt").write_text("old")
    before = (tmp_path / "old.txt").stat()

    refused = run(shared, "attempt", what=what, folder=str(tmp_path))[0]

    assert refused == errno.EPERM
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]
    assert (tmp_path / "old.txt").read_text() == "old"
    assert (tmp_path / "old.txt").stat().st_mode == before.st_mode


def test_a_child_can_open_so_many_files_and_no_more(shared: Sandbox, tmp_path: Path) -> None:
    assert run(shared, "attempt", what="open many files", folder=str(tmp_path))[0] == errno.EMFILE


def test_a_child_that_cannot_start_is_an_error_of_its_own(made: Callable[..., Sandbox]) -> None:
    with pytest.raises(SandboxUnavailable, match=r"does not start.*QA_PARSER_MEMORY_MEGABYTES"):
        run(made(command=(sys.executable, "-c", "raise SystemExit(3)")), "echo")


@pytest.mark.parametrize("job", ["sleep", "spin"])
def test_a_child_dies_with_its_parent_in_the_midst_of_a_job(job: str) -> None:
    program = (
        "import sandbox_jobs, threading, sys\n"
        "from qa.sandbox.limits import Limits\nfrom qa.sandbox.pool import Sandbox\n"
        "sandbox = Sandbox(Limits(), command=sandbox_jobs.COMMAND)\n"
        "print(sandbox.run('sandbox_jobs:echo', {}, b'', name='a')[0]['pid'], flush=True)\n"
        f"sandbox.run('sandbox_jobs:{job}', {{}}, b'', name='a')\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.3)  # it is at work
    assert Path(f"/proc/{child}").exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert is_gone(child, 5)


def test_a_thread_that_asked_may_end_before_its_child(made: Callable[..., Sandbox]) -> None:
    sandbox = made()
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(pid, sandbox).result()
    time.sleep(0.1)
    assert pid(sandbox) == first
