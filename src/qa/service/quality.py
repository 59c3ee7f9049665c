"""What the quality page shows: the last evaluation of one's own questions, as a curve, tables and plain words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qa.calibration import OPERATING_POINTS
from qa.evaluation.confidence import Point, as_setting, curve, lower_bound, point_at
from qa.evaluation.plots import risk_coverage_plot
from qa.evaluation.report import THRESHOLDS, targets
from qa.evaluation.saved import Summary
from qa.journal import Asked, Change, Feedback, Journal

MAX_SHOWN = 50
"""Entries of the journal of a kind on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdView:
    """A row of the table: what would be answered at a threshold, in words."""

    threshold: str
    answered: int
    share: str
    precision: str
    at_least: str
    is_now: bool

    @classmethod
    def of(cls, point: Point, *, is_now: bool = False) -> "ThresholdView":
        """From a point of the curve."""
        return cls(
            threshold=f"{as_setting(point.threshold):.4f}".rstrip("0").ljust(3, "0"),
            answered=point.answered,
            share=f"{point.coverage:.0%}",
            precision=f"{point.precision:.0%}" if point.answered else "–",
            at_least=f"{lower_bound(point.right, point.answered):.0%}" if point.answered else "–",
            is_now=is_now,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionView:
    """A value of `target_precision`: the threshold that it stands for, and what that would do to a set of questions."""

    precision: str
    threshold: str
    point: ThresholdView | None = None


def precisions() -> list[PrecisionView]:
    """The values for which the threshold was measured, on development questions; nothing is known of others."""
    return [PrecisionView(precision=f"{share:g}", threshold=f"{bar:g}") for share, bar in OPERATING_POINTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView:
    """A row of the other table: the lowest threshold for a precision, None where none reaches it."""

    precision: str
    point: ThresholdView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """One set of questions. `svg` is drawn by our own writer, which escapes all text."""

    name: str
    when: str
    asked: int
    total: int
    answerable: int
    generation: str
    is_serving: bool
    now: ThresholdView
    svg: str
    thresholds: Sequence[ThresholdView]
    precisions: Sequence[PrecisionView]
    targets: Sequence[TargetView]

    @classmethod
    def of(cls, number: int, summary: Summary, serving: str | None) -> "QualityView":
        """From what was kept; `serving` is the generation that answers now, `number` tells several sets apart."""
        confidences, right = summary.confidences, summary.right
        now = point_at(summary.threshold, confidences, right)
        points = [(share, bar, point_at(bar, confidences, right)) for share, bar in OPERATING_POINTS]
        others = [(f"target_precision {share:g}, threshold {bar:g}", point) for share, bar, point in points]
        plot = risk_coverage_plot(curve(confidences, right), now, name=f"curve-{number}", others=others)
        steps = sorted({*THRESHOLDS, summary.threshold})
        return cls(
            name=summary.name,
            when=datetime.fromisoformat(summary.created).strftime("%-d %B %Y, %H:%M UTC"),
            asked=len(right),
            total=summary.total,
            answerable=summary.answerable,
            generation=summary.generation,
            is_serving=serving is not None and _content(serving) == _content(summary.generation),
            now=ThresholdView.of(now),
            svg=plot.inline(),
            thresholds=[
                ThresholdView.of(point_at(step, confidences, right), is_now=step == summary.threshold) for step in steps
            ],
            precisions=[
                PrecisionView(precision=f"{share:g}", threshold=f"{bar:g}", point=ThresholdView.of(point))
                for share, bar, point in points
            ],
            targets=[
                TargetView(
                    precision=f"{target.precision:.0%}",
                    point=ThresholdView.of(target.certain) if target.certain else None,
                )
                for target in targets(confidences, right)
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalView:
    """What users say and ask. `open` is the feedback of which nobody has said what would have been right.

    `waiting` counts the questions that the generation of now has still to be asked again, `new` the `changes` it made.
    """

    helpful: int
    unhelpful: int
    lines: int
    open: Sequence[Feedback]
    unanswered: Sequence[Asked]
    changes: Sequence[Change]
    new: int
    waiting: int

    @classmethod
    def of(cls, journal: Journal, serving: str | None) -> "JournalView":
        """From the journal; raises JournalUnavailable. `serving` is the generation that answers now."""
        said = journal.feedback()
        waiting = [feedback for feedback in said if feedback.as_question() is None]
        return cls(
            helpful=sum(feedback.helpful for feedback in said),
            unhelpful=sum(not feedback.helpful for feedback in said),
            lines=len(said) - len(waiting),
            open=waiting[:MAX_SHOWN],
            unanswered=journal.unanswered()[:MAX_SHOWN],
            changes=(changes := journal.changes(MAX_SHOWN)),
            new=sum(change.later == serving for change in changes),
            waiting=len(journal.stale(serving)) if serving else 0,
        )


def _content(generation: str) -> str:
    """A generation's digest: one that was built again of the same files differs in its number only."""
    return generation.partition("-")[2]
