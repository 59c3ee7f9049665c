"""A fingerprint of a string that can be compared with every stretch of a text at once, in time linear in the text.

It is the polynomial sum of `code point * BASE**position` modulo 2**64. It only says where to look: strings with equal
fingerprints can differ, so whoever looks compares a real digest before believing anything.
"""

import codecs
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.uint64]

BASE = 0x9E3779B97F4A7C15
"""Odd, so that its powers never vanish modulo 2**64; the digits of the golden ratio, which no text is made to fit."""
STEP = 1 << 20
"""Places compared at once: about 40 MB at a time, however long the text is."""
_TO_CODE_POINTS = codecs.getencoder("utf-32-le")
"""Loaded at once: a codec that could not be loaded once, for want of descriptors, stays unknown to the process."""


def fingerprint(text: str) -> int:
    """The fingerprint of a whole text, 64 bits; 0 for the empty one."""
    codes = _codes(text)
    return int((codes * _powers(len(codes))).sum(dtype=np.uint64))


def places(text: str, length: int, wanted: int) -> Iterator[int]:
    """Every place in a text at which a stretch of `length` code points (1 or more) has this fingerprint, ascending."""
    for first in range(0, len(text) - length + 1, STEP):
        codes = _codes(text[first : first + STEP + length - 1])
        powers = _powers(len(codes))
        sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(codes * powers, dtype=np.uint64)))
        # A stretch that begins at i sums to its fingerprint times BASE**i; BASE is odd, so nothing is lost by that.
        found = sums[length:] - sums[:-length] == np.uint64(wanted) * powers[: len(sums) - length]
        for place in np.flatnonzero(found):
            yield first + int(place)


def _codes(text: str) -> "Numbers":
    return np.frombuffer(_TO_CODE_POINTS(text, "surrogatepass")[0], "<u4").astype(np.uint64)


def _powers(count: int) -> "Numbers":
    powers = np.full(count, BASE, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)
