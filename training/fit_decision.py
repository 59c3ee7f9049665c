"""Fits the two decisions over the reader's features: which candidate is best, and how probable it is that it answers.

The engine itself runs over corpora made of development articles that the reader was not trained on. A candidate is
right when it overlaps with an answer (F1 of at least 0.5) in the right document. Ranking weights minimise a listwise
softmax loss, every set of questions counting the same; confidence is a logistic regression on the evidence that
the judge was given, so it belongs to the ranking that the engine ran with: after a change of ranking weights ask again.
The operating points say from which confidence on a share of the answers was
right, over a mix of answerable, adversarial and off-topic questions.

    python -m training.fit_decision --answerable DEV.json.gz... --off-topic OTHER.json.gz... --output FOLDER

What was asked is stored in FOLDER; with `--again` it is fitted anew without asking.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.calibration import Evidence
from qa.engine import Engine, Read, Retrieved
from qa.evaluation.confidence import auroc
from qa.evaluation.judging import RIGHT_F1
from qa.evaluation.metrics import f1
from qa.settings import Settings
from qa.types import Candidate, RankedPassage
from qa.wiring import make_builder, make_encoder, make_engine
from training.data import detokenise, load_squad

Floats = NDArray[np.float64]
ADVERSARIAL, OFF_TOPIC = "adversarial", "off-topic"
STEPS, RATE, PENALTY = 300, 0.1, 1e-3
SENTENCE_FEATURES = ("similarity", "coverage", "coverage_in_section", "passage", "kind")
SHARES = {ADVERSARIAL: 0.45, OFF_TOPIC: 0.05}
"""Of the questions that the operating points are measured on; the rest is answerable."""
RANKING_ONLY = ("qed_nq_dev",)
"""Sets whose only gold answer is often a long phrase, so that a right answer may count as wrong: just for ranking."""
TARGETS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


@dataclass(frozen=True)
class Question:
    """A question with its set's name, and the answers and the file that hold them (none when it has no answer)."""

    kind: str
    text: str
    answers: tuple[str, ...] = ()
    path: str = ""


@dataclass
class Case:
    """What the engine found for a question: the features of every candidate (n, names), and which are right.

    Candidates come best first as the engine ranks them; `evidence` is what the judge weighs.
    """

    question: Question
    features: Floats
    right: NDArray[np.bool_]
    evidence: dict[str, float]


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


def collect(engine: Engine, questions: Sequence[Question], names: Sequence[str]) -> list[Case]:
    """Run the engine's stages on every question."""
    cases = []
    lexical = engine.snapshot().lexical
    for position, question in enumerate(questions):
        show_progress("asked", position, len(questions))
        passages: Sequence[RankedPassage] = ()
        candidates: Sequence[Candidate] = ()
        for event in engine.stages(question.text, exact=True):
            if isinstance(event, Retrieved):
                passages = event.passages
            if isinstance(event, Read):
                candidates = event.candidates
        if candidates:
            evidence = Evidence.of(question.text, passages, candidates, lexical).features
            features = np.array([[candidate.features[name] for name in names] for candidate in candidates])
            right = np.array([is_right(candidate, question) for candidate in candidates], bool)
            cases.append(Case(question, features, right, dict(evidence)))
    return cases


def is_right(candidate: Candidate, question: Question) -> bool:
    """Whether the words of a candidate overlap with an answer, in the right document."""
    if candidate.passage.path != question.path:
        return False
    return f1(candidate.passage.slice(candidate.span), question.answers) >= RIGHT_F1


def fit_ranking(cases: Sequence[Case]) -> Floats:
    """Weights that minimise the listwise softmax loss over candidates, by Adam; every set counts the same."""
    kinds = sorted({case.question.kind for case in cases})
    groups = [[case for case in cases if case.question.kind == kind and case.right.any()] for kind in kinds]
    groups = [group for group in groups if group]
    theta = np.ones(groups[0][0].features.shape[1])
    first, second = np.zeros_like(theta), np.zeros_like(theta)
    for step in range(1, STEPS + 1):
        gradient = PENALTY * theta
        for group in groups:
            for case in group:
                scores = case.features @ theta
                share = np.exp(scores - scores.max())
                wanted = share * case.right  # the right ones share the mass as the model would
                push = share / share.sum() - wanted / wanted.sum()
                gradient += case.features.T @ push / (len(group) * len(groups))
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        theta -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return theta


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


def area_under_curve(scores: Floats, positive: NDArray[np.bool_]) -> float | None:
    """AUROC to four decimals; None without both kinds."""
    area = auroc(scores[positive].tolist(), scores[~positive].tolist())
    return None if area is None else round(area, 4)


def mix_weights(kinds: Sequence[str]) -> Floats:
    """What each question counts for, so that every kind has its share of the mix."""
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    answerable = [kind for kind in counts if kind not in SHARES]
    share = {kind: (1 - sum(SHARES.values())) / len(answerable) for kind in answerable} | SHARES
    return np.array([share[kind] / counts[kind] for kind in kinds]) * len(kinds)


