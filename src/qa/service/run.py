"""Runs the service: finds a free address, brings the index up to date, warms up, serves until it is stopped."""

import gc
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from fastapi import FastAPI

from qa.engine import Engine
from qa.errors import AddressUnavailable
from qa.live.follower import Follower
from qa.live.process import COMMAND, BuilderProcess
from qa.live.shared import Following
from qa.observe import LogObserver, Observers, configure_logging
from qa.ports import Encoder
from qa.service.app import Powers, create_app
from qa.service.guards import Guards
from qa.service.metrics import Metrics
from qa.service.pictures import PagePictures
from qa.service.server import Server, make_config
from qa.serving import aside
from qa.settings import Settings
from qa.text.words import counted
from qa.wiring import make_editor, make_encoder, make_engine, make_sandbox

BACKLOG = 128
Prepare = Callable[[Encoder], None]


def run(settings: Settings, *, prepare: Prepare | None, command: Sequence[str] = COMMAND) -> int:
    """Serve; `prepare` may build the index first, and `command` starts the process that builds while it is served.

    Raises AddressUnavailable when the address is taken, or ConfigError when nobody would be asked for a token.
    """
    guards = Guards.of(settings)
    with listen(settings.host, settings.port) as listener:
        encoder = make_encoder(settings)
        if prepare:
            prepare(encoder)
        metrics = Metrics()
        engine = make_engine(settings, encoder, opening=aside, observer=Observers(LogObserver(), metrics))
        builder = BuilderProcess(settings, command)
        follower = Follower(settings, builder, refresh=engine.refresh, troubled=engine.troubled)
        app = make_app(settings, engine, follower, guards, metrics)
        announce(settings, listener, summary(engine))
        configure_logging(settings.log)
        follower.start()
        try:
            make_server(app, settings).run(sockets=[listener])
        finally:
            follower.stop()
    return 0


def make_app(settings: Settings, engine: Engine, follower: Following, guards: Guards, metrics: Metrics) -> FastAPI:
    """The application, warm."""
    app = create_app(
        engine,
        web=web_folder(),
        hosts=_hosts(settings),
        corpus=settings.corpus,
        index=settings.index,
        follower=follower,
        powers=Powers(
            pictures=PagePictures(settings.corpus, make_sandbox(settings.model_copy(update={"parser_processes": 1}))),
            editor=make_editor(settings),
            recording=settings.journal,
            guards=guards,
            metrics=metrics,
        ),
    )
    engine.warm()
    app.state.pages.examples(engine)
    return app


def make_server(app: FastAPI, settings: Settings) -> Server:
    """What runs the application on a socket; called when all is warm.

    What is there by then stays, so the collector need not look through it again and again: that takes 0.2 s each time,
    in which nothing is answered.
    """
    gc.collect()
    gc.freeze()
    return Server(make_config(app, settings), app.state.drain)


def summary(engine: Engine) -> str:
    """What is served, in one line."""
    health = engine.health()
    skipped = f", {health.skipped} skipped" if health.skipped else ""
    counts = f"{counted(health.documents, 'document')}, {counted(health.passages, 'passage')}{skipped}"
    return f"Indexed: {counts} ({health.generation})."


def announce(settings: Settings, listener: socket.socket, said: str) -> None:
    """Print what is served, and where."""
    port = listener.getsockname()[1]
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    print(said)
    print(f"Quoth answers at http://{shown}:{port} (stop with Ctrl+C).", flush=True)


def web_folder() -> Path:
    """Templates and static files: inside an installed package, or beside `src/` in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "web"
    return installed if installed.is_dir() else package.parents[1] / "web"


def _hosts(settings: Settings) -> list[str]:
    named = [name.strip() for name in settings.allowed_hosts.split(",") if name.strip()]
    return [f"[{settings.host}]" if ":" in settings.host else settings.host, *named]


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises AddressUnavailable.

    Its connections send what they have at once. asyncio asks for that only where it opened the socket itself; without
    it every reply but the first on a connection waits 40 ms for the other side's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise AddressUnavailable(
            f"Cannot listen on {host}:{port} ({error.strerror or error}).",
            remedy="Stop what uses it, or choose another: --port 8001 (0 takes a free one).",
        ) from None
    return listener
