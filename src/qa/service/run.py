"""Runs the service: finds a free address, brings the indexes up to date, warms up, serves until it is stopped."""

import gc
import socket
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Protocol

from fastapi import FastAPI

from qa.depot.place import of_collection
from qa.depot.pulling import Puller
from qa.engine import Engine
from qa.errors import AddressUnavailable
from qa.live.follower import Follower
from qa.live.process import COMMAND, Builder, BuilderProcess
from qa.live.replica import ReplicaFollower
from qa.live.shared import Following, Leading, MakeFollower
from qa.live.stepping import FollowerState, unheard
from qa.live.turns import FILE as TURN
from qa.live.turns import InTurn, Turns
from qa.observe import LogObserver, Observers, configure_logging
from qa.ports import Encoder
from qa.service.app import create_app
from qa.service.guards import Guards
from qa.service.holdings import Choice, Collection
from qa.service.metrics import Metrics
from qa.service.pictures import PagePictures
from qa.service.server import Server, make_config
from qa.serving import aside
from qa.settings import Settings
from qa.text.words import counted
from qa.wiring import make_editor, make_encoder, make_engines, make_puller, make_sandbox

BACKLOG = 128
Prepare = Callable[[Encoder], None]
Tell = Callable[[FollowerState], None]


class Stopping(Protocol):
    """Something that can be stopped."""

    def stop(self) -> None:
        """End it."""


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
        engines = make_engines(settings.each(), encoder, opening=aside, observer=Observers(LogObserver(), metrics))
        followers = [make(unheard) for make in make_followers(settings, encoder, engines, command)]
        app = make_app(settings, engines, followers, guards, metrics)
        announce(settings, listener, summary(engines))
        configure_logging(settings.log)
        for follower in followers:
            follower.start()
        try:
            make_server(app, settings).run(sockets=[listener])
        finally:
            stop_all(followers)
    return 0


def make_followers(
    settings: Settings, encoder: Encoder, engines: Sequence[Engine], command: Sequence[str]
) -> list[MakeFollower]:
    """What makes the follower of each collection: of its corpus, or of its depot where the settings name one."""
    each = list(settings.each().values())
    if settings.follow:
        return [
            partial(_of_a_depot, own, make_puller(own, encoder), engine)
            for own, engine in zip(each, engines, strict=True)
        ]
    builders = make_builders(settings, command)
    return [partial(_of_a_corpus, *of_one) for of_one in zip(each, builders, engines, strict=True)]


def _of_a_depot(settings: Settings, puller: Puller, engine: Engine, tell: Tell) -> Leading:
    url = of_collection(settings.follow, engine.collection)
    return ReplicaFollower(url, settings, puller, refresh=engine.refresh, troubled=engine.troubled, tell=tell)


def _of_a_corpus(settings: Settings, builder: Builder, engine: Engine, tell: Tell) -> Leading:
    return Follower(settings, builder, refresh=engine.refresh, troubled=engine.troubled, tell=tell)


def make_builders(settings: Settings, command: Sequence[str]) -> list[Builder]:
    """What builds each collection; of several, one at a time."""
    each = list(settings.each().values())
    builders = [BuilderProcess(own, command) for own in each]
    if len(builders) == 1:
        return list(builders)
    turns = Turns(each[0].index / TURN)
    return [InTurn(builder, turns) for builder in builders]


def stop_all(followers: Iterable[Stopping]) -> None:
    """Stop them all at once: each may have to end a scan or a build."""
    threads = [Thread(target=follower.stop) for follower in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def make_app(
    settings: Settings, engines: Sequence[Engine], followers: Sequence[Following], guards: Guards, metrics: Metrics
) -> FastAPI:
    """The application, warm."""
    draws = make_sandbox(settings.model_copy(update={"parser_processes": 1}))
    collections = [
        Collection.of(
            engine,
            own.corpus,
            own.index,
            follower=follower,
            pictures=PagePictures(own.corpus, draws),
            editor=make_editor(own),
            recording=own.journal,
            replica=bool(settings.follow),
        )
        for own, engine, follower in zip(settings.each().values(), engines, followers, strict=True)
    ]
    app = create_app(
        collections,
        web=web_folder(),
        hosts=_hosts(settings),
        guards=guards,
        metrics=metrics,
        remembered=settings.remembered_replies,
    )
    for engine in engines:
        engine.warm()
    app.state.pages.examples(Choice(tuple(collections)))
    return app


def make_server(app: FastAPI, settings: Settings) -> Server:
    """What runs the application on a socket; called when all is warm.

    What is there by then stays, so the collector need not look through it again and again: that takes 0.2 s each time,
    in which nothing is answered.
    """
    gc.collect()
    gc.freeze()
    return Server(make_config(app, settings), app.state.drain)


def summary(engines: Iterable[Engine]) -> str:
    """What is served, a line for each collection."""
    return "\n".join(map(_summary, engines))


def _summary(engine: Engine) -> str:
    health = engine.health()
    skipped = f", {health.skipped} skipped" if health.skipped else ""
    counts = f"{counted(health.documents, 'document')}, {counted(health.passages, 'passage')}{skipped}"
    named = f" {engine.collection}" if engine.collection else ""
    return f"Indexed{named}: {counts} ({health.generation})."


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
