"""What one process needs to answer from an index: start, memory, the CPU of every stage; run by `benchmarks.speed`.

    python -m benchmarks.speed_one FOLDER QUESTIONS.json [--questions 60]

FOLDER has `corpus` and `index`. Each question is asked once and none was asked before, what the encoder remembers is
forgotten before each, and there is no service that could keep a reply. Prints JSON.
"""

import time

BEGUN = time.perf_counter()

import argparse  # noqa: E402  # the clock runs before anything is imported
import json  # noqa: E402  # likewise
import statistics  # noqa: E402  # likewise
from collections.abc import Sequence  # noqa: E402  # likewise
from pathlib import Path  # noqa: E402  # likewise
from typing import Any  # noqa: E402  # likewise

from qa.engine import Engine, Retrieved  # noqa: E402  # likewise
from qa.settings import Settings  # noqa: E402  # likewise
from qa.spelling import corrected  # noqa: E402  # likewise
from qa.wiring import make_encoder, make_engine  # noqa: E402  # likewise

MISSPELT = "Which agreemnet was sigend by the govermnent?"


def since(start: float) -> float:
    """Milliseconds of the clock."""
    return round((time.perf_counter() - start) * 1e3, 1)


def memory() -> dict[str, float]:
    """Megabytes that the process has for itself, and with the mapped pages of files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = {
        line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss") or "VmRSS" in line
    }
    return {"own": round(kilobytes["RssAnon"] / 1024, 1), "mapped too": round(kilobytes["VmRSS"] / 1024, 1)}


def forget(engine: Engine) -> None:
    """Nothing that was encoded is known any more."""
    engine._retriever.encoder._known.clear()  # type: ignore[attr-defined]  # noqa: SLF001  # nothing cached is measured


def staged(engine: Engine, question: str) -> dict[str, float]:
    """Milliseconds of CPU of each stage of a question; the spelling counts to the first."""
    forget(engine)
    spent, last = {}, time.process_time()
    names = iter(("retrieve", "read", "decide"))
    for event in engine.stages(question):
        assert isinstance(event, Retrieved) or spent
        now = time.process_time()
        spent[next(names)] = (now - last) * 1e3
        last = now
    return {**spent, "whole": sum(spent.values())}


def searched(engine: Engine, question: str) -> float:
    """Milliseconds of CPU of a search without reading, the question's vector included."""
    forget(engine)
    start = time.process_time()
    engine.search(question)
    return (time.process_time() - start) * 1e3


def medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each column."""
    return {name: round(statistics.median(row[name] for row in rows), 1) for name in rows[0]}


def measured(folder: Path, questions: Sequence[str], count: int) -> dict[str, Any]:
    """Everything, in the order in which a process lives."""
    settings = Settings(corpus=folder / "corpus", index=folder / "index", log="off")
    found: dict[str, Any] = {"imports ms": since(BEGUN)}
    engine = make_engine(settings, make_encoder(settings))
    start = time.perf_counter()
    health = engine.health()
    found |= {"chunks": health.passages, "vectors": health.vectors, "opening ms": since(start)}
    engine.warm()
    found["ready ms"] = since(BEGUN)
    engine.ask(questions[0])
    found |= {"first answer ms": since(BEGUN), "memory at first": memory()}
    snapshot = engine.snapshot()
    start_cpu = time.process_time()
    found["mended"] = corrected(MISSPELT, snapshot.lexical, snapshot.vocabulary)
    found["misspelt CPU ms"] = round((time.process_time() - start_cpu) * 1e3, 1)
    found["question CPU ms"] = medians([staged(engine, question) for question in questions[1 : count + 1]])
    cold = [searched(engine, question) for question in questions[count + 1 : 2 * count + 1]]
    for question in questions[2 * count + 1 : 8 * count]:
        engine.search(question)
    warm = [searched(engine, question) for question in questions[8 * count : 9 * count]]
    found["search CPU ms"] = {
        "at first": round(statistics.median(cold), 1),
        f"after {6 * count} others": round(statistics.median(warm), 1) if warm else None,
    }
    return {**found, "memory": memory()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("asked", type=Path)
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    questions = json.loads(options.asked.read_text(encoding="utf-8"))
    print(json.dumps(measured(options.folder, questions, options.questions)))


if __name__ == "__main__":
    main()