def operating_points(probability: Floats, right: NDArray[np.bool_], weights: Floats) -> dict[str, list[float]]:
    """For each target precision a confidence from which on it is reached, and the share then answered.

    The higher of two: the lowest confidence that reached it on these very questions, which is chosen with hindsight and
    so promises too much on others, and the one at which the mean confidence of the answers equals it, which promises
    too much where the model is too sure.
    """
    order = np.argsort(-probability, kind="stable")
    sorted_, counted = probability[order], np.cumsum(weights[order])
    points = {}
    for target in TARGETS:
        reached = [
            np.flatnonzero(np.cumsum(weights[order] * hits) / counted >= target) for hits in (right[order], sorted_)
        ]
        if all(len(places) for places in reached):
            least = float(max(sorted_[places[-1]] for places in reached))
            share = float(weights[probability >= least].sum() / weights.sum())
            points[str(target)] = [round(least, 3), round(share, 3)]
    return points


def fit(cases: Sequence[Case], names: Sequence[str], wanted: Sequence[str]) -> dict[str, Any]:
    """Both decisions and what they give."""
    theta = fit_ranking(cases)
    best = [int(np.argmax(case.features @ theta)) for case in cases]
    refitted = np.array([bool(case.right[index]) for case, index in zip(cases, best, strict=True)])
    labels = np.array([bool(case.right[0]) for case in cases])
    chosen = np.array([[case.evidence.get(name, 0.0) for name in wanted] for case in cases])
    rows = np.hstack([chosen, np.ones((len(cases), 1))])
    kinds = [case.question.kind for case in cases]
    judged = np.array([kind not in RANKING_ONLY for kind in kinds])
    weights = mix_weights([kind for kind in kinds if kind not in RANKING_ONLY])
    logistic = fit_logistic(rows[judged], labels[judged], weights)
    probability = 1 / (1 + np.exp(-rows @ logistic))
    answerable = np.array([bool(case.question.answers) for case in cases])
    adversarial = answerable | np.array([kind == ADVERSARIAL for kind in kinds])
    each = {kind: np.array([other == kind for other in kinds]) for kind in sorted(set(kinds))}
    return {
        "ranking": dict(zip(names, np.round(theta, 2).tolist(), strict=True)),
        "right first": {kind: round(float(labels[held].mean()), 3) for kind, held in each.items()},
        "right first with these weights": {kind: round(float(refitted[held].mean()), 3) for kind, held in each.items()},
        "confidence": dict(zip([*wanted, "intercept"], np.round(logistic, 3).tolist(), strict=True)),
        "auroc": area_under_curve(probability, answerable),
        "auroc without off-topic": area_under_curve(probability[adversarial], answerable[adversarial]),
        "operating points": operating_points(probability[judged], labels[judged], weights),
        "thresholds": {
            str(threshold): {
                kind: round(float((probability >= threshold)[held].mean()), 3) for kind, held in each.items()
            }
            for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
        },
    }


def ask(arguments: argparse.Namespace, names: Sequence[str]) -> list[Case]:
    """Make the corpus, index it and ask."""
    chooser = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        questions = write_corpus(arguments.answerable, corpus, arguments.count, chooser)
        questions += off_topic(arguments.off_topic, arguments.count // 2, chooser)
        settings = Settings(corpus=corpus, index=Path(folder) / "index", reader=arguments.reader)
        encoder = make_encoder(settings)
        make_builder(settings, encoder).build(corpus, show_progress)
        return collect(make_engine(settings, encoder, thorough=True), questions, names)


def main() -> None:
    """Collect, fit, print and write the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answerable", type=Path, nargs="*", default=[])
    parser.add_argument("--off-topic", type=Path, nargs="*", default=[])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--reader", default="packaged")
    parser.add_argument("--count", type=int, default=250, help="questions of each set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", action="store_true", help="fit what an earlier run stored")
    parser.add_argument("--evidence", nargs="*", help="features of the confidence (those of the shipped model)")
    arguments = parser.parse_args()
    names = SENTENCE_FEATURES if arguments.reader == "sentence" else ("span", *SENTENCE_FEATURES)
    arguments.output.mkdir(parents=True, exist_ok=True)
    stored = arguments.output / "cases.pickle"
    if arguments.again:
        cases = pickle.loads(stored.read_bytes())
    else:
        cases = ask(arguments, names)
        stored.write_bytes(pickle.dumps(cases))
    kind = "sentence" if arguments.reader == "sentence" else "span"
    result = fit(cases, names, arguments.evidence or CONFIDENCE_FEATURES[kind])
    (arguments.output / "decision.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


CONFIDENCE_FEATURES = {
    "span": ("span", "similarity", "kind", "again", "agrees"),
    "sentence": ("similarity", "coverage_in_section"),
}


def show_progress(stage: str, done: int, total: int) -> None:
    """One line for every tenth of a stage."""
    if total and done * 10 // total != (done - 1) * 10 // total:
        print(f"{stage} {done} of {total}", flush=True)


if __name__ == "__main__":
    main()
