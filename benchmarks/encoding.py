"""The packaged and the static encoder beside SentenceTransformer.encode: the same texts, in turns in one process.

    python -m benchmarks.encoding OUTPUT [--corpus FOLDER...] [--rounds 9]

Documents are the child spans that Quoth would index of the folders, all in one call; questions are asked one by one.
The packaged encoder and torch have the same weights; the static encoder has a table made from them. All may use every
core, and torch's threads wait without spinning, as otherwise it loses much of its speed beside any other program. The
share of the processor's rate divides the multiplications that the network needs by those that numpy does in the same
CPU time on large products. Many processors change their pace by the second, and are faster when one core works alone:
so each core does products, as each encodes, just before and just after every eighth of the texts (in the order of
their lengths). Writes OUTPUT/encoding.json and OUTPUT/encoding.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from qa.embedding.packaged import MAX_TOKENS, PackagedEncoder, packaged_folder
from qa.embedding.static import StaticEncoder
from qa.local_models import imported_torch
from qa.settings import Settings
from qa.wiring import make_builder

LAYERS, WIDTH, INNER = 6, 384, 1536
FAST = 20
"""Times that the static encoder does it in a round, as once is too short to be measured."""
SIDE, PRODUCTS = 1536, 3
"""Rows and columns of a large product, and how many each core does in a row."""
SLICES = 8
QUESTIONS = (
    "Which countries has India held 2+2 meetings with?",
    "When was the dialogue announced?",
    "Who represented the United States in 2018?",
    "How much was trade in goods and services worth in 2022?",
    "What does COMCASA allow the two armed forces to do?",
    "Why was the first meeting postponed?",
    "Where did the third one take place?",
    "List the founding agreements",
)
START = {
    "Quoth": "from qa.embedding.packaged import PackagedEncoder; PackagedEncoder().encode(['a question'])",
    "SentenceTransformer": "from sentence_transformers import SentenceTransformer\n"
    "from qa.embedding.packaged import packaged_folder\n"
    "SentenceTransformer(str(packaged_folder()), device='cpu', local_files_only=True).encode(['a question'])",
}


class Cost(NamedTuple):
    """Seconds."""

    wall: float
    cpu: float


def cost(work: Callable[[], object]) -> Cost:
    """What one call costs this process, all threads counted."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def in_turns(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> list[tuple[Cost, Cost]]:
    """Pairs of costs, each of the two first in every other round; one round before, which does not count."""
    pairs = []
    for number in range(rounds + 1):
        if number % 2:
            second = cost(theirs)
            first = cost(ours)
        else:
            first = cost(ours)
            second = cost(theirs)
        pairs.append((first, second))
    return pairs[1:]


def operations(lengths: Sequence[int]) -> float:
    """Floating-point operations of the network's matrix products over texts of these lengths in tokens."""
    dense = 2 * (4 * WIDTH * WIDTH + 2 * WIDTH * INNER)
    return float(sum(length * LAYERS * (dense + 4 * length * WIDTH) for length in lengths))


def product_rate(threads: int) -> float:
    """Floating-point operations in a second of CPU time of each of so many threads, numpy in all of them at once."""
    side = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    start = Barrier(threads)

    def products(_: int) -> float:
        start.wait()
        before = time.thread_time()
        for _ in range(PRODUCTS):
            side @ side
        return 2 * SIDE**3 * PRODUCTS / (time.thread_time() - before)

    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        return statistics.fmean(pool.map(products, range(threads)))


def share_of_rate(
    encode: Callable[[Sequence[str]], object], texts: Sequence[str], lengths: Sequence[int], cores: int
) -> float:
    """The share of the rate of `product_rate`, on as many cores, that encoding reaches, a slice of texts at a time."""
    order = sorted(range(len(texts)), key=lambda position: -lengths[position])
    done = possible = 0.0
    before = product_rate(cores)
    for some in np.array_split(np.array(order), SLICES):
        spent = cost(lambda some=some: encode([texts[position] for position in some])).cpu
        after = product_rate(cores)
        done += operations([lengths[position] for position in some])
        possible += spent * (before + after) / 2
        before = after
    return done / possible


def children(folders: Sequence[Path], scratch: Path) -> list[str]:
    """The distinct spans of the folders' documents whose vectors Quoth would index."""
    texts: dict[str, None] = {}
    encoder = PackagedEncoder()
    for folder in folders:
        builder = make_builder(Settings.model_validate({"corpus": folder, "index": scratch / folder.name}), encoder)
        for path in sorted(path for path in folder.rglob("*.md") if path.is_file()):
            document = builder.parse(source_of(path, folder), path.read_bytes())
            texts |= dict.fromkeys(
                child.of(document.text) for chunk in builder.chunk(document) for child in chunk.children
            )
    return list(texts)


def source_of(path: Path, folder: Path) -> Any:
    """What the index would know of a file."""
    from qa.local_models import file_sha256
    from qa.types import Source

    name = path.relative_to(folder).as_posix()
    return Source(path=name, media_type="text/markdown", size=path.stat().st_size, sha256=file_sha256(path))


