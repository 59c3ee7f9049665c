"""Lists of like vectors: by hand where they are plain to see, against exact search where they are not."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss
import numpy as np
import pytest

from qa.index import dense, lists
from qa.index.codes import codes_of, turned
from qa.index.comparing import narrowed, widened
from qa.index.dense import FaissBackend
from qa.index.lists import CENTROIDS, NUMBERS, Lists, flat, learned, lists_for, packed, read
from qa.ports import DenseSearch
from shelf import vector_volumes

if TYPE_CHECKING:
    from qa.ports import Vectors

BACKEND = FaissBackend(exact_up_to=0, flat_up_to=0, depths=(400,), largest_share=1)


def bundles(count: int, size: int, dimension: int = 24, *, spread: float = 0.1, seed: int = 0) -> "Vectors":
    """Unit vectors around several directions, one direction after another, of numbers that 16 bits can hold."""
    random = np.random.default_rng(seed)
    middles = np.repeat(random.normal(size=(count, dimension)), size, axis=0)
    rows = middles + random.normal(size=middles.shape) * spread
    return widened(narrowed(rows / np.linalg.norm(rows, axis=1, keepdims=True)))


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 1), (9, 3), (12, 3), (13, 4), (1_000_000, 1000)])
def test_there_are_as_many_lists_as_each_has_vectors(size: int, count: int) -> None:
    assert lists_for(size) == count


def test_each_vector_is_in_the_nearest_list_and_each_list_is_the_mean_of_its_vectors() -> None:
    rows = bundles(8, 8)
    made = learned(rows, np.split(rows, [3, 3, 11]))
    assert len(made) == 8
    assert made.numbers.tolist() == np.argmax(rows @ made.centroids.T, axis=1).tolist()
    for number in set(made.numbers.tolist()):
        mean = rows[made.numbers == number].mean(axis=0)
        assert made.centroids[number] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-5)


def test_the_number_of_threads_has_no_say() -> None:
    rows = bundles(20, 60, spread=0.8)
    before, made = faiss.omp_get_max_threads(), []
    for threads in (1, 2, 5):
        faiss.omp_set_num_threads(threads)
        made.append(learned(rows[::2], [rows]))
        assert faiss.omp_get_max_threads() == threads
    faiss.omp_set_num_threads(before)
    for other in made[1:]:
        assert other.centroids.tobytes() == made[0].centroids.tobytes()
        assert other.numbers.tobytes() == made[0].numbers.tobytes()


def test_they_are_learned_in_one_thread_whatever_faiss_would_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few cores add in the same order by chance, so what FAISS is told while it learns is looked at."""
    seen = []

    class Watched(faiss.Kmeans):
        def train(self, x: Any, weights: Any = None, init_centroids: Any = None) -> float:
            seen.append(faiss.omp_get_max_threads())
            return super().train(x, weights, init_centroids)

    monkeypatch.setattr(faiss, "Kmeans", Watched)
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(2)
    rows = bundles(5, 20)
    learned(rows, [rows])
    faiss.omp_set_num_threads(before)
    assert seen == [1]


def test_they_are_read_as_they_were_saved_and_never_over_other_vectors(tmp_path: Path) -> None:
    made = Lists(np.eye(3, dtype=np.float32), np.array([0, 2, 2, 1], np.uint16))
    made.save(tmp_path / "dense")
    again = read(tmp_path / "dense", 4)
    assert len(again) == 3
    assert again.centroids.tolist() == made.centroids.tolist()
    assert again.numbers.tolist() == [0, 2, 2, 1]
    with pytest.raises(ValueError, match="not of these 5 vectors"):
        read(tmp_path / "dense", 5)
    np.save(tmp_path / "dense" / NUMBERS, np.array([0, 3, 2, 1], np.uint16))
    with pytest.raises(ValueError, match="not of these 4 vectors"):
        read(tmp_path / "dense", 4)


def test_only_the_lists_that_are_nearest_are_looked_into() -> None:
    """Two bundles with a list each, and the third list empty: half of the vectors are not there for one probe."""
    rows = bundles(2, 40)
    middles = np.stack([rows[:40].mean(axis=0), rows[40:].mean(axis=0), np.zeros(24, np.float32)])
    index = packed(codes_of(rows), Lists(middles, np.repeat(np.array([0, 1], np.uint16), 40)))
    for query, own in ((rows[3], range(40)), (rows[70], range(40, 80))):
        index.nprobe = 1
        found = index.search(turned(query.reshape(1, -1)), 80)[1][0]
        assert sorted(found[found >= 0].tolist()) == list(own)
        index.nprobe = 3
        assert sorted(index.search(turned(query.reshape(1, -1)), 80)[1][0].tolist()) == list(range(80))


