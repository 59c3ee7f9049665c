"""A load held for long: questions at a fixed rate over a corpus of many chunks, and how long each answer took.

    python -m benchmarks.load_held OUTPUT --work FOLDER --questions FILE --name NAME --rate 2
        [--path /ask] [--seconds 1800]

FOLDER holds `corpus` and `index` (`benchmarks.speed_corpus` makes them), FILE a JSON list of questions, which are asked
in their order. *Open-loop*: a question is sent when its time has come, whatever became of those before, on a connection
of its own. Adds what it found to OUTPUT/load_held.json under NAME: the times of all and of each tenth of the run, and
what the service holds at the beginning and in the end.
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


async def held(client: Client, process: int, options: argparse.Namespace) -> dict[str, Any]:
    """Warm up, then hold the load."""
    for _ in range(WARM):
        await client.ask(options.path)
    before, load = state(process), os.getloadavg()[0]
    async with probed(client) as probes:
        seen = await open_loop(client, options.rate, options.seconds, options.path)
    part = max(1, len(seen.samples) // 10)
    tenths = [Seen(seen.samples[start : start + part]) for start in range(0, part * 10, part)]
    return {
        "path": options.path, "offered": options.rate, "seconds": options.seconds, **percentiles(seen),
        "statuses": seen.counts(), "p95 of each tenth": [at(one.times(200), 0.95) for one in tenths],
        "livez_max": at(probes.times(200), 1.0), "before": before, "after": state(process),
        "load average at the beginning": round(load, 2),
    }  # fmt: skip


def percentiles(seen: Seen) -> dict[str, Any]:
    """Of the answers, in milliseconds."""
    return {name: at(seen.times(200), share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--path", default="/ask")
    parser.add_argument("--seconds", type=float, default=1800)
    options = parser.parse_args()
    questions = json.loads(options.questions.read_text(encoding="utf-8"))
    with serving(options.work) as (process, address):
        found = asyncio.run(held(Client(address, questions=questions), process.pid, options))
    place = options.output / FILE
    kept = json.loads(place.read_text(encoding="utf-8")) if place.exists() else {}
    place.write_text(json.dumps({**kept, options.name: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
