"""What spreading a build costs: on this machine alone, and by the nodes of a Ray cluster, all of them here as well.

    python -m benchmarks.spread OUTPUT [--documents 50 200] [--nodes 1 2 3] [--cores N]

Short documents (`benchmarks.rebuild`) are built from nothing by `qa index`, then by `qa index --ray` on so many nodes
of one processor each. `cpu` is the CPU time of the process that builds and, without Ray, of the processes that parse
for it; that of the nodes is not in it. Two sizes tell what each document costs the machine that builds, apart from the
start. With `--cores` the machine that builds has only so many processors; the nodes, which are not bound, find others
where there are more. Writes OUTPUT/spread.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.rebuild import write_corpus
from ray_machines import machines


def build(folder: Path, size: int, name: str, cores: str, *more: str) -> dict[str, Any]:
    """One build in a process of its own, on these processors."""
    command = [sys.executable, "-m", "qa", "index", "--corpus", str(folder / str(size)), "--index", str(folder / name)]
    command = ["/usr/bin/taskset", "--cpu-list", cores, *command, *more]
    start = time.monotonic()
    pid = os.posix_spawn(command[0], command, {**os.environ})
    _, status, used = os.wait4(pid, 0)
    assert status == 0, f"the build of {name} failed"
    return {"documents": size, "s": time.monotonic() - start, "cpu": used.ru_utime + used.ru_stime}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--documents", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--cores", type=int, help="processors for the machine that builds (all)")
    options = parser.parse_args()
    cores = ",".join(map(str, sorted(os.sched_getaffinity(0))[: options.cores]))
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as made, machines() as cluster:
        folder = Path(made)
        for size in options.documents:
            write_corpus(folder / str(size), size)
            found.append({"nodes": 0, **build(folder, size, f"local {size}", cores)})
        for nodes in range(1, max(options.nodes) + 1):
            cluster.add()
            sizes = options.documents if nodes in options.nodes else ()
            more = ("--ray", cluster.address)
            found += [{"nodes": nodes, **build(folder, size, f"{nodes} {size}", cores, *more)} for size in sizes]
            (options.output / "spread.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for one in found:
        print(one)


if __name__ == "__main__":
    main()
