"""One of several web processes: answers on a socket that the supervisor opened, as `qa serve` does by itself.

The first line of standard input says with which settings; the process stops when its input ends, so it never outlives
the supervisor. It tells on standard output, in one JSON line, that it is ready or why it cannot be.
"""

import json
import os
import socket
import sys
from threading import Thread
from typing import IO, Any

from qa.errors import QAError
from qa.live import messages
from qa.live.shared import SharedFollower
from qa.observe import LogObserver, Observers, configure_logging
from qa.service.guards import Guards
from qa.service.metrics import Metrics
from qa.service.run import make_app, make_followers, make_server, stop_all, summary
from qa.service.server import Server
from qa.serving import aside
from qa.settings import Settings
from qa.wiring import make_encoder, make_engines


def main() -> None:
    """Serve until told to stop."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not mix with what is told
    orders = json.loads(sys.stdin.readline())
    try:
        serve(orders, told, sys.stdin)
    except QAError as error:
        told.write(messages.error_line(error))
        told.flush()
        sys.exit(1)


def serve(orders: dict[str, Any], told: IO[str], lines: IO[str]) -> None:
    """Warm up, tell, answer."""
    settings = Settings.model_validate(orders["settings"])
    configure_logging(settings.log)
    metrics = Metrics()
    observer = Observers(LogObserver(), metrics)
    encoder = make_encoder(settings)
    engines = make_engines(settings.each(), encoder, opening=aside, observer=observer)
    makers = make_followers(settings, encoder, engines, orders["builder"])
    shared = [
        SharedFollower(own.index, make, refresh=engine.refresh, watching=own.watch)
        for own, make, engine in zip(settings.each().values(), makers, engines, strict=True)
    ]
    app = make_app(settings, engines, shared, Guards.of(settings), metrics)
    server = make_server(app, settings)
    with socket.socket(fileno=orders["listener"]) as listener:
        for one in shared:
            one.start()
        Thread(target=_stop_with_input, args=(lines, server), daemon=True).start()
        told.write(json.dumps({"ready": summary(engines)}) + "\n")
        told.flush()
        try:
            server.run(sockets=[listener])
        finally:
            stop_all(shared)


def _stop_with_input(lines: IO[str], server: Server) -> None:
    for _ in lines:
        pass
    server.finish(linger=False)
