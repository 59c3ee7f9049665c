"""What is said of a file of the corpus to people, on the page and on the command line alike."""

import math

from qa.types import DocumentRecord


def reach_words(record: DocumentRecord) -> str:
    """How much of its text the passages hold: `100 % reachable`; rounded down, so that 100 means all."""
    return f"{math.floor(100 * record.reach)} % reachable"


def duplicate_words(record: DocumentRecord) -> str | None:
    """Which document it repeats, if any: `the same text as a.txt`, `nearly the same text as a.txt (94 %)`."""
    if record.duplicate_of is None:
        return None
    if record.likeness == 1:
        return f"the same text as {record.duplicate_of}"
    return f"nearly the same text as {record.duplicate_of} ({round(100 * record.likeness)} % of its phrases)"
