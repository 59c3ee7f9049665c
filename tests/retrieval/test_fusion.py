"""The score of a passage by hand, and BM25 scores as shares of the best."""

from dataclasses import astuple, replace

import pytest

from qa.ports import Hit
from qa.retrieval.fusion import WEIGHTS, Features, of_the_best


@pytest.mark.parametrize(
    ("scores", "shares"),
    [
        ([], []),
        ([3.0], [1.0]),
        ([2.0, 2.0], [1.0, 1.0]),
        ([8.0, 4.0, 1.0], [1.0, 0.5, 0.125]),
        ([4.0, -1.0], [1.0, 0.0]),
        ([0.0, -3.0], [0.0, 0.0]),
        ([-1.0, -3.0], [0.0, 0.0]),
    ],
)
def test_of_the_best(scores: list[float], shares: list[float]) -> None:
    hits = [Hit(10 * position, score) for position, score in enumerate(scores)]
    assert of_the_best(hits) == {10 * position: share for position, share in enumerate(shares)}


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
