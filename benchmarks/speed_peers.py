"""Searching and answering beside txtai and haystack-ai: the same 10,000 chunks, vectors and reader weights, in turns.

    OMP_WAIT_POLICY=PASSIVE python -m benchmarks.speed_peers OUTPUT --work FOLDER --reader FOLDER [--questions 60]

needs `pip install txtai haystack-ai transformers-haystack accelerate` beside Quoth; without the variable, threads that
wait for work count as CPU time of whichever system is asked then. WORK is that of `benchmarks.speed_corpus`, the
reader's folder is written by `training.unpack_reader`. Each question is asked once, all systems answer it one after the
other in changing order, and what the encoder remembers is forgotten before. A search is the two searches alone, given
the question's vector, for 50 hits each, as Quoth's `depth` is; times are CPU times of the process. An answer is all
from the question on, times are those of the clock. haystack-ai reads what its two retrievers find, as its documentation
joins them (10 each), or the 8 passages that Quoth reads. Writes OUTPUT/speed_peers.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import Shelf, txtai
from benchmarks.speed_corpus import QUESTIONS
from qa.embedding.packaged import packaged_folder
from qa.engine import Engine
from qa.index.comparing import widened
from qa.settings import Settings
from qa.wiring import make_encoder, make_engine

DEPTH = 50
READ = 8
"""Passages that Quoth reads."""
Work = Callable[[str], object]


def timed(work: Work, question: str) -> tuple[float, float]:
    """Milliseconds of the clock and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    work(question)
    return (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3


def in_turns(ways: dict[str, Work], questions: list[str], before: Callable[[], None]) -> dict[str, Any]:
    """For each way its times, and how many times those of Quoth (median over the questions)."""
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    names = list(ways)
    for number, question in enumerate(questions):
        at = number % len(names)
        for name in names[at:] + names[:at]:
            before()
            spent[name].append(timed(ways[name], question))
    ours = spent[names[0]]
    return {name: figures(rows, ours) for name, rows in spent.items()}


def figures(rows: list[tuple[float, float]], ours: list[tuple[float, float]]) -> dict[str, float]:
    """Medians and the 95th percentile, in ms, and the share that Quoth takes."""
    wall, cpu = ([row[column] for row in rows] for column in (0, 1))
    return {
        "p50": round(statistics.median(wall), 2),
        "p95": round(float(np.percentile(wall, 95)), 2),
        "cpu": round(statistics.median(cpu), 2),
        "Quoth over it, clock": round(statistics.median(o[0] / r[0] for o, r in zip(ours, rows, strict=True)), 4),
        "Quoth over it, CPU": round(statistics.median(o[1] / r[1] for o, r in zip(ours, rows, strict=True)), 4),
        "Quoth over it, p95": round(float(np.percentile([o[0] for o in ours], 95) / np.percentile(wall, 95)), 4),
    }


def store_of(shelf: Shelf) -> Any:
    """haystack-ai's documents in memory."""
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore(embedding_similarity_function="cosine")
    pairs = enumerate(zip(shelf.texts, shelf.vectors, strict=True))
    store.write_documents(
        [Document(id=str(place), content=text, embedding=row.tolist()) for place, (text, row) in pairs]
    )
    return store


def haystack_search(store: Any, vector: Callable[[str], Any]) -> Work:
    """Its two retrievers, one after the other."""
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever

    words, meaning = InMemoryBM25Retriever(store, top_k=DEPTH), InMemoryEmbeddingRetriever(store, top_k=DEPTH)

    def search(question: str) -> None:
        words.run(query=question)
        meaning.run(query_embedding=vector(question).tolist())

    return search


def haystack_ask(store: Any, reader_folder: Path, *, read: int | None) -> Work:
    """Its hybrid pipeline with an extractive reader: the question encoded, both retrievers, joined, read."""
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(packaged_folder()), device="cpu", local_files_only=True)
    words, meaning = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=read)
    reader = TransformersExtractiveReader(model=str(reader_folder))
    reader.warm_up()

    def ask(question: str) -> Any:
        vector = encoder.encode([question], show_progress_bar=False)[0].tolist()
        both = [words.run(query=question)["documents"], meaning.run(query_embedding=vector)["documents"]]
        return reader.run(query=question, documents=joiner.run(documents=both)["documents"])

    return ask


def shelf_of(engine: Engine) -> tuple[Shelf, Any]:
    """The passages with one vector each, the mean direction of their children, and the snapshot."""
    snapshot: Any = engine.snapshot()
    passages = snapshot.passages(range(snapshot.manifest.passages))
    parents = np.array(snapshot._records.parents(range(snapshot.vectors)))  # noqa: SLF001  # no other way leads there
    sums = np.zeros((len(passages), snapshot.dense.vectors().shape[1]), np.float32)
    np.add.at(sums, parents, widened(snapshot.dense.vectors()))
    vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    encoder = make_encoder(Settings())
    known: dict[str, Any] = {}

    def encode(question: str) -> Any:
        if question not in known:
            known[question] = encoder.encode([question])[0]
        return known[question]

    return Shelf(passages, [f"{one.title}\n{one.text}" for one in passages], vectors, encode), snapshot


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--size", default="10000")
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    folder = options.work / options.size
    settings = Settings(corpus=folder / "corpus", index=folder / "index", log="off")
    engine = make_engine(settings, make_encoder(settings))
    engine.warm()
    questions = json.loads((options.work / QUESTIONS).read_text(encoding="utf-8"))[-options.questions - 3 :]
    shelf, snapshot = shelf_of(engine)
    for question in questions:
        shelf.encode(question)

    def search(question: str) -> None:
        snapshot.lexical.search(question, DEPTH)
        snapshot.nearest(shelf.encode(question), DEPTH)

    def forget() -> None:
        engine._retriever.encoder._known.clear()  # type: ignore[attr-defined]  # noqa: SLF001  # nothing cached is measured

    store = store_of(shelf)
    searches: dict[str, Work] = {
        "Quoth": search,
        "txtai": txtai(shelf),
        "haystack-ai": haystack_search(store, shelf.encode),
    }
    asks: dict[str, Work] = {
        "Quoth": lambda question: engine.ask(question, exact=True),
        "haystack-ai": haystack_ask(store, options.reader, read=None),
        "haystack-ai, 8 passages": haystack_ask(store, options.reader, read=READ),
    }
    found: dict[str, Any] = {"chunks": len(shelf.texts), "questions": options.questions}
    for name, ways in (("search", searches), ("answer", asks)):
        in_turns(ways, questions[:3], forget)
        found[name] = in_turns(ways, questions[3:], forget)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "speed_peers.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
