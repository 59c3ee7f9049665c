"""Cost against size: what starting, searching and answering take from indexes of several sizes, alone and in a crowd.

    python -m benchmarks.speed OUTPUT --work WORK [--sets SET...] [--sizes 1000 10000] [--questions 60]

makes the corpora that are missing in WORK (`benchmarks.speed_corpus`; without SETs of questions of one's own, out of
the documents of this repository), asks each in a process of its own (`benchmarks.speed_one`), and then by HTTP with 1,
4 and 16 callers at once, each asking one new question after the other; no reply comes from memory. Times by the clock
are as good as the machine is quiet; those of CPU hardly depend on that. Writes OUTPUT/speed_sizes.json, .md and .svg.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed_corpus import QUESTIONS, prepare
from qa.evaluation.svg import Axis, Plot
from qa.index.store import IndexStore
from qa.index.volumes import FOLDER

CALLERS = (1, 4, 16)
PERCENTILES = (50, 95, 99)
STAGES = ("retrieve", "read", "decide", "whole")
ENVIRONMENT = {**os.environ, "QA_LOG": "off", "QA_REMEMBERED_REPLIES": "0", "QA_REQUESTS_PER_SECOND": "0"}
INVENTED = 1000
ABOUT = "What do {} and {} have to do with {}?"
LEAST_WORDS = 12
AGAIN = 0.5
"""Seconds after which one asks again who was told that too many wait."""
WORDS = re.compile(r"[A-Za-z]{5,}")
ROOT = Path(__file__).resolve().parents[1]


def own_set(folder: Path) -> Path:
    """A question set in SQuAD's form out of this repository's documents, which are all that everybody has."""
    articles = []
    for path in [*sorted((ROOT / "corpus").glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]:
        texts = [part.strip() for part in path.read_text(encoding="utf-8").split("\n\n") if len(part) > 80]
        paragraphs = [{"context": text, "qas": []} for text in texts]
        articles.append({"title": path.stem, "paragraphs": paragraphs})
    lines = (ROOT / "tests/acceptance/corpus_questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines] + list(invented(articles, random.Random(3)))
    articles[0]["paragraphs"][0]["qas"] = [
        {"id": str(number), "question": text, "answers": [], "is_impossible": True} for number, text in enumerate(asked)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "own.json"
    target.write_text(json.dumps({"version": "v2.0", "data": articles}), encoding="utf-8")
    return target


def invented(articles: Sequence[dict[str, Any]], random_: random.Random) -> Iterator[str]:
    """Questions about three words of a paragraph."""
    texts = [paragraph["context"] for article in articles for paragraph in article["paragraphs"]]
    wordy = [words for words in map(WORDS.findall, texts) if len(words) > LEAST_WORDS]
    for _ in range(INVENTED):
        yield ABOUT.format(*random_.sample(random_.choice(wordy), 3))


def alone(folder: Path, asked: Path, questions: int) -> dict[str, Any]:
    """What one process needs."""
    command = [sys.executable, "-m", "benchmarks.speed_one", str(folder), str(asked), "--questions", str(questions)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=ENVIRONMENT)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[int]:
    """`qa serve` over a folder; its port."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--no-watch",
               "--corpus", str(folder / "corpus"), "--index", str(folder / "index")]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        try:
            line = next(line for line in process.stdout if line.startswith("Quoth answers at"))
            yield int(line.split()[3].rpartition(":")[2])
        finally:
            process.kill()


def ask(port: int, question: str) -> dict[str, float]:
    """Milliseconds of the stages of a question as the service tells them, and of the whole as its caller sees it.

    One that is told to come again does so, and the whole counts from the first time.
    """
    start = time.perf_counter()
    while True:
        status, reply = posted(port, {"question": question})
        if status == http.HTTPStatus.OK:
            return {**reply["timings_ms"], "whole": (time.perf_counter() - start) * 1e3}
        if status != http.HTTPStatus.SERVICE_UNAVAILABLE:
            raise RuntimeError(f"{status}: {reply}")
        time.sleep(AGAIN)


