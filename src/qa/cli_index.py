"""The command `qa index`: builds the index, and lists, rolls back or prunes its generations."""

import argparse
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from qa import cli_collections
from qa.cli_arguments import whole_number
from qa.text.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa.index.build import BuildReport, BuildRequest
    from qa.settings import Settings
    from qa.types import DocumentRecord

SOMETHING_SKIPPED = 5
"""The exit code when the index is as it should be, but for files that could not be read."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `qa index`."""
    parser.add_argument("--force", action="store_true", help="build even when the index equals the corpus")
    parser.add_argument(
        "--allow-mass-delete", action="store_true", help="take out documents even when most of them are gone at once"
    )
    parser.add_argument("--report", action="store_true", help="list every file with what was read of it, or why not")
    parser.add_argument(
        "--allow-skipped", action="store_true", help=f"exit with 0, not {SOMETHING_SKIPPED}, when files were skipped"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="read and encode on the nodes of the Ray cluster at HOST:PORT (`auto`: the one that this machine is in)",
    )
    instead.add_argument("--list", action="store_true", help="build nothing, list the generations that are kept")
    instead.add_argument(
        "--rollback",
        type=whole_number(1),
        nargs="?",
        const=1,
        metavar="N",
        help="build nothing, serve the generation before (N before) until the next build",
    )
    instead.add_argument(
        "--prune",
        type=whole_number(1),
        nargs="?",
        const=1,
        metavar="N",
        help="build nothing, remove all but the newest (the N newest) generations and the one that is served",
    )


def index(settings: "Settings", options: argparse.Namespace) -> int:
    """Build the index when it does not equal the corpus."""
    if options.rollback:
        return _roll_back(cli_collections.the_one(settings, options), options.rollback)
    if options.prune:
        return _prune(cli_collections.the_one(settings, options), options.prune)
    codes = []
    for name, own in cli_collections.chosen(settings, options).items():
        if name:
            print(f"Collection {name}:")
        codes.append(_list(own) if options.list else _index(own, options))
    return max(codes)


def _index(settings: "Settings", options: argparse.Namespace) -> int:
    from qa.index.build import BuildRequest
    from qa.index.store import DAMAGED

    allow = options.allow_mass_delete or settings.mass_delete_seconds == 0
    request = BuildRequest(force=options.force, allow_mass_delete=allow)
    report = _build_spread(settings, request, options.ray) if options.ray else build(settings, request)
    manifest = report.manifest
    indexed = len(manifest.documents) - len(report.skipped)
    state = "published" if report.published else "is up to date as"
    counts = f"{counted(indexed, 'document')}, {counted(manifest.passages, 'passage')}"
    print(f"Index {settings.index} {state} generation {manifest.id}: {counts}.")
    if manifest.dense.rescored is not None:
        search = manifest.dense
        where = f", in {search.probes:,} of {search.lists:,} lists," if search.probes is not None else ""
        print(
            f"The {manifest.children:,} vectors are searched in compressed form{where} and at least the nearest "
            f"{search.rescored:,} compared exactly, which found {search.recall:.1%} of the ten nearest."
        )
    if report.published:
        print(f"Embedded {counted(report.embedded, 'text')}, re-used {report.reused}.")
    for name in report.damaged:
        print(f"Generation {name} was damaged. The newest such lies in {settings.index / DAMAGED} for a look.")
    if options.report:
        _print_report(manifest.documents)
    else:
        print_skipped(report)
    if report.skipped:
        print(f"{counted(len(report.skipped), 'file')} skipped, for the reasons above.", file=sys.stderr)
    return SOMETHING_SKIPPED if report.skipped and not options.allow_skipped else 0


def build(settings: "Settings", request: "BuildRequest", *, encoder: Any = None) -> "BuildReport":
    """Build with a progress bar."""
    from qa.progress import ProgressBar
    from qa.wiring import make_builder, make_encoder

    builder = make_builder(settings, encoder or make_encoder(settings))
    with ProgressBar(sys.stderr) as progress:
        return builder.build(settings.corpus, progress, request)


def _build_spread(settings: "Settings", request: "BuildRequest", address: str) -> "BuildReport":
    """Likewise, on a Ray cluster."""
    from qa.cluster.ray_nodes import ray_nodes
    from qa.cluster.spreading import make_spread_builder
    from qa.progress import ProgressBar
    from qa.wiring import make_encoder

    with ray_nodes(address) as nodes, ProgressBar(sys.stderr) as progress:
        return make_spread_builder(settings, make_encoder(settings), nodes).build(settings.corpus, progress, request)


