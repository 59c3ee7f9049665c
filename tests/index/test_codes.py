"""Codes stand for the nearest levels of a turned vector, and turning changes no inner product."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from qa.index.codes import LEVELS, codes_of, pairs, turned, width_of

if TYPE_CHECKING:
    from qa.ports import Vectors


def unit(count: int, dimension: int) -> "Vectors":
    """Unit vectors in all directions."""
    rows = np.random.default_rng(dimension).normal(size=(count, dimension)).astype(np.float32)
    result: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return result


@pytest.mark.parametrize(("dimension", "width"), [(1, 4), (4, 4), (5, 8), (384, 384)])
def test_whole_bytes(dimension: int, width: int) -> None:
    assert width_of(dimension) == width
    assert codes_of(unit(3, dimension)).shape == (3, width // 4)
    assert codes_of(unit(3, dimension)).dtype == np.uint8
    assert codes_of(np.zeros((0, dimension), np.float32)).shape == (0, width // 4)


@pytest.mark.parametrize("dimension", [1, 2, 7, 384])
def test_turning_keeps_inner_products(dimension: int) -> None:
    rows = unit(20, dimension)
    np.testing.assert_allclose(turned(rows) @ turned(rows).T, rows @ rows.T, atol=1e-6)


def test_every_number_becomes_its_nearest_level() -> None:
    rows = unit(200, 48)
    stored = codes_of(rows)
    halves = np.stack([stored & 15, stored >> 4], axis=2).reshape(200, 24)
    read = pairs(48)[halves].reshape(200, 48) * 48**0.5
    numbers = turned(rows) * 48**0.5
    nearest = np.array(LEVELS)[np.abs(numbers[:, :, None] - np.array(LEVELS)).argmin(axis=2)]
    np.testing.assert_allclose(read, nearest, atol=1e-6)


def test_the_loss_is_that_of_a_normal_distribution() -> None:
    """Max gives 0.1175 of the variance for four levels."""
    rows = unit(500, 384)
    stored = codes_of(rows)
    halves = np.stack([stored & 15, stored >> 4], axis=2).reshape(500, 192)
    lost = ((pairs(384)[halves].reshape(500, 384) - turned(rows)) ** 2).sum(axis=1).mean()
    assert lost == pytest.approx(0.1175, abs=0.005)
