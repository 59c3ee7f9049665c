"""Fusion by hand: scaled scores, weighted, summed, ties by position."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ports import Hit
from qa.retrieval.fusion import Fused, fuse, min_max
from qa.types import Contribution


@pytest.mark.parametrize(
    ("scores", "scaled"),
    [
        ([], []),
        ([3.0], [1.0]),
        ([2.0, 2.0], [1.0, 1.0]),
        ([9.0, 5.0, 1.0], [1.0, 0.5, 0.0]),
        ([-1.0, -3.0], [1.0, 0.0]),
        ([0.75, 0.5, 0.25, 0.25], [1.0, 0.5, 0.0, 0.0]),
    ],
)
def test_min_max(scores: list[float], scaled: list[float]) -> None:
    assert min_max(scores) == scaled


WORDS = [Hit(4, 10.0), Hit(1, 6.0), Hit(7, 2.0)]
VECTORS = [Hit(1, 0.75), Hit(9, 0.5), Hit(4, 0.25)]


def test_two_rankings_by_hand() -> None:
    fused = fuse({"bm25": WORDS, "dense": VECTORS}, {"bm25": 0.75, "dense": 0.25}, 10)
    assert fused == [
        Fused(ordinal=4, score=0.75, contributions=(
            Contribution(retriever="bm25", rank=1, score=10.0), Contribution(retriever="dense", rank=3, score=0.25))),
        Fused(ordinal=1, score=0.375 + 0.25, contributions=(
            Contribution(retriever="bm25", rank=2, score=6.0), Contribution(retriever="dense", rank=1, score=0.75))),
        Fused(ordinal=9, score=0.125, contributions=(Contribution(retriever="dense", rank=2, score=0.5),)),
        Fused(ordinal=7, score=0.0, contributions=(Contribution(retriever="bm25", rank=3, score=2.0),)),
    ]  # fmt: skip


def test_ties_come_by_position_and_the_limit_is_kept() -> None:
    hits = {"bm25": [Hit(8, 1.0), Hit(3, 1.0), Hit(5, 1.0)]}
    assert [found.ordinal for found in fuse(hits, {"bm25": 1.0}, 2)] == [3, 5]
    assert fuse(hits, {"bm25": 1.0}, 0) == []


def test_a_retriever_that_finds_nothing_changes_nothing_but_the_scale() -> None:
    fused = fuse({"bm25": [], "dense": VECTORS}, {"bm25": 0.6, "dense": 0.4}, 10)
    assert [(found.ordinal, found.score) for found in fused] == [(1, 0.4), (9, 0.2), (4, 0.0)]
    assert fuse({"bm25": [], "dense": []}, {"bm25": 0.6, "dense": 0.4}, 10) == []


HITS = st.lists(st.builds(Hit, st.integers(0, 30), st.floats(-10, 10)), unique_by=lambda hit: hit.ordinal).map(
    lambda hits: sorted(hits, key=lambda hit: (-hit.score, hit.ordinal))
)


@given(HITS, HITS, st.floats(0, 1), st.integers(1, 60))
def test_scores_fall_lie_between_0_and_1_and_each_passage_comes_once(
    words: list[Hit], vectors: list[Hit], share: float, limit: int
) -> None:
    weights = {"bm25": 1 - share, "dense": share}
    fused = fuse({"bm25": words, "dense": vectors}, weights, limit)
    assert fused == fuse({"dense": vectors, "bm25": words}, dict(reversed(weights.items())), limit)
    assert [found.score for found in fused] == sorted((found.score for found in fused), reverse=True)
    assert all(-1e-9 <= found.score <= 1 + 1e-9 for found in fused)
    ordinals = [found.ordinal for found in fused]
    assert len(set(ordinals)) == len(ordinals) == min(limit, len({hit.ordinal for hit in (*words, *vectors)}))
    for found in fused:
        for share_of in found.contributions:
            hits = words if share_of.retriever == "bm25" else vectors
            assert hits[share_of.rank - 1] == Hit(found.ordinal, share_of.score)
