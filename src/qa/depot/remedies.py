"""What to do about an index that is pulled: nothing is built there, so no `qa index` mends it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from qa.errors import IndexIncompatible, IndexStoreError, OriginalChanged

BUILDS = re.compile("`qa index(?! --(?:list|prune))")
"""What a remedy names that builds an index here; the generations that are kept can be looked after anywhere."""
PULL = "It is pulled from the depot again: by `qa serve --follow` of itself, by `qa pull` at once."
SAME = (
    "Run the same version of Quoth with the same encoder (QA_ENCODER) here and where the index is built; "
    "one that has been pushed since is pulled."
)
COPY = (
    "Put the file here as the index has it, or have the index follow it where that is built; "
    "the text as it was indexed is at GET /documents/{id}."
)
THERE = "Change the folder where the index is built: what is pushed from there is pulled here."


def at_a_replica(remedy: str, *, same: bool = False) -> str:
    """The remedy where a depot is followed; `same` where what is there does not fit what runs here."""
    if not BUILDS.search(remedy):
        return remedy
    return SAME if same else PULL


@contextmanager
def advising(*, replica: bool) -> Iterator[None]:
    """Errors of index and originals that are raised inside get the remedy that fits a replica, if this is one."""
    try:
        yield
    except IndexStoreError as error:
        if replica:
            error.remedy = at_a_replica(error.remedy, same=isinstance(error, IndexIncompatible))
        raise
    except OriginalChanged as error:
        if replica:
            error.remedy = COPY
        raise
