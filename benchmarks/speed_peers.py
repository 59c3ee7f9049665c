"""Searching and answering beside txtai and haystack-ai: the same 10,000 chunks, vectors and reader weights, in turns.

    python -m benchmarks.speed_peers OUTPUT --work FOLDER --reader FOLDER [--questions 60]

needs `pip install txtai haystack-ai transformers-haystack accelerate` beside Quoth. WORK is that of
`benchmarks.speed_corpus`, the reader's folder is written by `training.unpack_reader`. Each system is in a process of
its own, so that each pays for its own threads; after each question nothing is asked until those have come to rest, and
what they used until then counts. Each question is asked once, all systems answer it one after the other in changing
order, and what the encoder remembers is forgotten before.

A search is the two searches alone, given the question's vector, for 50 hits each, as Quoth's `depth` is. txtai joins
them, so it is asked for 50 and for the 100 that these can be at most. An answer is all from the question on.
haystack-ai reads what its two retrievers find, as its documentation joins them (10 each), or the 8 passages that Quoth
reads. Writes OUTPUT/speed_peers.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
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
REST_SECONDS = 0.3
"""Threads that wait busily for more to do have given up by then."""
WARMING = 3
"""Questions that are asked first and do not count."""
Work = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Given:
    """What the systems are made of: the folder with corpus and index, that of the reader, the questions' vectors."""

    index: Path
    reader: Path
    vectors: dict[str, Any]


Maker = Callable[[Given], Work]


class Rival:
    """A system in a process of its own."""

    def __init__(self, make: Maker, given: Given) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, make, given), daemon=True)
        self._process.start()
        self._line.recv()

    def timed(self, question: str) -> tuple[float, float]:
        """Milliseconds of the clock, and of CPU until all of its threads rest."""
        self._line.send(question)
        wall: float = self._line.recv()
        time.sleep(REST_SECONDS)
        self._line.send(None)
        return wall, self._line.recv()

    def end(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()


def _serve(line: Any, make: Maker, given: Given) -> None:
    work = make(given)
    line.send("ready")
    before = 0.0
    while True:
        question = line.recv()
        if question is None:
            line.send((time.process_time() - before) * 1e3)
            continue
        wall, before = time.perf_counter(), time.process_time()
        work(question)
        line.send((time.perf_counter() - wall) * 1e3)


def in_turns(ways: Mapping[str, Maker], questions: list[str], given: Given) -> dict[str, Any]:
    """For each way its times, and how many times those of Quoth (median over the questions); the first three warm."""
    rivals = {name: Rival(make, given) for name, make in ways.items()}
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    names = list(ways)
    for number, question in enumerate(questions):
        at = number % len(names)
        for name in names[at:] + names[:at]:
            spent[name].append(rivals[name].timed(question))
    for rival in rivals.values():
        rival.end()
    ours = spent[names[0]][WARMING:]
    return {name: figures(rows[WARMING:], ours) for name, rows in spent.items()}


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


def open_quoth(index: Path) -> Engine:
    """Quoth as it serves."""
    settings = Settings(corpus=index / "corpus", index=index / "index", log="off")
    engine = make_engine(settings, make_encoder(settings))
    engine.warm()
    return engine


def quoth_search(given: Given) -> Work:
    """Its two searches."""
    snapshot: Any = open_quoth(given.index).snapshot()

    def search(question: str) -> None:
        snapshot.lexical.search(question, DEPTH)
        snapshot.nearest(given.vectors[question], DEPTH)

    return search


def quoth_ask(given: Given) -> Work:
    """All of it, and nothing of what it remembers."""
    engine = open_quoth(given.index)

    def ask(question: str) -> None:
        engine._retriever.encoder._known.clear()  # type: ignore[attr-defined]  # noqa: SLF001  # nothing cached is measured
        engine.ask(question, exact=True)

    return ask


def txtai_search(given: Given, *, hits: int = DEPTH) -> Work:
    """Its hybrid index."""
    return txtai(shelf_of(given), hits)


def haystack_search(given: Given) -> Work:
    """Its two retrievers, one after the other."""
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever

    store = store_of(shelf_of(given))
    words, meaning = InMemoryBM25Retriever(store, top_k=DEPTH), InMemoryEmbeddingRetriever(store, top_k=DEPTH)

    def search(question: str) -> None:
        words.run(query=question)
        meaning.run(query_embedding=given.vectors[question].tolist())

    return search


def haystack_ask(given: Given, *, read: int | None = None) -> Work:
    """Its hybrid pipeline with an extractive reader: the question encoded, both retrievers, joined, read."""
    from haystack.components.joiners import DocumentJoiner
    from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
    from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
    from sentence_transformers import SentenceTransformer

    store = store_of(shelf_of(given))
    encoder = SentenceTransformer(str(packaged_folder()), device="cpu", local_files_only=True)
    words, meaning = InMemoryBM25Retriever(store), InMemoryEmbeddingRetriever(store)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=read)
    reading = TransformersExtractiveReader(model=str(given.reader))
    reading.warm_up()

    def ask(question: str) -> Any:
        vector = encoder.encode([question], show_progress_bar=False)[0].tolist()
        both = [words.run(query=question)["documents"], meaning.run(query_embedding=vector)["documents"]]
        return reading.run(query=question, documents=joiner.run(documents=both)["documents"])

    return ask


def shelf_of(given: Given) -> Shelf:
    """The passages with one vector each, the mean direction of their children."""
    snapshot: Any = open_quoth(given.index).snapshot()
    passages = snapshot.passages(range(snapshot.manifest.passages))
    parents = np.array(snapshot._records.parents(range(snapshot.vectors)))  # noqa: SLF001  # no other way leads there
    sums = np.zeros((len(passages), snapshot.dense.vectors().shape[1]), np.float32)
    np.add.at(sums, parents, widened(snapshot.dense.vectors()))
    texts = [f"{one.title}\n{one.text}" for one in passages]
    return Shelf(passages, texts, sums / np.linalg.norm(sums, axis=1, keepdims=True), given.vectors.__getitem__)


SEARCHES: dict[str, Maker] = {
    "Quoth": quoth_search,
    "txtai": txtai_search,
    "txtai, 100 hits": partial(txtai_search, hits=2 * DEPTH),
    "haystack-ai": haystack_search,
}
ASKS: dict[str, Maker] = {
    "Quoth": quoth_ask,
    "haystack-ai": haystack_ask,
    "haystack-ai, 8 passages": partial(haystack_ask, read=READ),
}


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--reader", type=Path, required=True)
    parser.add_argument("--size", default="10000")
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    index = options.work / options.size
    asked = json.loads((options.work / QUESTIONS).read_text(encoding="utf-8"))[-options.questions - WARMING :]
    vectors = dict(zip(asked, make_encoder(Settings()).encode(asked), strict=True))
    given = Given(index, options.reader, vectors)
    found: dict[str, Any] = {"chunks": open_quoth(index).snapshot().manifest.passages, "questions": options.questions}
    for name, ways in (("search", SEARCHES), ("answer", ASKS)):
        found[name] = in_turns(ways, asked, given)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "speed_peers.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
