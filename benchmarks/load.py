"""What a running service holds: questions at fixed rates up to ten times what it can, slow clients, and its end.

    python -m benchmarks.load OUTPUT --work FOLDER [--documents 1000] [--seconds 20] [--hold 60] [--rounds 5]

FOLDER keeps the corpus (of `benchmarks.rebuild`) and its index for the next run. The load is *open-loop*: a question is
sent when its time has come, whether or not those before it are answered, over a connection of its own and from one of
sixteen addresses of the loopback network, as different people do. Every question is another one. *Peak* is what two
clients who ask one question after another get. Goodput counts answers only, not refusals. While all that goes on,
`/livez` is asked ten times a second. Writes OUTPUT/load.json, load.md and load.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from benchmarks.load_client import (
    LIVE,
    LONG,
    REFUSED,
    Client,
    Sample,
    at,
    closed_loop,
    counted,
    late,
    open_loop,
    own_delay,
    probed,
    serving,
    state,
    texts_of,
    within,
)
from benchmarks.load_report import report
from benchmarks.rebuild import write_corpus

RATES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)
"""Offered, as multiples of the peak; ten times is offered for longer, at the end."""
OVERLOAD = 10.0
TURNS = (1.5, 2.0, OVERLOAD)
"""Offered in turns, so that what else the machine does falls on all alike: the most that is answered, and overload."""


async def measured(client: Client, rate: float, seconds: float) -> dict[str, Any]:
    """One rate: what was offered, what came of it."""
    before = await counted(client.address)
    async with probed(client) as probes, own_delay() as delays:
        seen = await open_loop(client, rate, seconds)
    after = await counted(client.address)
    good, refused = seen.times(200), seen.times(503, 429)
    return {
        "offered": round(rate, 2), "goodput": round(seen.in_time / seconds, 2), "statuses": seen.counts(),
        "p50": at(good, 0.5), "p95": at(good, 0.95), "p99": at(good, 0.99),
        "refused_p95": at(refused, 0.95), "refused_max": at(refused, 1.0),
        "livez_p95": at(probes.times(200), 0.95), "livez_max": at(probes.times(200), 1.0),
        "livez_failed": len(probes.samples) - len(probes.times(200)), "client": round(seen.client / seconds, 3),
        "client_late": late(delays), "service_refused": within(before, after, REFUSED),
        "service_livez": within(before, after, LIVE), "load_average": round(os.getloadavg()[0], 2),
    }  # fmt: skip


async def slow_clients(client: Client, rate: float, seconds: float) -> dict[str, Any]:
    """500 half-open, 200 idle and 100 connections that read nothing, and questions meanwhile."""
    before = await measured(client, rate, seconds)
    opened = [await asyncio.open_connection(*client.address, limit=1) for _ in range(800)]
    for number, (_, writer) in enumerate(opened):
        if number < 500:
            writer.write(client.asking()[: 30 + number % 60])
        elif number < 600:
            writer.write(client.asking("/ask/stream").replace(b"Connection: close\r\n", b""))
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads
    began = time.perf_counter()

    async def gone(reader: asyncio.StreamReader) -> float:
        while await reader.read(65_536):
            pass
        return time.perf_counter() - began

    waiting = [asyncio.create_task(gone(reader)) for reader, _ in opened[:500]]
    during = await measured(client, rate, seconds)
    took = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), LONG)
    for _, writer in opened:
        writer.transport.abort()
    ended = [one for one in took if isinstance(one, float)]
    return {"before": before, "during": during, "half_open_gone_after": round(max(ended), 1), "ended": len(ended)}


async def stopped(client: Client, rate: float, process: subprocess.Popen[str]) -> dict[str, Any]:
    """SIGTERM in the middle of the load: what had been sent is answered, what comes later is not accepted."""
    sent: list[asyncio.Task[Sample]] = []
    for _ in range(int(rate * 3)):
        await asyncio.sleep(1 / rate)
        sent.append(asyncio.create_task(client.ask()))
    process.send_signal(signal.SIGTERM)
    began = time.perf_counter()
    statuses = Counter(status for status, _ in await asyncio.gather(*sent))
    code = await asyncio.to_thread(process.wait, LONG)
    return {
        "sent": len(sent),
        "statuses": dict(statuses),
        "exit": code,
        "seconds": round(time.perf_counter() - began, 2),
    }


async def turns(client: Client, peak: float, rounds: int, seconds: float) -> dict[str, Any]:
    """The most that is answered beside ten times the peak, one after the other, again and again."""
    found: dict[float, list[dict[str, Any]]] = {times: [] for times in TURNS}
    for _ in range(rounds):
        for times in TURNS:
            found[times].append(await measured(client, times * peak, seconds))
    goodput = {times: statistics.mean(one["goodput"] for one in found[times]) for times in TURNS}
    most = max(goodput[times] for times in TURNS[:-1])
    return {
        "rounds": rounds, "seconds": seconds,
        "each": {str(times): [one["goodput"] for one in found[times]] for times in TURNS},
        "goodput": {str(times): round(goodput[times], 2) for times in TURNS},
        "share": round(goodput[OVERLOAD] / most, 3),
        "client": {str(times): round(statistics.mean(one["client"] for one in found[times]), 3) for times in TURNS},
        "overload": {
            "refused_p95": max(one["refused_p95"] for one in found[OVERLOAD]),
            "refused_max": max(one["refused_max"] for one in found[OVERLOAD]),
            "livez_max": max(one["livez_max"] for one in found[OVERLOAD]),
            "livez_failed": sum(one["livez_failed"] for one in found[OVERLOAD]),
            "client_late": max(one["client_late"]["max"] for one in found[OVERLOAD]),
            "service_refused": max(one["service_refused"]["all"] for one in found[OVERLOAD]),
            "service_livez": max(one["service_livez"]["all"] for one in found[OVERLOAD]),
        },
    }  # fmt: skip


async def session(client: Client, process: subprocess.Popen[str], options: argparse.Namespace) -> dict[str, Any]:
    """Everything, one after the other."""
    await closed_loop(client, 2, 5)
    peak = statistics.median([await closed_loop(client, 2, options.seconds / 2) for _ in range(3)])
    found: dict[str, Any] = {"documents": options.documents, "peak": round(peak, 2), "seconds": options.seconds}
    found["rates"] = [{"times": rate, **await measured(client, rate * peak, options.seconds)} for rate in RATES]
    before = state(process.pid)
    overload = await measured(client, OVERLOAD * peak, options.hold)
    found["rates"].append({"times": OVERLOAD, **overload})
    found["overload"] = {"before": before, "after": state(process.pid), "hold": options.hold}
    await asyncio.sleep(10)
    found["turns"] = await turns(client, peak, options.rounds, options.seconds)
    await asyncio.sleep(10)
    found["recovered"] = await measured(client, 0.5 * peak, options.seconds)
    found["slow"] = await slow_clients(client, 0.5 * peak, options.seconds)
    found["stop"] = await stopped(client, 0.75 * peak, process)
    return found


def run(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Run to the end."""
    return asyncio.run(work)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--hold", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not (options.work / "corpus").exists():
        write_corpus(options.work / "corpus", options.documents)
    with serving(options.work / "corpus", options.work / "index") as (process, address):
        found = run(session(Client(address, texts_of(options.work / "corpus")), process, options))
    found["load_average"] = round(os.getloadavg()[2], 1)
    report(found, options.output)


if __name__ == "__main__":
    main()
