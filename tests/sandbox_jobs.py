"""Jobs for tests of the sandbox: each does something that no parser should, in the child."""

import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qa.errors import IndexBusy, NoText

TESTS = Path(__file__).resolve().parent
COMMAND = (
    sys.executable,
    *("-P", "-X", "utf8", "-c"),
    f"import sys; sys.path.insert(0, {str(TESTS)!r}); from qa.sandbox.child import main; main()",
)
"""A child that finds this module."""
Arguments = Mapping[str, Any]
Given = tuple[Any, bytes]


def echo(arguments: Arguments, data: bytes) -> Given:
    """Give back what came, and which process did."""
    return {**arguments, "pid": os.getpid()}, data


def modules(arguments: Arguments, data: bytes) -> Given:
    """The libraries that are loaded."""
    return sorted({name.partition(".")[0] for name in sys.modules}), b""


def environment(arguments: Arguments, data: bytes) -> Given:
    """The names in the environment."""
    return sorted(os.environ), b""


def sleep(arguments: Arguments, data: bytes) -> Given:
    """Do nothing for long."""
    time.sleep(arguments.get("seconds", 600))
    return None, b""


def spin(arguments: Arguments, data: bytes) -> Given:
    """Compute for long."""
    end = time.process_time() + arguments.get("seconds", 600)
    while time.process_time() < end:
        pass
    return None, b""


def eat(arguments: Arguments, data: bytes) -> Given:
    """Take memory; what is taken is given back."""
    return len(bytearray(arguments["bytes"])), b""


def keep(arguments: Arguments, data: bytes) -> Given:
    """Take memory and keep it."""
    _KEPT.append(bytearray(arguments["bytes"]))
    return os.getpid(), b""


_KEPT: list[bytearray] = []


def end(arguments: Arguments, data: bytes) -> Given:
    """End the process: by a signal if one is named, else in silence with exit code 0."""
    if "signal" in arguments:
        if arguments["signal"] != signal.SIGKILL:
            signal.signal(arguments["signal"], signal.SIG_DFL)
        signal.raise_signal(arguments["signal"])
    if "address" in arguments:
        ctypes.string_at(arguments["address"])
    os._exit(0)


def crash_when_used(arguments: Arguments, data: bytes) -> Given:
    """End the process unless this is its first job."""
    if _KEPT:
        os.abort()
    _KEPT.append(bytearray())
    return os.getpid(), b""


def refuse(arguments: Arguments, data: bytes) -> Given:
    """Raise an error of a parser."""
    raise NoText("a.txt holds\n no text.", remedy="Write\x1b[31m some.")


def refuse_otherwise(arguments: Arguments, data: bytes) -> Given:
    """Raise an error of ours that no parser raises."""
    raise IndexBusy("no", remedy="no")


def fail(arguments: Arguments, data: bytes) -> Given:
    """Fail by a fault of the parser's."""
    raise KeyError("w:p")


def nest(arguments: Arguments, data: bytes) -> Given:
    """A value that is nested more deeply than its reader can take."""
    return None, _raw(b"[" * 200_000 + b"]" * 200_000)


def babble(arguments: Arguments, data: bytes) -> Given:
    """A reply that is not JSON."""
    return None, _raw(b"\xff{")


def flood(arguments: Arguments, data: bytes) -> Given:
    """Announce more bytes than there are in the world."""
    _channel().sendall((10).to_bytes(4, "big") + (1 << 62).to_bytes(8, "big"))
    time.sleep(600)
    return None, b""


def swarm(arguments: Arguments, data: bytes) -> Given:
    """A reply of few bytes whose values take gigabytes."""
    return None, _raw(b'{"value":[' + b'{"":0},' * 4_000_000 + b"0]}")


def no_object(arguments: Arguments, data: bytes) -> Given:
    """A reply that is JSON but no object."""
    return None, _raw(b"[1]")


def no_value(arguments: Arguments, data: bytes) -> Given:
    """A reply without a value."""
    return None, _raw(b'{"last": true}')


def unbelievable(arguments: Arguments, data: bytes) -> Given:
    """An error that is none of a document."""
    return None, _raw(b'{"error": {"name": "__loader__", "message": 1}}')


def _channel() -> socket.socket:
    return socket.socket(fileno=os.dup(int(sys.argv[1])))


def _raw(text: bytes) -> bytes:
    """Send a reply of this JSON and wait for the end."""
    with _channel() as channel:
        channel.sendall(len(text).to_bytes(4, "big") + (0).to_bytes(8, "big") + text)
        time.sleep(600)
    return b""


def attempt(arguments: Arguments, data: bytes) -> Given:
    """Try something that is forbidden; the name of what came of it."""
    here = Path(arguments["folder"])
    tries: dict[str, Callable[[], object]] = {
        "connect": lambda: socket.create_connection(("127.0.0.1", 9), 1),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "run a program": lambda: os.execv("/bin/true", ["true"]),
        "fork": os.fork,
        "kill the parent": lambda: os.kill(os.getppid(), signal.SIGTERM),
        "kill its group": lambda: os.killpg(os.getpgid(os.getppid()), signal.SIGTERM),
        "leave its group": os.setsid,
        "make a file": lambda: (here / "new.txt").write_text("x"),
        "change a file": lambda: (here / "old.txt").open("r+b"),
        "cut a file": lambda: os.truncate(here / "old.txt", 0),
        "remove a file": (here / "old.txt").unlink,
        "rename a file": lambda: (here / "old.txt").rename(here / "other.txt"),
        "make a folder": (here / "folder").mkdir,
        "make a link": lambda: (here / "link").symlink_to("old.txt"),
        "change permissions": lambda: (here / "old.txt").chmod(0),
        "open many files": lambda: [os.dup(0) for _ in range(100)],
    }
    try:
        tries[arguments["what"]]()
    except OSError as error:
        return error.errno, b""
    return None, b""


ATTEMPTS = (
    "connect", "listen", "run a program", "fork", "kill the parent", "kill its group", "leave its group", "make a file",
    "change a file", "cut a file", "remove a file", "rename a file", "make a folder", "make a link",
    "change permissions",
)  # fmt: skip
