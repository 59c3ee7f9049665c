"""Minimums: parsed strictly, and missed when they are."""

import pytest

from evaluation.rows import MIXED, answer_row, ranking_row, report
from qa.errors import ConfigError
from qa.evaluation.gate import Minimum, missed, parse_minimum
from qa.evaluation.questions import Task

OWN = report(MIXED)
RANKED = report([ranking_row("a", [1], [1])], task=Task.RETRIEVAL, name="tiny")


@pytest.mark.parametrize(
    ("text", "minimum"), [("f1=0.7", Minimum("f1", 0.7)), ("ndcg@10 = 1", Minimum("ndcg@10", 1.0))]
)
def test_a_minimum_is_a_figure_and_a_number(text: str, minimum: Minimum) -> None:
    assert parse_minimum(text) == minimum


@pytest.mark.parametrize("text", ["f1", "f1=", "f1=high", "f1=nan", "f1=inf", "f2=0.7", "=0.7", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_minimum(text)


def test_figures_are_reached_or_missed_wherever_they_are_measured() -> None:
    assert missed([OWN, RANKED], [Minimum("f1", 0.5), Minimum("ndcg@10", 1.0), Minimum("citation_validity", 1)]) == []
    assert missed([OWN, RANKED], [Minimum("f1", 0.51)]) == ["mine: f1 is 0.5000, under 0.51."]


def test_of_an_error_less_is_better() -> None:
    assert missed([OWN], [Minimum("ece", 0.5)]) == []
    assert missed([OWN], [Minimum("ece", 0.2)]) == ["mine: ece is 0.2917, over 0.2."]


def test_what_cannot_be_measured_is_not_reached() -> None:
    answerable = report([answer_row("a")])

    assert missed([answerable], [Minimum("auroc_answerable", 0)]) == [
        "auroc_answerable could not be measured on these questions."
    ]
