"""The score of a passage by hand, and BM25 scores scaled."""

from dataclasses import astuple, replace

import pytest

from qa.ports import Hit
from qa.retrieval.fusion import WEIGHTS, Features, min_max


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
    hits = [Hit(10 * position, score) for position, score in enumerate(scores)]
    assert min_max(hits) == {10 * position: value for position, value in enumerate(scaled)}


def test_the_score_is_the_weighted_mean() -> None:
    features = Features(bm25=0.5, similarity=0.25, whole=0.125, coverage=1.0, sentence=0.75)
    by_hand = 0.5 * WEIGHTS.bm25 + 0.25 * WEIGHTS.similarity + 0.125 * WEIGHTS.whole
    by_hand += WEIGHTS.coverage + 0.75 * WEIGHTS.sentence
    assert features.score == pytest.approx(by_hand)


def test_the_weights_add_up_to_one_and_each_counts() -> None:
    assert sum(astuple(WEIGHTS)) == pytest.approx(1.0)
    nothing = Features(bm25=0.0, similarity=0.0, whole=0.0, coverage=0.0, sentence=0.0)
    assert nothing.score == 0.0
    for name in ("bm25", "similarity", "whole", "coverage", "sentence"):
        weight = getattr(WEIGHTS, name)
        assert weight > 0
        assert replace(nothing, **{name: 1.0}).score == pytest.approx(weight)
