"""The command line. Parses, calls, prints; results go to standard output, everything else to standard error.

Exit codes: 0 done or answered, 3 abstained, 1 error, 2 wrong usage, 4 a figure misses its minimum.
"""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa import __version__, cli_bundle, cli_collections, cli_depot, cli_doctor, cli_eval, cli_index, cli_mcp, cli_verify
from qa.cli_arguments import whole_number
from qa.errors import ConfigError, QAError

if TYPE_CHECKING:
    from qa.engine import Engine
    from qa.settings import Settings
    from qa.types import RankedPassage, Reply

ANSWERED, ERROR, USAGE, ABSTAINED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    command = options.command
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal without curly quotes is no reason to fail
    try:
        from qa.configuration import load_settings
        from qa.observe import configure_logging

        named = ("corpus", "index", "follow", "host", "port", "workers", "insecure")
        overrides = {name: getattr(options, name, None) for name in named}
        if getattr(options, "no_watch", False) or getattr(options, "no_build", False):
            overrides["watch"] = False
        configure_logging("off")  # the service turns it on when it is ready
        if getattr(options, "unsettled", False):
            code: int = command(lambda: load_settings(overrides, config=options.config), options)
        else:
            code = command(load_settings(overrides, config=options.config), options)
        return code
    except QAError as error:
        print(f"qa: {error}", file=sys.stderr)
        return USAGE if isinstance(error, ConfigError) else ERROR
    except BrokenPipeError:
        sys.stderr.close()
        return ERROR
    except KeyboardInterrupt:
        print("qa: interrupted", file=sys.stderr)
        return ERROR


def ask(settings: "Settings", options: argparse.Namespace) -> int:
    """Answer a question, and follow-up questions after it."""
    from qa.conversation.referents import Exchange
    from qa.together import Together
    from qa.types import Answer
    from qa.wiring import make_encoder, make_engines

    each = cli_collections.chosen(settings, options)
    engines = make_engines(each, make_encoder(settings))
    together = Together(engines)
    told: list[Exchange] = []
    for question in (options.question, *options.then):
        replied = together.ask(question, history=told, exact=options.exact, top_k=options.top_k)
        reply = replied.reply
        told.append(Exchange.of(reply))
        if options.json:
            continue
        if options.then:
            print(f"{'' if len(told) == 1 else chr(10)}> {replied.question.typed}")
        if replied.question.changed:
            print(f"Asked as: {replied.question.asked}")
        if replied.collection and len(engines) > 1:
            print(f"In the collection {replied.collection}:")
        _print_reply(reply)
    _warn(engines)
    if options.json:
        from qa.service.dates import FileDates
        from qa.service.home import Home
        from qa.service.schemas import AskResponse

        own = each[replied.collection]
        home = Home(replied.collection, FileDates(own.index, own.corpus).of)
        _print_json(AskResponse.of(replied, home).model_dump())
    return ANSWERED if isinstance(reply, Answer) else ABSTAINED


def search(settings: "Settings", options: argparse.Namespace) -> int:
    """Show the nearest passages without reading them."""
    from qa.together import Together
    from qa.wiring import make_encoder, make_engines

    engines = make_engines(cli_collections.chosen(settings, options), make_encoder(settings))
    found = Together(engines).search(options.question, limit=options.top_k)
    _warn(engines)
    if options.json:
        from qa.service.schemas import PassageModel

        _print_json([PassageModel.of(one.passage, one.collection).model_dump() for one in found])
    else:
        _print_passages([one.passage for one in found], [one.collection for one in found])
    return ANSWERED


def serve(settings: "Settings", options: argparse.Namespace) -> int:
    """Bring the index up to date, then answer on the web."""
    from qa.service.run import run

    prepares = not options.no_build
    if settings.workers > 1:
        from qa.service.workers import run_workers

        apart = cli_depot.prepare if settings.follow else cli_index.prepare_apart
        return run_workers(settings, prepare=(lambda: apart(settings)) if prepares else None)
    here = (lambda own, _: cli_depot.prepare(own)) if settings.follow else cli_index.prepare
    return run(settings, prepare=(lambda encoder: here(settings, encoder)) if prepares else None)


