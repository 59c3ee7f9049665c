"""Searching vectors exactly, through their codes and through lists, at several sizes, in turns in one process.

    python -m benchmarks.dense OUTPUT --vectors FOLDER --questions FILE [--sizes 10000 100000 1000000] [--rounds 200]

FOLDER holds NumPy files of unit vectors of texts (n, dimension), as an index has them; FILE has those of questions.
Sizes over what there is are filled up with vectors between two of them, drawn at random. *FAISS* is its own exact index
in one thread, which holds a copy of all vectors; *exact*, *codes* and *lists* are Quoth's three ways, over volumes on
the disk, each forced at every size.
Each round asks one question in all ways, in changing order; times are the process' CPU times, each way in one thread.
Memory is what another process has for itself once it has opened the volumes and asked; mapped files are not part of it.
Writes OUTPUT/dense.json, dense.md and dense.svg.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from qa.evaluation.svg import Axis, Plot
from qa.index.dense import CODES, DEPTHS, FILE, FLAT_UP_TO, SPARE, FaissBackend
from qa.ports import EXACT, DenseSearch

VOLUME = 2600
"""Vectors of a volume: about as many as 1,024 passages have."""
LIMITS = (10, 200)
"""The ten nearest, and what Quoth asks for a question with `depth` 50."""
DEPTH = DEPTHS[0]
"""Chosen by codes for ten hits; for 200 it is four times as many."""
ASKED = 20
"""Questions before memory is measured."""
ROWS = {
    "own exact": "bytes a vector in the memory of each process, exact",
    "own codes": "bytes a vector in the memory of each process, with codes",
    "own lists": "bytes a vector in the memory of each process, with lists",
    "build ms": "writing codes beside the vectors, CPU ms for 1,000",
    "open exact ms": "opening it for exact search, ms",
    "open codes ms": "opening it with codes, ms",
    "open lists ms": "opening it with lists, ms",
    "lists": "what a build would choose with lists",
    "lists s": "learning lists, choosing how many and measuring recall, CPU s",
    "plan s": "choosing the way and measuring recall, CPU s",
    "plan": "what the build chooses",
}


def vectors(folder: Path, size: int, random: np.random.Generator) -> Iterator[Any]:
    """Volumes of `size` vectors in all: those of the folder, then mixtures of two of them, 50 to 100 % of the first."""
    real = np.concatenate([np.load(path) for path in sorted(folder.glob("*.npy"))]).astype(np.float32)
    for start in range(0, size, VOLUME):
        rows = real[start : min(start + VOLUME, size)]
        missing = min(VOLUME, size - start) - len(rows)
        one, other = real[random.integers(0, len(real), (2, missing))]
        share = random.uniform(0.5, 1, (missing, 1)).astype(np.float32)
        mixed = share * one + (1 - share) * other
        yield np.concatenate([rows, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)])


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds of CPU time, and the result."""
    began = time.process_time()
    found = work()
    return (time.process_time() - began) * 1e3, found


def wall(work: Callable[[], object]) -> float:
    """Milliseconds, the median of five."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(taken), 1)


def anonymous() -> int:
    """Bytes of this process' memory that no file holds, so that no other process can share them."""
    lines = Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Anonymous:"))


def own_memory(folders: list[Path], search: DenseSearch, shared: Path, questions: Any) -> int:
    """Bytes that a process needs for itself to search."""
    faiss.omp_set_num_threads(1)
    backend = FaissBackend()
    backend.open(folders[:1], replace(search, probes=None)).search(questions[0], LIMITS[0])
    before = anonymous()
    index = backend.open(folders, search, shared)
    for query in questions[:ASKED]:
        index.search(query, LIMITS[0])
    return anonymous() - before


