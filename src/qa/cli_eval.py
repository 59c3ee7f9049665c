"""The command `qa eval`: measures answers on questions whose answers are known, or compares two such measurements."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from qa import __version__, cli_collections
from qa.cli_arguments import whole_number

if TYPE_CHECKING:
    from qa.engine import Engine
    from qa.evaluation.run import Evaluation
    from qa.settings import Settings

DONE, MISSED = 0, 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="questions: your own .jsonl, SQuAD .json, or a BEIR folder"
    )
    parser.add_argument(
        "--limit", type=whole_number(1), metavar="N", help="ask a sample of at most so many questions of each"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which sample (default: 0)")
    parser.add_argument(
        "--gold-passage", action="store_true", help="SQuAD: search nothing, read each question's own paragraph"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep the indexes of SQuAD and BEIR documents for the next run"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures, and a row for every question")
    parser.add_argument("--svg", type=Path, metavar="DIR", help="write plots of risk, calibration and latency")
    parser.add_argument(
        "--min", action="append", default=[], metavar="NAME=VALUE", help="exit with 4 unless a figure reaches this"
    )
    parser.add_argument(
        "--compare", nargs=2, type=Path, metavar=("OLD", "NEW"), help="compare two files that --json has written"
    )


def evaluate(settings: "Settings", options: argparse.Namespace) -> int:
    """Measure answers on questions whose answers are known."""
    from qa.errors import ConfigError
    from qa.evaluation import gate, plots, report, saved, table
    from qa.evaluation.question_sets import load_question_set
    from qa.progress import ProgressBar

    if bool(options.files) == bool(options.compare):
        raise ConfigError("There is nothing to do.", remedy="Name files of questions, or two reports with --compare.")
    if options.compare:
        return _compare(*options.compare)
    minimums = [gate.parse_minimum(text) for text in options.min]
    question_sets = [load_question_set(path) for path in options.files]
    settings = cli_collections.the_one(settings, options)
    evaluation = _evaluation(settings, options)
    reports = []
    for question_set in question_sets:
        with ProgressBar(sys.stderr) as progress:
            reports.append(evaluation.report(question_set, progress))
        print(table.render(reports[-1]) + "\n", flush=True)
        if options.svg:
            plots.write_plots(reports[-1], options.svg)
    if options.json:
        report.write_reports(reports, options.json)
    saved.save(reports, settings.index)
    missed = gate.missed(reports, minimums)
    for sentence in missed:
        print(f"qa: {sentence}", file=sys.stderr)
    return MISSED if missed else DONE


def _compare(old: Path, new: Path) -> int:
    from qa.evaluation.compare import compare
    from qa.evaluation.report import read_reports
    from qa.evaluation.table import render_comparison
    from qa.progress import ProgressBar

    with ProgressBar(sys.stderr) as progress:
        comparisons = compare(read_reports(old), read_reports(new), progress)
    print("\n\n".join(map(render_comparison, comparisons)))
    return DONE


def _evaluation(settings: "Settings", options: argparse.Namespace) -> "Evaluation":
    """The evaluation over engines as they are wired for serving, all with one encoder."""
    from qa import wiring
    from qa.evaluation.run import Evaluation
    from qa.progress import ProgressBar

    encoder = wiring.make_encoder(settings)
    # The report applies the threshold itself, so every best answer must be told.
    telling = settings.model_copy(update={"answer_threshold": 0.0, "target_precision": None})

    def open_corpus(corpus: Path, index: Path) -> "Engine":
        there = telling.model_copy(update={"corpus": corpus, "index": index, "milvus": ""})
        with ProgressBar(sys.stderr) as progress:
            wiring.make_builder(there, encoder).build(corpus, progress)
        return wiring.make_engine(there, encoder)

    return Evaluation(
        open_own=lambda: wiring.make_engine(telling, encoder),
        open_corpus=open_corpus,
        threshold=wiring.answer_threshold(settings),
        about={
            "settings": settings.model_dump(
                mode="json", exclude={"read_token", "write_token", "milvus_token", "collections"}
            ),
            "encoder": encoder.fingerprint,
            "reader": wiring.reader_fingerprint(settings),
            "quoth": __version__,
        },
        limit=options.limit,
        seed=options.seed,
        gold_passage=options.gold_passage,
        keep=options.keep,
    )
