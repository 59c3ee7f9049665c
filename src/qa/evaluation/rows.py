"""What one question gave: a row for each, from which every figure is computed and two runs are compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """A question that was answered or not, and the best candidate even when it was not.

    `exact`, `f1` and `sentence` judge that best candidate and are None for a question without an answer. `right` is
    what confidence is measured against (see `judging.py`); a question without an answer is never right.

    Ranks count from 1 and are None when no such passage is there: `passage_rank` as search ranks the
    passages, `source_rank` as they are returned: by their best candidate, so that 1 is where the answer was taken from.
    """

    id: str
    question: str
    golds: tuple[str, ...]
    answered: bool
    confidence: float
    answer: str | None
    quote: str | None
    path: str | None
    start: int | None
    end: int | None
    exact: float | None
    f1: float | None
    sentence: float | None
    right: bool
    passages: int
    passage_rank: int | None
    source_rank: int | None
    citations: int
    valid_citations: int
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.golds)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """From what `dataclasses.asdict` made; raises KeyError or TypeError when it is something else."""
        return cls(**{**_own(cls, values), "golds": tuple(values["golds"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRow:
    """A query with its ranking of documents: their paths and their grades, best first, and all judged grades over 0."""

    id: str
    question: str
    ranking: tuple[str, ...]
    gains: tuple[int, ...]
    relevant: tuple[int, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """From what `dataclasses.asdict` made; raises KeyError or TypeError when it is something else."""
        lists = {name: tuple(values[name]) for name in ("ranking", "gains", "relevant")}
        return cls(**{**_own(cls, values), **lists})


Row = AnswerRow | RankingRow


def _own(cls: type[Row], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the fields; every one must be there."""
    return {one.name: values[one.name] for one in fields(cls)}