def posted(port: int, body: dict[str, str]) -> tuple[int, Any]:
    """The status and the body of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", "/ask", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def beside_others(folder: Path, questions: Sequence[str], count: int) -> dict[str, Any]:
    """Percentiles of every stage for so many callers at once."""
    found: dict[str, Any] = {}
    rest = list(questions)
    with serving(folder) as port:
        for callers in CALLERS:
            asked, rest = rest[:count], rest[count:]
            start = time.perf_counter()
            with ThreadPoolExecutor(callers) as pool:
                rows = list(pool.map(lambda question: ask(port, question), asked))
            times = {stage: np.percentile([row[stage] for row in rows], PERCENTILES) for stage in STAGES}
            shown = {stage: [round(float(value), 1) for value in values] for stage, values in times.items()}
            found[str(callers)] = {**shown, "a second": round(len(rows) / (time.perf_counter() - start), 2)}
    return found


def bytes_of(folder: Path, chunks: int) -> dict[str, float]:
    """Bytes of the published generation for each chunk, by what they hold."""
    store = IndexStore(folder / "index")
    sizes: dict[str, int] = {}
    generation = store.folder(store.current())
    for path in generation.rglob("*"):
        if path.is_file():
            inside = path.relative_to(generation).parts
            part = inside[2] if inside[0] == FOLDER else inside[0]
            part = f"{part}/{path.name}" if part == "dense" else part
            sizes[part] = sizes.get(part, 0) + path.stat().st_size
    return {part: round(size / chunks, 1) for part, size in sorted(sizes.items())}


def installed() -> dict[str, float]:
    """Megabytes of the files of the packages that are pinned for serving, with and without torch and what needs it."""
    names = {line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line}
    light = subprocess.run(["make", "-s", "light-lock"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    needed = {line.split("==")[0] for line in light.splitlines() if "==" in line}
    sizes = {found.name.lower().replace("_", "-"): size_of(found) for found in distributions()}
    own = sum(path.stat().st_size for path in (ROOT / "src").rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {
        "Quoth with its models": round(own / 1e6, 1),
        "packages without torch": round(sum(sizes.get(name, 0) for name in needed) / 1e6, 1),
        "packages with torch": round(sum(sizes.get(name, 0) for name in names | {"torch"}) / 1e6, 1),
    }


def size_of(found: Distribution) -> int:
    """Bytes of the files of a package that are there."""
    paths = [Path(str(file.locate())) for file in found.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())


def table(runs: Sequence[dict[str, Any]]) -> str:
    """The figures as Markdown, a column for each size."""
    rows: list[tuple[str, list[Any]]] = [
        ("a question, CPU ms", [run["question CPU ms"]["whole"] for run in runs]),
        ("of these finding passages", [run["question CPU ms"]["retrieve"] for run in runs]),
        ("reading them", [run["question CPU ms"]["read"] for run in runs]),
        ("deciding and quoting", [run["question CPU ms"]["decide"] for run in runs]),
        *(
            (f"a search alone, {name}", [run["search CPU ms"][name] for run in runs])
            for name in runs[0]["search CPU ms"]
        ),
        ("the first misspelt words, CPU ms", [run["misspelt CPU ms"] for run in runs]),
        ("opening the index, all files checked, ms", [run["opening ms"] for run in runs]),
        ("ready from the start of the process, ms", [run["ready ms"] for run in runs]),
        ("memory of its own, MB", [run["memory"]["own"] for run in runs]),
        ("the same with mapped pages of files, MB", [run["memory"]["mapped too"] for run in runs]),
        ("bytes of the index for each chunk", [f"{sum(run['bytes a chunk'].values()):,.0f}" for run in runs]),
    ]
    sizes = [f"{run['chunks']:,}" for run in runs]
    lines = [f"| chunks | {' | '.join(sizes)} |", f"| --- |{' ---: |' * len(runs)}"]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(map(str, cells))} |" for name, cells in rows)]) + "\n"


def crowd(run: dict[str, Any]) -> str:
    """What callers wait for, by how many there are."""
    lines = [f"| callers | answers a second | {' | '.join(f'{stage} p50 / p95 / p99' for stage in STAGES)} |"]
    lines.append(f"| ---: | ---: |{' ---: |' * len(STAGES)}")
    for callers, found in run["callers"].items():
        cells = [" / ".join(f"{value:,.0f}" for value in found[stage]) for stage in STAGES]
        lines.append(f"| {callers} | {found['a second']} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def drawing(runs: Sequence[dict[str, Any]]) -> str:
    """CPU time of a question and of a search by size."""
    times = [(run["chunks"], run["question CPU ms"]["whole"], run["question CPU ms"]["retrieve"]) for run in runs]
    plot = Plot(
        name="speed",
        title="CPU time of a question by the size of the index",
        description="; ".join(f"{chunks:,} chunks: {whole} ms, {found} ms to find" for chunks, whole, found in times),
        x=Axis(label="chunks; colour: the whole question, grey: finding passages", high=float(times[-1][0])),
        y=Axis(label="ms of CPU", high=max(whole for _, whole, _ in times) * 1.1),
    )
    plot.line([(chunks, found) for chunks, _, found in times], style="aside")
    plot.line([(chunks, whole) for chunks, whole, _ in times])
    plot.dots(((chunks, whole), f"{chunks:,} chunks: {whole} ms") for chunks, whole, _ in times)
    return plot.standalone()


def report(found: dict[str, Any]) -> str:
    """All tables."""
    runs = found["runs"]
    parts = [table(runs)]
    parts += [f"{run['chunks']:,} chunks, milliseconds by the clock, by HTTP:\n\n{crowd(run)}" for run in runs]
    sizes = ", ".join(f"{name}: {size:,} bytes" for name, size in runs[-1]["bytes a chunk"].items())
    parts.append(f"For each chunk of the largest: {sizes}.\n")
    parts.append("Installed: " + ", ".join(f"{name}: {size:,} MB" for name, size in found["installed"].items()) + ".\n")
    return "\n".join(parts)


def main() -> None:
    """Make what is missing, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sets", type=Path, nargs="*", default=[])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--encoded", type=int, default=1000, help="chunks whose vectors are the encoder's own")
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    if not all((options.work / str(size) / "whole").exists() for size in options.sizes):
        prepare(options.work, options.sets or [own_set(options.work)], options.sizes, options.encoded)
    asked = options.work / QUESTIONS
    questions = json.loads(asked.read_text(encoding="utf-8"))
    runs = []
    for size in sorted(options.sizes):
        folder = options.work / str(size)
        run = alone(folder, asked, options.questions)
        run["callers"] = beside_others(folder, questions[::-1], options.questions)
        runs.append({**run, "bytes a chunk": bytes_of(folder, run["chunks"])})
        print(json.dumps(runs[-1]), flush=True)
    found = {"questions": options.questions, "runs": runs, "installed": installed()}
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "speed_sizes.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (options.output / "speed_sizes.svg").write_text(drawing(runs), encoding="utf-8")
    (options.output / "speed_sizes.md").write_text(report(found), encoding="utf-8")
    print(report(found))


if __name__ == "__main__":
    main()
