"""Searches the same random unit vectors here (FAISS) and in Milvus, and compares times and hits.

    PYTHONPATH=src .venv/bin/python -m benchmarks.milvus URI [--sizes 10000 100000] [--flat]

URI is that of a server, or a file of Milvus Lite. What it makes there it removes. Random vectors are the worst case for
what does not compare all: they have no clusters.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.index.dense import FaissBackend
from qa.index.milvus import Milvus
from qa.index.remote import FLAT_UP_TO, LEDGER, RemoteVectors
from qa.ports import DenseIndex

if TYPE_CHECKING:
    from qa.ports import Vectors

DIMENSION, QUERIES, CHILDREN, GROUPS = 384, 30, 200, 100
"""A question takes the 200 nearest, and then looks at the three children of some hundred passages."""
GENERATION = "000001-00000000beec"


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("uri")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--flat", action="store_true", help="compare all vectors whatever the size")
    parser.add_argument("--graph", action="store_true", help="use a graph whatever the size")
    options = parser.parse_args()
    for size in options.sizes:
        limit = 10**9 if options.flat else 0 if options.graph else FLAT_UP_TO
        with tempfile.TemporaryDirectory() as folder:
            measure(Milvus(uri=options.uri), size, Path(folder), limit)


def measure(milvus: Milvus, size: int, folder: Path, flat_up_to: int) -> None:
    """Both ways for so many vectors."""
    rows, queries = unit(size, 0), unit(QUERIES, 1)
    volume = folder / "volume"
    volume.mkdir()
    built = timed(lambda: FaissBackend().build(rows, volume))
    planned, plan = timed_with(lambda: FaissBackend().plan([volume], folder / "shared"))
    here = FaissBackend().open([volume], plan, folder / "shared")
    exact = FaissBackend().open([volume])
    remote = RemoteVectors(milvus, folder, flat_up_to=flat_up_to)
    put = timed(lambda: remote.push(GENERATION, lambda: exact.parts, lambda *_: None))
    there = remote.open([], plan, Path(GENERATION) / "dense")
    there.search(queries[0], 1)
    print(f"{size:,} vectors; here {built + planned:.1f} s to build ({plan}); Milvus {put:.1f} s to fill ({there.how})")
    for name, index in (("here", here), ("Milvus", there)):
        found, near = times(index, queries)
        ten = statistics.mean(len(nearest(index, query) & nearest(exact, query)) / 10 for query in queries)
        print(f"  {name}: {found} ms for {CHILDREN}, {near} ms for {GROUPS} passages, recall@10 {ten:.3f}")
    same = sum(there.search(query, 50).hits() == exact.search(query, 50).hits() for query in queries)
    print(f"  the same 50, scores and order: {same} of {QUERIES}")
    remote.prune([])
    (folder / LEDGER).unlink()


def nearest(index: DenseIndex, query: "Vectors") -> set[int]:
    """The ten nearest."""
    return set(index.search(query, 10).ordinals.tolist())


def times(index: DenseIndex, queries: "Vectors") -> tuple[str, str]:
    """Milliseconds of a search, and of looking at what was found, three neighbours to a passage: see `told`."""
    found, near = [], []
    for query in queries:
        found.append(timed(lambda query=query: index.search(query, CHILDREN)))
        groups = [[ordinal] for ordinal in index.search(query, 3 * GROUPS).ordinals.tolist()]
        near.append(timed(lambda query=query, groups=groups: index.nearness(query, groups)))
    return told(found), told(near)


def told(seconds: list[float]) -> str:
    """The median and, since other programs may be running, the least."""
    return f"{1000 * statistics.median(seconds):.1f} ({1000 * min(seconds):.1f})"


def unit(count: int, seed: int) -> "Vectors":
    """Random unit vectors."""
    rows = np.random.default_rng(seed).standard_normal((count, DIMENSION), np.float32)
    normed: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normed


def timed(work: Callable[[], Any]) -> float:
    """Seconds."""
    return timed_with(work)[0]


def timed_with(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what it gave."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


if __name__ == "__main__":
    main()
