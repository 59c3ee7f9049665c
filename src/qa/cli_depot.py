"""The commands `qa push` and `qa pull`: a generation to a depot, and from there into the index folder."""

import argparse
import sys
import time
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


def add_pull_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `qa pull`."""
    parser.add_argument("url", metavar="URL", help="the depot: a folder, or a URL such as sftp://host/folder")
    parser.add_argument(
        "--every", type=whole_number(1), metavar="SECONDS", help="go on looking for a newer generation, so often"
    )


def push(settings: "Settings", options: argparse.Namespace) -> int:
    """Send the published generation to a depot, from which other machines pull it."""
    from qa.depot.place import Depot, of_collection
    from qa.depot.pushing import push as push_one
    from qa.index.store import IndexStore
    from qa.progress import ProgressBar

    for name, own in cli_collections.chosen(settings, options).items():
        depot = Depot(of_collection(options.url, name))
        with ProgressBar(sys.stderr) as progress:
            pushed = push_one(
                IndexStore(own.index),
                depot,
                progress,
                keep=own.keep_generations,
                again=options.again,
                allow_mass_delete=options.allow_mass_delete,
            )
        sent = f"{counted(pushed.files, 'file')} sent ({pushed.size / 1e6:,.1f} MB), {pushed.present:,} there already"
        removed = f", {pushed.removed:,} old ones removed" if pushed.removed else ""
        print(f"{depot.shown} serves generation {pushed.generation}: {sent}{removed}.")
    return 0


def pull(settings: "Settings", options: argparse.Namespace) -> int:
    """Fetch the generation that a depot serves into the index folder, check it, and make it current."""
    from qa.errors import QAError

    while True:
        try:
            pull_all(settings, options)
        except QAError as error:
            if not options.every:
                raise
            print(f"qa: {error}", file=sys.stderr, flush=True)
        if not options.every:
            return 0
        time.sleep(options.every)


def pull_all(settings: "Settings", options: argparse.Namespace) -> None:
    """Pull once, every collection that is meant; raises as `Puller.pull` does."""
    for name, own in cli_collections.chosen(settings, options).items():
        _pull(own, name, options.url, check=not options.every)


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
