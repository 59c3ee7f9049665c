"""What to do about an index that is pulled: nothing is built there, so no `qa index` mends it."""

from collections.abc import Iterator
from contextlib import contextmanager

from qa.errors import IndexIncompatible, IndexStoreError

BUILDS = "`qa index"
"""What a remedy names that builds or looks after an index here."""
PULL = "It is pulled from the depot again: by `qa serve --follow` of itself, by `qa pull` at once."
SAME = (
    "Run the same version of Quoth with the same encoder (QA_ENCODER) here and where the index is built; "
    "one that has been pushed since is pulled."
)


def at_a_replica(remedy: str, *, same: bool = False) -> str:
    """The remedy where a depot is followed; `same` where what is there does not fit what runs here."""
    if BUILDS not in remedy:
        return remedy
    return SAME if same else PULL


@contextmanager
def advising(*, replica: bool) -> Iterator[None]:
    """Errors of the index that are raised inside get the remedy that fits a replica, if this is one."""
    try:
        yield
    except IndexStoreError as error:
        if replica:
            error.remedy = at_a_replica(error.remedy, same=isinstance(error, IndexIncompatible))
        raise
