"""Retrieval beside its peers: the same passages, the same sentence encoder, each system's own way to combine.

    python -m benchmarks.peers OUTPUT SET... [--limit N]        needs `pip install txtai haystack-ai` beside Quoth

SQuAD-format files count a passage as found when it overlaps the gold paragraph and holds an answer; BEIR-layout folders
count documents, each as its best passage. BM25 alone is Quoth's own Tantivy index, the vectors alone are those of whole
passages. Writes OUTPUT/peers.json and OUTPUT/peers.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.engine import Engine
from qa.evaluation.asking import paragraph_spans
from qa.evaluation.corpus import laid_out
from qa.evaluation.judging import is_gold
from qa.evaluation.metrics import ndcg_at, reciprocal_rank_at, success_at
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import Question, QuestionSet, Task
from qa.progress import ProgressBar
from qa.settings import Settings
from qa.types import Passage
from qa.wiring import make_builder, make_encoder, make_engine

DEPTH = 100
Search = Callable[[str], list[int]]
"""A question's passages by position, best first."""


@dataclass(frozen=True)
class Shelf:
    """What every system gets: the passages, the text that it may search, and their vectors."""

    passages: Sequence[Passage]
    texts: Sequence[str]
    vectors: Any
    encode: Callable[[str], Any]


def quoth(engine: Engine, passages: Sequence[Passage]) -> Search:
    """The product's own search."""
    positions = {passage.chunk.id: position for position, passage in enumerate(passages)}
    return lambda question: [positions[hit.passage.chunk.id] for hit in engine.search(question, limit=DEPTH)]


def bm25(engine: Engine) -> Search:
    """Quoth's BM25 index alone."""
    lexical = engine.snapshot().lexical
    return lambda question: [hit.ordinal for hit in lexical.search(question, DEPTH)]


def vectors(shelf: Shelf) -> Search:
    """Cosine of whole passages alone."""
    return lambda question: np.argsort(-(shelf.vectors @ shelf.encode(question)), kind="stable")[:DEPTH].tolist()


def txtai(shelf: Shelf, depth: int = DEPTH) -> Search:
    """Hybrid index with its defaults; its vectors come from the same encoder."""
    from txtai import Embeddings

    known = dict(zip(shelf.texts, shelf.vectors, strict=True))

    def transform(texts: Sequence[str]) -> Any:
        return np.stack([known[text] if text in known else shelf.encode(text) for text in texts])

    index = Embeddings(method="external", transform=transform, hybrid=True)
    index.index((position, text, None) for position, text in enumerate(shelf.texts))
    return lambda question: [int(found) for found, _ in index.search(question, depth)]


def haystack(shelf: Shelf) -> Search:
    """BM25 and embedding retriever joined by reciprocal ranks, as its documentation recommends."""
    from haystack import Document
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    store.write_documents(
        [
            Document(id=str(position), content=text, embedding=vector.tolist())
            for position, (text, vector) in enumerate(zip(shelf.texts, shelf.vectors, strict=True))
        ]
    )
    words = InMemoryBM25Retriever(store, top_k=DEPTH)
    meaning = InMemoryEmbeddingRetriever(store, top_k=DEPTH)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=DEPTH)

    def search(question: str) -> list[int]:
        both = [
            words.run(query=question)["documents"],
            meaning.run(query_embedding=shelf.encode(question).tolist())["documents"],
        ]
        return [int(document.id) for document in joiner.run(documents=both)["documents"]]

    return search


def measured(
    found: Mapping[str, list[int]], gains: Mapping[str, Callable[[list[int]], tuple[list[int], list[int]]]]
) -> dict[str, float]:
    """Recall@1, recall@5 (of questions: is a right one among them), MRR@10 and nDCG@10."""
    rows = [gains[question](ranking) for question, ranking in found.items()]
    columns = {
        "recall@1": [success_at(gain, 1) for gain, _ in rows],
        "recall@5": [success_at(gain, 5) for gain, _ in rows],
        "mrr@10": [reciprocal_rank_at(gain, 10) for gain, _ in rows],
        "ndcg@10": [ndcg_at(gain, relevant, 10) for gain, relevant in rows],
    }
    return {name: round(float(np.mean(values)), 4) for name, values in columns.items()}


