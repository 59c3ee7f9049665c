"""Every figure of a report: its name, what it is called on the terminal, and how rows give it.

A figure is either the mean of a value that each row has (or has not), or a statistic of all rows together. Both give
None where there is nothing to measure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qa.evaluation import metrics
from qa.evaluation.confidence import aurc, auroc, calibration_error
from qa.evaluation.rows import AnswerRow, RankingRow, Row

CUTS = (1, 5, 10, 20)
"""Ranks at which recall and success are measured."""


Statistic = Callable[[Sequence[Row]], float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure. `better` is 1 when higher is better, -1 when lower is, 0 when it is neither."""

    name: str
    label: str
    group: str
    of: Statistic
    better: int = 1


def figures(rows: Sequence[Row]) -> dict[str, float | None]:
    """Every figure that fits the rows, which are all of one kind, by name."""
    return {measure.name: measure.of(rows) for measure in measures_for(rows)}


def measures_for(rows: Sequence[Row]) -> tuple[Measure, ...]:
    """The measures for rows of this kind."""
    return RANKING_MEASURES if rows and isinstance(rows[0], RankingRow) else ANSWER_MEASURES


def known() -> Mapping[str, Measure]:
    """All measures by name."""
    return {measure.name: measure for measure in (*ANSWER_MEASURES, *RANKING_MEASURES)}


def labels_of(rows: Sequence[Row]) -> tuple[list[float], list[bool]]:
    """The confidence of every answer row, and whether its best candidate is right."""
    answers = [row for row in rows if isinstance(row, AnswerRow)]
    return [row.confidence for row in answers], [row.right for row in answers]


def _mean(value: Callable[[AnswerRow], float | None]) -> Statistic:
    """The mean of a value of answer rows over those that have it."""

    def mean(rows: Sequence[Row]) -> float | None:
        values = [found for row in rows if isinstance(row, AnswerRow) and (found := value(row)) is not None]
        return sum(values) / len(values) if values else None

    return mean


def _mean_ranking(value: Callable[[RankingRow], float]) -> Statistic:
    def mean(rows: Sequence[Row]) -> float | None:
        values = [value(row) for row in rows if isinstance(row, RankingRow)]
        return sum(values) / len(values) if values else None

    return mean


def _if_answerable(value: Callable[[AnswerRow], float]) -> Statistic:
    return _mean(lambda row: value(row) if row.answerable else None)


def _ranked(rank: Callable[[AnswerRow], int | None], cut: int | None) -> Statistic:
    """The share of the answerable questions whose rank is at most `cut`, or that have one at all."""

    def of(row: AnswerRow) -> float:
        found = rank(row)
        return float(found is not None and (cut is None or found <= cut))

    return _if_answerable(of)


def _served(value: Callable[[AnswerRow], float | None]) -> Statistic:
    """As SQuAD 2.0 counts: an abstention is the empty answer, right where there is none, else worth nothing."""

    def of(row: AnswerRow) -> float:
        if not row.answerable or not row.answered:
            return float(row.answerable == row.answered)
        return value(row) or 0.0

    return _mean(of)


def _auroc(positive: Callable[[AnswerRow], bool], negative: Callable[[AnswerRow], bool]) -> Statistic:
    def statistic(rows: Sequence[Row]) -> float | None:
        answers = [row for row in rows if isinstance(row, AnswerRow)]
        ups = [row.confidence for row in answers if positive(row)]
        return auroc(ups, [row.confidence for row in answers if negative(row)])

    return statistic


def _of_labels(value: Callable[[Sequence[float], Sequence[bool]], float | None]) -> Statistic:
    return lambda rows: value(*labels_of(rows))


def _recall(cut: int) -> Statistic:
    return _mean_ranking(lambda row: metrics.recall_at(row.gains, row.relevant, cut))


def _success(cut: int) -> Statistic:
    return _mean_ranking(lambda row: metrics.success_at(row.gains, cut))


def _answerable(row: AnswerRow) -> bool:
    return row.answerable


def _unanswerable(row: AnswerRow) -> bool:
    return not row.answerable


def _right(row: AnswerRow) -> bool:
    return row.right


