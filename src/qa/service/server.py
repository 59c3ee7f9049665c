"""The web server: uvicorn with deadlines for slow clients and an end in three steps.

The first SIGTERM or Ctrl+C begins the end. For LINGER_SECONDS after a SIGTERM requests are still taken, while `/readyz`
says 503, so that whoever shares out the requests learns of it and none is lost that was on its way. Then nothing more
is accepted, and what is being answered has FINISH_SECONDS. A second signal ends the process at once, which nothing that
Quoth writes minds.
"""

import os
import signal
from types import FrameType

import uvicorn
from fastapi import FastAPI

from qa.service.deadlines import with_deadlines
from qa.service.draining import Drain
from qa.service.request_head import MAX_ADDRESS_BYTES, MAX_HEADER_BYTES
from qa.settings import Settings

LINGER_SECONDS = 1.0
FINISH_SECONDS = 10
KILLED = 128
"""Shells add the signal's number to this for the exit code of a process that a signal has ended."""


class Server(uvicorn.Server):
    """Ends with 0 when it was asked to."""

    def __init__(self, config: uvicorn.Config, drain: Drain, *, linger: float = LINGER_SECONDS) -> None:
        super().__init__(config)
        self._drain = drain
        self._linger = linger

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # as the system calls it
        """The first signal begins the end, the second one is the end."""
        if self._drain.began:
            os._exit(KILLED + sig)
        self.finish(linger=sig == signal.SIGTERM)

    def finish(self, *, linger: bool) -> None:
        """Begin the end; called from any thread."""
        self._linger = self._linger if linger else 0.0
        self._drain.begin()

    async def on_tick(self, counter: int) -> bool:
        """Asked ten times a second whether it is time to stop accepting."""
        if self._drain.began and self._drain.lasts() >= self._linger:
            self.should_exit = True
        return await super().on_tick(counter)


def make_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How the application is served: no word of what serves it, no log of its own, and only named proxies believed."""
    proxies = settings.trusted_proxies.strip()
    return uvicorn.Config(
        app,
        http=with_deadlines(settings.receive_seconds),
        ws="none",
        h11_max_incomplete_event_size=MAX_ADDRESS_BYTES + MAX_HEADER_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies or "none",
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
