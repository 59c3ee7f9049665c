"""Confidence figures by hand and against slow, plain oracles."""

import math
from itertools import permutations, product
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.confidence import (
    Point,
    as_setting,
    aurc,
    auroc,
    binomial_tail,
    calibration,
    calibration_error,
    curve,
    lower_bound,
    point_at,
    threshold_for,
)

CONFIDENCES = (0.7, 0.9, 0.5, 0.8, 0.6)
RIGHT = (True, True, False, False, True)
"""In order of confidence: right, wrong, right, right, wrong."""

scores = st.lists(st.integers(0, 5).map(lambda tenth: tenth / 10), min_size=1, max_size=12)


@given(scores, scores)
def test_auroc_is_the_share_of_pairs_in_order(positives: list[float], negatives: list[float]) -> None:
    pairs = [(up > down) + 0.5 * (up == down) for up, down in product(positives, negatives)]

    assert auroc(positives, negatives) == pytest.approx(mean(pairs))


def test_auroc_needs_both_kinds() -> None:
    assert auroc([], [1.0]) is None
    assert auroc([1.0], []) is None


def test_the_curve_has_a_point_for_every_threshold() -> None:
    points = curve(CONFIDENCES, RIGHT)

    assert [point.threshold for point in points] == [0.9, 0.8, 0.7, 0.6, 0.5]
    assert [point.coverage for point in points] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    assert [point.precision for point in points] == pytest.approx([1, 1 / 2, 2 / 3, 3 / 4, 3 / 5])
    assert [point.risk for point in points] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 4, 2 / 5])


def test_equal_confidences_come_in_together() -> None:
    assert curve((0.5, 0.5, 0.4), (True, False, True)) == [
        Point(threshold=0.5, answered=2, right=1, total=3),
        Point(threshold=0.4, answered=3, right=2, total=3),
    ]


def test_the_area_under_the_curve_by_hand() -> None:
    assert aurc(CONFIDENCES, RIGHT) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4 + 2 / 5) / 5)
    assert aurc((), ()) is None


def test_the_area_with_ties_is_the_mean_over_all_orders() -> None:
    confidences, right = (0.9, 0.5, 0.5, 0.5, 0.1), (True, True, False, False, True)
    areas = [aurc((0.9, 0.5, 0.4, 0.3, 0.1), (right[0], *middle, right[4])) for middle in permutations(right[1:4])]

    assert aurc(confidences, right) == pytest.approx(mean(area for area in areas if area is not None))


def test_a_threshold_takes_in_what_reaches_it() -> None:
    assert point_at(0.7, CONFIDENCES, RIGHT) == Point(threshold=0.7, answered=3, right=2, total=5)
    nothing = point_at(0.95, CONFIDENCES, RIGHT)
    assert (nothing.answered, nothing.coverage, nothing.precision) == (0, 0, 1)


@pytest.mark.parametrize(("target", "threshold"), [(0.5, 0.5), (0.6, 0.5), (0.61, 0.6), (0.75, 0.6), (0.76, 0.9)])
def test_the_lowest_threshold_that_reaches_a_precision_plainly(target: float, threshold: float) -> None:
    found = threshold_for(target, CONFIDENCES, RIGHT, certainty=None)

    assert found is not None
    assert found.threshold == threshold


def test_no_threshold_reaches_what_no_answer_does() -> None:
    assert threshold_for(0.9, (0.9, 0.8), (False, True), certainty=None) is None
    assert threshold_for(0.9, (), ()) is None


def test_certainty_needs_enough_answers() -> None:
    """0.9 to the 22nd is under 0.1, to the 21st it is over."""
    for size, is_reached in ((21, False), (22, True)):
        confidences = [0.5 + number / 100 for number in range(size)]
        found = threshold_for(0.9, confidences, [True] * size, certainty=0.9)
        assert (found is not None) is is_reached
        assert threshold_for(0.9, confidences, [True] * size, certainty=None) is not None


def test_the_lower_bound_of_clopper_and_pearson() -> None:
    assert lower_bound(22, 22, 0.9) == pytest.approx(0.1 ** (1 / 22))
    assert lower_bound(8, 10, 0.975) == pytest.approx(0.4439, abs=5e-5), "the textbook's interval for 8 of 10"
    assert lower_bound(0, 10) == 0


@given(st.integers(1, 30), st.integers(0, 31), st.floats(0, 1))
def test_the_binomial_tail_is_the_sum(trials: int, least: int, chance: float) -> None:
    plain = sum(
        math.comb(trials, hits) * chance**hits * (1 - chance) ** (trials - hits) for hits in range(least, trials + 1)
    )

    assert binomial_tail(least, trials, chance) == pytest.approx(plain, abs=1e-9)


def test_the_calibration_error_by_hand() -> None:
    confidences, right = (0.9, 0.1, 0.8, 0.2), (False, False, True, False)

    low, high = calibration(confidences, right, bins=2)
    assert [one.size for one in (low, high)] == [2, 2]
    assert [one.confidence for one in (low, high)] == pytest.approx([0.15, 0.85])
    assert [one.accuracy for one in (low, high)] == [0, 0.5]
    assert calibration_error(confidences, right, bins=2) == pytest.approx((0.15 + 0.35) / 2)
    assert calibration_error((), ()) is None


@pytest.mark.parametrize(("size", "sizes"), [(2, [1, 1]), (15, [1] * 15), (31, None), (1000, None)])
def test_bins_have_the_same_size_and_lose_nobody(size: int, sizes: list[int] | None) -> None:
    found = [one.size for one in calibration([number / size for number in range(size)], [True] * size)]

    assert sum(found) == size
    assert max(found) - min(found) <= 1
    assert sizes is None or found == sizes


def test_a_threshold_for_the_settings_never_exceeds_itself() -> None:
    assert as_setting(0.123456) == 0.1234
    assert as_setting(0.2) == 0.2
    assert all(as_setting(number / 9973) <= number / 9973 for number in range(9973))
