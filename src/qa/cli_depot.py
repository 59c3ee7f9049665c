"""The commands `qa push` and `qa pull`: a generation to a depot, and from there into the index folder."""

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from qa import cli_collections
from qa.cli_arguments import whole_number
from qa.text.words import counted

if TYPE_CHECKING:
    from qa.settings import Settings


def add_push_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `qa push`."""
    parser.add_argument("url", metavar="URL", help="the depot: a folder, or a URL such as sftp://host/folder")
    parser.add_argument("--again", action="store_true", help="send every file, also those that are there already")
    parser.add_argument(
        "--allow-mass-delete", action="store_true", help="push even when most of the documents there are not in it"
    )
    parser.add_argument(
        "--every", type=whole_number(1), metavar="SECONDS", help="go on pushing whatever is published, looking so often"
    )


def add_pull_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `qa pull`."""
    parser.add_argument("url", metavar="URL", help="the depot: a folder, or a URL such as sftp://host/folder")
    parser.add_argument(
        "--every", type=whole_number(1), metavar="SECONDS", help="go on looking for a newer generation, so often"
    )


def push(settings: "Settings", options: argparse.Namespace) -> int:
    """Send the published generation to a depot, from which other machines pull it."""
    from qa.index.store import IndexStore

    pushed: dict[str | None, str] = {}

    def push_newer() -> None:
        for name, own in cli_collections.chosen(settings, options).items():
            if IndexStore(own.index).current() != pushed.get(name):
                pushed[name] = _push(own, name, options)

    return _repeated(push_newer, options.every)


def pull(settings: "Settings", options: argparse.Namespace) -> int:
    """Fetch the generation that a depot serves into the index folder, check it, and make it current."""

    def pull_newer() -> None:
        for name, own in cli_collections.chosen(settings, options).items():
            _pull(own, name, options.url, check=not options.every)

    return _repeated(pull_newer, options.every)


def _repeated(work: Callable[[], None], every: int | None) -> int:
    """Do it once, or for ever with a pause; then an error is told and the next try may go well."""
    from qa.errors import QAError

    while True:
        try:
            work()
        except QAError as error:
            if not every:
                raise
            print(f"qa: {error}", file=sys.stderr, flush=True)
        if not every:
            return 0
        time.sleep(every)


def prepare(settings: "Settings") -> None:
    """Pull before serving; a depot that cannot be used is no reason to hide an index that still answers."""
    from qa.errors import QAError
    from qa.index.store import IndexStore

    for name, own in settings.each().items():
        try:
            _pull(own, name, settings.follow, check=False)
        except QAError as error:
            if not IndexStore(own.index).generations():
                raise
            print(f"qa: {error} Serving the last index.", file=sys.stderr)


def _push(settings: "Settings", name: str | None, options: argparse.Namespace) -> str:
    from qa.depot.place import Depot, of_collection
    from qa.depot.pushing import push as push_one
    from qa.index.store import IndexStore
    from qa.progress import ProgressBar

    depot = Depot(of_collection(options.url, name))
    with ProgressBar(sys.stderr) as progress:
        pushed = push_one(
            IndexStore(settings.index),
            depot,
            progress,
            keep=settings.keep_generations,
            again=options.again,
            allow_mass_delete=options.allow_mass_delete,
        )
    sent = f"{counted(pushed.files, 'file')} sent ({pushed.size / 1e6:,.1f} MB), {pushed.present:,} there already"
    removed = f", {pushed.removed:,} old ones removed" if pushed.removed else ""
    print(f"{depot.shown} serves generation {pushed.generation}: {sent}{removed}.", flush=True)
    return pushed.generation


def _pull(settings: "Settings", name: str | None, url: str, *, check: bool) -> None:
    from qa.depot.place import Depot, of_collection
    from qa.progress import ProgressBar
    from qa.wiring import make_puller

    depot = Depot(of_collection(url, name))
    with ProgressBar(sys.stderr) as progress:
        pulled = make_puller(settings).pull(depot, progress, check=check)
    for damaged in pulled.damaged:
        print(f"Generation {damaged} was damaged here, and has been replaced.")
    if pulled.switched:
        fetched = (
            f"{counted(pulled.files, 'file')} fetched ({pulled.size / 1e6:,.1f} MB), {pulled.present:,} here already"
        )
        print(f"Index {settings.index} is now generation {pulled.generation}: {fetched}.", flush=True)
    elif check:
        print(f"Index {settings.index} is as {depot.shown} has it: generation {pulled.generation}.")
