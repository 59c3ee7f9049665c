"""Find how much each feature of a retrieved passage counts (`qa.retrieval.fusion.WEIGHTS`).

    python -m training.fit_retrieval OUTPUT SET... [--limit N]

Every question set (SQuAD format or BEIR layout) is indexed by the product itself, in folders of OUTPUT that a later run
finds again. All that both retrievers propose for a question is put in order by weights, and judged as in
`benchmarks.peers`. The weights maximise the mean of MRR@10 and nDCG@10, every set counting the same, by coordinate
ascent (Metzler and Croft, 2007) from where a listwise softmax loss puts them; where a figure falls below that of BM25
alone or of the vectors of whole passages alone, what it lacks counts against them. Each set is also left out in turn,
and judged with the weights found on the others. Writes OUTPUT/retrieval.json.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.peers import bm25, judge
from numpy.typing import NDArray

from qa.evaluation.corpus import laid_out
from qa.evaluation.metrics import ndcg_at, reciprocal_rank_at
from qa.evaluation.question_sets import load_question_set
from qa.retrieval.fusion import WEIGHTS, Features
from qa.retrieval.hybrid import HybridRetriever
from qa.settings import Settings
from qa.wiring import make_builder, make_encoder, make_engine
from training.fit_decision import show_progress

Floats = NDArray[np.float64]
Judge = Callable[[list[int]], tuple[list[int], list[int]]]
NAMES = tuple(field.name for field in fields(Features))
STEPS, RATE, PENALTY = 200, 0.3, 1e-3
FACTORS = (0.8, 0.92, 1.09, 1.25)
"""By which one weight at a time is multiplied, as long as that helps."""
LEAST_GAIN = 2e-5
SHORTFALL = 4.0
"""How much more a thousandth below a retriever alone counts than a thousandth of the mean."""
SHOWN = 100
"""Passages of a ranking that are judged, as by `qa eval`; ten documents may have many more than ten."""


@dataclass(frozen=True)
class Case:
    """The proposals for a question: positions and features (n, 5), which are right (n,), and two other rankings."""

    positions: NDArray[np.int64]
    features: Floats
    right: NDArray[np.bool_]
    judge: Judge
    by_words: list[int]
    by_whole: list[int]


def collect(path: Path, folder: Path, limit: int | None) -> list[Case]:
    """Index the documents of a set and gather every proposal for its questions with its features."""
    question_set = load_question_set(path).sampled(limit, 0)
    with laid_out(question_set, folder) as place:
        settings = Settings(corpus=place.corpus, index=place.index)
        encoder = make_encoder(settings)
        make_builder(settings, encoder).build(place.corpus, show_progress)
        engine = make_engine(settings, encoder)
        snapshot: Any = engine.snapshot()
        everything = range(snapshot.manifest.passages)
        passages = snapshot.passages(everything)
        judges = judge(question_set, engine, passages)
        retriever, words = HybridRetriever(encoder=encoder, depth=settings.depth), bm25(engine)
        cases = []
        for number, question in enumerate(question_set.questions):
            show_progress(question_set.name, number, len(question_set.questions))
            if question.id not in judges:
                continue
            found = retriever.propose(question.text, snapshot, settings.depth)
            nearness = snapshot.nearness(encoder.encode([question.text])[0], everything)
            whole = np.argsort([-near.whole for near in nearness], kind="stable")[:SHOWN]
            features = np.array([astuple(proposal.features) for proposal in found]).reshape(-1, len(NAMES))
            positions = [proposal.ordinal for proposal in found]
            right = np.array([judges[question.id]([position])[0] > [0] for position in positions], bool)
            order = words(question.text)
            cases.append(Case(np.array(positions), features, right, judges[question.id], order, whole.tolist()))
    return cases


def softmax_fit(sets: Sequence[Sequence[Case]]) -> Floats:
    """Weights that minimise the mean over sets of the listwise softmax loss, by Adam, scaled to add up to 1."""
    theta, first, second = np.ones(len(NAMES)), np.zeros(len(NAMES)), np.zeros(len(NAMES))
    usable = [[case for case in cases if case.right.any()] for cases in sets]
    for step in range(1, STEPS + 1):
        gradient = PENALTY * theta
        for cases in usable:
            for case in cases:
                scores = case.features @ theta
                share = np.exp(scores - scores.max())
                wanted = case.right / case.right.sum()
                gradient += case.features.T @ (share / share.sum() - wanted) / (len(cases) * len(usable))
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        theta -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    theta = np.maximum(theta, 1e-3)
    scaled: Floats = theta / theta.sum()
    return scaled


def fit(sets: Sequence[Sequence[Case]]) -> Floats:
    """Weights that no change of a single one makes better, scaled to add up to 1."""
    weights, alone = softmax_fit(sets), [better_alone(cases) for cases in sets]
    best, before = quality(sets, alone, weights), -math.inf
    while best > before:
        before = best
        for place in range(len(NAMES)):
            for factor in FACTORS:
                other = weights.copy()
                other[place] *= factor
                other /= other.sum()
                if (reached := quality(sets, alone, other)) > best + LEAST_GAIN:
                    best, weights = reached, other
    return weights


def quality(sets: Sequence[Sequence[Case]], alone: Sequence[Mapping[str, float]], weights: Floats) -> float:
    """The mean of both figures over the sets, less what they lack to the better retriever alone."""
    reached = [figures(cases, weighed(weights)) for cases in sets]
    short = [max(least[name] - found[name], 0.0) for found, least in zip(reached, alone, strict=True) for name in found]
    return float(np.mean([list(found.values()) for found in reached])) - SHORTFALL * sum(short)


def better_alone(cases: Sequence[Case]) -> dict[str, float]:
    """For each figure that of the better one of BM25 and the vectors of whole passages."""
    words, whole = figures(cases, lambda case: case.by_words), figures(cases, lambda case: case.by_whole)
    return {name: max(words[name], whole[name]) for name in words}


def figures(cases: Sequence[Case], ranking: Callable[[Case], list[int]]) -> dict[str, float]:
    """MRR@10 and nDCG@10 of rankings."""
    judged = [case.judge(ranking(case)) for case in cases]
    return {
        "mrr@10": float(np.mean([reciprocal_rank_at(gains, 10) for gains, _ in judged])),
        "ndcg@10": float(np.mean([ndcg_at(gains, relevant, 10) for gains, relevant in judged])),
    }


def weighed(weights: Floats) -> Callable[[Case], list[int]]:
    """What ranks a case by weights, ties by position."""

    def ranking(case: Case) -> list[int]:
        order = np.lexsort((case.positions, -(case.features @ weights)))
        found: list[int] = case.positions[order][:SHOWN].tolist()
        return found

    return ranking


def report(sets: Mapping[str, Sequence[Case]]) -> dict[str, Any]:
    """The weights, and each set's figures with the weights of the others."""
    weights = fit(list(sets.values()))
    result: dict[str, Any] = {"weights": named(weights)}
    shipped = np.array(astuple(WEIGHTS))
    for name, cases in sets.items():
        others = [held for other, held in sets.items() if other != name]
        learned = fit(others) if others else weights
        rankings = {
            "bm25": lambda case: case.by_words,
            "whole passages": lambda case: case.by_whole,
            "others' weights": weighed(learned),
            "all weights": weighed(weights),
            "shipped weights": weighed(shipped),
        }
        found = {by: {of: round(value, 4) for of, value in figures(cases, how).items()} for by, how in rankings.items()}
        result[name] = {"questions": len(cases), "weights of the others": named(learned), **found}
        print(name, json.dumps(result[name]), flush=True)
    return result


def named(weights: Floats) -> dict[str, float]:
    """The weights by their features."""
    return dict(zip(NAMES, np.round(weights, 3).tolist(), strict=True))


def main() -> None:
    """Collect, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path, help="folder for the indexes and the result")
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="questions of each set")
    arguments = parser.parse_args()
    sets = {path.name.partition(".")[0]: collect(path, arguments.output, arguments.limit) for path in arguments.sets}
    result = report(sets)
    (arguments.output / "retrieval.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
