"""How far reading goes, by hand-computed scores."""

import math
from collections.abc import Mapping

import pytest

from qa.reading.depth import AT_ONCE, UNREAD, Depth, may_be_better, score_of, usual_similarity, worth_comparing
from qa.types import Candidate, Span
from strategies import passage_of

WEIGHTS = {"span": 0.5, "similarity": 2.0, "kind": 1.0, "passage": 4.0, "coverage_in_section": 0.0}


def candidate(text: str = "A gull nests.", **features: float) -> Candidate:
    passage = passage_of(text)
    found = Candidate(passage=passage, span=Span(0, len(text)), score=0.0, reader="s", features=features)
    return Candidate(passage=passage, span=found.span, score=score_of(features, WEIGHTS), reader="s", features=features)


@pytest.mark.parametrize(
    ("stages", "passages", "parts"),
    [
        ((2, 4), 8, [(0, 2), (2, 4), (4, 8)]),
        ((2, 4), 4, [(0, 2), (2, 4)]),
        ((2, 4), 3, [(0, 2), (2, 3)]),
        ((2, 4), 1, [(0, 1)]),
        ((), 5, [(0, 5)]),
        ((2, 4), 0, [(0, 0)]),
    ],
)
def test_passages_come_in_stages(stages: tuple[int, ...], passages: int, parts: list[tuple[int, int]]) -> None:
    assert list(Depth(close=0.1, stages=stages).parts(passages)) == parts


def test_a_similarity_that_is_not_known_is_the_usual_one() -> None:
    features = {"span": 3.0, "passage": 0.5, "coverage_in_section": 1.0}
    assert usual_similarity(features) == pytest.approx(0.1 + 0.35 + 0.215)
    assert score_of(features, WEIGHTS) == pytest.approx(1.5 + 2.0 + 2 * 0.665)
    assert score_of({**features, "similarity": 0.2}, WEIGHTS) == pytest.approx(1.5 + 2.0 + 0.4)


def compared(close: float, **spans: Mapping[str, float]) -> list[str]:
    found = {name: candidate("A gull nests.", **features) for name, features in spans.items()}
    return [list(found)[place] for place in worth_comparing(list(found.values()), WEIGHTS, close)]


def test_only_what_a_cosine_of_one_could_bring_to_the_front_is_compared() -> None:
    best = {"span": 10.0, "similarity": 0.5}  # 6.0
    asked = {"over": {"span": 8.2}, "even": {"span": 8.0}, "under": {"span": 7.8}, "far": {"span": -9.0}}
    assert compared(0.0, best=best, **asked) == ["over", "even"]
    assert compared(0.2, best=best, **asked) == ["over", "even", "under"]
    assert compared(math.inf, best=best, **asked) == list(asked)
    assert compared(0.0, best=best) == []


def test_the_most_hopeful_are_compared_first_and_a_few_at_once() -> None:
    spans = {f"s{number}": {"span": float(number)} for number in range(AT_ONCE + 3)}
    assert compared(0.0, **spans) == [f"s{number}" for number in range(AT_ONCE + 2, 2, -1)]


def test_a_weight_below_zero_turns_the_bound_round() -> None:
    found = [candidate(span=0.0, similarity=1.0), candidate(span=0.0)]
    assert worth_comparing(found, {"span": 0.5, "similarity": -2.0}, 0.0) == [1]


def test_a_passage_is_read_while_what_reading_adds_may_bring_it_to_the_front() -> None:
    gain = sum(WEIGHTS[name] * value for name, value in UNREAD.items())
    ahead = candidate(span=2 * gain + 1.8, similarity=0.0, kind=0.0)
    assert may_be_better(ahead, [candidate(passage=0.1), candidate(passage=0.5)], WEIGHTS)
    assert not may_be_better(ahead, [candidate(passage=0.1), candidate(passage=0.2)], WEIGHTS)
    assert not may_be_better(ahead, [], WEIGHTS)


def test_without_a_candidate_all_that_is_left_is_read() -> None:
    assert may_be_better(None, [candidate(passage=0.0)], WEIGHTS)
    assert not may_be_better(None, [], WEIGHTS)


@pytest.mark.parametrize(
    ("text", "covered", "read"),
    [("4,200 tons", 0.8, True), ("4,200 tons", 0.79, False), ("a gull", 0.8, False), ("in 1902", 0.9, True)],
)
def test_what_may_say_another_figure_is_read_though_it_cannot_be_better(
    text: str, covered: float, *, read: bool
) -> None:
    ahead = candidate(text, span=99.0, similarity=1.0, coverage_in_section=0.8)
    assert may_be_better(ahead, [candidate(coverage_in_section=covered)], WEIGHTS) is read
