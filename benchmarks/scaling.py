"""What grows with the corpus, and what replicas add: the measured constants of the cost model (`scaling_model.py`).

    python -m benchmarks.scaling OUTPUT --work FOLDER [--parts sizes transfers replicas] [--questions 40] [--seconds 20]
        [--replicas 1 2 3] [--rounds 3]

WORK is that of `benchmarks.speed_corpus`: folders `1000`, `10000` and so on with `corpus` and `index`, and
`questions.json`. Each size is opened in a process of its own, and its questions are asked once each; times are CPU
times of the process, medians. The largest is pushed to a depot, pulled, and pulled again. Then one, two and three `qa
serve --follow` (or as many as `--replicas` says) answer from the depot of the second size behind HAProxy, each on one
core and with one thread, in turns, three rounds; as many clients as there are replicas, twice, ask one question after
another. Writes OUTPUT/scaling.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2

from qa.depot.place import Depot
from qa.depot.pulling import Puller
from qa.depot.pushing import push
from qa.index.store import IndexStore
from qa.settings import Settings
from qa.wiring import make_encoder, make_engine

CONFIGURATION = Path(__file__).resolve().parents[1] / "deploy" / "haproxy.cfg"
READ = 8
PARTS = ("sizes", "transfers", "replicas")
LONG = 120.0
KINDS = {"vectors.npy": "vectors", "codes.npy": "codes", "records.sqlite": "texts", "words.txt": "words"}


def cpu(work: Callable[[], object]) -> float:
    """Milliseconds of CPU."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


