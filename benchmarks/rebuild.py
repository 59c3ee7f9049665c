"""What it costs to change one document of many: the build, and the time until a running service answers from it.

    python -m benchmarks.rebuild OUTPUT [--sizes 1000 10000] [--rounds 5]

A corpus of short documents is written (a heading and six sentences of Quoth's own documents, drawn at random), built in
full by the packaged encoder, and then built again for each of several changes: a sentence added to a document. CPU
times are those of the process and of the children that read files. Then `qa serve` runs over the same folders, with its
default settings, while a client asks five times a second; a document is changed, and another one deleted, in turns, and
the time is taken from the end of writing until `/search` gives the new sentence, or the old one no longer. A new
document is uploaded (`PUT /documents/…`), too: from when that is answered until `/ask` quotes it. Then the builder
process is awake; the first change finds it not yet started. Writes OUTPUT/rebuild.json and rebuild.md.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qa.index.build import IndexBuilder
from qa.settings import Settings
from qa.wiring import make_builder, make_encoder

SENTENCES = 6
EACH_SECOND = 5
LONG = 60.0
POLL_SECONDS = 0.25
QUESTIONS = (
    "Which countries has India met with?",
    "When was it announced?",
    "What does a setting mean?",
    "Who led it?",
)


def write_corpus(folder: Path, size: int) -> None:
    """So many short documents."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(Path("corpus").glob("*.md")))
    sentences = re.findall(r"[A-Z][^.|#\n]{40,200}\.", texts)
    drawn = random.Random(size)
    for number in range(size):
        path = name_of(folder, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        words = " ".join(f"({number}.{part}) {drawn.choice(sentences)}" for part in range(SENTENCES))
        path.write_text(f"# Document {number}\n\n{words}\n", encoding="utf-8")


def name_of(folder: Path, number: int) -> Path:
    """The place of a document."""
    return folder / f"{number % 50:02d}" / f"{number:05d}.md"


def add(path: Path, sentence: str) -> None:
    """Add a sentence at the end of a document, by a file that replaces it."""
    new = path.with_name("." + path.name)
    new.write_text(path.read_text(encoding="utf-8").rstrip() + f" {sentence}\n", encoding="utf-8")
    new.replace(path)


def built(builder: IndexBuilder, corpus: Path) -> dict[str, float]:
    """One build: seconds, CPU seconds with those of children, and texts encoded."""
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    report = builder.build(corpus, lambda *_: None)
    assert report.published
    return {"wall": time.perf_counter() - wall, "cpu": sum(os.times()[:4]) - cpu, "texts": report.embedded}


def builds(folder: Path, size: int, rounds: int) -> dict[str, Any]:
    """A full build and several after one change each; medians and ratios."""
    settings = Settings.model_validate({"corpus": folder / "corpus", "index": folder / "index"})
    write_corpus(settings.corpus, size)
    builder = make_builder(settings, make_encoder(settings))
    builder.encoder.encode(["warm"])
    full = built(builder, settings.corpus)
    time.sleep(2)  # what was just written is at rest, so its stamps count
    changes = []
    for number in range(rounds):
        add(name_of(settings.corpus, number * size // rounds), f"The {number}th lantern was lit in {1800 + number}.")
        changes.append(built(builder, settings.corpus))
    found: dict[str, Any] = {"documents": size, "texts": full["texts"]}
    for kind in ("wall", "cpu"):
        change = statistics.median(spent[kind] for spent in changes)
        found |= {f"full {kind} s": round(full[kind], 1), f"change {kind} s": round(change, 2)}
        found[f"{kind} ratio %"] = round(100 * change / full[kind], 2)
    return found


def asked(address: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a POST."""
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(address + path, json.dumps(body).encode(), head)
    with urllib.request.urlopen(request, timeout=LONG) as response:
        result: dict[str, Any] = json.load(response)
        return result


def upload(address: str, path: str, text: str) -> None:
    """Put a document into the corpus of a service."""
    request = urllib.request.Request(f"{address}/documents/{path}", text.encode(), method="PUT")
    with urllib.request.urlopen(request, timeout=LONG) as response:
        assert response.status == 201


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a running service."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0"]
    command += ["--corpus", str(folder / "corpus"), "--index", str(folder / "index")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            yield next(line.split()[3].rstrip("/") for line in lines if line.startswith("Quoth answers at"))
        finally:
            process.terminate()


@contextmanager
def client(address: str) -> Iterator[dict[str, int]]:
    """Asks all the time, whether or not the last answer has come; counts requests and failures."""
    counts, stop = {"requests": 0, "failed": 0}, threading.Event()

    def ask(number: int) -> None:
        try:
            asked(address, "/ask", {"question": QUESTIONS[number % len(QUESTIONS)]})
        except (OSError, ValueError):
            counts["failed"] += 1

    def tick() -> None:
        with ThreadPoolExecutor(2 * EACH_SECOND) as pool:
            while not stop.wait(1 / EACH_SECOND):
                pool.submit(ask, counts["requests"])
                counts["requests"] += 1

    ticking = threading.Thread(target=tick)
    ticking.start()
    try:
        yield counts
    finally:
        stop.set()
        ticking.join()


def until(what: Callable[[], bool]) -> float:
    """Seconds until it is true."""
    began = time.monotonic()
    while not what():
        if time.monotonic() - began > LONG:
            raise TimeoutError("it has not come")
        time.sleep(POLL_SECONDS)
    return round(time.monotonic() - began, 2)


def freshness(folder: Path, size: int, rounds: int) -> dict[str, Any]:
    """Seconds until changed and deleted documents show, and what the client met meanwhile."""
    changed, deleted, uploaded = [], [], []
    with served(folder) as address, client(address) as counts:

        def holds(words: str) -> bool:
            found = asked(address, "/search", {"query": words, "top_k": 8})["passages"]
            return any(words in passage["text"] for passage in found)

        def quotes(words: str, question: str) -> bool:
            cited = asked(address, "/ask", {"question": question})["citations"]
            return any(words in citation["quote"] for citation in cited)

        until(lambda: holds("(3.0)"))
        time.sleep(3)
        for number in range(rounds):
            code = f"The heron {number} counted zx{number}qv{size} lanterns."
            add(name_of(folder / "corpus", 7 + number * 11), code)
            changed.append(until(lambda code=code: holds(code)))
            print(f"changed: {changed[-1]} s", flush=True)
            time.sleep(1)
            name_of(folder / "corpus", 7 + number * 11).unlink()
            deleted.append(until(lambda code=code: not holds(code)))
            print(f"deleted: {deleted[-1]} s", flush=True)
            time.sleep(1)
            captain = f"Captain Zx{number}qv{size}"
            upload(
                address, f"ships/{number}.md", f"# The ship {number}\n\n{captain} sold the brig to a miller in Vardo.\n"
            )
            uploaded.append(until(lambda captain=captain: quotes(captain, f"To whom did {captain} sell the brig?")))
            print(f"uploaded: {uploaded[-1]} s", flush=True)
            time.sleep(1)
    return {"changed s": changed, "deleted s": deleted, "uploaded s": uploaded, **counts}


def table(runs: list[dict[str, Any]]) -> str:
    """The figures as Markdown."""
    sizes = [f"{run['documents']:,} documents" for run in runs]
    lines = [f"| | {' | '.join(sizes)} |", f"| --- |{' ---: |' * len(runs)}"]
    for key in runs[0]:
        if key != "documents":
            cells = [", ".join(map(str, run[key])) if isinstance(run[key], list) else f"{run[key]:,}" for run in runs]
            lines.append(f"| {key} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    runs = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory(dir=options.output) as name:
            folder = Path(name)
            runs.append(builds(folder, size, options.rounds))
            print(json.dumps(runs[-1]), flush=True)
            runs[-1] |= freshness(folder, size, options.rounds)
            print(json.dumps(runs[-1]), flush=True)
    (options.output / "rebuild.json").write_text(json.dumps(runs, indent=2) + "\n", encoding="utf-8")
    (options.output / "rebuild.md").write_text(table(runs), encoding="utf-8")
    print(table(runs))


if __name__ == "__main__":
    main()