def _wrong(row: AnswerRow) -> bool:
    return not row.right


def _reciprocal(row: AnswerRow) -> float:
    return 1 / row.passage_rank if row.passage_rank else 0.0


def _right_if_answered(row: AnswerRow) -> float | None:
    return float(row.right) if row.answered else None


def _answered_rightly(row: AnswerRow) -> float:
    return float(row.answered and row.right)


def _abstained_rightly(row: AnswerRow) -> float | None:
    return None if row.answerable else float(not row.answered)


def _validity(rows: Sequence[Row]) -> float | None:
    answers = [row for row in rows if isinstance(row, AnswerRow)]
    citations = sum(row.citations for row in answers)
    return sum(row.valid_citations for row in answers) / citations if citations else None


READING = "Reading: the best candidate of every answerable question, answered or not"
SERVED = "Served: with abstentions as they were"
FINDING = "Finding: where search ranks the gold passage, and where it stands when the passages are read"
CONFIDENCE = "Confidence"
RANKING = "Ranking of documents"

ANSWER_MEASURES = (
    Measure("em", "exact match", READING, _mean(lambda row: row.exact)),
    Measure("f1", "F1", READING, _mean(lambda row: row.f1)),
    Measure("answer_sentence", "quotation holds a gold answer", READING, _mean(lambda row: row.sentence)),
    Measure("right_first", "right answer first", READING, _if_answerable(lambda row: float(row.right))),
    Measure("passage_first", "gold passage first in the search", FINDING, _ranked(lambda row: row.passage_rank, 1)),
    Measure("passage_in_five", "… among the first five", FINDING, _ranked(lambda row: row.passage_rank, 5)),
    Measure("passage_found", "… among all that are read", FINDING, _ranked(lambda row: row.passage_rank, None)),
    Measure("passage_mrr", "… mean reciprocal rank", FINDING, _if_answerable(_reciprocal)),
    Measure("source_first", "gold passage first as returned", FINDING, _ranked(lambda row: row.source_rank, 1)),
    Measure("source_in_five", "… among the first five", FINDING, _ranked(lambda row: row.source_rank, 5)),
    Measure("em_served", "exact match, an abstention as the empty answer", SERVED, _served(lambda row: row.exact)),
    Measure("f1_served", "F1, an abstention as the empty answer", SERVED, _served(lambda row: row.f1)),
    Measure("coverage", "share of questions answered", SERVED, _mean(lambda row: float(row.answered)), 0),
    Measure("precision", "share of answers that are right", SERVED, _mean(_right_if_answered)),
    Measure("answered_rightly", "answerable questions answered rightly", SERVED, _if_answerable(_answered_rightly)),
    Measure("abstained_rightly", "unanswerable questions not answered", SERVED, _mean(_abstained_rightly)),
    Measure("citation_validity", "citations that are verbatim, with both hashes", SERVED, _validity),
    Measure("auroc_answerable", "AUROC, answerable or not", CONFIDENCE, _auroc(_answerable, _unanswerable)),
    Measure("auroc_right_unanswerable", "AUROC, right against unanswerable", CONFIDENCE, _auroc(_right, _unanswerable)),
    Measure("auroc_right", "AUROC, right against everything else", CONFIDENCE, _auroc(_right, _wrong)),
    Measure("ece", "calibration error (ECE, 15 equal-mass bins)", CONFIDENCE, _of_labels(calibration_error), -1),
    Measure("aurc", "area under the risk-coverage curve", CONFIDENCE, _of_labels(aurc), -1),
)

RANKING_MEASURES = (
    Measure("ndcg@10", "nDCG@10", RANKING, _mean_ranking(lambda row: metrics.ndcg_at(row.gains, row.relevant, 10))),
    Measure("mrr@10", "MRR@10", RANKING, _mean_ranking(lambda row: metrics.reciprocal_rank_at(row.gains, 10))),
    *(Measure(f"recall@{cut}", f"recall@{cut}", RANKING, _recall(cut)) for cut in CUTS),
    *(Measure(f"success@{cut}", f"success@{cut}", RANKING, _success(cut)) for cut in CUTS),
)
