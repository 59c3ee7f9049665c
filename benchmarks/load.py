"""What a running service holds: questions at fixed rates up to ten times what it can, slow clients, and its end.

    python -m benchmarks.load OUTPUT --work FOLDER [--documents 1000] [--seconds 20] [--hold 60] [--soak 0]

FOLDER keeps the corpus (of `benchmarks.rebuild`) and its index for the next run. The load is *open-loop*: a question is
sent when its time has come, whether or not those before it are answered, over a connection of its own and from one of
sixteen addresses of the loopback network, as different people do. Every question is another one. *Peak* is what two
clients who ask one question after another get. Goodput counts answers only, not refusals. While all that goes on,
`/livez` is asked ten times a second. Writes OUTPUT/load.json, load.md and load.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.load_report import report
from benchmarks.rebuild import write_corpus

LONG = 60.0
RATES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)
"""Offered, as multiples of the peak; ten times is offered for longer, at the end."""
OVERLOAD = 10.0
ADDRESSES = 16
WORDS = re.compile(r"[A-Za-z]{4,}")
Sample = tuple[int, float]


@dataclass
class Seen:
    """Status and seconds of each request, 0 for one that was broken off."""

    samples: list[Sample] = field(default_factory=list)
    in_time: int = 0
    """Answers that came while questions were still being sent."""

    def times(self, *statuses: int) -> list[float]:
        """The seconds of those with these statuses."""
        return [seconds for status, seconds in self.samples if status in statuses]

    def counts(self) -> dict[str, int]:
        """How many of each status."""
        return {str(status): count for status, count in sorted(Counter(status for status, _ in self.samples).items())}


def at(times: list[float], share: float) -> float | None:
    """A percentile in milliseconds; None without times."""
    return round(1000 * sorted(times)[min(len(times) - 1, int(share * len(times)))], 1) if times else None


class Client:
    """Asks one service; each request on a connection of its own."""

    def __init__(self, address: tuple[str, int], work: Path) -> None:
        self.address = address
        self._asked = itertools.count()
        self._texts = [path.read_text(encoding="utf-8") for path in sorted((work / "corpus").rglob("*.md"))[:2000]]
        self._random = random.Random(7)

    def question(self) -> str:
        """A question that was not asked before, about some words of a document."""
        text = self._random.choice(self._texts)
        words = self._random.sample(WORDS.findall(text), 4)
        return f"What is said of {' '.join(words)} in {next(self._asked)}?"

    async def get(self, path: str) -> Sample:
        """GET an address."""
        return await self._send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())

    async def ask(self) -> Sample:
        """Ask a new question."""
        return await self._send(self.asking())

    def asking(self, path: str = "/ask") -> bytes:
        """The bytes of a new question."""
        body = json.dumps({"question": self.question()}).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def _send(self, request: bytes) -> Sample:
        began, source = time.perf_counter(), (f"127.0.0.{2 + self._random.randrange(ADDRESSES)}", 0)
        try:
            async with asyncio.timeout(LONG):
                reader, writer = await asyncio.open_connection(*self.address, local_addr=source)
                try:
                    writer.write(request)
                    reply = await reader.read()
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return 0, time.perf_counter() - began
        status = int(reply[9:12]) if b"\r\n\r\n" in reply else 0
        return status, time.perf_counter() - began


async def open_loop(client: Client, rate: float, seconds: float) -> Seen:
    """Ask at a fixed rate, however long the answers take."""
    seen, tasks, began = Seen(), set(), time.perf_counter()

    async def ask() -> Sample:
        status, took = await client.ask()
        seen.in_time += status == 200 and time.perf_counter() - began <= seconds
        return status, took

    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks.add(asyncio.create_task(ask()))
    seen.samples += await asyncio.gather(*tasks)
    return seen


async def closed_loop(client: Client, clients: int, seconds: float) -> float:
    """Answers a second that so many clients get who ask one question after another."""
    end, answered = time.perf_counter() + seconds, 0

    async def one() -> None:
        nonlocal answered
        while time.perf_counter() < end:
            status, _ = await client.ask()  # apart, as another client counts while this one waits
            answered += status == 200

    await asyncio.gather(*(one() for _ in range(clients)))
    return answered / seconds


@contextlib.asynccontextmanager
async def probed(client: Client) -> AsyncIterator[Seen]:
    """Ask `/livez` ten times a second meanwhile."""
    seen = Seen()

    async def probe() -> None:
        while True:
            seen.samples.append(await client.get("/livez"))
            await asyncio.sleep(0.1)

    task = asyncio.create_task(probe())
    try:
        yield seen
    finally:
        task.cancel()


def state(process: int) -> dict[str, int]:
    """Memory in kB, open files and threads of a process."""
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    rss, threads = (int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]  # both are there
    return {"rss_kb": rss, "files": len(os.listdir(f"/proc/{process}/fd")), "threads": threads}  # noqa: PTH208  # counts


async def measured(client: Client, rate: float, seconds: float) -> dict[str, Any]:
    """One rate: what was offered, what came of it."""
    async with probed(client) as probes:
        seen = await open_loop(client, rate, seconds)
    good, refused = seen.times(200), seen.times(503, 429)
    return {
        "offered": round(rate, 2), "goodput": round(seen.in_time / seconds, 2), "statuses": seen.counts(),
        "p50": at(good, 0.5), "p95": at(good, 0.95), "p99": at(good, 0.99),
        "refused_p95": at(refused, 0.95), "refused_max": at(refused, 1.0),
        "livez_p95": at(probes.times(200), 0.95), "livez_max": at(probes.times(200), 1.0),
        "livez_failed": len(probes.samples) - len(probes.times(200)),
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


async def soaked(client: Client, rate: float, seconds: float, process: int) -> list[dict[str, int]]:
    """Memory, files and threads once a minute, under a constant load."""
    load = asyncio.create_task(open_loop(client, rate, seconds))
    found = [state(process)]
    while not load.done():
        await asyncio.wait({load}, timeout=60)
        found.append(state(process))
    return found


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
    found["recovered"] = await measured(client, 0.5 * peak, options.seconds)
    found["slow"] = await slow_clients(client, 0.5 * peak, options.seconds)
    if options.soak:
        found["soak"] = await soaked(client, 0.5 * peak, options.soak, process.pid)
    found["stop"] = await stopped(client, 0.75 * peak, process)
    return found


@contextlib.contextmanager
def serving(work: Path) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """`qa serve` with its settings as they are, over the folders of the work."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--no-watch",
               "--corpus", str(work / "corpus"), "--index", str(work / "index")]  # fmt: skip
    environment = {**os.environ, "QA_LOG": "off", "QA_REMEMBERED_REPLIES": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("Quoth answers at"))
        try:
            yield process, ("127.0.0.1", int(line.split()[3].rpartition(":")[2]))
        finally:
            process.kill()


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
    parser.add_argument("--soak", type=float, default=0)
    options = parser.parse_args()
    if not (options.work / "corpus").exists():
        write_corpus(options.work / "corpus", options.documents)
    with serving(options.work) as (process, address):
        found = run(session(Client(address, options.work), process, options))
    found["load_average"] = round(os.getloadavg()[2], 1)
    report(found, options.output)


if __name__ == "__main__":
    main()
