"""Questions to a running service: at a fixed rate or one after another, each on a connection of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LONG = 60.0
ADDRESSES = 16
WORDS = re.compile(r"[A-Za-z]{4,}")
LOOK = 0.01
"""Seconds between two looks at how late this process itself is."""
BUCKET = re.compile(r'quoth_request_seconds_bucket\{le="([^"]+)",route="([^"]+)"\} (\S+)')
REFUSED, LIVE = "none", "/livez"
"""The routes under which the service counts what it refuses before it looks for a route, and probes."""
Sample = tuple[int, float]


@dataclass
class Seen:
    """Status and seconds of each request, 0 for one that was broken off."""

    samples: list[Sample] = field(default_factory=list)
    in_time: int = 0
    """Answers that came while questions were still being sent."""
    client: float = 0.0
    """Seconds of CPU that this process took meanwhile."""

    def times(self, *statuses: int) -> list[float]:
        """The seconds of those with these statuses."""
        return [seconds for status, seconds in self.samples if status in statuses]

    def counts(self) -> dict[str, int]:
        """How many of each status."""
        return {str(status): count for status, count in sorted(Counter(status for status, _ in self.samples).items())}


def late(times: Sequence[float]) -> dict[str, float | None]:
    """Of delays: the 99th of 100, the longest, and what share of them is over 50 ms (%)."""
    over = round(100 * sum(one > 0.05 for one in times) / len(times), 2) if times else None
    return {"p99": at(list(times), 0.99), "max": at(list(times), 1.0), "over 50 ms, %": over}


def at(times: list[float], share: float) -> float | None:
    """A percentile in milliseconds; None without times."""
    return round(1000 * sorted(times)[min(len(times) - 1, int(share * len(times)))], 1) if times else None


def texts_of(corpus: Path) -> list[str]:
    """The texts of some documents, to ask about."""
    return [path.read_text(encoding="utf-8") for path in sorted(corpus.rglob("*.md"))[:2000]]


class _Exchange(asyncio.Protocol):
    """Sends a request and waits for the end of the connection; keeps the beginning of what came."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self.came = b""
        self.whole = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]  # a transport that writes

    def data_received(self, data: bytes) -> None:
        if b"\r\n\r\n" not in self.came:
            self.came += data

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.whole.done():
            self.whole.set_result(int(self.came[9:12]) if exc is None and b"\r\n\r\n" in self.came else 0)


class Client:
    """Asks one service from sixteen addresses of the loopback network, as different people do."""

    def __init__(self, address: tuple[str, int], texts: Sequence[str] = (), questions: Sequence[str] = ()) -> None:
        """`questions` are asked in their order, over and over; without them new ones are made about `texts`."""
        self.address = address
        self._asked = itertools.count()
        self._texts = texts
        self._questions = questions
        self._random = random.Random(7)

    def question(self) -> str:
        """The next question; one that is made about some words of a document was not asked before."""
        number = next(self._asked)
        if self._questions:
            return self._questions[number % len(self._questions)]
        words = self._random.sample(WORDS.findall(self._random.choice(self._texts)), 4)
        return f"What is said of {' '.join(words)} in {number}?"

    async def get(self, path: str) -> Sample:
        """GET an address."""
        return await self._send(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())

    async def ask(self, path: str = "/ask") -> Sample:
        """Ask a new question."""
        return await self._send(self.asking(path))

    def asking(self, path: str = "/ask") -> bytes:
        """The bytes of a new question; `/search` takes it as its query."""
        body = json.dumps({"query" if path == "/search" else "question": self.question()}).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    async def _send(self, request: bytes) -> Sample:
        began, source = time.perf_counter(), (f"127.0.0.{2 + self._random.randrange(ADDRESSES)}", 0)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LONG):
                transport, exchange = await loop.create_connection(
                    lambda: _Exchange(request), *self.address, local_addr=source
                )
                try:
                    status = await exchange.whole
                finally:
                    transport.close()
        except (OSError, TimeoutError):
            status = 0
        return status, time.perf_counter() - began


async def open_loop(client: Client, rate: float, seconds: float, path: str = "/ask") -> Seen:
    """Ask at a fixed rate, however long the answers take."""
    seen, tasks, began, spent = Seen(), set(), time.perf_counter(), time.process_time()

    async def ask() -> Sample:
        status, took = await client.ask(path)
        seen.in_time += status == 200 and time.perf_counter() - began <= seconds
        return status, took

    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks.add(asyncio.create_task(ask()))
    seen.samples += await asyncio.gather(*tasks)
    seen.client = time.process_time() - spent
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


@contextlib.asynccontextmanager
async def own_delay() -> AsyncIterator[list[float]]:
    """How late the loop of this process is, a hundred times a second: so much of a time that it saw may be its own."""
    delays: list[float] = []

    async def look() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LOOK)
            delays.append(time.perf_counter() - began - LOOK)

    task = asyncio.create_task(look())
    try:
        yield delays
    finally:
        task.cancel()


Buckets = dict[str, dict[float, float]]


async def counted(address: tuple[str, int]) -> Buckets:
    """How many requests took at most so many seconds by the service's own clock, by route and upper bound."""

    def read() -> str:
        with urllib.request.urlopen(f"http://{address[0]}:{address[1]}/metrics", timeout=LONG) as response:  # our own
            return str(response.read().decode())

    found: Buckets = {}
    for bound, route, count in BUCKET.findall(await asyncio.to_thread(read)):
        found.setdefault(route, {})[float(bound)] = float(count)
    return found


def within(before: Buckets, after: Buckets, route: str) -> dict[str, float | None]:
    """Of what came between two counts: how many, and the least bounds (ms) that held 99 % and all of them."""
    then = before.get(route, {})
    counts = {bound: count - then.get(bound, 0.0) for bound, count in sorted(after.get(route, {}).items())}
    number = max(counts.values(), default=0.0)

    def least(share: float) -> float | None:
        return next((1000 * bound for bound, count in counts.items() if number and count >= share * number), None)

    return {"requests": number, "99 %": least(0.99), "all": least(1.0)}


def state(process: int) -> dict[str, int]:
    """Memory in kB, open files and threads of a process."""
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    rss, threads = (int(re.search(rf"{name}:\s+(\d+)", text)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]  # both are there
    return {"rss_kb": rss, "files": len(os.listdir(f"/proc/{process}/fd")), "threads": threads}  # noqa: PTH208  # counts


@contextlib.contextmanager
def serving(corpus: Path, index: Path) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """`qa serve` with its settings as they are, over these folders."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--no-watch",
               "--corpus", str(corpus), "--index", str(index)]  # fmt: skip
    environment = {**os.environ, "QA_LOG": "off", "QA_REMEMBERED_REPLIES": "0"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("Quoth answers at"))
        try:
            yield process, ("127.0.0.1", int(line.split()[3].rpartition(":")[2]))
        finally:
            process.kill()
