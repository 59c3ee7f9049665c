"""One child process as its parent sees it: started, asked, watched, and killed with all that it may have started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from qa.errors import SandboxUnavailable
from qa.sandbox import frames
from qa.sandbox.frames import Frame, FrameTooLarge
from qa.sandbox.limits import Limits

COMMAND = (sys.executable, "-P", "-X", "utf8", "-c", "from qa.sandbox.child import main; main()")
START_SECONDS = 60.0
"""So long a child may take until it is ready: a machine can be very busy."""
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
"""All else in the environment, secrets perhaps, is no business of a parser."""


class OutOfTime(Exception):  # these four are turned into errors that people see by the pool
    """A job ran past the time limit."""


class OutOfMemory(Exception):
    """A job ran past the memory limit."""


class Died(Exception):
    """The child ended by itself; the argument says how."""


class Failed(Exception):
    """The child gave no sound reply; the argument says what is wrong."""


class SandboxProcess:
    """A child that has bound itself to `limits`, for at most `jobs` jobs."""

    def __init__(self, limits: Limits, jobs: int, command: Sequence[str] = COMMAND) -> None:
        self._limits = limits
        self.done = 0
        self.usable = True
        try:
            self._channel, theirs = socket.socketpair()
        except OSError as error:
            raise _unavailable(str(error)) from error
        try:
            with theirs:
                self._process = _started([*command, str(theirs.fileno())], theirs)
        except OSError as error:
            self._channel.close()
            raise _unavailable(str(error)) from error
        try:
            deadline = time.monotonic() + START_SECONDS
            frames.send(self._channel, Frame({"limits": asdict(limits), "jobs": jobs}, b""), deadline)
            frames.receive(self._channel, deadline)
        except (OSError, EOFError) as error:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
            raise _unavailable(self.end() or str(error)) from error
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        """Its process id, which is that of its process group."""
        return self._process.pid

    def run(self, job: str, arguments: Mapping[str, Any], data: bytes) -> tuple[Mapping[str, Any], bytes]:
        """The reply to a request: its JSON object and bytes, not yet checked.

        Raises OutOfTime, OutOfMemory, Died or Failed. After these and after its last job, the child is not `usable`.
        """
        deadline = time.monotonic() + self._limits.wall_seconds
        usable, self.usable = self.usable, False
        assert usable, "a child is asked only while it is usable"
        try:
            frames.send(self._channel, Frame({"job": job, "arguments": arguments}, data), deadline)
            reply = frames.receive(self._channel, deadline)
        except TimeoutError:
            raise OutOfTime from None
        except (EOFError, OSError):
            raise self._death() from None
        except (ValueError, RecursionError, FrameTooLarge) as error:
            raise Failed(type(error).__name__) from None
        finally:
            self.done += 1
        if not isinstance(reply.value, dict):
            raise Failed("no object")
        if reply.value.get("failed") == "memory":
            raise OutOfMemory
        if "failed" in reply.value:
            raise Failed(str(reply.value["failed"])[:500])
        self.usable = reply.value.get("last") is False
        return reply.value, reply.data

    def end(self) -> str:
        """Kill its process group and give everything back; says how it had ended if it had, else nothing."""
        self.usable = False
        gone = self._process.poll()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._channel.close()
        return _how(gone) if gone is not None else ""

    def _death(self) -> OutOfTime | Died:
        """The child has closed its end: how it died."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        if code == -signal.SIGPROF:
            return OutOfTime()
        return Died(_how(code) if code is not None else "it fell silent")


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    named = {one.value: one.name for one in signal.Signals}
    return named.get(-code, f"signal {-code}")  # real-time signals have no names, and a child may choose its own end


def _started(command: Sequence[str], channel: socket.socket) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  # a command of our own
        command,
        stdin=subprocess.PIPE,  # see `end_with_parent` in the child
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[channel.fileno()],
        env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        start_new_session=True,  # a process group of its own
    )


def _unavailable(why: str) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"The process in which files are read does not start ({why}).",
        remedy="Raise QA_PARSER_MEMORY_MEGABYTES if it is low; else make room on the machine.",
    )