@pytest.mark.parametrize("dimension", [16, 31, 48])
def test_the_plan_with_lists_finds_what_exact_search_finds(tmp_path: Path, dimension: int) -> None:
    rows = bundles(20, 200, dimension, spread=0.6)
    folders = vector_volumes(tmp_path, rows, 100, 101, 101, 950)
    plan = BACKEND.plan(folders, tmp_path / "shared")
    assert (plan.lists, plan.rescored) == (63, 400)
    assert plan.probes in {4, 8, 16, 24, 32}
    assert plan.recall >= 0.995
    exact, listed = BACKEND.open(folders), BACKEND.open(folders, plan, tmp_path / "shared")
    recalled = []
    for query in (rows[:-1:40] + rows[1::40]) / 2:
        true, found = exact.search(query, 10).hits(), listed.search(query, 10).hits()
        assert all(hit.score == pytest.approx(float(rows[hit.ordinal] @ query), abs=1e-6) for hit in found)
        assert found == sorted(found, key=lambda hit: (-hit.score, hit.ordinal))
        recalled.append(len({hit.ordinal for hit in found} & {hit.ordinal for hit in true}))
    assert np.mean(recalled) > 9.9


@pytest.mark.parametrize("dimension", [2, 16, 31, 384])
def test_codes_are_packed_as_faiss_packs_those_of_its_own_index(dimension: int) -> None:
    """To look into all lists is to scan all codes: the same scores, from the same tables."""
    rows = bundles(9, 50, dimension, spread=0.6)
    made, codes, queries = learned(rows, [rows]), codes_of(rows), turned(rows[::30])
    listed, scanned = packed(codes, made), flat(codes)
    listed.nprobe = len(made)
    found, true = listed.search(queries, len(rows)), scanned.search(queries, len(rows))
    for number in range(len(queries)):
        own = dict(zip(found[1][number].tolist(), found[0][number].tolist(), strict=True))
        assert sorted(own) == list(range(len(rows)))
        assert [own[o] for o in true[1][number].tolist()] == pytest.approx(true[0][number].tolist(), abs=1e-5)


def test_who_asks_for_more_than_the_lists_hold_gets_it_all_the_same(tmp_path: Path) -> None:
    folders = vector_volumes(tmp_path, bundles(10, 50), 300)
    BACKEND.plan(folders, tmp_path / "shared")
    one = BACKEND.open(folders, DenseSearch(rescored=40, recall=1.0, lists=22, probes=1), tmp_path / "shared")
    query = bundles(1, 1, seed=3)[0]
    assert [len(one.search(query, limit).hits()) for limit in (1, 49, 150, 400, 600)] == [1, 49, 150, 400, 500]
    assert one.search(query, 400).hits() == BACKEND.open(folders).search(query, 400).hits()


def test_lists_that_lose_too_much_are_not_used_nor_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every vector in a list that says nothing of where it lies."""
    rows = bundles(20, 200, 48, spread=0.6)
    folders = vector_volumes(tmp_path, rows, 700)

    def scattered(sample: "Vectors", parts: "list[Vectors]") -> Lists:
        true = learned(sample, parts)
        return Lists(true.centroids, np.arange(len(rows)).astype(np.uint16) % len(true))

    plan = BACKEND.plan(folders, tmp_path / "true")
    assert plan.probes is not None
    assert {path.name for path in (tmp_path / "true").iterdir()} == {CENTROIDS, NUMBERS}
    monkeypatch.setattr(lists, "learned", scattered)
    plan = BACKEND.plan(folders, tmp_path / "shared")
    assert (plan.rescored, plan.probes, plan.lists) == (400, None, None)
    assert not (tmp_path / "shared").exists()


def test_lists_that_find_the_ten_nearest_alone_are_not_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ten nearest lie in one bundle of 50, the 200 nearest in four or more; so a few lists have the ten only."""
    folders = vector_volumes(tmp_path, bundles(50, 50, 48, spread=0.3), 700)
    backend = FaissBackend(exact_up_to=0, flat_up_to=0, depths=(250,), shares=(6 / 50, 1), largest_share=1)
    assert backend.plan(folders, tmp_path / "shared").probes == 50
    monkeypatch.setattr(dense, "LEAST_RECALL_OF_MANY", 0)
    for_ten = backend.plan(folders, tmp_path / "for_ten")
    assert (for_ten.probes, for_ten.recall) == (6, 1.0)


def test_up_to_a_size_all_codes_are_scanned(tmp_path: Path) -> None:
    folders = vector_volumes(tmp_path, bundles(3, 100), 7)
    for flat_up_to, lists_made in ((300, None), (299, 17)):
        backend = FaissBackend(exact_up_to=0, flat_up_to=flat_up_to, depths=(200,), largest_share=1)
        assert backend.plan(folders, tmp_path / str(flat_up_to)).lists == lists_made