def _warn(engines: "Sequence[Engine]") -> None:
    """Say that an older index answered, and why."""
    for engine in engines:
        if engine.problem:
            print(f"qa: {engine.problem} An older index answered.", file=sys.stderr)


def _print_json(value: object) -> None:
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, indent=2, ensure_ascii=not utf8))


def _print_reply(reply: "Reply") -> None:
    from qa.text.telling import tell
    from qa.types import Answer

    print(tell(reply, indent="    ").text)
    if isinstance(reply, Answer):
        print(f"\nConfidence {reply.confidence:.2f}")
    elif reply.passages:
        print("\nNearest passages (not an answer):\n")
        _print_passages(reply.passages[:3])


def _print_passages(passages: Sequence["RankedPassage"], collections: Sequence[str | None] = ()) -> None:
    for ranked, collection in zip_longest(passages, collections):
        passage = ranked.passage
        span = passage.chunk.span
        named = f"[{collection}] " if collection else ""
        place = named + " › ".join((passage.title, *passage.chunk.headings))
        print(f"{ranked.rank}. {place} — {passage.path}, characters {span.start}–{span.end} (score {ranked.score:.3f})")
        print("   " + passage.text.replace("\n", "\n   ") + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qa", description="Answers from a folder of documents, in the documents' own words."
    )
    parser.add_argument("--version", action="version", version=f"quoth {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings file (TOML); default quoth.toml if there")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Any, *, corpus: bool = False) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=command.__doc__.rstrip("."), description=command.__doc__)
        sub.set_defaults(command=command)
        if corpus:
            sub.add_argument("--corpus", type=Path, metavar="DIR", help="folder of documents (default: corpus)")
        sub.add_argument("--index", type=Path, metavar="DIR", help="folder of the index (default: index)")
        if command is not serve:
            cli_collections.add_argument(sub)
        return sub

    cli_index.add_arguments(add("index", cli_index.index, corpus=True))
    for name, command in (("ask", ask), ("search", search)):
        sub = add(name, command)
        sub.add_argument("question")
        sub.add_argument("--json", action="store_true", help="print what the API would answer")
        if command is ask:
            sub.add_argument(
                "--then",
                action="append",
                default=[],
                metavar="QUESTION",
                help="a follow-up, such as 'and in 2018?'; may be repeated, and the last one decides the exit code",
            )
            sub.add_argument(
                "--exact", action="store_true", help="ask just as typed: no follow-ups, no mended spelling"
            )
        sub.add_argument("--top-k", type=whole_number(1, 50), metavar="N", help="passages to read and return (1 to 50)")
    sub = add("serve", serve, corpus=True)
    sub.add_argument(
        "--follow", metavar="URL", help="answer from what `qa push` has sent there, instead of building an index"
    )
    sub.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    sub.add_argument("--port", type=int, help="port to listen on (default: 8000)")
    sub.add_argument(
        "--insecure", action="store_const", const=True, help="let others reach it without asking anybody for a token"
    )
    sub.add_argument("--workers", type=int, help="web processes (default: 1)")
    sub.add_argument("--no-build", action="store_true", help="serve the index as it is, without following changes")
    sub.add_argument("--no-watch", action="store_true", help="build once, then do not follow changes of the corpus")
    add("mcp", cli_mcp.mcp)
    cli_eval.add_arguments(add("eval", cli_eval.evaluate))
    cli_verify.add_arguments(add("verify", cli_verify.verify, corpus=True))
    cli_bundle.add_arguments(add("bundle", cli_bundle.bundle, corpus=True))
    cli_depot.add_push_arguments(add("push", cli_depot.push))
    cli_depot.add_pull_arguments(add("pull", cli_depot.pull))
    cli_doctor.add_arguments(add("doctor", cli_doctor.doctor, corpus=True))
    return parser
