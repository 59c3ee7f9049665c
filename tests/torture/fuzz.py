"""Mutated files of every format through the whole ingest, in builds of some thousands; prints a tally as JSON.

`python -m torture.fuzz COUNT [SECONDS [FIRST]]` makes COUNT files of each format, or as many as go into the time; as
the files are numbered, a run can go on at FIRST, where one before ended. What is `wrong` is a build that did not come
to an end, lost a file or skipped one without a reason; counted as well are the ends that only the sandbox can give.
After each round of builds the tally so far goes to standard error.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from fuzz import SEEDS, mutated
from ingest import GOOD, ingest
from qa.errors import QAError
from shelf import Shelf

STEP = 2000
_ENDS = {"Reading": "over a limit", "made the process": "parser died", "its parser failed": "parser failed"}


def main(number: int, seconds: float = float("inf"), first: int = 0) -> None:
    """Run the builds in rounds, one of each format."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    end = time.monotonic() + seconds
    for start in range(first, number, STEP):
        if time.monotonic() > end:
            break
        stop = min(start + STEP, number)
        for suffix in SEEDS:
            wrong.extend(one_build(suffix, range(start, stop), tally))
        tally["of each format"] = stop
        sys.stderr.write(f"{json.dumps({**tally, 'wrong': wrong})}\n")
    sys.stdout.write(json.dumps({**tally, "files": tally["indexed"] + tally["skipped"], "wrong": wrong}))


def one_build(suffix: str, numbers: range, tally: Counter[str]) -> list[str]:
    """Index these mutated files and count how each ended; returns what was wrong."""
    files = {f"{n}{suffix}": mutated(suffix, n) for n in numbers}
    try:
        with tempfile.TemporaryDirectory() as folder:
            done = ingest(Shelf(Path(folder)), files, readers=2)
    except (AssertionError, QAError, ValueError) as error:
        return [f"{suffix} {numbers.start}: {error}"]
    for path in files:
        reason = done.reason(path)
        tally["indexed" if reason is None else "skipped"] += 1
        tally.update(end for words, end in _ENDS.items() if reason and words in reason)
    return [] if set(done.records) == {*files, *GOOD} else [f"{suffix} {numbers.start}: files were lost"]


if __name__ == "__main__":
    count, seconds, first = [*sys.argv[1:], *("inf", "0")[len(sys.argv) - 2 :]]
    main(int(count), float(seconds), int(first))
