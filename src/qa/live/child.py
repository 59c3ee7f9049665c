"""The builder process: takes requests on standard input, builds, and tells on standard output how it goes.

It runs at low priority, so that answering comes first, and ends when its input does, in the middle of a build if need
be: a build that dies at any point leaves the last generation published.
"""

import os
import sys
from dataclasses import replace
from queue import SimpleQueue
from threading import Thread
from typing import TextIO

from qa.live import messages
from qa.settings import Settings
from qa.wiring import make_builder, make_encoder

NICENESS = 10


def main() -> None:
    """Serve requests; the first line of input has the settings."""
    os.nice(NICENESS)
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
            report = builder.build(settings.corpus, lambda *at: tell(messages.progress_line(*at)), request)
        except Exception as error:  # noqa: BLE001  # told to the service, which decides
            tell(messages.error_line(error))
        else:
            tell(messages.built_line(messages.Built.of(report)))


def _keep() -> None:
    """The processes that parse stay as long as this one: the next change finds them started, too."""


def _listen(lines: TextIO, requests: "SimpleQueue[str]") -> None:
    for line in lines:
        requests.put(line)
    os._exit(0)
