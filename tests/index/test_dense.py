"""The FAISS adapter at its edges; its scores and order are checked against NumPy in oracles/."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from qa.index import dense
from qa.index.comparing import BLOCK, blocks, narrowed, widened
from qa.index.dense import CODES, FILE, FaissBackend, FaissDenseIndex
from qa.ports import EXACT, DenseSearch, Hit
from shelf import vector_volumes

if TYPE_CHECKING:
    from qa.ports import Vectors


def opened(folder: Path, rows: list[list[float]], dimension: int = 2) -> FaissDenseIndex:
    vectors = np.array(rows, np.float32).reshape(len(rows), dimension)
    FaissBackend().build(vectors, folder)
    return FaissBackend().open([folder])


def test_by_hand(tmp_path: Path) -> None:
    index = opened(tmp_path, [[1, 0], [0, 1], [0.6, 0.8], [1, 0]])
    hits = index.search(np.array([1, 0], np.float32), 3).hits()
    assert hits == [Hit(0, 1.0), Hit(3, 1.0), Hit(2, 0.60009765625)]  # 1229 / 2048, the nearest of 11 bits to 0.6
    assert index.search(np.array([0, 1]), 1).hits() == [Hit(1, 1.0)]


@pytest.mark.parametrize(("limit", "found"), [(0, 0), (1, 1), (2, 2), (3, 2), (1000, 2)])
def test_the_limit_is_kept_and_no_more_is_found_than_there_is(tmp_path: Path, limit: int, found: int) -> None:
    assert len(opened(tmp_path, [[1, 0], [0, 1]]).search(np.array([1, 0], np.float32), limit).hits()) == found


def test_vectors_come_back_rounded_to_16_bits_and_those_to_the_bit(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5000, 7)).astype(np.float32)  # some lie where codes change
    for _ in range(2):
        FaissBackend().build(rows, tmp_path)
        first = [(tmp_path / file).read_bytes() for file in (FILE, CODES)]
        kept = FaissBackend().open([tmp_path]).vectors()
        assert np.all(np.abs(kept - rows) <= np.maximum(np.abs(rows) * 2.0**-11, 2.0**-25))  # the latter near 0
        FaissBackend().build(widened(kept), tmp_path)
        assert [(tmp_path / file).read_bytes() for file in (FILE, CODES)] == first, "nothing is rounded twice"


@pytest.mark.parametrize("count", [0, 1, 2 * BLOCK + 1])
def test_narrow_numbers_are_made_wide_without_a_change(count: int) -> None:
    narrow = np.random.default_rng(1).normal(size=(count, 5)).astype(np.float16)
    narrow[:1] = [0, -0.0, 6e-8, 65504, -1]  # the least above 0 and the greatest that there are, too
    wide = narrow.astype(np.float32)
    assert widened(narrow).tobytes() == wide.tobytes()
    assert widened(narrow[::2]).tobytes() == wide[::2].tobytes()
    assert widened(wide[:, ::2]).tobytes() == np.ascontiguousarray(wide[:, ::2]).tobytes()
    assert b"".join(block.tobytes() for block in blocks([narrow[:1], narrow[1:]])) == wide.tobytes()


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = opened(tmp_path, [])
    assert index.search(np.array([1, 0], np.float32), 5).hits() == []
    assert index.vectors().shape == (0, 2)


def test_the_same_vectors_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        opened(tmp_path / name, [[1, 0], [0, 1]])
    for file in (FILE, CODES):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def unit(count: int, dimension: int = 32, *, seed: int = 0, spread: float = 1.0) -> "Vectors":
    """Unit vectors in all directions, or all in nearly the same one; their numbers are such as 16 bits can hold."""
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32) * np.float32(spread)
    rows[:, 0] += 1
    return widened(narrowed(rows / np.linalg.norm(rows, axis=1, keepdims=True)))


@pytest.mark.parametrize("dimension", [1, 2, 3, 7, 32])
def test_codes_choose_and_the_vectors_decide(tmp_path: Path, dimension: int) -> None:
    rows = unit(500, dimension)
    folders = vector_volumes(tmp_path, rows, 100, 101, 101, 350)
    exact, coded = FaissBackend().open(folders), FaissBackend().open(folders, DenseSearch(rescored=50))
    recalled = []
    for query in unit(20, dimension, seed=1):
        true, found = exact.search(query, 10).hits(), coded.search(query, 10).hits()
        assert all(hit.score == pytest.approx(float(rows[hit.ordinal] @ query), abs=1e-6) for hit in found)
        assert [hit.score for hit in found] == pytest.approx(
            [near.best for near in coded.nearness(query, [[hit.ordinal] for hit in found])]
        )
        assert found == sorted(found, key=lambda hit: (-hit.score, hit.ordinal))
        recalled.append(len({hit.ordinal for hit in found} & {hit.ordinal for hit in true}))
    assert dimension < 32 or np.mean(recalled) > 9


def test_who_asks_for_many_gets_many(tmp_path: Path) -> None:
    folders = vector_volumes(tmp_path, unit(500), 300)
    coded = FaissBackend().open(folders, DenseSearch(rescored=3))
    query = unit(1, seed=1)[0]
    assert [len(coded.search(query, limit).scores) for limit in (0, 1, 150, 300, 499, 600)] == [
        0,
        1,
        150,
        300,
        499,
        500,
    ]


def test_of_many_that_codes_choose_the_first_third_are_the_nearest(tmp_path: Path) -> None:
    folders = vector_volumes(tmp_path, unit(4000, 64), 2000)
    exact, coded = FaissBackend().open(folders), FaissBackend().open(folders, DenseSearch(rescored=250))
    for query in unit(3, 64, seed=1):
        true = exact.search(query, 200).ordinals.tolist()
        assert len(set(true) & set(coded.search(query, 600).ordinals[:200].tolist())) >= 190
        assert len(set(true) & set(coded.search(query, 200).ordinals.tolist())) < 190, "as many as are asked for"


def test_a_depth_chosen_for_few_is_deeper_for_many(tmp_path: Path) -> None:
    """Of 500 with a depth four times as deep as usual all 4,000 are compared, see CHOSEN_FOR: 500 * 2,000 / 250."""
    folders = vector_volumes(tmp_path, unit(4000, 64), 2000)
    exact, coded = FaissBackend().open(folders), FaissBackend().open(folders, DenseSearch(rescored=2000))
    (query,) = unit(1, 64, seed=1)
    assert coded.search(query, 500).hits() == exact.search(query, 500).hits()
    assert coded.search(query, 300).hits() == exact.search(query, 300).hits(), "2,400 of 4,000 hold the 300 nearest"


class Counting:
    """Codes that write down how many they are asked to choose."""

    def __init__(self, codes: Any) -> None:
        self._codes = codes
        self.asked: list[int] = []

    def search(self, query: "Vectors", count: int) -> Any:
        self.asked.append(count)
        return self._codes.search(query, count)


@pytest.mark.parametrize(
    ("depth", "limit", "chosen"),
    [(250, 200, 250), (250, 300, 300), (1000, 200, 1000), (1000, 300, 1200), (1000, 500, 2000)],
)
def test_how_many_are_chosen_by_hand(tmp_path: Path, depth: int, limit: int, chosen: int) -> None:
    folders = vector_volumes(tmp_path, unit(4000), 2000)
    whole = FaissBackend().open(folders, DenseSearch(rescored=depth))
    codes = Counting(whole._codes)
    assert len(FaissDenseIndex(whole.parts, codes, depth).search(unit(1, seed=1)[0], limit).scores) == limit
    assert codes.asked == [chosen]


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        (FaissBackend(), None),
        (FaissBackend(exact_up_to=500, largest_share=1), None),
        (FaissBackend(exact_up_to=499, depths=(40, 200), largest_share=0.4), 200),
        (FaissBackend(exact_up_to=499, depths=(40, 200), largest_share=0.39), None),
        (FaissBackend(exact_up_to=499, depths=(180, 200), largest_share=1), 180),
    ],
    ids=["as shipped", "not over the size", "the depth that is enough", "which is too deep", "the first one"],
)
def test_the_plan_follows_size_and_recall(tmp_path: Path, backend: FaissBackend, expected: int | None) -> None:
    plan = backend.plan(vector_volumes(tmp_path, unit(500), 17, 200), tmp_path / "shared")
    assert plan.rescored == expected
    assert plan.recall >= 0.995


def test_vectors_that_codes_cannot_tell_apart_are_all_compared(tmp_path: Path) -> None:
    folders = vector_volumes(tmp_path, unit(500, spread=0.02), 100)
    assert FaissBackend(exact_up_to=0, depths=(20, 100), largest_share=1).plan(folders, tmp_path / "shared") == EXACT


def test_the_recall_of_the_plan_is_that_of_its_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dense, "LEAST_RECALL", 0.0)
    rows = unit(500)
    folders = vector_volumes(tmp_path, rows, 123, 321)
    plan = FaissBackend(exact_up_to=0, depths=(11,), largest_share=1).plan(folders, tmp_path / "shared")
    coded = FaissBackend().open(folders, DenseSearch(rescored=11))
    found = 0
    for query in rows[[number * 500 // 32 for number in range(32)]]:
        true = set(np.argsort(-(rows @ query), kind="stable")[:10].tolist())
        found += len(true & {hit.ordinal for hit in coded.search(query, 10).hits()})
    assert plan == DenseSearch(rescored=11, recall=round(found / 320, 4))
    assert plan.recall < 0.99


def test_equal_vectors_score_alike_wherever_they_stand(tmp_path: Path) -> None:
    row = unit(1, 37, seed=3)
    index = FaissBackend().open(vector_volumes(tmp_path, np.repeat(row, 50, axis=0), 1, 2, 20, 33))
    hits = index.search(unit(1, 37, seed=4)[0], 20).hits()
    assert [hit.ordinal for hit in hits] == list(range(20))
    assert len({hit.score for hit in hits}) == 1


def test_the_vectors_stay_on_the_disk(tmp_path: Path) -> None:
    """What is kept is never copied, so processes share it; where there are few, wide ones stand beside it."""
    index = FaissBackend().open(vector_volumes(tmp_path, unit(10)))
    base = index.vectors()
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
