"""Every figure of a report by hand."""

import math

import pytest

from evaluation.rows import MIXED, answer_row, ranking_row, unanswerable
from qa.evaluation.measures import ANSWER_MEASURES, RANKING_MEASURES, figures, known

BY_HAND = {
    "em": 1 / 4,
    "f1": (1 + 0.5 + 0.25 + 0.25) / 4,
    "answer_sentence": 2 / 4,
    "right_first": 2 / 4,
    "passage_first": 2 / 4,
    "passage_in_five": 3 / 4,
    "passage_found": 3 / 4,
    "passage_mrr": (1 + 1 + 1 / 3) / 4,
    "source_first": 2 / 4,
    "source_in_five": 2 / 4,
    "em_served": (1 + 0 + 0 + 0 + 0 + 1) / 6,
    "f1_served": (1 + 0.5 + 0.25 + 0 + 0 + 1) / 6,
    "coverage": 4 / 6,
    "precision": 2 / 4,
    "answered_rightly": 2 / 4,
    "abstained_rightly": 1 / 2,
    "citation_validity": 1.0,
    "auroc_answerable": (2 + 2 + 1 + 1) / 8,
    "auroc_right_unanswerable": 4 / 4,
    "auroc_right": 8 / 8,
    "ece": (0.1 + 0.2 + 0.6 + 0.1 + 0.7 + 0.05) / 6,
    "aurc": (0 + 0 + 1 / 3 + 2 / 4 + 3 / 5 + 4 / 6) / 6,
}


def test_figures_of_answers() -> None:
    found = figures(MIXED)

    assert found == {name: pytest.approx(value) for name, value in BY_HAND.items()}


def test_a_figure_with_nothing_to_measure_is_none() -> None:
    answerable = figures([answer_row("a", citations=0)])
    assert {name for name, value in answerable.items() if value is None} == {
        "abstained_rightly",
        "auroc_answerable",
        "auroc_right",
        "auroc_right_unanswerable",
        "citation_validity",
    }
    assert figures([unanswerable("a")])["f1"] is None
    assert all(value is None for value in figures([]).values())


def test_an_invalid_citation_shows() -> None:
    assert figures([answer_row("a", citations=3, valid_citations=2)])["citation_validity"] == pytest.approx(2 / 3)


def test_figures_of_rankings() -> None:
    found = figures([ranking_row("a", [0, 1, 0, 0, 0, 1], [1, 1]), ranking_row("b", [], [2])])

    assert found == {
        "ndcg@10": pytest.approx((1 / math.log2(3) + 1 / math.log2(7)) / (1 + 1 / math.log2(3)) / 2),
        "mrr@10": pytest.approx(0.25),
        **{f"recall@{k}": pytest.approx(value) for k, value in ((1, 0), (5, 0.25), (10, 0.5), (20, 0.5))},
        **{f"success@{k}": pytest.approx(value) for k, value in ((1, 0), (5, 0.5), (10, 0.5), (20, 0.5))},
    }


def test_names_are_distinct() -> None:
    assert len(known()) == len(ANSWER_MEASURES) + len(RANKING_MEASURES)
