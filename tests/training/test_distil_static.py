"""The steps from the packaged encoder to the static table, each against what it must give."""

import numpy as np
import pytest

pytest.importorskip("scipy", reason="scipy is installed for training only")

from training.distil_static import moved, narrowed, weighed, whole, write

from qa.embedding.static import TABLE
from qa.local_models import damaged_file

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(7, 4)).astype(np.float32)
TEXTS = [[0, 1], [2], [3, 3, 4], [5, 0], [6, 1, 2], [4]]


def test_rare_tokens_have_longer_rows_and_the_common_direction_is_gone() -> None:
    counts = np.array([10**6, 10**5, 10**3, 10, 10, 10, 10])
    rows = weighed(ROWS, counts)
    share = (counts + 1) / (counts.sum() + len(counts))
    unweighed = rows * ((1e-3 + share) / 1e-3)[:, None]
    np.testing.assert_allclose((unweighed * share[:, None]).sum(axis=0), 0, atol=1e-5)
    lengths = np.linalg.norm(rows, axis=1)
    assert lengths[1] < 0.1 < lengths[3]


def test_rows_are_moved_as_the_normal_equations_say() -> None:
    wanted = RANDOM.normal(size=(len(TEXTS), 4)).astype(np.float32)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    sums = np.zeros((len(TEXTS), len(ROWS)))
    for place, ids in enumerate(TEXTS):
        for token in ids:
            sums[place, token] += 1
    sums /= np.linalg.norm(sums @ ROWS, axis=1)[:, None]
    held = 0.5
    change = np.linalg.solve(sums.T @ sums + held * np.eye(len(ROWS)), sums.T @ (wanted - sums @ ROWS))
    np.testing.assert_allclose(moved(ROWS, TEXTS, wanted, held), ROWS + change, atol=1e-4)


def test_all_directions_keep_every_product_and_fewer_keep_the_longest() -> None:
    turned = narrowed(ROWS, TEXTS, 4)
    np.testing.assert_allclose(turned @ turned.T, ROWS @ ROWS.T, atol=1e-4)
    flat = np.concatenate([RANDOM.normal(size=(7, 2)), np.zeros((7, 2))], axis=1).astype(np.float32)
    np.testing.assert_allclose(narrowed(flat, TEXTS, 2) @ narrowed(flat, TEXTS, 2).T, flat @ flat.T, atol=1e-4)


def test_whole_numbers_keep_the_directions(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = RANDOM.normal(size=(500, 64)).astype(np.float32)
    made = whole(rows)
    assert made.dtype == np.int8
    assert np.abs(made.astype(int)).max() == 127
    cosines = (rows * made).sum(axis=1) / np.linalg.norm(rows, axis=1) / np.linalg.norm(made.astype(float), axis=1)
    assert cosines.min() > 0.999
    folder = tmp_path_factory.mktemp("table")
    write(made, folder)
    assert damaged_file(folder) is None
    assert (np.load(folder / TABLE) == made).all()
