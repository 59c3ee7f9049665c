"""Figures computed by hand, and the two oddities of SQuAD's normalisation."""

import math

import pytest

from qa.evaluation.metrics import (
    exact_match,
    f1,
    holds,
    ndcg_at,
    normalised,
    percentile,
    recall_at,
    reciprocal_rank_at,
    success_at,
)


def test_normalisation_drops_case_punctuation_articles_and_spaces() -> None:
    assert normalised("The  Café, (a) 'B'.") == "café b"
    assert normalised("U.S. theatre") == "us theatre"


def test_an_exact_match_is_one_with_any_gold_answer() -> None:
    assert exact_match("the Elm", ["oak", "elm."]) == 1.0
    assert exact_match("the Elm tree", ["elm"]) == 0.0
    assert exact_match("", ["elm"]) == 0.0


def test_f1_takes_the_best_gold_answer_and_counts_repeats() -> None:
    assert f1("the Elm tree", ["oak", "elm"]) == pytest.approx(2 / 3)
    assert f1("x y z", ["y z z"]) == pytest.approx(2 / 3)
    assert f1("z z", ["z"]) == pytest.approx(2 / 3)
    assert f1("", ["elm"]) == 0.0
    assert f1("the", ["a"]) == 1.0, "both are empty after normalisation, as in SQuAD's own script"


@pytest.mark.parametrize(
    ("text", "gold", "is_held"),
    [
        ("It cost  7.65%\nmore.", "cost 7.65%", True),
        ("It cost 17.65%.", "7.65%", False),
        ("The network has two parts.", "two", True),
        ("The network is down.", "two", False),
        ("It was 'Old Nick'.", "old nick", True),
        ("anything", " ", False),
    ],
)
def test_a_text_holds_an_answer_as_whole_words(text: str, gold: str, *, is_held: bool) -> None:
    assert holds(text, [gold]) is is_held
    assert holds(text, ["nowhere", gold]) is is_held


def test_no_answer_is_held_by_nothing() -> None:
    assert not holds("anything", [])


def test_recall_success_and_reciprocal_rank() -> None:
    gains, relevant = (0, 2, 0, 1), (2, 1, 1)

    assert [recall_at(gains, relevant, k) for k in (1, 2, 4)] == pytest.approx([0, 1 / 3, 2 / 3])
    assert [success_at(gains, k) for k in (1, 2, 4)] == [0, 1, 1]
    assert [reciprocal_rank_at(gains, k) for k in (1, 2, 4)] == [0, 0.5, 0.5]
    assert reciprocal_rank_at((), 10) == 0


def test_ndcg_by_hand() -> None:
    found = 2 / math.log2(3) + 1 / math.log2(5)
    ideal = 2 + 1 / math.log2(3) + 1 / 2

    assert ndcg_at((0, 2, 0, 1), (2, 1, 1, 0), 10) == pytest.approx(found / ideal)
    assert ndcg_at((0, 2, 0, 1), (2, 1, 1, 0), 2) == pytest.approx((2 / math.log2(3)) / (2 + 1 / math.log2(3)))
    assert ndcg_at((2, 1, 1), (1, 1, 2), 10) == 1.0


def test_percentiles_are_values_that_occur() -> None:
    values = [50.0, 15, 40, 20, 35]

    assert [percentile(values, percent) for percent in (0, 20, 30, 40, 50, 95, 100)] == [15, 15, 20, 20, 35, 50, 50]