def memory() -> dict[str, float]:
    """Megabytes of this process: its own, and the mapped pages of files besides."""
    status = dict(re.findall(r"^(Rss\w+):\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M))
    return {"own": int(status["RssAnon"]) / 1e3, "mapped": int(status["RssFile"]) / 1e3}


def one_size(folder: Path, questions: list[str]) -> dict[str, Any]:
    """Open one index and ask."""
    settings = Settings.model_validate({"corpus": folder / "corpus", "index": folder / "index", "log": "off"})
    engine = make_engine(settings, make_encoder(settings))
    opened = cpu(engine.snapshot)
    snapshot: Any = engine.snapshot()
    engine.warm()
    searches = [cpu(lambda asked=question: engine.search(asked, limit=READ)) for question in questions]
    answers = [cpu(lambda asked=question: engine.ask(asked)) for question in questions]
    manifest = snapshot.manifest
    sizes: dict[str, int] = dict.fromkeys((*KINDS.values(), "word index", "lists"), 0)
    for name, total in manifest.files.items():
        file = name.rpartition("/")[2]
        sizes[KINDS.get(file, "word index" if "/lexical/" in name else "lists")] += total.bytes
    return {
        "documents": len(manifest.documents),
        "chunks": manifest.passages,
        "vectors": manifest.children,
        "bytes": sizes,
        "opening CPU s": round(opened / 1e3, 3),
        "search CPU ms": round(statistics.median(searches), 1),
        "answer, search known, CPU ms": round(statistics.median(answers), 1),
        "own MB": round(memory()["own"]),
        "mapped MB": round(memory()["mapped"]),
        "most MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def transfers(index: Path, scratch: Path) -> dict[str, Any]:
    """Push a generation to a folder, pull it, pull it again."""
    store, depot = IndexStore(index), Depot(str(scratch / "depot"))
    puller = Puller(store=IndexStore(scratch / "pulled"), keep=1)
    spent = {}
    for name, work in (
        ("push", lambda: push(store, depot, _silent, keep=1)),
        ("push again", lambda: push(store, depot, _silent, keep=1)),
        ("pull", lambda: puller.pull(depot, _silent)),
        ("look", lambda: puller.pull(depot, _silent)),
    ):
        began, used = time.perf_counter(), time.process_time()
        result: Any = work()
        spent[name] = {
            "s": round(time.perf_counter() - began, 3),
            "CPU s": round(time.process_time() - used, 3),
            "MB": round(result.size / 1e6, 1),
        }
    return spent


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Show nothing."""


@contextmanager
def replicas(count: int, depot: Path, scratch: Path, port: int) -> Iterator[tuple[str, list[int]]]:
    """So many replicas behind the proxy, each on one core; its address, and their processes, the proxy's last."""
    cores = sorted(os.sched_getaffinity(0))
    settings = {"QA_THREADS": "1", "QA_AT_ONCE": "1", "QA_REQUESTS_PER_SECOND": "0", "QA_LOG": "off",
                "QA_REMEMBERED_REPLIES": "0"}  # fmt: skip
    text = CONFIGURATION.read_text(encoding="utf-8").replace("/run/haproxy/admin.sock", str(scratch / "admin.sock"))
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{port}")
    text = re.sub(r"\n *server .*", "", text).rstrip()
    text += "".join(f"\n    server replica{number} 127.0.0.1:{port + 1 + number}" for number in range(count)) + "\n"
    pids = []
    with ExitStack() as stack:
        for number in range(count):
            command = [sys.executable, "-m", "qa", "serve", "--follow", str(depot), "--port", str(port + 1 + number)]
            core = cores[number % len(cores)]
            process = stack.enter_context(
                subprocess.Popen(
                    ["taskset", "--cpu-list", str(core), *command, "--index", str(scratch / f"index-{number}")],
                    env={**os.environ, **settings},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            pids.append(process.pid)
            stack.callback(process.send_signal, signal.SIGTERM)
        path = scratch / "haproxy.cfg"
        path.write_text(text, encoding="utf-8")
        for number in range(count):
            until_ready(f"http://127.0.0.1:{port + 1 + number}")
        haproxy = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin") or "haproxy"
        process = stack.enter_context(subprocess.Popen([haproxy, "-db", "-q", "-f", str(path)]))
        stack.callback(process.terminate)
        until_ready(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}", [*pids, process.pid]


def spent(pid: int) -> float:
    """Seconds of CPU of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_ready(address: str) -> None:
    """Wait until it can be asked."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        try:
            if httpx2.get(f"{address}/readyz", timeout=LONG).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"nothing answers at {address}")


def answers_a_second(address: str, clients: int, seconds: float, questions: list[str]) -> dict[str, float]:
    """What so many clients get who ask one question after another."""
    took: list[float] = []
    failed: list[int] = []
    end = time.monotonic() + seconds

    def ask_on(first: int) -> None:
        with httpx2.Client(base_url=address, timeout=LONG) as http:
            number = first
            while time.monotonic() < end:
                began = time.monotonic()
                status = http.post("/ask", json={"question": questions[number % len(questions)]}).status_code
                (took if status == 200 else failed).append(time.monotonic() - began if status == 200 else status)
                number += clients

    threads = [threading.Thread(target=ask_on, args=(number,)) for number in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    passed = time.monotonic() - began
    return {
        "answers": len(took),
        "seconds": round(passed, 2),
        "a second": round(len(took) / passed, 3),
        "p50 ms": round(statistics.median(took) * 1e3) if took else 0,
        "refused": len(failed),
    }


def throughput(
    index: Path, scratch: Path, seconds: float, turns: int, counts: list[int], questions: list[str], port: int
) -> list[dict[str, Any]]:
    """So many replicas in turns."""
    push(IndexStore(index), Depot(str(scratch / "depot")), _silent, keep=1)
    rounds = []
    for turn in range(turns):
        for count in counts:
            with replicas(count, scratch / "depot", scratch, port) as (address, pids):
                answers_a_second(address, 2 * count, 3.0, questions)
                before = [spent(pid) for pid in pids]
                found = answers_a_second(address, 2 * count, seconds, questions)
                *used, proxy = (spent(pid) - at for pid, at in zip(pids, before, strict=True))
            answers = found["answers"]
            found["CPU ms an answer"] = round(sum(used) / answers * 1e3)
            found["proxy CPU ms an answer"] = round(proxy / answers * 1e3, 2)
            found["cores got"] = round(sum(used) / found["seconds"], 2)
            rounds.append({"replicas": count, "round": turn, **found})
            print(json.dumps(rounds[-1]), flush=True)
    return rounds


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--port", type=int, default=18_080)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="measure these, keep what is there")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    asked = json.loads((options.work / "questions.json").read_text(encoding="utf-8"))
    if options.one:
        print(json.dumps(one_size(options.one, asked[: options.questions])))
        return
    options.output.mkdir(parents=True, exist_ok=True)
    target = options.output / "scaling.json"
    found: dict[str, Any] = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    here = [sys.executable, "-m", "benchmarks.scaling", str(options.output), "--work", str(options.work)]
    if "sizes" in options.parts:
        found["sizes"] = []
        for size in options.sizes:
            command = [*here, "--questions", str(options.questions), "--one", str(options.work / str(size))]
            ran = subprocess.run(command, check=True, capture_output=True, text=True)
            found["sizes"].append(json.loads(ran.stdout))
            print(ran.stdout, end="", flush=True)
    with tempfile.TemporaryDirectory(prefix="quoth-scaling-") as name:
        if "transfers" in options.parts:
            found["transfers"] = transfers(options.work / str(options.sizes[-1]) / "index", Path(name))
            print(json.dumps(found["transfers"]), flush=True)
    with tempfile.TemporaryDirectory(prefix="quoth-scaling-") as name:
        if "replicas" in options.parts:
            index = options.work / str(options.sizes[min(1, len(options.sizes) - 1)]) / "index"
            asked = asked[options.questions :]
            found["replicas"] = throughput(
                index, Path(name), options.seconds, options.rounds, options.replicas, asked, options.port
            )
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
