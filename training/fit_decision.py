"""Fits the two decisions over the reader's features: which candidate is best, and how probable it is that it answers.

The engine itself runs over corpora made of development articles that the reader was not trained on. Ranking weights
are the mean of the best of many random ones, by the mean accuracy over the question sets (a search, since the features
are few and accuracy has no gradient); confidence is a logistic regression on the evidence of the candidate set.

python -m training.fit_decision --answerable DEV.json.gz ... --off-topic OTHER.json.gz --output FOLDER [--reader FOLDER]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.calibration import Evidence
from qa.engine import Engine, Read, Retrieved
from qa.ports import LexicalIndex
from qa.settings import Settings
from qa.types import Candidate, RankedPassage
from qa.wiring import make_builder, make_encoder, make_engine
from training.data import detokenise, load_squad

Floats = NDArray[np.float64]
ADVERSARIAL, OFF_TOPIC = "adversarial", "off-topic"
TRIALS, KEPT = 4000, 40


@dataclass(frozen=True)
class Question:
    """A question with its set's name, and the answers and the file that hold them (none when it has no answer)."""

    kind: str
    text: str
    answers: tuple[str, ...] = ()
    path: str = ""


@dataclass
class Case:
    """What the engine found for a question, and which candidates are right."""

    question: Question
    passages: Sequence[RankedPassage]
    candidates: Sequence[Candidate]
    right: NDArray[np.bool_]


def write_corpus(files: Sequence[Path], folder: Path, count: int, chooser: random.Random) -> list[Question]:
    """Each article as a text file, and `count` answerable (and as many adversarial) questions of each data file."""
    chosen: list[Question] = []
    for file in files:
        name = file.name.partition(".")[0]
        answerable: list[Question] = []
        adversarial: list[Question] = []
        for number, article in enumerate(load_squad(file)):
            path = f"{name}-{number}.txt"
            title = str(article.get("title", "")).replace("_", " ")
            parts = [detokenise(paragraph["context"])[0] for paragraph in article["paragraphs"]]
            (folder / path).write_text("\n\n".join([title, *parts]), encoding="utf-8")
            for question in (q for paragraph in article["paragraphs"] for q in paragraph["qas"]):
                answers = tuple(detokenise(answer["text"])[0] for answer in question["answers"])
                if answers:
                    answerable.append(Question(name, question["question"], answers, path))
                else:
                    adversarial.append(Question(ADVERSARIAL, question["question"]))
        chosen += chooser.sample(answerable, min(count, len(answerable)))
        chosen += chooser.sample(adversarial, min(count, len(adversarial)))
    return chosen


def off_topic(files: Sequence[Path], count: int, chooser: random.Random) -> list[Question]:
    """Questions about other articles."""
    questions = [
        Question(OFF_TOPIC, q["question"])
        for file in files
        for article in load_squad(file)
        for paragraph in article["paragraphs"]
        for q in paragraph["qas"]
    ]
    return chooser.sample(questions, min(count, len(questions)))


def collect(engine: Engine, questions: Sequence[Question]) -> list[Case]:
    """Run the engine's stages on every question."""
    cases = []
    for position, question in enumerate(questions):
        passages: Sequence[RankedPassage] = ()
        candidates: Sequence[Candidate] = ()
        for event in engine.stages(question.text):
            if isinstance(event, Retrieved):
                passages = event.passages
            elif isinstance(event, Read):
                candidates = event.candidates
        right = np.array([is_right(candidate, question) for candidate in candidates], bool)
        cases.append(Case(question, passages, candidates, right))
        if position % 50 == 0:
            print(f"asked {position} of {len(questions)}", flush=True)
    return cases


def is_right(candidate: Candidate, question: Question) -> bool:
    """Whether the sentence of a candidate holds an answer, in the right document."""
    if candidate.passage.path != question.path:
        return False
    unit = next(unit for unit in candidate.passage.chunk.sentences if unit.contains(candidate.span))
    text = _plain(candidate.passage.slice(unit))
    return any(_plain(answer) in text for answer in question.answers)


def features_of(case: Case, names: Sequence[str]) -> Floats:
    """Shape (candidates, names)."""
    return np.array([[candidate.features[name] for name in names] for candidate in case.candidates])


def fit_ranking(
    cases: Sequence[Case], names: Sequence[str], limits: Floats, seed: int = 0
) -> tuple[Floats, dict[str, float]]:
    """The mean of the KEPT best of TRIALS weightings, each weight (but the first) drawn from 0 to its limit."""
    generator = np.random.default_rng(seed)
    read = [case for case in cases if case.candidates]
    kinds = sorted({case.question.kind for case in read if case.question.answers})
    groups = [[(features_of(case, names), case.right) for case in read if case.question.kind == kind] for kind in kinds]

    def accuracies(weights: Floats) -> list[float]:
        return [float(np.mean([right[np.argmax(rows @ weights)] for rows, right in group])) for group in groups]

    trials = generator.uniform(0, 1, (TRIALS, len(names))) * limits
    trials[:, 0] = limits[0]  # the scale is free
    order = np.argsort([-sum(accuracies(weights)) for weights in trials], kind="stable")
    best = np.round(trials[order[:KEPT]].mean(axis=0), 2)
    return best, dict(zip(kinds, np.round(accuracies(best), 3).tolist(), strict=True))


