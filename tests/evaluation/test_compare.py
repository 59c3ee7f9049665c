"""Two reports side by side: differences by hand, intervals that hold what they should, and what changed."""

import random
from collections.abc import Sequence

import pytest

from evaluation.rows import MIXED, answer_row, ranking_row, report, unanswerable, wrong
from fakes import no_progress
from qa.errors import EvaluationError
from qa.evaluation.compare import Difference, compare
from qa.evaluation.questions import Task
from qa.evaluation.rows import Row
from qa.evaluation.table import render_comparison


def differences(old: Sequence[Row], new: Sequence[Row]) -> dict[str, Difference]:
    """Of two lists of rows, by name."""
    (found,) = compare([report(old)], [report(new)], no_progress)
    return {one.measure.name: one for one in found.differences}


def test_the_same_report_twice_differs_in_nothing() -> None:
    (found,) = compare([report(MIXED)], [report(MIXED)], no_progress)

    assert (found.common, found.left_out, found.notes, found.changes) == (6, 0, (), ())
    assert found.differences
    assert all((one.old, one.low, one.high) == (one.new, 0, 0) and not one.is_clear for one in found.differences)


def test_a_difference_in_every_question_is_clear_and_certain() -> None:
    names = [str(number) for number in range(20)]
    found = differences([wrong(name) for name in names], [answer_row(name) for name in names])

    assert (found["em"].old, found["em"].new) == (0, 1)
    assert (found["f1"].low, found["f1"].high) == (0.75, 0.75)
    assert found["em"].is_clear
    (shown,) = compare(
        [report([wrong(name) for name in names])], [report([answer_row(name) for name in names])], no_progress
    )
    assert "  em                            0.000    1.000   +1.000   +1.000 to +1.000 *\n" in render_comparison(shown)
    assert "auroc_right" not in found, "neither report can measure it"


def test_an_interval_is_that_of_the_mean() -> None:
    """20 of 100 questions got better: the interval is about 0.2 ± 1.96 standard errors of 0.04."""
    names = [str(number) for number in range(100)]
    old = [wrong(name) for name in names]
    new = [answer_row(name) if number < 20 else wrong(name) for number, name in enumerate(names)]
    random.Random(1).shuffle(new)

    found = differences(old, new)["em"]

    assert [found.low, found.high] == pytest.approx([0.12, 0.28], abs=0.021)
    assert differences(old, new)["em"] == found, "the draws are the same each time"


def test_only_common_questions_count() -> None:
    old = [answer_row("a"), answer_row("b"), wrong("only old")]
    (found,) = compare([report(old)], [report([answer_row("b"), answer_row("a"), wrong("new")])], no_progress)

    assert (found.common, found.left_out) == (2, 2)
    assert {one.measure.name: one.new for one in found.differences}["em"] == 1
    assert "2 questions only in one of them" in render_comparison(found)


def test_what_changed_is_listed() -> None:
    old = [answer_row("a"), wrong("b"), unanswerable("c"), unanswerable("d"), answer_row("e")]
    new = [
        wrong("a"),
        answer_row("b"),
        unanswerable("c", answered=True),
        unanswerable("d"),
        answer_row("e", answered=False),
    ]
    (found,) = compare([report(old)], [report(new)], no_progress)

    assert {change.what: change.questions for change in found.changes} == {
        "right, answered → right, not answered": ("e?",),
        "right, answered → wrong, answered": ("a?",),
        "unanswerable, not answered → unanswerable, answered": ("c?",),
        "wrong, answered → right, answered": ("b?",),
    }
    assert "right, answered → wrong, answered: 1 question\n  a?\n" in render_comparison(found)


def test_rankings_are_compared_too() -> None:
    old = report([ranking_row("a", [0, 1], [1]), ranking_row("b", [1], [1])], task=Task.RETRIEVAL)
    new = report([ranking_row("a", [1], [1]), ranking_row("b", [1], [1])], task=Task.RETRIEVAL)
    (found,) = compare([old], [new], no_progress)

    assert {change.what: change.questions for change in found.changes} == {"better nDCG@10": ("a?",)}
    assert {one.measure.name for one in found.differences} >= {"ndcg@10", "recall@1"}


def test_what_else_differs_is_noted() -> None:
    new = report(MIXED, reader="other@1", settings={"answer_threshold": 0.2, "top_k": 9})
    (found,) = compare([report(MIXED)], [new], no_progress)

    assert found.notes == ("reader: fake → other@1", "setting top_k: 8 → 9")
    facts = {"sha256": "1" * 64, "total": 6, "seed": None, "gold_passage": True}
    (found,) = compare([report(MIXED)], [report(MIXED, set=facts)], no_progress)
    assert found.notes == (
        "Only one of them gave the reader the questions' own paragraphs.",
        "The question set has changed between the two.",
    )


def test_reports_of_other_questions_cannot_be_compared() -> None:
    with pytest.raises(EvaluationError, match="no question set in common"):
        compare([report(MIXED)], [report(MIXED, name="other")], no_progress)
    with pytest.raises(EvaluationError, match="no question in common"):
        compare([report([answer_row("a")])], [report([answer_row("b")])], no_progress)
    with pytest.raises(EvaluationError, match="no question in common"):
        compare([report([answer_row("a")])], [report([ranking_row("a", [1], [1])], task=Task.RETRIEVAL)], no_progress)


def test_a_long_list_of_changes_is_cut() -> None:
    names = [str(number) for number in range(25)]
    (found,) = compare(
        [report([wrong(name) for name in names])], [report([answer_row(name) for name in names])], no_progress
    )

    assert render_comparison(found).endswith("  19?\n  … and 5 more")