def judge(question_set: QuestionSet, engine: Engine, passages: Sequence[Passage]) -> dict[str, Any]:
    """For every answerable question the function that turns positions into gains and all relevant grades."""
    paragraphs = paragraph_spans(engine, question_set)
    judges: dict[str, Any] = {}
    for question in question_set.questions:
        if question_set.task is Task.RETRIEVAL:
            judges[question.id] = documents_judge(question, passages)
        elif question.answers and question.path is not None and question.paragraph is not None:
            span = paragraphs[question.path][question.paragraph]
            gold = {position for position, passage in enumerate(passages) if is_gold(passage, question, span)}
            if gold:
                judges[question.id] = passages_judge(gold)
    return judges


def passages_judge(gold: set[int]) -> Callable[[list[int]], tuple[list[int], list[int]]]:
    """One gold passage is enough, and the first one counts: overlapping passages may hold the same answer."""

    def gains(ranking: list[int]) -> tuple[list[int], list[int]]:
        first = next((place for place, position in enumerate(ranking) if position in gold), -1)
        return [int(place == first) for place in range(len(ranking))], [1]

    return gains


def documents_judge(
    question: Question, passages: Sequence[Passage]
) -> Callable[[list[int]], tuple[list[int], list[int]]]:
    """Documents in the order of their best passage."""
    relevant = [grade for grade in question.relevant.values() if grade > 0]

    def gains(ranking: list[int]) -> tuple[list[int], list[int]]:
        paths = dict.fromkeys(passages[position].path for position in ranking)
        return [question.relevant.get(path, 0) for path in paths], relevant

    return gains


def compare(path: Path, folder: Path, limit: int | None) -> dict[str, dict[str, float]]:
    """Every system's figures on one set."""
    question_set = load_question_set(path).sampled(limit, 0)
    with laid_out(question_set, folder) as place, ProgressBar(sys.stderr) as progress:
        settings = Settings(corpus=place.corpus, index=place.index)
        encoder = make_encoder(settings)
        make_builder(settings, encoder).build(place.corpus, progress)
        engine = make_engine(settings, encoder)
        snapshot: Any = engine.snapshot()
        passages = snapshot.passages(range(snapshot.manifest.passages))
        texts = [f"{passage.title}\n{passage.text}" for passage in passages]
        stored = folder / f"{place.corpus.parent.name}-passages.npy"
        if not stored.exists():
            np.save(stored, np.concatenate([encoder.encode(texts[at : at + 64]) for at in steps(texts, progress)]))
        asked = {question.text: encoder.encode([question.text])[0] for question in question_set.questions}
        shelf = Shelf(passages, texts, np.load(stored), asked.__getitem__)
        judges = judge(question_set, engine, passages)
        systems = {
            "Quoth": quoth(engine, passages),
            "BM25 alone": bm25(engine),
            "MiniLM alone": vectors(shelf),
            "txtai hybrid": txtai(shelf),
            "haystack hybrid": haystack(shelf),
        }
        result = {}
        for name, search in systems.items():
            found = {}
            for position, question in enumerate(question_set.questions):
                progress(name, position, len(question_set.questions))
                if question.id in judges:
                    found[question.id] = search(question.text)
            result[name] = measured(found, judges)
            print(path.name, name, result[name], flush=True)
        return result


def steps(texts: Sequence[str], progress: ProgressBar) -> Any:
    """Starts of batches."""
    for start in range(0, len(texts), 64):
        progress("passages", start, len(texts))
        yield start


def table(results: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The results as Markdown, one table a set."""
    lines = []
    for name, systems in results.items():
        columns = list(next(iter(systems.values())))
        lines += [f"### {name}", "", f"| | {' | '.join(columns)} |", f"| --- |{' ---: |' * len(columns)}"]
        for system, figures in systems.items():
            lines.append(f"| {system} | {' | '.join(f'{figures[column]:.3f}' for column in columns)} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Compare on every set and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--limit", type=int, help="questions of each set")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    results = {}
    for path in arguments.sets:
        results[path.name.partition(".")[0]] = compare(path, arguments.output, arguments.limit)
        (arguments.output / "peers.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        (arguments.output / "peers.md").write_text(table(results), encoding="utf-8")


if __name__ == "__main__":
    main()
