"""Run as a program: builds copies of an index and breaks each build off at another step that touches the disk.

Arguments: the folder of the shelf, and `kill` or `raise`. Prints, one a line, the folders of the copies, in the order
of the steps; the last build ran to its end. A step is an audit event under the index folder or an fsync.
"""

import os
import shutil
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from qa.errors import QAError
from shelf import Shelf

EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect", "shutil.rmtree"}
MOST_STEPS = 200


class Breaker:
    """Counts the steps, and ends the process or raises at one of them."""

    def __init__(self, root: Path, step: int, way: str) -> None:
        self.root, self.left, self.way = str(root), step, way
        self.fsync = os.fsync

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """An audit hook."""
        if event in EVENTS and self.root in str(arguments[0]) and not str(arguments[0]).endswith("/.lock"):
            self.count()

    def sync(self, descriptor: Any) -> None:
        """In place of os.fsync."""
        self.count()
        self.fsync(descriptor)

    def count(self) -> None:
        """One step more."""
        self.left -= 1
        if self.left == 0:
            if self.way == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(28, "No space left on device")


def broken_build(shelf: Shelf, step: int, way: str) -> bool:
    """Build in a process of its own; whether it ended before the step."""
    child = os.fork()
    if child == 0:
        breaker = Breaker(shelf.store.root, step, way)
        setattr(os, "fsync", breaker.sync)  # noqa: B010  # typed as a function with another parameter name
        sys.addaudithook(breaker.hear)
        try:
            shelf.build()
        except (OSError, QAError, sqlite3.Error):
            os._exit(1)
        os._exit(0 if breaker.left > 0 else 1)
    return os.waitpid(child, 0)[1] == 0


def main(root: Path, way: str) -> None:
    """Copy, break, print, until a build ends."""
    for step in range(1, MOST_STEPS):
        copy = root.with_name(f"{root.name}-{way}-{step:03d}")
        shutil.copytree(root, copy)
        ended = broken_build(Shelf(copy), step, way)
        sys.stdout.write(f"{copy}\n")
        sys.stdout.flush()
        if ended:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
