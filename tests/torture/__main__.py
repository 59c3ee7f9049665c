"""`make torture`: the long sizes of the tests under faults; what they found goes to `benchmarks/reliability.json`.

Arguments: the parts to run, or none for all; `fuzz=5000` gives another size than the long one, `"R7=1 500"` two of
them. The exit code is 1 when anything was torn, lost or not noticed.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from torture.places import CHILD, TESTS

PARTS: dict[str, tuple[str, str]] = {
    "R1 system calls": ("torture.syscalls", "0"),
    "R2 kills": ("torture.kills", "1000 3600"),
    "R3 power cuts": ("torture.power", "20000"),
    "R4 damage": ("torture.damage", "10000"),
    "R5 no descriptors": ("torture.syscalls", "0 EMFILE"),
    "R6 rebuilds": ("torture.rebuilds", "500 3.6"),
    "R7 freshness": ("torture.rebuilds", "3 10000 fresh"),
    "R11 soak": ("torture.soak", "200000 200 28800"),
    "R13 workers": ("torture.workers", "3"),
    "R14 edits": ("torture.edits", "1000"),
    "R14 edits, packaged encoder": ("torture.edits", "100 packaged"),
    "fuzz": ("torture.fuzz", "100000"),
    "api": ("torture.api", "20000"),
}
"""Each part with its program and the arguments for its long size; a program prints its tally as JSON."""
REPORT = TESTS.parent / "benchmarks" / "reliability.json"


def main(wanted: list[str]) -> int:
    """Run parts one after another and put their tallies into the report."""
    sizes = {name: size for name, _, size in (want.partition("=") for want in wanted)}
    failed = False
    for part, (program, size) in PARTS.items():
        name = part.partition(" ")[0]
        if sizes and name not in sizes:
            continue
        sys.stdout.write(f"{part} … ")
        sys.stdout.flush()
        began = time.monotonic()
        given = sizes.get(name, "").split()
        arguments = [*given, *size.split()[len(given) :]]
        tally = {**run(program, arguments), "seconds": round(time.monotonic() - began)}
        failed = failed or bool(tally["wrong"])
        sys.stdout.write(f"{json.dumps(tally)}\n")
        note(part, tally)
    return int(failed)


def note(part: str, tally: dict[str, object]) -> None:
    """Put a tally into the report."""
    report = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    report[part] = tally
    REPORT.write_text(json.dumps(report, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def run(program: str, arguments: list[str]) -> dict[str, object]:
    """The tally that a program prints; one that dies is itself what is wrong."""
    environment = {**CHILD, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", program, *arguments]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False, cwd=Path.cwd())
    if done.returncode != 0:
        return {"wrong": [f"it ended with {done.returncode}"]}
    tally: dict[str, object] = json.loads(done.stdout)
    return tally


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
