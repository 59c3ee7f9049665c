"""Mutated files of every format through the whole ingest, in builds of some thousands; prints a tally as JSON.

The argument is the number of files of each format. What is `wrong` is a build that did not come to an end, lost a file
or skipped one without a reason; counted as well are the ends that only the sandbox can give.
"""

import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fuzz import SEEDS, mutated
from ingest import GOOD, ingest
from qa.errors import QAError
from shelf import Shelf

STEP = 2000
_ENDS = {"Reading": "over a limit", "made the process": "parser died", "its parser failed": "parser failed"}


def main(number: int) -> None:
    """Run all builds."""
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    for suffix in SEEDS:
        for start in range(0, number, STEP):
            files = {f"{n}{suffix}": mutated(suffix, n) for n in range(start, min(start + STEP, number))}
            try:
                with tempfile.TemporaryDirectory() as folder:
                    done = ingest(Shelf(Path(folder)), files, readers=2)
            except (AssertionError, QAError) as error:
                wrong.append(f"{suffix} {start}: {error}")
                continue
            if set(done.records) != {*files, *GOOD}:
                wrong.append(f"{suffix} {start}: files were lost")
            for path in files:
                reason = done.reason(path)
                tally["indexed" if reason is None else "skipped"] += 1
                tally.update(end for words, end in _ENDS.items() if reason and words in reason)
    sys.stdout.write(json.dumps({**tally, "files": len(SEEDS) * number, "wrong": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
