"""The builder process: takes requests on standard input, builds, and tells on standard output how it goes.

It runs at low priority, so that answering comes first, and ends when its input does, in the middle of a build if need
be: a build that dies at any point leaves the last generation published.
"""

import gc
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread
from typing import TextIO

from qa.live import messages
from qa.ports import Progress
from qa.settings import Settings
from qa.wiring import make_builder, make_encoder

NICENESS = 10
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 makes a build look through all records again and again, which is a fifth of its time."""
TELL_SECONDS = 0.1
"""Progress within a stage is told no more often than that: each line costs both processes more than a file does."""


def main() -> None:
    """Serve requests; the first line of input has the settings."""
    os.nice(NICENESS)
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with what is told
    settings = Settings.model_validate_json(sys.stdin.readline())
    requests: SimpleQueue[str] = SimpleQueue()
    Thread(target=_listen, args=(sys.stdin, requests), daemon=True).start()

    def tell(line: str) -> None:
        told.write(line)
        told.flush()

    builder = replace(make_builder(settings, make_encoder(settings)), release=_keep)
    while True:
        request = messages.request_of(requests.get())
        try:
            report = builder.build(settings.corpus, now_and_then(tell), request)
        except Exception as error:  # noqa: BLE001  # told to the service, which decides
            tell(messages.error_line(error))
        else:
            tell(messages.built_line(messages.Built.of(report)))


def now_and_then(tell: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> Progress:
    """Tells that a stage begins or ends, and between the two how far it is, every TELL_SECONDS."""
    last, told = "", 0.0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last, told
        now = clock()
        if stage != last or done == total or now - told >= TELL_SECONDS:
            last, told = stage, now
            tell(messages.progress_line(stage, done, total))

    return progress


def _keep() -> None:
    """The processes that parse stay as long as this one: the next change finds them started, too."""


def _listen(lines: TextIO, requests: "SimpleQueue[str]") -> None:
    for line in lines:
        requests.put(line)
    os._exit(0)