def measured(size: int, folder: Path, questions: Any, scratch: Path) -> dict[str, Any]:
    """All figures of one size."""
    backend, folders, random = FaissBackend(), [], np.random.default_rng(0)
    flat, built = faiss.IndexFlatIP(questions.shape[1]), 0.0
    for number, rows in enumerate(vectors(folder, size, random)):
        folders.append(scratch / f"{size}-{number}")
        folders[-1].mkdir()
        plain, _ = cpu(lambda rows=rows: np.save(folders[-1] / FILE, rows))
        both, _ = cpu(lambda rows=rows: backend.build(rows, folders[-1]))
        built += both - plain
        flat.add(rows)
    planned, plan = cpu(lambda: backend.plan(folders, scratch / f"{size}-planned"))
    coded, shared = DenseSearch(rescored=DEPTH), scratch / f"{size}-lists"
    forced = FaissBackend(exact_up_to=0, flat_up_to=0)
    learned, listed = cpu(lambda: forced.plan(folders, shared))
    found: dict[str, Any] = {
        "size": size,
        "bytes on disk": {name: sum((f / name).stat().st_size for f in folders) // size for name in (FILE, CODES)},
        "build ms": round(built * 1000 / size, 1),
        "open exact ms": wall(lambda: backend.open(folders)),
        "open codes ms": wall(lambda: backend.open(folders, coded)),
        "open lists ms": wall(lambda: backend.open(folders, listed, shared)),
        "lists": chosen(listed),
        "lists s": round(learned / 1e3, 2),
        "plan s": round(planned / 1e3, 2),
        "plan": chosen(plan),
    }
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as processes:
        for name, search in (("own exact", EXACT), ("own codes", coded), ("own lists", listed)):
            found[name] = round(processes.apply(own_memory, (folders, search, shared, questions)) / size)
    exact, codes, lists = backend.open(folders), backend.open(folders, coded), backend.open(folders, listed, shared)
    for limit in LIMITS:
        ways = {
            "FAISS": lambda query, limit=limit: flat.search(query[None], limit)[1][0].tolist(),
            "exact": lambda query, limit=limit: exact.search(query, limit).ordinals.tolist(),
            "codes": lambda query, limit=limit: codes.search(query, SPARE * limit).ordinals[:limit].tolist(),
            "lists": lambda query, limit=limit: lists.search(query, SPARE * limit).ordinals[:limit].tolist(),
        }
        found[f"limit {limit}"] = asked(ways, questions)
    return found


def chosen(plan: DenseSearch) -> str:
    """What a build decided, in words."""
    if plan.rescored is None:
        return "all compared"
    where = "" if plan.probes is None else f" in {plan.probes:,} of {plan.lists:,} lists"
    return f"{plan.rescored:,} of codes{where}, recall {plan.recall}"


def asked(ways: dict[str, Callable[[Any], list[int]]], questions: Any) -> dict[str, Any]:
    """Median CPU ms of each way, how often faster one is than another (median of the rounds), what share they find."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    same: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number, query in enumerate(questions):
        hits = {}
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            taken, hits[name] = cpu(lambda name=name, query=query: ways[name](query))
            spent[name].append(taken)
        for name in names:
            same[name].append(len(set(hits[name]) & set(hits["exact"])) / len(hits["exact"]))
    result: dict[str, Any] = {f"{name} ms": round(statistics.median(spent[name]), 2) for name in ways}
    for slower, faster in (("FAISS", "codes"), ("exact", "codes"), ("FAISS", "lists"), ("codes", "lists")):
        ratios = [slow / fast for slow, fast in zip(spent[slower], spent[faster], strict=True)]
        result[f"{slower} over {faster}"] = round(statistics.median(ratios), 1)
    for name in ("codes", "lists", "FAISS"):
        result[f"recall of {name}"] = round(float(np.mean(same[name])), 4)
    return result


def table(runs: list[dict[str, Any]]) -> str:
    """The figures as Markdown, a column for each size."""
    sizes = [f"{run['size']:,}" for run in runs]
    lines = [f"| vectors | {' | '.join(sizes)} |", f"| --- |{' ---: |' * len(runs)}"]
    for limit in LIMITS:
        for key in runs[0][f"limit {limit}"]:
            cells = [f"{run[f'limit {limit}'][key]:,}" for run in runs]
            lines.append(f"| the {limit} nearest: {key} | {' | '.join(cells)} |")
    for name in (FILE, CODES):
        cells = [f"{run['bytes on disk'][name]:,}" for run in runs]
        lines.append(f"| bytes a vector, `{name}` | {' | '.join(cells)} |")
    lines += [f"| {words} | {' | '.join(f'{run[key]}' for run in runs)} |" for key, words in ROWS.items()]
    return "\n".join(lines) + "\n"


def drawing(runs: list[dict[str, Any]]) -> str:
    """CPU time of a question by size, exact and as built."""
    ways = {size: "lists" if size > FLAT_UP_TO else "codes" for size in (run["size"] for run in runs)}
    times = [(run["size"], run["limit 200"]["exact ms"], run["limit 200"][f"{ways[run['size']]} ms"]) for run in runs]
    plot = Plot(
        name="dense",
        title="CPU time to search the vectors for a question",
        description="; ".join(f"{size:,} vectors: exact {e} ms, {ways[size]} {c} ms" for size, e, c in times),
        x=Axis(label="vectors; grey: all compared, colour: with codes, the last with lists", high=times[-1][0]),
        y=Axis(label="ms", high=max(e for _, e, _ in times) * 1.1),
    )
    plot.line([(size, e) for size, e, _ in times], style="aside")
    plot.line([(size, c) for size, _, c in times])
    plot.dots(((size, c), f"{size:,}: {c} ms") for size, _, c in times)
    return plot.standalone()


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    questions = np.load(options.questions)[: options.rounds].astype(np.float32)
    runs = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.output) as scratch:
            runs.append(measured(size, options.vectors, questions, Path(scratch)))
        print(json.dumps(runs[-1]), flush=True)
    (options.output / "dense.json").write_text(json.dumps(runs, indent=2) + "\n", encoding="utf-8")
    (options.output / "dense.md").write_text(table(runs), encoding="utf-8")
    (options.output / "dense.svg").write_text(drawing(runs), encoding="utf-8")
    print(table(runs))


if __name__ == "__main__":
    main()