def prepare(settings: "Settings", encoder: Any) -> None:
    """Build before serving, one collection after the other.

    A build that cannot be done is no reason to hide an index that still answers.
    """
    for own in settings.each().values():
        _prepare(own, encoder)


def _prepare(settings: "Settings", encoder: Any) -> None:
    from qa.errors import BackendUnavailable, CorpusError, IndexStoreError
    from qa.index.build import BuildRequest
    from qa.index.store import IndexStore

    try:
        print_skipped(build(settings, BuildRequest(wait=True), encoder=encoder))
    except (BackendUnavailable, CorpusError, IndexStoreError) as error:
        if not IndexStore(settings.index).generations():
            raise
        print(f"qa: {error} Serving the last index.", file=sys.stderr)


def prepare_apart(settings: "Settings") -> None:
    """Build before several workers serve, in a process of its own, so that no model stays in memory here."""
    for own in settings.each().values():
        _prepare_apart(own)


def _prepare_apart(settings: "Settings") -> None:
    from qa.errors import BackendUnavailable, CorpusError, IndexStoreError
    from qa.index.build import BuildRequest
    from qa.index.store import IndexStore
    from qa.live.process import BuilderProcess
    from qa.progress import ProgressBar

    store, builder = IndexStore(settings.index), BuilderProcess(settings)
    try:
        with ProgressBar(sys.stderr) as progress:
            built = builder.build(BuildRequest(wait=True), progress)
        for record in store.manifest(built.generation).documents:
            if record.reason is not None:
                print(f"skipped: {record.reason}", file=sys.stderr)
    except (BackendUnavailable, CorpusError, IndexStoreError) as error:
        if not store.generations():
            raise
        print(f"qa: {error} Serving the last index.", file=sys.stderr)
    finally:
        builder.close()


def print_skipped(report: "BuildReport") -> None:
    """Name the files that could not be indexed, with their reasons."""
    for record in report.skipped:
        print(f"skipped: {record.reason}", file=sys.stderr)


def _print_report(records: "Sequence[DocumentRecord]") -> None:
    """Every file of the corpus on a line: what was read of it and whether it repeats another, or why not."""
    from qa.text.report import duplicate_words, reach_words

    for record in records:
        if record.reason is not None:
            print(f"skipped  {record.path}: {record.reason.removeprefix(record.path).lstrip(' :')}")
            continue
        figures = f"{counted(record.characters, 'character')}, {counted(record.passages, 'passage')}"
        repeats = duplicate_words(record)
        print(
            f"indexed  {record.path}: {figures}, {reach_words(record)}{f'; {repeats}' if repeats else ''}"
            f"{f'; {record.note}' if record.note else ''}"
        )


def _list(settings: "Settings") -> int:
    from qa.errors import IndexStoreError
    from qa.index.store import IndexStore

    store = IndexStore(settings.index)
    current = store.current()
    for name in reversed(store.generations()):
        mark = "*" if name == current else " "
        try:
            manifest = store.manifest(name)
        except IndexStoreError as error:
            print(f"{mark} {name}  {error}")
            continue
        documents = sum(record.reason is None for record in manifest.documents)
        size = sum(file.bytes for file in manifest.files.values()) / 1e6
        counts = f"{counted(documents, 'document')}, {counted(manifest.passages, 'passage')}"
        print(f"{mark} {name}  {manifest.created}  {counts}, {size:,.1f} MB")
    return 0


def _roll_back(settings: "Settings", steps: int) -> int:
    from qa.index.store import IndexStore

    store = IndexStore(settings.index)
    with store.lock() if store.generations() else nullcontext():
        name = store.roll_back(steps)
    print(f"Index {settings.index} is back at generation {name}, until the next build.")
    return 0


def _prune(settings: "Settings", keep: int) -> int:
    from qa.index.store import IndexStore
    from qa.wiring import make_mirror

    store = IndexStore(settings.index)
    with store.lock() if store.generations() else nullcontext():
        removed = store.prune(keep)
        if mirror := make_mirror(settings):
            mirror.prune(store.generations())
    print(f"Removed {counted(len(removed), 'generation')}{': ' if removed else ''}{', '.join(removed)}.")
    return 0
