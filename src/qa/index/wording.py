"""The index terms of passages, cut when they are indexed: a search weighs some ninety passages by them.

Those of a volume are one array of numbers in a file that is mapped, so that a search reads what it needs and no more.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from qa.text.coverage import NUMBER, packed
from qa.text.tables import head_of
from qa.types import Chunk, ParsedDocument

FILE = "terms.npy"
Terms = Callable[[str], Iterable[str]]
"""Cuts a text into its index terms, as the lexical index does."""


def wording_of(document: ParsedDocument, chunk: Chunk, terms: Terms) -> bytes:
    """The terms of a passage, as a search compares them; a row stands there with the head of its table."""
    above, *units = (
        dict.fromkeys(terms(text)) for text in (" ".join((document.title, *chunk.headings)), *_units(document, chunk))
    )
    return packed(above, units)


def _units(document: ParsedDocument, chunk: Chunk) -> Iterable[str]:
    for span in chunk.sentences:
        head, text = head_of(document, span), span.of(document.text)
        yield f"{head} {text}" if head else text


def write_wordings(path: Path, wordings: Sequence[bytes]) -> None:
    """Write what `wording_of` gave for the passages of a volume: where each ends, in numbers, then all of them."""
    ends = accumulate(len(wording) // NUMBER.itemsize for wording in wordings)
    np.save(path, np.frombuffer(np.fromiter(ends, NUMBER).tobytes() + b"".join(wordings), NUMBER))


class Wordings:
    """The open file of a volume of so many passages."""

    def __init__(self, path: Path, passages: int) -> None:
        """Raises ValueError when it cannot be of so many."""
        kept = np.asarray(np.load(path, mmap_mode="r"))
        self._edges, self._numbers = [0, *kept[:passages].tolist()], kept[passages:]
        if len(self._edges) != passages + 1 or self._edges[-1] != len(self._numbers):
            raise ValueError(f"{path} is not of {passages} passages")

    def of(self, ordinal: int) -> bytes:
        """The terms of the passage at a position (0-based)."""
        return self._numbers[self._edges[ordinal] : self._edges[ordinal + 1]].tobytes()
