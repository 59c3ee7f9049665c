"""The builder process as the service sees it: started when it is needed, kept while warm, replaced when it dies."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, Protocol

from qa.errors import BuildFailed
from qa.index.build import BuildRequest
from qa.live import messages
from qa.live.messages import Built
from qa.ports import Progress
from qa.settings import Settings

COMMAND = (sys.executable, "-P", "-X", "utf8", "-c", "from qa.live.child import main; main()")
WARM_SECONDS = 900.0
"""So long after a build the process stays, with its model loaded; then its memory is given back."""
_TRIED_AGAIN = "The last index keeps answering, and the build is tried again."
_MODEST = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}
"""Threads that wait for work must not spin on the cores that answer; NumPy's work is too small to be shared out."""


class Builder(Protocol):
    """Builds on request."""

    def prepare(self) -> None:
        """A build will soon be asked for: make ready what takes time, without waiting for it."""

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        """Build; raises a QAError when it cannot be done."""

    def rest(self) -> None:
        """Called now and then while there is nothing to build."""

    def stop(self) -> None:
        """End a build that is running and begin no other; may be called from any thread."""

    def close(self) -> None:
        """Give everything back; called where `build` is."""


class BuilderProcess:
    """A child process that runs the builder of these settings."""

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self._settings = settings
        self._command = command
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[bytes] | None = None
        self._last_used = 0.0
        self._stopped = False

    def prepare(self) -> None:
        """Start the child while changes settle; why it cannot start is told by `build`."""
        with contextlib.suppress(OSError, BuildFailed):
            self._started()
            self._last_used = time.monotonic()

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        """Build in the child; raises what the builder raised, or BuildFailed when the child dies or cannot start."""
        try:
            process = self._started()
        except OSError as error:
            why = f"The process that builds the index cannot be started ({error.strerror})."
            raise BuildFailed(why, remedy=_TRIED_AGAIN) from error
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(messages.request_line(request))
            process.stdin.flush()
            for line in process.stdout:
                told = json.loads(line)
                if "built" in told:
                    return Built(**told["built"])
                if "error" in told:
                    raise messages.error_of(told["error"])
                progress(told["stage"], told["done"], told["total"])
        except BrokenPipeError:
            pass
        finally:
            self._last_used = time.monotonic()
        raise BuildFailed(self._epitaph(process), remedy=_TRIED_AGAIN)

    def rest(self) -> None:
        """End the child when it has had nothing to do for a while."""
        if self._process is not None and time.monotonic() - self._last_used > WARM_SECONDS:
            self.close()

    def stop(self) -> None:
        """End the child at once and start no other."""
        self._stopped = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the child and close what led to it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    _close(stream)
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def _started(self) -> "subprocess.Popen[str]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        if self._stopped:
            raise BuildFailed("The service is stopping.", remedy=_TRIED_AGAIN)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process
        self._process = subprocess.Popen(  # noqa: S603  # a command of our own
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env={**os.environ, **_MODEST},
            start_new_session=True,  # Ctrl+C is for the service; the child ends with it
        )
        assert self._process.stdin is not None
        self._process.stdin.write(self._settings.model_dump_json() + "\n")
        return self._process

    def _epitaph(self, process: "subprocess.Popen[str]") -> str:
        """How the child died, with its last words."""
        code = process.wait()
        how = f"exit code {code}" if code >= 0 else signal.Signals(-code).name
        words = b""
        if self._errors is not None:
            self._errors.seek(0)
            words = self._errors.read()[-2000:].strip().rpartition(b"\n")[2]
        said = f": {words.decode('utf-8', 'replace')}" if words else ""
        return f"The process that builds the index ended unexpectedly ({how}{said})."


def _close(stream: IO[str]) -> None:
    with contextlib.suppress(BrokenPipeError):  # a request that was never read
        stream.close()
