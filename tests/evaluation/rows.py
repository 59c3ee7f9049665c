"""Rows and reports as tests make them: an answer row by a few words, the rest filled in."""

from collections.abc import Sequence
from typing import Any

from qa.evaluation.questions import Task
from qa.evaluation.report import Report
from qa.evaluation.rows import AnswerRow, RankingRow, Row


def answer_row(name: str, confidence: float = 0.5, **values: Any) -> AnswerRow:
    """A row of a question that is answerable and answered rightly, unless `values` say otherwise."""
    row: dict[str, Any] = {
        "id": name,
        "question": f"{name}?",
        "golds": ("gold",),
        "answered": True,
        "confidence": confidence,
        "answer": "gold",
        "quote": "It is gold.",
        "path": "a.txt",
        "start": 6,
        "end": 10,
        "exact": 1.0,
        "f1": 1.0,
        "sentence": 1.0,
        "right": True,
        "passages": 8,
        "passage_rank": 1,
        "source_rank": 1,
        "citations": 1,
        "valid_citations": 1,
        "timings_ms": {"retrieve": 10.0, "read": 90.0},
    }
    return AnswerRow(**{**row, **values})


def wrong(name: str, confidence: float = 0.5, **values: Any) -> AnswerRow:
    """A row of an answerable question with a wrong best candidate from the third passage."""
    found = {"exact": 0.0, "f1": 0.25, "sentence": 0.0, "right": False, "passage_rank": 3, "source_rank": 6}
    return answer_row(name, confidence, **{**found, **values})


def unanswerable(name: str, confidence: float = 0.1, *, answered: bool = False) -> AnswerRow:
    """A row of a question that the documents do not answer."""
    nothing = {"golds": (), "exact": None, "f1": None, "sentence": None, "right": False}
    count = {"citations": int(answered), "valid_citations": int(answered), "passage_rank": None, "source_rank": None}
    return answer_row(name, confidence, answered=answered, **nothing, **count)


def ranking_row(name: str, gains: Sequence[int], relevant: Sequence[int]) -> RankingRow:
    """A row of a query."""
    ranking = tuple(f"{number}.txt" for number in range(len(gains)))
    return RankingRow(
        id=name, question=f"{name}?", ranking=ranking, gains=tuple(gains), relevant=tuple(relevant),
        timings_ms={"retrieve": 5.0},
    )  # fmt: skip


def report(rows: Sequence[Row], *, task: Task = Task.OWN, name: str = "mine", **about: Any) -> Report:
    """A report over rows."""
    facts = {
        "created": "2026-01-01T12:00:00+00:00",
        "set": {"sha256": "0" * 64, "total": len(rows), "seed": None, "gold_passage": False},
        "threshold": 0.2,
        "settings": {"answer_threshold": 0.2, "top_k": 8},
        "generation": "000001-0123456789ab",
        "encoder": "fake@1",
        "reader": "fake",
        "quoth": "0.1.0",
        "versions": {"python": "3.11"},
    }
    return Report(name=name, task=task, about={**facts, **about}, rows=tuple(rows))


MIXED = (
    answer_row("a", 0.9),
    answer_row("b", 0.8, exact=0.0, f1=0.5),
    wrong("c", 0.6),
    wrong("d", 0.1, answered=False, citations=0, valid_citations=0, passage_rank=None, source_rank=None),
    unanswerable("e", 0.7, answered=True),
    unanswerable("f", 0.05),
)
"""Four answerable questions, two of them right, and two others; four are answered."""
