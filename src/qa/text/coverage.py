"""How much of a question the passages that were found cover, from four bytes for each of their index terms; pure.

To cut the words of some ninety passages anew took more than half of a search, and to compare them as words a quarter of
what was left. So each term is kept as a number: two of them have the same one by a chance of one in four thousand
million, and a search that met such a pair would weigh one passage wrongly, and cite it as rightly as ever.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from zlib import crc32

import numpy as np

END = 0
"""Stands after the terms of each unit."""
NUMBER = np.dtype("<u4")
"""How a term is kept."""


def packed(above: Iterable[str], units: Iterable[Iterable[str]]) -> bytes:
    """The terms above a passage (its title and headings), then those of each of its quotable units, as numbers."""
    return np.array([number for unit in (above, *units) for number in (*map(_number, unit), END)], NUMBER).tobytes()


def coverages(weights: Mapping[str, float], wordings: Sequence[bytes]) -> list[tuple[float, float]]:
    """The share (0..1) of the weights of some terms that each passage covers, and that its best unit covers.

    A passage is given as `packed` made it; what stands above it counts to the whole and to each unit.
    """
    total = sum(weights.values())
    if not wordings or not total:
        return [(0.0, 0.0)] * len(wordings)
    numbers = np.frombuffer(b"".join(wordings), NUMBER)
    ends = np.flatnonzero(numbers == END)
    starts = [0, *accumulate(len(wording) // NUMBER.itemsize for wording in wordings)]
    first = np.searchsorted(ends, starts)
    passage = np.repeat(np.arange(len(wordings)), np.diff(first))
    above = first[passage]
    whole, parts = np.zeros(len(wordings)), np.zeros(len(ends))
    for term, weight in weights.items():
        held = np.zeros(len(ends), bool)
        held[np.searchsorted(ends, np.flatnonzero(numbers == _number(term)))] = True
        whole[passage[held]] += weight  # once, however many of its units hold the term
        parts[held | held[above]] += weight
    best = np.maximum.reduceat(parts, first[:-1])
    return list(zip((whole / total).tolist(), (best / total).tolist(), strict=True))


def _number(term: str) -> int:
    return crc32(term.encode("utf-8")) or END + 1
