"""Requests made out of the API's description, judged by schemathesis; prints a tally as JSON.

`python -m torture.api COUNT` goes on, with another seed each time, until COUNT requests have been sent.
"""

import json
import sys
import tempfile
from pathlib import Path

from schemathesis_run import tried

EACH, SECONDS = 100, 3600


def main(number: int) -> None:
    """Run it again and again."""
    cases = rounds = 0
    wrong: list[str] = []
    while cases < number and not wrong:
        rounds += 1
        with tempfile.TemporaryDirectory() as folder:
            found = tried(Path(folder), each=EACH, seed=rounds, seconds=SECONDS)
        cases += found.cases
        wrong += [found.said[-4000:]] if found.failed else []
        sys.stderr.write(f"{cases} requests\n")
    sys.stdout.write(json.dumps({"requests": cases, "seeds": rounds, "wrong": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
