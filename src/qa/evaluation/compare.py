"""Two reports of the same questions side by side: differences with paired bootstrap intervals, and what changed.

Questions are drawn with replacement, the same ones for both reports, so that what is common to both cancels out (Efron
and Tibshirani, "An Introduction to the Bootstrap", 1993; the percentile interval). The draws hang on a fixed seed.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from qa.errors import EvaluationError
from qa.evaluation.measures import Measure, measures_for
from qa.evaluation.metrics import ndcg_at, percentile
from qa.evaluation.report import Report
from qa.evaluation.rows import AnswerRow, RankingRow, Row
from qa.ports import Progress

RESAMPLES = 1000
SEED = 0
LEVEL = 95.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure of both reports over their common questions; `low` to `high` holds the difference with LEVEL %."""

    measure: Measure
    old: float
    new: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Questions to which the same happened, such as “right before, wrong now”."""

    what: str
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two reports of one set. `left_out` counts the questions that only one of them has."""

    name: str
    common: int
    left_out: int
    notes: tuple[str, ...]
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]


def compare(old: Sequence[Report], new: Sequence[Report], progress: Progress) -> list[Comparison]:
    """Every set that both have; raises EvaluationError when there is none, or two reports share no question."""
    before = {report.name: report for report in old}
    pairs = [(before[report.name], report) for report in new if report.name in before]
    if not pairs:
        raise EvaluationError(
            "The two files have no question set in common.", remedy="Compare reports of the same questions."
        )
    return [_compared(first, second, progress) for first, second in pairs]


def _compared(old: Report, new: Report, progress: Progress) -> Comparison:
    before = {row.id: row for row in old.rows}
    pairs = [(before[row.id], row) for row in new.rows if row.id in before]
    if not pairs or old.task is not new.task:
        raise EvaluationError(
            f"The two reports of {new.name} have no question in common.",
            remedy="Compare reports of the same questions.",
        )
    return Comparison(
        name=new.name,
        common=len(pairs),
        left_out=len(old.rows) + len(new.rows) - 2 * len(pairs),
        notes=_notes(old, new),
        differences=_differences(pairs, progress),
        changes=_changes(pairs),
    )


def _notes(old: Report, new: Report) -> tuple[str, ...]:
    """What else differs between the two runs and may explain a difference."""
    notes = [
        f"{name}: {old.about[name]} → {new.about[name]}"
        for name in ("generation", "reader", "encoder")
        if old.about[name] != new.about[name]
    ]
    if old.about["set"]["gold_passage"] != new.about["set"]["gold_passage"]:
        notes.append("Only one of them gave the reader the questions' own paragraphs.")
    if old.about["set"]["sha256"] != new.about["set"]["sha256"]:
        notes.append("The question set has changed between the two.")
    settings = {name for report in (old, new) for name in report.about["settings"]}
    for name in sorted(settings):
        values = [report.about["settings"].get(name) for report in (old, new)]
        if values[0] != values[1]:
            notes.append(f"setting {name}: {values[0]} → {values[1]}")
    return tuple(notes)


def _differences(pairs: Sequence[tuple[Row, Row]], progress: Progress) -> tuple[Difference, ...]:
    measures = [
        (measure, old, new)
        for measure in measures_for([pairs[0][1]])
        if (old := measure.of([first for first, _ in pairs])) is not None
        and (new := measure.of([second for _, second in pairs])) is not None
    ]
    draws: list[list[float]] = [[] for _ in measures]
    chance = random.Random(SEED)  # noqa: S311  # statistics, no secret
    for number in range(RESAMPLES):
        progress("resampling", number, RESAMPLES)
        drawn = chance.choices(pairs, k=len(pairs))
        first, second = [row for row, _ in drawn], [row for _, row in drawn]
        for values, (measure, _, _) in zip(draws, measures, strict=True):
            before, after = measure.of(first), measure.of(second)
            if before is not None and after is not None:
                values.append(after - before)
    progress("resampling", RESAMPLES, RESAMPLES)
    tail = (100 - LEVEL) / 2
    return tuple(
        Difference(
            measure=measure,
            old=old,
            new=new,
            low=percentile(values, tail) if values else new - old,
            high=percentile(values, 100 - tail) if values else new - old,
        )
        for values, (measure, old, new) in zip(draws, measures, strict=True)
    )


def _changes(pairs: Sequence[tuple[Row, Row]]) -> tuple[Change, ...]:
    found: dict[str, list[str]] = {}
    for old, new in pairs:
        for what in _changed(old, new):
            found.setdefault(what, []).append(new.question)
    return tuple(Change(what=what, questions=tuple(questions)) for what, questions in sorted(found.items()))


def _changed(old: Row, new: Row) -> list[str]:
    if isinstance(old, RankingRow) and isinstance(new, RankingRow):
        before, after = (ndcg_at(row.gains, row.relevant, 10) for row in (old, new))
        return [] if before == after else ["better nDCG@10" if after > before else "worse nDCG@10"]
    if isinstance(old, AnswerRow) and isinstance(new, AnswerRow):
        before_words, after_words = _state(old), _state(new)
        return [] if before_words == after_words else [f"{before_words} → {after_words}"]
    return []


def _state(row: AnswerRow) -> str:
    if not row.answerable:
        return "unanswerable, answered" if row.answered else "unanswerable, not answered"
    return f"{'right' if row.right else 'wrong'}, {'answered' if row.answered else 'not answered'}"
