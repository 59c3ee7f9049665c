"""A Ray cluster of several nodes on this machine, on loopback only, in a process that starts and kills nodes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parent
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # or loopback is taken for the network
    "RAY_health_check_period_ms": "500",  # a node that is gone is noticed at once, not after half a minute
    "RAY_health_check_timeout_ms": "1000",
    "RAY_raylet_start_wait_time_s": "120",  # the machine may have much else to do
}
STORE_BYTES = 80 << 20


class Machines:
    """The cluster as a test sees it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.address: str = self._heard()["address"]

    def add(self, environment: Mapping[str, str] | None = None) -> str:
        """Start a node of one processor; returns its name."""
        return str(self._told({"add": dict(environment or {})})["name"])

    def kill(self, name: str) -> None:
        """Kill all processes of a node, as when its power fails."""
        self._told({"kill": name})

    def _told(self, command: Mapping[str, object]) -> dict[str, str]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, str]:
        assert self._process.stdout is not None
        while line := self._process.stdout.readline():
            if line.startswith("{"):
                heard: dict[str, str] = json.loads(line)
                return heard
        raise AssertionError("the cluster has ended")


@contextmanager
def machines() -> Iterator[Machines]:
    """A cluster whose head is there and has no processor."""
    folder = tempfile.mkdtemp(prefix="ray-")  # short: it holds sockets
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **ENVIRONMENT, "RAY_TMPDIR": folder, "PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    try:
        cluster = Machines(process)
        yield cluster
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
            shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Serve one test run: commands on standard input, what came of them on standard output."""
    from ray.cluster_utils import Cluster

    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def tell(**values: str) -> None:
        told.write(json.dumps(values) + "\n")
        told.flush()

    common = {"object_store_memory": STORE_BYTES, "include_dashboard": False, "node_ip_address": "127.0.0.1"}
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **common})
    tell(address=cluster.address)
    nodes: dict[str, Any] = {}
    for line in sys.stdin:
        command = json.loads(line)
        if "add" in command:
            name = f"node {len(nodes) + 1}"
            before = dict(os.environ)
            os.environ.update(command["add"])
            nodes[name] = cluster.add_node(num_cpus=1, **common)
            os.environ.clear()
            os.environ.update(before)
            tell(name=name)
        else:
            node = nodes[command["kill"]]
            (raylet,) = node.all_processes["raylet"]
            for pid in [*_descendants(raylet.process.pid), raylet.process.pid]:
                os.kill(pid, signal.SIGKILL)
            cluster.remove_node(node, allow_graceful=False)
            tell(name=command["kill"])
    cluster.shutdown()


def _descendants(pid: int) -> list[int]:
    children = [
        int(child) for file in Path(f"/proc/{pid}/task").glob("*/children") for child in file.read_text().split()
    ]
    return [*(below for child in children for below in _descendants(child)), *children]


if __name__ == "__main__":
    main()
