"""`make torture`: the long sizes of the tests under faults; what they found goes to `benchmarks/reliability.json`.

Arguments: the parts to run, or none for all. The exit code is 1 when anything was torn, lost or not noticed.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from torture.places import CHILD, TESTS

PARTS: dict[str, tuple[str, ...]] = {
    "R1 system calls": ("torture.syscalls", "0"),
    "R4 damage": ("torture.damage", "10000"),
    "fuzz": ("torture.fuzz", "100000"),
}
"""Each part with its program and the argument for its long size; a program prints its tally as JSON."""
REPORT = TESTS.parent / "benchmarks" / "reliability.json"


def main(names: list[str]) -> int:
    """Run parts one after another and put their tallies into the report."""
    chosen = [part for part in PARTS if not names or part.partition(" ")[0] in names or part in names]
    report = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    failed = False
    for part in chosen:
        sys.stdout.write(f"{part} … ")
        sys.stdout.flush()
        began = time.monotonic()
        tally = run(PARTS[part])
        report[part] = {**tally, "seconds": round(time.monotonic() - began)}
        failed = failed or bool(tally["wrong"])
        sys.stdout.write(f"{json.dumps(report[part])}\n")
        REPORT.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return int(failed)


def run(program: tuple[str, ...]) -> dict[str, object]:
    """The tally that a program prints; one that dies is itself what is wrong."""
    environment = {**CHILD, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", *program]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False, cwd=Path.cwd())
    if done.returncode != 0:
        return {"wrong": [f"it ended with {done.returncode}"]}
    tally: dict[str, object] = json.loads(done.stdout)
    return tally


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
