"""What every dense and every lexical index does, the real ones and the fakes."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import NumpyDenseBackend, PlainLexicalBackend
from milvus_server import PushingBackend, some_server
from qa.index.dense import FaissBackend
from qa.index.lexical import TantivyBackend
from qa.index.milvus import Milvus
from qa.ports import DenseBackend, DenseIndex, Hit, LexicalBackend, LexicalEntry, LexicalIndex

if TYPE_CHECKING:
    from qa.ports import Vectors


class DenseContract:
    """Run by every dense backend."""

    @pytest.fixture
    def backend(self) -> DenseBackend:
        """The backend under test."""
        raise NotImplementedError

    @pytest.fixture
    def rows(self) -> "Vectors":
        """Unit vectors in the plane, the third and the first alike; their numbers are such as 16 bits can hold."""
        return np.array([[1, 0], [0, 1], [1, 0], [0.6, 0.8]], np.float16).astype(np.float32)

    @pytest.fixture
    def index(self, backend: DenseBackend, rows: "Vectors", tmp_path: Path) -> DenseIndex:
        """An index over the vectors."""
        backend.build(rows, tmp_path)
        return backend.open([tmp_path], backend.plan([tmp_path], tmp_path / "shared"), tmp_path / "shared")

    def test_hits_are_sorted_inner_products_with_ties_by_ordinal(self, index: DenseIndex, rows: "Vectors") -> None:
        hits = index.search(np.array([1, 0], np.float32), 4).hits()

        assert [hit.ordinal for hit in hits] == [0, 2, 3, 1]
        np.testing.assert_allclose([hit.score for hit in hits], [1, 1, rows[3, 0], 0], atol=1e-6)
        assert all(type(hit.ordinal) is int and type(hit.score) is float for hit in hits)

    @pytest.mark.parametrize(("limit", "expected"), [(0, 0), (1, 1), (3, 3), (9, 4)])
    def test_the_limit_holds(self, index: DenseIndex, limit: int, expected: int) -> None:
        assert len(index.search(np.array([0, 1], np.float32), limit).hits()) == expected

    def test_the_limit_keeps_the_best(self, index: DenseIndex) -> None:
        assert [hit.ordinal for hit in index.search(np.array([0, 1], np.float32), 2).hits()] == [1, 3]

    def test_nearness_is_that_of_the_best_and_of_the_last(self, index: DenseIndex, rows: "Vectors") -> None:
        query, last = np.array([0, 1], np.float32), rows[3, 1]

        near = index.nearness(query, [[3, 0], [], [1], [0, 2], [3]])
        expected = np.array([[last, 0], [-1, -1], [1, 1], [0, 0], [last, last]])
        np.testing.assert_allclose(np.array(near), expected, atol=1e-6)
        assert index.nearness(query, []) == []
        assert index.nearness(query, [[], []]) == [(-1.0, -1.0)] * 2

    def test_vectors_come_back_in_order(self, index: DenseIndex, rows: "Vectors") -> None:
        np.testing.assert_array_equal(index.vectors(), rows)

    def test_an_empty_index_finds_nothing(self, backend: DenseBackend, tmp_path: Path) -> None:
        backend.build(np.zeros((0, 2), np.float32), tmp_path)
        index = backend.open([tmp_path])

        assert index.search(np.array([0, 1], np.float32), 5).hits() == []
        assert index.vectors().shape == (0, 2)

    def test_building_twice_gives_the_same_bytes(self, backend: DenseBackend, rows: "Vectors", tmp_path: Path) -> None:
        assert contents(tmp_path / "a", lambda folder: backend.build(rows, folder)) == contents(
            tmp_path / "b", lambda folder: backend.build(rows, folder)
        )


class TestFaiss(DenseContract):
    @pytest.fixture
    def backend(self) -> DenseBackend:
        return FaissBackend()


class TestFaissThroughCodes(DenseContract):
    @pytest.fixture
    def backend(self) -> DenseBackend:
        return FaissBackend(exact_up_to=0, depths=(3, 4), largest_share=1)


class TestFaissThroughLists(DenseContract):
    @pytest.fixture
    def backend(self) -> DenseBackend:
        return FaissBackend(exact_up_to=0, flat_up_to=0, depths=(3, 4), largest_share=1)


class TestNumpyDense(DenseContract):
    @pytest.fixture
    def backend(self) -> DenseBackend:
        return NumpyDenseBackend()


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milvus]:
    """A server of Milvus Lite; skips where it is not installed."""
    with some_server(tmp_path_factory.mktemp("milvus")) as server:
        yield Milvus(uri=server.uri)


class TestMilvus(DenseContract):
    @pytest.fixture
    def backend(self, milvus: Milvus, tmp_path_factory: pytest.TempPathFactory) -> DenseBackend:
        return PushingBackend(milvus, tmp_path_factory.mktemp("ledger"))


class TestMilvusThroughAGraph(DenseContract):
    @pytest.fixture
    def backend(self, milvus: Milvus, tmp_path_factory: pytest.TempPathFactory) -> DenseBackend:
        return PushingBackend(milvus, tmp_path_factory.mktemp("ledger"), flat_up_to=1)


class TestMilvusInAFile(DenseContract):
    @pytest.fixture
    def backend(self, milvus: Milvus, tmp_path_factory: pytest.TempPathFactory) -> DenseBackend:
        folder = tmp_path_factory.mktemp("ledger")
        return PushingBackend(Milvus(uri=str(folder / "lite.db")), folder)


ENTRIES = [
    LexicalEntry("Harbour", "Fees", "A berth costs twelve crowns a day."),
    LexicalEntry("Harbour", "Lights", "The green lantern marks the northern pier."),
    LexicalEntry("Parrots", "", "The parrot squawks, and parrots answer parrots."),
    LexicalEntry("Harbour", "Fees", "A berth costs twelve crowns a day."),
    LexicalEntry("", "", ""),
]


class LexicalContract:
    """Run by every lexical backend."""

    @pytest.fixture
    def backend(self) -> LexicalBackend:
        """The backend under test."""
        raise NotImplementedError

    @pytest.fixture
    def index(self, backend: LexicalBackend, tmp_path: Path) -> LexicalIndex:
        """An index over the entries."""
        backend.build(iter(ENTRIES), tmp_path)
        return backend.open([tmp_path])

    def found(self, hits: list[Hit]) -> list[int]:
        """Positions of the hits, whose scores must be positive and fall."""
        scores = [hit.score for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert all(score > 0 for score in scores)
        assert all(type(hit.ordinal) is int and type(hit.score) is float for hit in hits)
        return [hit.ordinal for hit in hits]

    def test_words_find_their_entries_with_ties_by_ordinal(self, index: LexicalIndex) -> None:
        assert self.found(index.search("berth", 9)) == [0, 3]
        assert self.found(index.search("lantern", 9)) == [1]
        assert self.found(index.search("berth lantern pier", 9))[0] == 1

    def test_title_and_headings_are_searched(self, index: LexicalIndex) -> None:
        assert sorted(self.found(index.search("harbour", 9))) == [0, 1, 3]
        assert self.found(index.search("lights", 9)) == [1]

    def test_case_and_plural_do_not_matter(self, index: LexicalIndex) -> None:
        assert self.found(index.search("LANTERNS", 9)) == [1]
        assert self.found(index.search("berths", 9)) == [0, 3]

    @pytest.mark.parametrize(
        "query", ["", "  ", "?!", "zebra", "\U0001f600", '"', "body:", "x:y NOT (z", "-", "*", "\\"]
    )
    def test_without_known_terms_nothing_is_found(self, index: LexicalIndex, query: str) -> None:
        assert index.search(query, 9) == []

    @pytest.mark.parametrize(
        "query", ['"berth', "body:berth", "berth NOT", "(berth", "+berth -day^", "berth~1", "[berth TO"]
    )
    def test_a_query_is_words_and_never_syntax(self, index: LexicalIndex, query: str) -> None:
        assert self.found(index.search(query, 9))[:2] == [0, 3]

    @pytest.mark.parametrize(("limit", "expected"), [(0, []), (1, [0]), (2, [0, 3]), (99, [0, 3])])
    def test_the_limit_keeps_the_best(self, index: LexicalIndex, limit: int, expected: list[int]) -> None:
        assert self.found(index.search("berth", limit)) == expected

    @pytest.mark.parametrize(
        "text", ["", "The lanterns of U.S. piers", "2+2 \u00e9t\u00e9 \u6771\u4eac\u90fd", "is it"]
    )
    def test_the_backend_cuts_terms_as_its_indexes_do(
        self, backend: LexicalBackend, index: LexicalIndex, text: str
    ) -> None:
        assert backend.terms(text) == index.terms(text)

    def test_terms_keep_order_and_repeats(self, index: LexicalIndex) -> None:
        berth, lantern, again = index.terms("Berths lantern BERTH")
        assert berth == again != lantern
        assert index.terms("") == []

    def test_frequencies_count_entries(self, index: LexicalIndex) -> None:
        for word, expected in (("berth", 2), ("lantern", 1), ("parrot", 1), ("harbour", 3), ("zebra", 0)):
            (term,) = index.terms(word)
            assert index.document_frequency(term) == expected

    def test_its_length_counts_entries(self, index: LexicalIndex) -> None:
        assert len(index) == len(ENTRIES)

    def test_building_twice_gives_the_same_bytes(self, backend: LexicalBackend, tmp_path: Path) -> None:
        assert contents(tmp_path / "a", lambda folder: backend.build(iter(ENTRIES), folder)) == contents(
            tmp_path / "b", lambda folder: backend.build(iter(ENTRIES), folder)
        )

    def test_an_empty_index_finds_nothing(self, backend: LexicalBackend, tmp_path: Path) -> None:
        backend.build(iter([]), tmp_path)
        index = backend.open([tmp_path])

        assert len(index) == 0
        assert index.search("berth", 3) == []


class TestTantivy(LexicalContract):
    @pytest.fixture
    def backend(self) -> LexicalBackend:
        return TantivyBackend()


class TestPlainLexical(LexicalContract):
    @pytest.fixture
    def backend(self) -> LexicalBackend:
        return PlainLexicalBackend()


def contents(folder: Path, build: Callable[[Path], None]) -> dict[str, bytes]:
    """Every file that a build writes into a folder."""
    folder.mkdir()
    build(folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
