"""Two bits for each number of a vector, by rules that no vector has a say in: a codebook that needs no training.

A unit vector that has been turned at random has numbers that are spread nearly like a normal distribution, whatever
encoder it comes from. So every vector is turned by one fixed rotation, and each number becomes the nearest of the four
levels that lose least of such a distribution. Codes of one volume depend on its own vectors alone: a change leaves
those of the others as they were, and a build from nothing gives the same ones.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors

LEVELS = (-1.510, -0.4528, 0.4528, 1.510)
"""The four levels that lose least of a normal distribution of mean 0 and deviation 1 (Max, 1960, table I)."""
BORDER = 0.9816
"""Where the outer levels begin (the same table); the inner two meet at 0."""
PER_BYTE = 4
_SEED = 384
"""Any would do; another one makes other codes."""


def width_of(dimension: int) -> int:
    """Numbers of a turned vector: whole bytes of codes."""
    return -(-dimension // PER_BYTE) * PER_BYTE


def turned(vectors: "Vectors") -> "Vectors":
    """Vectors of shape (n, dimension) in the coordinates of the codes, shape (n, `width_of(dimension)`).

    Inner products stay as they were.
    """
    result: Vectors = vectors @ _rotation(vectors.shape[1])
    return result


def codes_of(vectors: "Vectors") -> "NDArray[np.uint8]":
    """The codes of unit vectors (n, dimension): one byte for four numbers, the first in the lowest bits."""
    numbers = turned(vectors)
    numbers *= np.float32(numbers.shape[1] ** 0.5)
    levels = (numbers > -BORDER).astype(np.uint8) + (numbers > 0) + (numbers > BORDER)
    return (levels[:, 0::4] | levels[:, 1::4] << 2 | levels[:, 2::4] << 4 | levels[:, 3::4] << 6).astype(np.uint8)


def pairs(width: int) -> "Vectors":
    """What half a byte of code stands for, two numbers: shape (16, 2), for turned vectors of `width` numbers."""
    levels = np.array(LEVELS, np.float32) / np.float32(width**0.5)
    return np.stack([np.tile(levels, 4), np.repeat(levels, 4)], axis=1)


@lru_cache(maxsize=4)
def _rotation(dimension: int) -> "Vectors":
    """Orthonormal rows, shape (dimension, width), at random; NumPy's old generator stays the same for ever."""
    width = width_of(dimension)
    orthogonal, upper = np.linalg.qr(np.random.RandomState(_SEED).normal(size=(width, width)))
    result: Vectors = (orthogonal * np.sign(np.diag(upper)))[:dimension].astype(np.float32)
    return result
