"""What a corpus of a size and a rate of questions cost: machines, memory, disk and hours, from measured constants.

    python -m benchmarks.scaling_model benchmarks

reads `scaling.json` there, which `benchmarks.scaling` wrote, prints the tables of `docs/scaling.md` and
`benchmarks/scaling.md`, and writes `scaling.svg`. Whatever grows is taken to grow in proportion to the chunks, along
the line through the smallest and the largest size that were measured. A test compares the tables with the pages.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.evaluation.svg import Axis, Plot
from qa.index.dense import EXACT_UP_TO, FLAT_UP_TO

BUILD_CPU_S_PER_VECTOR = 48.3 / 3_037
"""A full build, all of it, over its vectors: `benchmarks/rebuild.md`, 1,000 documents."""
LISTS_CPU_S = 15.63
"""Learning lists of a million vectors, choosing and measuring: `benchmarks/dense.md`. It grows with the power 3/2."""
HOME_CPU_S_PER_VECTOR = (4.75 - 1.19) / (6_153 - 1_013)
"""Of this, what the machine that builds does itself in one core when nodes do the rest: `benchmarks/scaling.md`."""
ERRAND_CPU_S = 1.4e-3
"""What Ray costs it for each file, and for each 64 passages: `benchmarks/scaling.md`."""
CHUNKS_A_FILE, PASSAGES_AN_ERRAND = 25, 64
"""A file of ten pages."""
NODES = (1, 2, 4, 8, 16, 32)
CORES = 16
GIBS = (64, 256, 1024)
"""The machines that the tables count in: cores, and the sizes of memory that they come in."""
CORES_A_PROCESS = 2
"""Cores for which one web process is enough; each process has its own copy of what is not mapped."""
BUSY = 0.7
"""Share of the cores that questions may take: `benchmarks/load.md` holds its times up to three quarters."""
REPLICAS = ("replicas", "replicas, sixteen cores")
SPREAD = "builds, sixteen cores"
"""Measurements in `scaling.json` that are shown as they are."""
CHUNKS = tuple(10**power for power in range(4, 10))
RATES = (1, 10, 100, 1_000, 10_000)


@dataclass(frozen=True)
class Line:
    """Something that grows with the number of chunks."""

    start: float
    each: float

    @classmethod
    def through(cls, first: tuple[float, float], second: tuple[float, float]) -> Line:
        """The line through two points; what shrinks by chance is taken as constant."""
        each = max(0.0, (second[1] - first[1]) / (second[0] - first[0]))
        return cls(first[1] - each * first[0] if each else statistics.mean((first[1], second[1])), each)

    def at(self, chunks: float) -> float:
        """Its value for so many chunks."""
        return self.start + self.each * chunks


@dataclass(frozen=True)
class Model:
    """The constants. Times in seconds of CPU, memory and disk in bytes."""

    search: Line
    reading: float
    own: Line
    opening: Line
    disk: Line
    vectors: float

    @classmethod
    def of(cls, first: dict[str, Any], last: dict[str, Any], every: list[dict[str, Any]]) -> Model:
        """From two sizes; reading, which does not grow, from all."""

        def line(value: Any) -> Line:
            return Line.through((first["chunks"], value(first)), (last["chunks"], value(last)))

        return cls(
            search=line(lambda size: size["search CPU ms"] / 1e3),
            reading=statistics.median(reading_of(size) for size in every),
            own=line(lambda size: size["own MB"] * 1e6),
            opening=line(lambda size: size["opening CPU s"]),
            disk=line(lambda size: sum(size["bytes"].values())),
            vectors=last["vectors"] / last["chunks"],
        )

    def question(self, chunks: float) -> float:
        """CPU seconds of a question."""
        return self.search.at(chunks) + self.reading

    def cores(self, chunks: float, rate: float) -> int:
        """Cores that so many questions a second need."""
        return math.ceil(self.question(chunks) * rate / BUSY)

    def memory(self, chunks: float, cores: int = CORES) -> float:
        """Bytes on a machine: what each process has for itself, and the files, which all share."""
        return math.ceil(cores / CORES_A_PROCESS) * self.own.at(chunks) + self.disk.at(chunks)

    def machines(self, chunks: float, rate: float) -> tuple[int, int] | None:
        """How many machines answer, and the GiB that each has; None when the largest does not hold the index."""
        size = next((gib for gib in GIBS if self.memory(chunks) <= gib * 2**30), None)
        return None if size is None else (math.ceil(self.cores(chunks, rate) / CORES), size)

    def build_hours(self, chunks: float) -> float:
        """Hours in which one machine builds it from nothing: all cores encode, one learns the lists."""
        encoding = chunks * self.vectors * BUILD_CPU_S_PER_VECTOR / CORES
        return (encoding + self.lists(chunks)) / 3600

    def spread_hours(self, chunks: float, nodes: int) -> float:
        """Hours in which so many nodes read and encode, and one more machine does what is left with one core."""
        vectors, errands = chunks * self.vectors, chunks * (1 / CHUNKS_A_FILE + 1 / PASSAGES_AN_ERRAND)
        away = vectors * (BUILD_CPU_S_PER_VECTOR - HOME_CPU_S_PER_VECTOR) / (CORES * nodes)
        home = vectors * HOME_CPU_S_PER_VECTOR + errands * ERRAND_CPU_S
        return (away + home + self.lists(chunks)) / 3600

    def lists(self, chunks: float) -> float:
        """CPU seconds, in one thread, that every build spends on lists; 0 where there are none."""
        vectors = chunks * self.vectors
        return LISTS_CPU_S * (vectors / 1e6) ** 1.5 if vectors > FLAT_UP_TO else 0.0

    def kind(self, chunks: float) -> str:
        """How the vectors are searched."""
        vectors = chunks * self.vectors
        return "exact" if vectors <= EXACT_UP_TO else "codes" if vectors <= FLAT_UP_TO else "codes in lists"


def reading_of(size: dict[str, Any]) -> float:
    """CPU seconds of a question but for the search."""
    return float(size["answer, search known, CPU ms"] - size["search CPU ms"]) / 1e3


def load(folder: Path) -> dict[str, Any]:
    """What was measured."""
    found: dict[str, Any] = json.loads((folder / "scaling.json").read_text(encoding="utf-8"))
    return found


def model_of(found: dict[str, Any]) -> Model:
    """The model from the smallest and the largest size."""
    sizes = found["sizes"]
    return Model.of(sizes[0], sizes[-1], sizes)


def size_table(model: Model) -> str:
    """What a size needs, whatever is asked."""
    rows: dict[str, Callable[[float], str]] = {
        "vectors": lambda n: _count(n * model.vectors),
        "how they are searched": model.kind,
        "the index on a disk": lambda n: _bytes(model.disk.at(n)),
        "memory of a process for itself": lambda n: _bytes(model.own.at(n)),
        "memory of a machine, files included": lambda n: _bytes(model.memory(n)),
        "opening it, all files checked, CPU": lambda n: _seconds(model.opening.at(n)),
        "a question, CPU": lambda n: _seconds(model.question(n)),
        "of this the search": lambda n: _seconds(model.search.at(n)),
        "lists, made anew by each build, CPU": lambda n: _seconds(model.lists(n)) if model.lists(n) else "–",
        "a build from nothing": lambda n: _seconds(model.build_hours(n) * 3600),
    }
    lines = [f"| chunks | {' | '.join(map(_count, CHUNKS))} |", f"| --- |{' ---: |' * len(CHUNKS)}"]
    lines += [f"| {name} | {' | '.join(value(n) for n in CHUNKS)} |" for name, value in rows.items()]
    return "\n".join(lines) + "\n"


def machine_table(model: Model) -> str:
    """Machines by size and rate."""
    lines = [f"| questions a second | {' | '.join(map(_count, CHUNKS))} |", f"| --- |{' ---: |' * len(CHUNKS)}"]
    lines += [f"| {rate:,} | {' | '.join(_machines(model.machines(n, rate)) for n in CHUNKS)} |" for rate in RATES]
    return "\n".join(lines) + "\n"


def build_table(model: Model) -> str:
    """A build from nothing, by the number of nodes that read and encode."""
    lines = [f"| nodes | {' | '.join(map(_count, CHUNKS))} |", f"| --- |{' ---: |' * len(CHUNKS)}"]
    lines += [
        f"| {nodes} | {' | '.join(_seconds(model.spread_hours(chunks, nodes) * 3600) for chunks in CHUNKS)} |"
        for nodes in NODES
    ]
    return "\n".join(lines) + "\n"


CHECKED: dict[str, tuple[Callable[[dict[str, Any]], float], Callable[[Model, float], float]]] = {
    "the index on a disk, MB": (lambda size: sum(size["bytes"].values()) / 1e6, lambda m, n: m.disk.at(n) / 1e6),
    "memory of a process for itself, MB": (lambda size: size["own MB"], lambda m, n: m.own.at(n) / 1e6),
    "opening it, CPU s": (lambda size: size["opening CPU s"], lambda m, n: m.opening.at(n)),
    "a search, CPU ms": (lambda size: size["search CPU ms"], lambda m, n: m.search.at(n) * 1e3),
    "a question, CPU ms": (lambda size: size["answer, search known, CPU ms"], lambda m, n: m.question(n) * 1e3),
}


def check_table(found: dict[str, Any]) -> str:
    """The two smaller sizes foretell the largest: what they said, and what was found."""
    *smaller, largest = found["sizes"]
    model = Model.of(smaller[0], smaller[-1], smaller)
    sizes = [f"{size['chunks']:,}" for size in found["sizes"]]
    lines = [f"| chunks | {' | '.join(sizes)} | foretold from the first two | found over foretold |",
             f"| --- |{' ---: |' * (len(sizes) + 2)}"]  # fmt: skip
    for name, (measured, foretold) in CHECKED.items():
        values = [measured(size) for size in found["sizes"]]
        said = foretold(model, largest["chunks"])
        cells = " | ".join(_short(value) for value in values)
        lines.append(f"| {name} | {cells} | {_short(said)} | {values[-1] / said:.2f} |")
    return "\n".join(lines) + "\n"


def replica_table(rounds: list[dict[str, Any]]) -> str:
    """Answers by the number of replicas; medians over the rounds."""
    rows: dict[str, Callable[[dict[str, Any]], float]] = {
        "answers a second of CPU": lambda one: 1e3 / one["CPU ms an answer"],
        "the proxy, CPU ms an answer": lambda one: one["proxy CPU ms an answer"],
        "cores that they got": lambda one: one["cores got"],
        "answers a second": lambda one: one["a second"],
        "p50, ms": lambda one: one["p50 ms"],
        "refused": lambda one: one["refused"],
    }
    counts = sorted({one["replicas"] for one in rounds})
    lines = [f"| replicas | {' | '.join(map(str, counts))} |", f"| --- |{' ---: |' * len(counts)}"]
    for name, value in rows.items():
        cells = [statistics.median(value(one) for one in rounds if one["replicas"] == count) for count in counts]
        lines.append(f"| {name} | {' | '.join(map(_short, cells))} |")
    return "\n".join(lines) + "\n"


def spread_table(builds: list[dict[str, Any]]) -> str:
    """One build by the number of nodes that read and encode for it."""
    lines = [f"| nodes | none | {' | '.join(str(one['nodes']) for one in builds[1:])} |",
             f"| --- |{' ---: |' * len(builds)}",
             f"| a build from nothing, s | {' | '.join(_short(one['s']) for one in builds)} |",
             f"| CPU of the machine that builds, s | {' | '.join(_short(one['cpu']) for one in builds)} |"]  # fmt: skip
    return "\n".join(lines) + "\n"


def drawing(model: Model) -> str:
    """CPU of a question, and of its search, by size."""
    powers = [3 + step / 20 for step in range(101)]
    high = model.question(1e8)
    plot = Plot(
        name="scaling",
        title="CPU of a question by the size of the corpus (model)",
        description="; ".join(f"{_count(10**p)} chunks: {_seconds(model.question(10**p))}" for p in range(4, 9)),
        x=Axis(label="chunks, as a power of ten; grey: the search alone", high=8),
        y=Axis(label="seconds", high=high),
    )
    plot.line([(power, model.search.at(10**power)) for power in powers], style="aside")
    plot.line([(power, model.question(10**power)) for power in powers])
    marks = [
        ((float(p), model.question(10**p)), f"{_count(10**p)}: {_seconds(model.question(10**p))}") for p in range(4, 9)
    ]
    plot.dots(marks)
    return plot.standalone()


def _machines(found: tuple[int, int] | None) -> str:
    if found is None:
        return "too large"
    count, gib = found
    return f"{count:,}" if gib == GIBS[0] else f"{count:,} of {gib:,} GiB"


def _short(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _count(value: float) -> str:
    for size, unit in ((1e9, " billion"), (1e6, " M")):
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:,.0f}"


def _bytes(value: float) -> str:
    for size, unit in ((1e12, "TB"), (1e9, "GB")):
        if value >= size:
            return f"{value / size:.2g} {unit}" if value < 10 * size else f"{value / size:,.0f} {unit}"
    return f"{value / 1e6:,.0f} MB"


def _seconds(value: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{value / size:,.0f} {unit}"
    return f"{value:.2g} s" if value < 100 else f"{value:.0f} s"


def main() -> None:
    """Print the tables and write the drawing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    found = load(options.folder)
    model = model_of(found)
    measured = [check_table(found), *(replica_table(found[key]) for key in REPLICAS), spread_table(found[SPREAD])]
    print(size_table(model), machine_table(model), build_table(model), *measured, sep="\n")
    (options.folder / "scaling.svg").write_text(drawing(model), encoding="utf-8")


if __name__ == "__main__":
    main()