def started(program: str) -> tuple[Cost, float]:
    """A process from nothing to its first vector: its cost, and the most memory that it held, in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = time.perf_counter()
    held = "\nprint(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run([sys.executable, "-c", program + held], check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - wall, cpu), int(done.stdout.split()[-1]) / 1024


def measured(texts: Sequence[str], rounds: int) -> dict[str, Any]:
    """All figures: medians, ratios of pairs, and how far the vectors are apart."""
    imported_torch(0)
    from sentence_transformers import SentenceTransformer

    ours = PackagedEncoder()
    theirs = SentenceTransformer(str(packaged_folder()), device="cpu", local_files_only=True)

    def encode(some: Sequence[str]) -> Any:
        return theirs.encode(list(some), normalize_embeddings=True, show_progress_bar=False)

    lengths = [min(count + 2, MAX_TOKENS) for count in ours.count_tokens(texts)]
    apart = float(np.abs(ours.encode(texts) - encode(texts)).max())
    documents = in_turns(lambda: ours.encode(texts), lambda: encode(texts), rounds)
    cores = len(os.sched_getaffinity(0))
    shares = [[share_of_rate(way, texts, lengths, cores) for way in (ours.encode, encode)] for _ in range(rounds)]
    fast = StaticEncoder()
    static = in_turns(lambda: [fast.encode(texts) for _ in range(FAST)], lambda: encode(texts), rounds)
    static = [(Cost(mine.wall / FAST, mine.cpu / FAST), other) for mine, other in static]
    asked = [
        pair
        for question in QUESTIONS
        for pair in in_turns(lambda text=question: ours.encode([text]), lambda text=question: encode([text]), rounds)
    ]
    return {
        "texts": len(texts),
        "tokens": sum(lengths),
        "cores": cores,
        "load": round(os.getloadavg()[0], 1),
        "largest difference": apart,
        "product GFLOP/s of each core": round(product_rate(cores) / 1e9, 1),
        "product GFLOP/s of a core alone": round(product_rate(1) / 1e9, 1),
        "documents": summary(documents, sum(lengths)),
        "static": summary(static, sum(lengths)),
        "questions": summary(asked, None),
        "share of the product rate": {
            name: round(statistics.median(row[side] for row in shares), 3)
            for side, name in enumerate(("Quoth", "SentenceTransformer"))
        },
        "start": {name: start_of(program, 3) for name, program in START.items()},
    }


def summary(pairs: Sequence[tuple[Cost, Cost]], tokens: int | None) -> dict[str, Any]:
    """Medians of both sides in ms (or tokens a second), and the median of the pairs' ratios."""
    found: dict[str, Any] = {}
    for side, name in enumerate(("Quoth", "SentenceTransformer")):
        for kind in ("wall", "cpu"):
            seconds = statistics.median(getattr(pair[side], kind) for pair in pairs)
            found[f"{name} {kind} ms"] = round(seconds * 1e3, 2)
            if tokens:
                found[f"{name} tokens a {kind} second"] = round(tokens / seconds)
    for kind in ("wall", "cpu"):
        ratios = sorted(getattr(ours, kind) / getattr(theirs, kind) for ours, theirs in pairs)
        found[f"{kind} ratio"] = round(statistics.median(ratios), 5)
        found[f"{kind} ratio, quartiles"] = [
            round(ratios[len(ratios) // 4], 3),
            round(ratios[-1 - len(ratios) // 4], 3),
        ]
    return found


def start_of(program: str, times: int) -> dict[str, float]:
    """Medians over a few processes."""
    runs = [started(program) for _ in range(times)]
    return {
        "wall s": round(statistics.median(spent.wall for spent, _ in runs), 2),
        "cpu s": round(statistics.median(spent.cpu for spent, _ in runs), 2),
        "most memory MB": round(statistics.median(memory for _, memory in runs)),
    }


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    documents, questions, share, start = (
        found[name] for name in ("documents", "questions", "share of the product rate", "start")
    )
    names = ("Quoth", "SentenceTransformer")
    rows = [
        (
            "documents, tokens/s",
            *(documents[f"{name} tokens a wall second"] for name in names),
            documents["wall ratio"],
        ),
        ("documents, CPU ms", *(documents[f"{name} cpu ms"] for name in names), documents["cpu ratio"]),
        ("share of the processor's rate", *(share[name] for name in names), ""),
        ("a question, wall ms", *(questions[f"{name} wall ms"] for name in names), questions["wall ratio"]),
        ("a question, CPU ms", *(questions[f"{name} cpu ms"] for name in names), questions["cpu ratio"]),
        ("from nothing to the first vector, s", *(start[name]["wall s"] for name in names), ""),
        ("the same, CPU s", *(start[name]["cpu s"] for name in names), ""),
        ("the same, most memory, MB", *(start[name]["most memory MB"] for name in names), ""),
    ]
    head = f"| {found['texts']} texts, {found['tokens']} tokens | Quoth | SentenceTransformer | ratio of times |"
    lines = [head, "| --- | --- | --- | --- |", *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)]
    static = found["static"]
    rates = [static[f"{name} tokens a wall second"] for name in names]
    times = [1 / static[f"{kind} ratio"] for kind in ("wall", "cpu")]
    lines += ["", f"The static encoder beside SentenceTransformer: {rates[0]:,} and {rates[1]:,} tokens/s,"]
    lines += [f"{times[0]:.0f} times as many by the clock and {times[1]:.0f} times by CPU time."]
    lines += ["", f"Largest difference of a number in a vector: {found['largest difference']:.1e}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--corpus", type=Path, nargs="+", default=[Path("corpus"), Path("docs")])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    found = measured(children(options.corpus, options.output), options.rounds)
    (options.output / "encoding.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (options.output / "encoding.md").write_text(table(found), encoding="utf-8")
    print(table(found))


if __name__ == "__main__":
    main()
