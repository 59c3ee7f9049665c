"""`qa serve --workers N`: N web processes on one socket, each replaced when it dies; this process only watches them.

The socket is opened here and stays open, so that a request that comes while a worker is being replaced waits for one of
the others. A worker that dies takes with it the requests that it had accepted, and no others.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from qa.errors import BuildFailed, QAError
from qa.live import messages
from qa.live.process import COMMAND
from qa.service.guards import Guards
from qa.service.metrics import SHARED_FOLDER, forget
from qa.service.run import announce, listen
from qa.service.server import KILLED
from qa.settings import Settings

WORKER = (sys.executable, "-P", "-X", "utf8", "-c", "from qa.service.worker import main; main()")
STOP_SECONDS = 15.0
"""So long the workers have to finish what they are answering."""
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 0.1, 10.0
"""A worker is replaced after the first; while it keeps dying before it answers, each pause doubles, up to the last."""


class Worker:
    """One place among the workers: a process, and the thread that replaces it when it dies."""

    def __init__(self, command: Sequence[str], orders: dict[str, Any], listener: socket.socket, figures: Path) -> None:
        """`figures` is the folder in which all workers count."""
        self._figures = figures
        self._command = command
        self._orders = orders
        self._listener = listener.fileno()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = Event()
        self.told = Event()
        """Set when the first process is ready, or could not be."""
        self.ready: str | None = None
        self.error: QAError | None = None
        self._thread = Thread(target=self._keep, name="qa-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let it finish and end, and start no other; may be called from any thread."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()

    def kill(self) -> None:
        """End it at once."""
        process = self._process
        if process is not None:
            process.kill()

    def join(self, until: float) -> None:
        """Wait for the end, and enforce it at the time given."""
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            self.kill()
            self._thread.join()

    def _keep(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            came_up = self._run_once()
            if not came_up and self.ready is None:
                return  # it never could: whoever started us says why
            pause = FIRST_PAUSE_SECONDS if came_up else min(2 * pause, LAST_PAUSE_SECONDS)
            self._stopping.wait(pause)

    def _run_once(self) -> bool:
        """Run a process to its end; returns whether it was ready."""
        process = subprocess.Popen(  # noqa: S603  # a command of our own
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            pass_fds=[self._listener],
            env={**os.environ, SHARED_FOLDER: str(self._figures)},
            start_new_session=True,  # Ctrl+C is for the supervisor, which stops them in order
        )
        self._process = process
        if self._stopping.is_set():
            process.terminate()
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            with contextlib.suppress(BrokenPipeError):  # it is dead already, and says nothing below
                process.stdin.write(json.dumps(self._orders).encode() + b"\n")
            came_up = self._hear(process.stdout.readline())
            code = process.wait()
        forget(self._figures, process.pid)
        if not self._stopping.is_set() and self.ready is not None:
            how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
            sys.stderr.write(f"qa: a worker ended unexpectedly ({how}); another takes its place.\n")
        return came_up

    def _hear(self, line: bytes) -> bool:
        try:
            said = json.loads(line)
        except ValueError:
            said = {}
        if "ready" in said:
            self.ready = said["ready"]
        elif self.ready is None:
            died = BuildFailed("A worker ended before it could answer.", remedy="See the messages above.")
            self.error = messages.error_of(said["error"]) if "error" in said else died
        self.told.set()
        return "ready" in said


def run_workers(
    settings: Settings,
    *,
    prepare: Callable[[], None] | None,
    worker: Sequence[str] = WORKER,
    builder: Sequence[str] = COMMAND,
) -> int:
    """Serve with `settings.workers` processes until SIGTERM or Ctrl+C; `prepare` may build the index first.

    Raises AddressUnavailable when the address is taken, ConfigError when nobody would be asked for a token, or what
    kept the first workers from answering.
    """
    Guards.of(settings)
    with listen(settings.host, settings.port) as listener, TemporaryDirectory(prefix="quoth-") as figures:
        if prepare:
            prepare()
        shared = settings.model_copy(update={"threads": settings.threads or threads_each(settings.workers)})
        orders = {
            "settings": shared.model_dump(mode="json"),
            "listener": listener.fileno(),
            "builder": list(builder),
        }
        stop = Event()
        workers: list[Worker] = []

        def asked_to_stop(number: int, _: object) -> None:
            if stop.is_set():  # for the second time: at once
                for one in workers:
                    one.kill()
                os._exit(KILLED + number)
            stop.set()

        before = {number: signal.signal(number, asked_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
        workers += [Worker(worker, orders, listener, Path(figures)) for _ in range(settings.workers)]
        try:
            for one in workers:
                while not one.told.wait(0.2) and not stop.is_set():
                    pass
                if one.error is not None:
                    raise one.error
            if not stop.is_set():
                announce(settings, listener, f"{workers[0].ready} {settings.workers} workers answer.")
            stop.wait()
        finally:
            _stop_all(workers, listener)
            for number, handler in before.items():
                signal.signal(number, handler)
    return 0


def threads_each(workers: int) -> int:
    """The threads that each worker may use, so that together they use the processor once."""
    return max(1, len(os.sched_getaffinity(0)) // workers)


def _stop_all(workers: Sequence[Worker], listener: socket.socket) -> None:
    for one in workers:
        one.stop()
    listener.close()  # each worker has it, too, and closes it when it accepts no more: then nobody listens
    until = time.monotonic() + STOP_SECONDS
    for one in workers:
        one.join(until)
