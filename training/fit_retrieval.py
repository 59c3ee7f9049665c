"""Learn how much each feature of a retrieved passage counts (`qa.retrieval.fusion.WEIGHTS`).

    python -m training.fit_retrieval --squad FILE... --beir FOLDER... --output FOLDER

Every collection is indexed by the product itself; for each question the proposals of both retrievers are labelled
(a passage of the right document that holds an answer; a document that the collection judges relevant) and the weights
minimise a listwise softmax loss, every collection counting the same. Each collection is also left out in turn: its
figures with weights learned from the others stand beside those of BM25 and of the vectors alone.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.retrieval.fusion import Features
from qa.retrieval.hybrid import BM25, DENSE, HybridRetriever
from qa.settings import Settings
from qa.types import RankedPassage
from qa.wiring import make_builder, make_encoder, make_engine
from training.data import detokenise, load_squad
from training.fit_decision import show_progress

Floats = NDArray[np.float64]
NAMES = tuple(field.name for field in fields(Features))
STEPS, RATE, PENALTY = 200, 0.3, 1e-3


@dataclass(frozen=True)
class Question:
    """A question and the grade of every document that counts; with `answers`, a passage must hold one of them."""

    text: str
    grades: Mapping[str, float]
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """The proposals for a question: features (n, 5), grades (n,), documents, and the ranks that retrievers gave."""

    question: Question
    features: Floats
    grades: Floats
    paths: tuple[str, ...]
    ranks: Mapping[str, Floats]


def squad_collection(file: Path, corpus: Path) -> list[Question]:
    """Every article as one text file."""
    questions = []
    for number, article in enumerate(load_squad(file)):
        path = f"{number}.txt"
        parts = [str(article.get("title", "")).replace("_", " ")]
        for paragraph in article["paragraphs"]:
            parts.append(detokenise(paragraph["context"])[0])
            for asked in paragraph["qas"]:
                answers = tuple(sorted({detokenise(answer["text"])[0].lower() for answer in asked["answers"]}))
                if answers:
                    questions.append(Question(asked["question"], {path: 1.0}, answers))
        (corpus / path).write_text("\n\n".join(parts), encoding="utf-8")
    return questions


def beir_collection(folder: Path, corpus: Path) -> list[Question]:
    """Every document as one text file; of several sets of judgements the training one is taken."""
    paths = {}
    with (folder / "corpus.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            paths[document["_id"]] = path = re.sub(r"[^\w.-]", "_", document["_id"]) + ".txt"
            (corpus / path).write_text(f"{document.get('title', '')}\n\n{document['text']}", encoding="utf-8")
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        texts = {query["_id"]: query["text"] for query in map(json.loads, lines)}
    judged = folder / "qrels_train.tsv"
    grades: dict[str, dict[str, float]] = {}
    with (judged if judged.exists() else folder / "qrels_test.tsv").open(encoding="utf-8") as lines:
        for line in list(lines)[1:]:
            query, document, grade = line.split("\t")
            grades.setdefault(query, {})[paths[document]] = float(grade)
    return [Question(texts[query], found) for query, found in grades.items()]


def collect(name: str, questions: Sequence[Question], settings: Settings) -> list[Case]:
    """Index the corpus and gather every proposal with its features."""
    encoder = make_encoder(settings)
    make_builder(settings, encoder).build(settings.corpus, show_progress)
    snapshot = make_engine(settings, encoder).snapshot()
    retriever = HybridRetriever(encoder=encoder, depth=settings.depth)
    cases = []
    for position, question in enumerate(questions):
        show_progress(name, position, len(questions))
        found = retriever.propose(question.text, snapshot, settings.depth)
        ranked = [proposal.ranked(rank) for rank, proposal in enumerate(found, start=1)]
        ranks = {retriever: np.array([rank_of(one, retriever) for one in ranked]) for retriever in (BM25, DENSE)}
        cases.append(
            Case(
                question,
                np.array([astuple(proposal.features) for proposal in found]).reshape(-1, len(NAMES)),
                np.array([grade(question, one) for one in ranked]),
                tuple(one.passage.path for one in ranked),
                ranks,
            )
        )
    return cases


def rank_of(ranked: RankedPassage, retriever: str) -> float:
    """The rank that one retriever gave a passage; infinite when it did not find it."""
    return next((float(share.rank) for share in ranked.contributions if share.retriever == retriever), float("inf"))


def grade(question: Question, ranked: RankedPassage) -> float:
    """How relevant a passage is."""
    text = ranked.passage.text.lower()
    held = not question.answers or any(answer in text for answer in question.answers)
    return question.grades.get(ranked.passage.path, 0.0) if held else 0.0


def fit(collections: Sequence[Sequence[Case]]) -> Floats:
    """Weights that minimise the mean over collections of the listwise softmax loss, by Adam, scaled to add up to 1."""
    theta, first, second = np.ones(len(NAMES)), np.zeros(len(NAMES)), np.zeros(len(NAMES))
    usable = [[case for case in cases if (case.grades > 0).any()] for cases in collections]
    for step in range(1, STEPS + 1):
        gradient = PENALTY * theta
        for cases in usable:
            for case in cases:
                scores = case.features @ theta
                share = np.exp(scores - scores.max())
                wanted = (case.grades > 0) / (case.grades > 0).sum()
                gradient += case.features.T @ (share / share.sum() - wanted) / (len(cases) * len(usable))
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        theta -= RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    scaled: Floats = theta / theta.sum()
    return scaled


def figures(cases: Sequence[Case], score: Callable[[Case], Floats]) -> dict[str, float]:
    """Recall@1, recall@5 and MRR@10 of the best passages, and nDCG@10 of the best documents."""
    first: list[float] = []
    five: list[float] = []
    reciprocal: list[float] = []
    gain: list[float] = []
    for case in cases:
        ideal = sorted((grade for grade in case.question.grades.values() if grade > 0), reverse=True)[:10]
        if not ideal:
            continue
        order = [index for index in np.argsort(-score(case), kind="stable") if np.isfinite(score(case)[index])]
        hit = next((rank for rank, index in enumerate(order[:10], start=1) if case.grades[index] > 0), 0)
        first.append(hit == 1)
        five.append(0 < hit <= 5)
        reciprocal.append(1 / hit if hit else 0.0)
        documents: dict[str, float] = {}
        for index in order:
            documents.setdefault(case.paths[index], float(case.grades[index]))
        gain.append(discounted(list(documents.values())[:10]) / discounted(ideal))
    columns: dict[str, list[float]] = {"recall@1": first, "recall@5": five, "mrr@10": reciprocal, "ndcg@10": gain}
    return {name: round(float(np.mean(values)), 4) for name, values in columns.items()}


def discounted(grades: Sequence[float]) -> float:
    """Discounted cumulative gain."""
    return float(sum(value / np.log2(rank + 1) for rank, value in enumerate(grades, start=1)))


def weighed(weights: Floats) -> Callable[[Case], Floats]:
    """What scores a case by weights."""
    return lambda case: case.features @ weights


def report(collections: Mapping[str, Sequence[Case]]) -> dict[str, object]:
    """The weights, and each collection's figures with the weights of the others."""
    weights = fit(list(collections.values()))
    result: dict[str, object] = {"weights": dict(zip(NAMES, np.round(weights, 3).tolist(), strict=True))}
    for name, cases in collections.items():
        others = [held for other, held in collections.items() if other != name]
        learned = fit(others) if others else weights
        result[name] = {
            "bm25": figures(cases, lambda case: -case.ranks[BM25]),
            "dense": figures(cases, lambda case: -case.ranks[DENSE]),
            "others' weights": figures(cases, weighed(learned)),
            "all weights": figures(cases, weighed(weights)),
        }
    return result


def main() -> None:
    """Collect, fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--squad", type=Path, nargs="*", default=[])
    parser.add_argument("--beir", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=600, help="questions of each collection")
    parser.add_argument("--output", type=Path, required=True, help="folder for the indexes and the result")
    arguments = parser.parse_args()
    collections = {}
    for source in (*arguments.squad, *arguments.beir):
        name = source.name.partition(".")[0]
        settings = Settings(corpus=arguments.output / name / "corpus", index=arguments.output / name / "index")
        settings.corpus.mkdir(parents=True, exist_ok=True)
        questions = (beir_collection if source.is_dir() else squad_collection)(source, settings.corpus)
        chosen = random.Random(0).sample(questions, min(arguments.count, len(questions)))
        collections[name] = collect(name, chosen, settings)
    result = report(collections)
    (arguments.output / "retrieval.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
