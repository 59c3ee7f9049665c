"""The FAISS adapter at its edges; its scores and order are checked against NumPy in oracles/."""

from pathlib import Path

import numpy as np
import pytest

from qa.index.dense import FaissBackend, FaissDenseIndex
from qa.ports import Hit


def opened(folder: Path, rows: list[list[float]], dimension: int = 2) -> FaissDenseIndex:
    vectors = np.array(rows, np.float32).reshape(len(rows), dimension)
    FaissBackend().build(vectors, folder)
    return FaissBackend().open([folder])


def test_by_hand(tmp_path: Path) -> None:
    index = opened(tmp_path, [[1, 0], [0, 1], [0.6, 0.8], [1, 0]])
    hits = index.search(np.array([1, 0], np.float32), 3)
    assert hits == [Hit(0, 1.0), Hit(3, 1.0), Hit(2, float(np.float32(0.6)))]
    assert index.search(np.array([0, 1]), 1) == [Hit(1, 1.0)]


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (1, 1), (2, 2), (3, 2), (1000, 2)])
def test_the_limit_is_kept_and_no_more_is_found_than_there_is(tmp_path: Path, limit: int, found: int) -> None:
    assert len(opened(tmp_path, [[1, 0], [0, 1]]).search(np.array([1, 0], np.float32), limit)) == found


def test_vectors_come_back_to_the_bit(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    FaissBackend().build(rows, tmp_path)
    assert FaissBackend().open([tmp_path]).vectors().tobytes() == rows.tobytes()


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = opened(tmp_path, [])
    assert index.search(np.array([1, 0], np.float32), 5) == []
    assert index.vectors().shape == (0, 2)


def test_the_same_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        opened(tmp_path / name, [[1, 0], [0, 1]])
    (one,), (other,) = (list((tmp_path / name).iterdir()) for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()
