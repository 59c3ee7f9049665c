"""Decoding logits to spans, against hand-computed sums and a brute-force search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.reading.decode import MAX_ANSWER_TOKENS, ScoredSpan, Window, best_in_units
from qa.types import Span


def window(start: list[float], end: list[float], offsets: list[tuple[int, int]], null: float = 0.0) -> Window:
    return Window(np.array(start, np.float32), np.array(end, np.float32), offsets, null)


OFFSETS = [(0, 3), (4, 7), (8, 11), (12, 15)]


def test_the_best_start_and_end_of_a_unit_win_over_no_answer() -> None:
    found = best_in_units([window([1, 5, 0, 0], [0, 1, 4, 0], OFFSETS, null=2)], [Span(0, 15)])
    assert found[0] is not None
    assert found[0].span == Span(4, 11)
    assert found[0].score == pytest.approx(5 + 4 - 2)


def test_a_span_never_ends_before_it_begins() -> None:
    found = best_in_units([window([0, 0, 9, 0], [9, 0, 0, 1], OFFSETS)], [Span(0, 15)])
    assert found[0] is not None
    assert found[0].span == Span(8, 15)
    assert found[0].score == pytest.approx(10)


def test_a_span_stays_inside_its_unit() -> None:
    both = best_in_units([window([9, 0, 1, 0], [0, 1, 0, 9], OFFSETS)], [Span(0, 7), Span(8, 15)])
    assert [found.span for found in both if found] == [Span(0, 7), Span(8, 15)]
    assert [found.score for found in both if found] == [pytest.approx(10), pytest.approx(10)]


def test_the_better_of_two_windows_over_the_same_unit_wins() -> None:
    low = window([1, 0, 0, 0], [1, 0, 0, 0], OFFSETS, null=0)
    high = window([0, 0, 0, 3], [0, 0, 0, 3], OFFSETS, null=1)
    found = best_in_units([low, high], [Span(0, 15)])
    assert found[0] is not None
    assert found[0].span == Span(12, 15)
    assert found[0].score == pytest.approx(5)


def test_each_window_is_held_against_its_own_no_answer() -> None:
    """Over the lowest "no answer" of both, as for one decision a passage, the second unit would have 3."""
    sure = window([4, 4], [4, 4], OFFSETS[:2], null=0)
    unsure = window([1, 1.5], [1, 1.5], OFFSETS[2:], null=5)
    found = best_in_units([sure, unsure], [Span(0, 7), Span(8, 15)])
    assert [best.score for best in found if best] == [pytest.approx(8), pytest.approx(3 - 5)]


CUT = [window([0, 0, 7], [0, 0, 7], OFFSETS[:3]), window([0, 1, 0], [0, 0, 2], OFFSETS[1:])]
"""The first window lacks the last token, the second one the first token."""


def test_a_unit_is_read_where_it_is_whole() -> None:
    first, last = best_in_units(CUT, [Span(0, 11), Span(8, 15)])
    assert (first, last) == (ScoredSpan(Span(8, 11), 14.0), ScoredSpan(Span(8, 15), 3.0))


def test_a_unit_that_is_whole_nowhere_is_read_in_all_its_parts() -> None:
    assert best_in_units(CUT, [Span(0, 15)]) == [ScoredSpan(Span(8, 11), 14.0)]
    assert best_in_units(CUT[::-1], [Span(0, 15)]) == [ScoredSpan(Span(8, 11), 14.0)]


def test_a_unit_at_the_very_border_of_a_window_is_whole_there() -> None:
    assert best_in_units(CUT, [Span(4, 11)]) == [ScoredSpan(Span(8, 11), 14.0)]
    assert best_in_units(CUT, [Span(0, 3), Span(12, 15)]) == [
        ScoredSpan(Span(0, 3), 0.0), ScoredSpan(Span(12, 15), 2.0),
    ]  # fmt: skip


def test_tokens_of_one_character_are_one_place() -> None:
    """Byte-level tokens of an emoji all have its place."""
    found = best_in_units([window([0, 0, 3, 0], [0, 3, 0, 0], [(0, 1), (2, 3), (2, 3), (4, 5)])], [Span(2, 3)])
    assert found == [ScoredSpan(Span(2, 3), 3.0)]


def test_windows_without_tokens_of_the_passage_have_no_span() -> None:
    assert best_in_units([window([], [], [])], [Span(0, 3)]) == [None]
    assert best_in_units([], [Span(0, 3)]) == [None]


def test_a_unit_without_a_whole_token_in_any_window_has_no_span() -> None:
    assert best_in_units([window([1, 1], [1, 1], OFFSETS[:2])], [Span(8, 15), Span(5, 6)]) == [None, None]


def test_long_spans_are_no_short_answers() -> None:
    size = MAX_ANSWER_TOKENS + 5
    start, end = [0.0] * size, [0.0] * size
    start[0], end[-1] = 10, 10
    end[2] = 1
    offsets = [(2 * position, 2 * position + 1) for position in range(size)]
    found = best_in_units([window(start, end, offsets)], [Span(0, 2 * size)])
    assert found[0] is not None
    assert found[0].score == pytest.approx(11)


@pytest.mark.parametrize(("apart", "score"), [(MAX_ANSWER_TOKENS - 1, 20), (MAX_ANSWER_TOKENS, 10)])
def test_the_longest_answer_is_just_so_long(apart: int, score: float) -> None:
    start, end = [0.0] * 40, [0.0] * 40
    start[3], end[3 + apart] = 10, 10
    offsets = [(2 * position, 2 * position + 1) for position in range(40)]
    found = best_in_units([window(start, end, offsets)], [Span(0, 80)])
    assert found[0] is not None
    assert found[0].score == pytest.approx(score)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12), st.integers(-5, 5))
def test_the_score_is_that_of_a_brute_force_search(pairs: list[tuple[int, int]], null: int) -> None:
    start, end = [float(s) for s, _ in pairs], [float(e) for _, e in pairs]
    offsets = [(3 * position, 3 * position + 2) for position in range(len(pairs))]
    found = best_in_units([window(start, end, offsets, float(null))], [Span(0, 3 * len(pairs))])
    best = max(start[i] + end[j] for i in range(len(pairs)) for j in range(i, len(pairs)))
    assert found[0] is not None
    assert found[0].score == pytest.approx(best - null)