def fit_logistic(rows: Floats, labels: NDArray[np.bool_], weights: Floats, penalty: float = 0.3) -> Floats:
    """Ridge logistic regression by Newton's method; the last column of `rows` is the intercept's 1."""
    theta = np.zeros(rows.shape[1])
    ridge = np.full(rows.shape[1], penalty)
    ridge[-1] = 0.0
    for _ in range(50):
        probability = 1 / (1 + np.exp(-rows @ theta))
        gradient = rows.T @ (weights * (probability - labels)) + ridge * theta
        curvature = weights * probability * (1 - probability)
        hessian = (rows * curvature[:, None]).T @ rows + np.diag(ridge)
        theta -= np.linalg.solve(hessian, gradient)
    return theta


def evidence_rows(
    cases: Sequence[Case], names: Sequence[str], weights: Floats, lexical: LexicalIndex, wanted: Sequence[str]
) -> tuple[Floats, NDArray[np.bool_]]:
    """The evidence of every case under new ranking weights (and a 1), and whether its best candidate is right."""
    rows, labels = [], []
    for case in cases:
        scores = features_of(case, names) @ weights if len(case.candidates) else np.zeros(0)
        order = np.argsort(-scores, kind="stable")
        ranked = [replace(case.candidates[index], score=float(scores[index])) for index in order]
        evidence = Evidence.of(case.question.text, case.passages, ranked, lexical)
        rows.append([*(evidence.features.get(name, 0.0) for name in wanted), 1.0])
        labels.append(bool(len(order) and case.right[order[0]]))
    return np.array(rows), np.array(labels)


def area_under_curve(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Probability that a positive scores above a negative, ties counted half."""
    above, below = scores[positive], scores[~positive]
    return float(np.mean((above[:, None] > below) + 0.5 * (above[:, None] == below)))


def report(cases: Sequence[Case], probability: Floats, labels: NDArray[np.bool_]) -> dict[str, Any]:
    """Answered and right at several thresholds, for each kind of question."""
    kinds = np.array([case.question.kind for case in cases])
    answerable = np.array([bool(case.question.answers) for case in cases])
    table: dict[str, Any] = {"auroc": round(area_under_curve(probability, answerable), 4)}
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        kept = probability >= threshold
        table[str(threshold)] = {
            kind: {
                "answered": round(float(kept[kinds == kind].mean()), 3),
                "right": round(float((kept & labels)[kinds == kind].mean()), 3),
            }
            for kind in sorted(set(kinds))
        } | {"precision": round(float(labels[kept].mean()), 3) if kept.any() else None}
    return table


def main() -> None:
    """Collect, fit, print and write the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answerable", type=Path, nargs="+", required=True)
    parser.add_argument("--off-topic", type=Path, nargs="+", required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--reader", default="packaged")
    parser.add_argument("--count", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chooser = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        questions = write_corpus(arguments.answerable, corpus, arguments.count, chooser)
        questions += off_topic(arguments.off_topic, arguments.count, chooser)
        settings = Settings(corpus=corpus, index=Path(folder) / "index", reader=arguments.reader)
        encoder = make_encoder(settings)
        make_builder(settings, encoder).build(corpus, show_progress)
        engine = make_engine(settings, encoder)
        cases = collect(engine, questions)
        names = [*(["span"] if arguments.reader != "sentence" else []), *SENTENCE_FEATURES]
        limits = np.array([LIMITS[name] for name in names])
        weights, accuracy = fit_ranking(cases, names, limits)
        wanted = CONFIDENCE_FEATURES["sentence" if arguments.reader == "sentence" else "span"]
        rows, labels = evidence_rows(cases, names, weights, engine.snapshot().lexical, wanted)
    arguments.output.mkdir(parents=True, exist_ok=True)
    every, _ = evidence_rows(cases, names, weights, engine.snapshot().lexical, names)
    np.savez(arguments.output / "evidence.npz", rows=every, right=labels, kinds=[case.question.kind for case in cases])
    theta = fit_logistic(rows, labels, np.ones(len(rows)))
    result = {
        "ranking": dict(zip(names, weights.tolist(), strict=True)),
        "accuracy": accuracy,
        "confidence": dict(zip([*wanted, "intercept"], np.round(theta, 3).tolist(), strict=True)),
        "thresholds": report(cases, 1 / (1 + np.exp(-rows @ theta)), labels),
    }
    (arguments.output / "decision.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


SENTENCE_FEATURES = ("similarity", "coverage", "coverage_in_section", "passage", "kind")
CONFIDENCE_FEATURES = {
    "span": ("span", "similarity", "coverage_in_section", "kind"),
    "sentence": ("similarity", "coverage_in_section"),
}
"""More features (the lead over the second, names that are nowhere) fit no better and carry over less well."""
LIMITS = {
    "span": 1.0,
    "similarity": 10.0,
    "coverage": 3.0,
    "coverage_in_section": 6.0,
    "passage": 4.0,
    "kind": 1.5,
}


def show_progress(stage: str, done: int, total: int) -> None:
    """One line for every tenth of a stage."""
    if total and done * 10 // total != (done - 1) * 10 // total:
        print(f"{stage} {done} of {total}", flush=True)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.lower()).strip()


if __name__ == "__main__":
    main()
