"""The child process: binds itself to its limits, then runs one named function after another on the bytes it is sent.

A job is a function `(arguments, data) -> (value, bytes)` named as `module:function`, where the value is plain JSON. It
is pure: it opens no file and keeps nothing. The child ends itself when it has done its share of jobs, when its memory
has grown, or when a job ran out of memory, and says so with its last reply.
"""

import fcntl
import gc
import os
import socket
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from qa.errors import QAError
from qa.sandbox import confinement, frames, limits
from qa.sandbox.frames import Frame
from qa.sandbox.limits import Limits

Job = Callable[[Mapping[str, Any], bytes], tuple[Any, bytes]]
GROWTH_BYTES = 128_000_000
"""A child whose address space has grown by more since its first job is replaced by a fresh one."""
NEW_OBJECTS = 200_000
"""New objects after which Python looks for cycles among them. A long document is made of millions that live until it is
done, and to look at them as often as Python does by itself takes a seventh of the time."""
_OUT_OF_MEMORY = Frame({"failed": "memory"}, b"")


def main() -> None:
    """Serve the parent; the argument is the number of the socket that leads to it."""
    end_with_parent()
    channel = socket.socket(fileno=int(sys.argv[1]))
    told = frames.receive(channel).value
    bounds = Limits(**told["limits"])
    limits.bind(bounds)
    confinement.confine()
    gc.set_threshold(NEW_OBJECTS)
    frames.send(channel, Frame("ready", b""))
    first = 0
    for left in reversed(range(told["jobs"])):
        try:
            request = frames.receive(channel, data_limit=frames.REQUEST_LIMIT)
        except (EOFError, ConnectionError):
            return
        limits.allow_seconds(bounds.cpu_seconds)
        reply = _done(request)
        first = first or limits.address_space()
        last = not left or reply is _OUT_OF_MEMORY or limits.address_space() > first + GROWTH_BYTES
        frames.send(channel, Frame({**reply.value, "last": last}, reply.data))
        if last:
            return
        del request, reply  # so that the next one can have the memory


def end_with_parent() -> None:
    """Have the kernel end this process as soon as its parent has gone, in the midst of a job if need be.

    Standard input is a pipe into which nobody ever writes. When the parent dies its end is closed, and that raises
    SIGIO, whose default is to end the process. (A death signal would be tied to the thread that started this process.)
    """
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _done(request: Frame) -> Frame:
    """The reply to a request: what the job gave, or why it failed."""
    try:
        value, data = _job(request.value["job"])(request.value["arguments"], request.data)
        return Frame({"value": value}, data)
    except QAError as error:
        told = {"name": type(error).__name__, "message": error.message, "remedy": error.remedy}
        return Frame({"error": told}, b"")
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the parent's to tell
        return Frame({"failed": f"{type(error).__name__}: {error}"[:500]}, b"")


def _job(name: str) -> Job:
    module, _, function = name.partition(":")
    job: Job = getattr(import_module(module), function)
    return job
