"""Loads held for long: questions at a fixed rate over a corpus of many chunks, and how long each answer took.

    python -m benchmarks.load_held OUTPUT --corpus FOLDER --index FOLDER --questions FILE --name NAME
        [--loads /ask=5 /search=20] [--seconds 1800]

`benchmarks.speed_corpus` makes corpus, index and questions; FILE is a JSON list of questions, which are asked in their
order. Each load, an address with its rate a second, is held for so many seconds by a service of its own. *Open-loop*: a
question is sent when its time has come, whatever became of those before, on a connection of its own. Adds what it found
to OUTPUT/load_held.json under NAME and the address: the times of all and of each tenth of the run, errors (all that is
no answer), and what the service holds at the beginning and in the end. OUTPUT/load_held.md is the table of all of them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from pathlib import Path
from typing import Any

from benchmarks.load_client import Client, Seen, at, open_loop, probed, serving, state

FILE = "load_held.json"
WARM = 10


COLUMNS = (
    "corpus", "address", "a second", "for s", "asked", "errors", "p50 ms", "p95 ms", "p99 ms", "p95 of the worst tenth",
    "`/livez` max ms", "MB before", "MB after", "files before, after", "threads before, after", "load",
)  # fmt: skip
HEAD = f"| {' | '.join(COLUMNS)} |\n| --- | --- |{' ---: |' * (len(COLUMNS) - 2)}\n"


async def held(client: Client, process: int, path: str, rate: float, seconds: float) -> dict[str, Any]:
    """Warm up, then hold the load."""
    for _ in range(WARM):
        await client.ask(path)
    before, load = state(process), os.getloadavg()[0]
    async with probed(client) as probes:
        seen = await open_loop(client, rate, seconds, path)
    part = max(1, len(seen.samples) // 10)
    tenths = [Seen(seen.samples[start : start + part]) for start in range(0, part * 10, part)]
    return {
        "path": path, "offered": rate, "seconds": seconds, "asked": len(seen.samples),
        "errors": len(seen.samples) - len(seen.times(200)), "statuses": seen.counts(), **percentiles(seen),
        "p95 of each tenth": [at(one.times(200), 0.95) for one in tenths],
        "livez_max": at(probes.times(200), 1.0), "before": before, "after": state(process),
        "load average at the beginning": round(load, 2),
    }  # fmt: skip


def percentiles(seen: Seen) -> dict[str, Any]:
    """Of the answers, in milliseconds."""
    return {name: at(seen.times(200), share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def row(name: str, one: dict[str, Any]) -> str:
    """A line of the table."""
    before, after = one["before"], one["after"]
    worst = max((time for time in one["p95 of each tenth"] if time is not None), default=None)
    cells = [
        name, f"`{one['path']}`", one["offered"], one["seconds"], one["asked"], one["errors"],
        one["p50"], one["p95"], one["p99"], worst, one["livez_max"],
        round(before["rss_kb"] / 1e3), round(after["rss_kb"] / 1e3), f"{before['files']}, {after['files']}",
        f"{before['threads']}, {after['threads']}", one["load average at the beginning"],
    ]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |\n"


def load_of(text: str) -> tuple[str, float]:
    """Address and rate of `/ask=5`."""
    path, _, rate = text.partition("=")
    return path, float(rate)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--loads", type=load_of, nargs="+", default=[("/ask", 5.0), ("/search", 20.0)])
    parser.add_argument("--seconds", type=float, default=1800)
    options = parser.parse_args()
    questions = json.loads(options.questions.read_text(encoding="utf-8"))
    options.output.mkdir(parents=True, exist_ok=True)
    place = options.output / FILE
    for path, rate in options.loads:
        with serving(options.corpus, options.index) as (process, address):
            client = Client(address, questions=questions)
            found = asyncio.run(held(client, process.pid, path, rate, options.seconds))
        kept = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
        kept.setdefault(options.name, {})[path] = found
        place.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        rows = [row(name, one) for name, loads in kept.items() for one in loads.values()]
        place.with_suffix(".md").write_text(HEAD + "".join(rows), encoding="utf-8")
        print(row(options.name, found), end="", flush=True)


if __name__ == "__main__":
    main()
