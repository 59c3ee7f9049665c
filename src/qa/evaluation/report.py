"""The report of one question set: figures, thresholds, latency and rows, written to JSON and read back."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from qa.errors import EvaluationError
from qa.evaluation import confidence
from qa.evaluation.confidence import Bin, Point
from qa.evaluation.files import json_of, read_text
from qa.evaluation.measures import figures, labels_of
from qa.evaluation.metrics import percentile
from qa.evaluation.questions import Task
from qa.evaluation.rows import AnswerRow, RankingRow, Row
from qa.evaluation.writing import write_atomically

FORMAT = 1
TARGETS = (0.8, 0.9, 0.95)
"""Precisions for which the lowest threshold is looked up."""
THRESHOLDS = tuple(step / 10 for step in range(10))
LIBRARIES = ("faiss-cpu", "numpy", "onnxruntime", "sentence-transformers", "tantivy", "tokenizers", "torch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The lowest threshold that reaches a precision: by the plain share, and with certainty (see confidence.py)."""

    precision: float
    plain: Point | None
    certain: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One set, evaluated once.

    `about` says what was asked of what: `created`, `set`, `threshold`, `settings`, `generation`, `encoder`, `reader`,
    `quoth` (its version) and `versions` (of the libraries).
    """

    name: str
    task: Task
    about: Mapping[str, Any]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def figures(self) -> dict[str, float | None]:
        """Every figure by name."""
        return figures(self.rows)

    @property
    def counts(self) -> dict[str, int]:
        """How many questions there are, and of which kind."""
        answers = [row for row in self.rows if isinstance(row, AnswerRow)]
        counts = {"questions": len(self.rows)}
        if answers:
            answerable = sum(row.answerable for row in answers)
            counts |= {"answerable": answerable, "unanswerable": len(answers) - answerable}
            counts["citations"] = sum(row.citations for row in answers)
        return counts

    @property
    def threshold(self) -> float:
        """The bar at which answers were given."""
        return float(self.about["threshold"])

    @property
    def curve(self) -> list[Point]:
        """The risk-coverage curve; empty for a ranking."""
        return confidence.curve(*labels_of(self.rows))

    @property
    def points(self) -> list[Point]:
        """What is answered, and how rightly, at round thresholds; empty for a ranking."""
        confidences, right = labels_of(self.rows)
        return [confidence.point_at(threshold, confidences, right) for threshold in THRESHOLDS] if right else []

    @property
    def targets(self) -> list[Target]:
        """The lowest threshold for every one of TARGETS; empty for a ranking."""
        confidences, right = labels_of(self.rows)
        return targets(confidences, right) if right else []

    @property
    def calibration(self) -> list[Bin]:
        """The bins of the reliability diagram; empty for a ranking."""
        return confidence.calibration(*labels_of(self.rows))

    @property
    def latency_ms(self) -> dict[str, dict[str, float]]:
        """Median and 95th percentile of the milliseconds of each stage, and of all together."""
        stages: dict[str, list[float]] = {}
        for row in self.rows:
            for stage, milliseconds in row.timings_ms.items():
                stages.setdefault(stage, []).append(milliseconds)
        if len(stages) > 1:
            stages["total"] = [sum(row.timings_ms.values()) for row in self.rows]
        return {
            stage: {"p50": percentile(values, 50), "p95": percentile(values, 95)} for stage, values in stages.items()
        }

    def to_json(self) -> dict[str, Any]:
        """Everything, for people and programs; `from_json` needs the rows and what stands beside them."""
        return {
            "name": self.name,
            "task": self.task.value,
            "about": dict(self.about),
            "notes": list(self.notes),
            "counts": self.counts,
            "figures": self.figures,
            "latency_ms": self.latency_ms,
            "thresholds": [point_json(point) for point in self.points],
            "targets": [
                {"precision": found.precision, "plain": point_json(found.plain), "certain": point_json(found.certain)}
                for found in self.targets
            ],
            "calibration": [asdict(one) for one in self.calibration],
            "rows": [asdict(row) for row in self.rows],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """From what `to_json` made; raises KeyError, TypeError or ValueError when it is something else."""
        task = Task(data["task"])
        kind: type[AnswerRow | RankingRow] = RankingRow if task is Task.RETRIEVAL else AnswerRow
        rows = tuple(kind.from_json(row) for row in data["rows"])
        return cls(name=data["name"], task=task, about=data["about"], rows=rows, notes=tuple(data["notes"]))


def targets(confidences: Sequence[float], right: Sequence[bool]) -> list[Target]:
    """The lowest threshold for every one of TARGETS."""
    return [
        Target(
            precision=target,
            plain=confidence.threshold_for(target, confidences, right, certainty=None),
            certain=confidence.threshold_for(target, confidences, right),
        )
        for target in TARGETS
    ]


def point_json(point: Point | None) -> dict[str, float | int | None] | None:
    """A point with what follows from it; the precision of no answer is unknown."""
    if point is None:
        return None
    precision = point.precision if point.answered else None
    return {**asdict(point), "coverage": point.coverage, "precision": precision}


def write_reports(reports: Sequence[Report], path: Path) -> None:
    """Write reports to a JSON file in one step; raises EvaluationError when that is not possible."""
    content = {"format": FORMAT, "reports": [report.to_json() for report in reports]}
    write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_reports(path: Path) -> list[Report]:
    """Read what `write_reports` wrote; raises EvaluationError when it is something else."""
    data = json_of(read_text(path), path)
    try:
        if data["format"] != FORMAT:
            raise EvaluationError(
                f"{path} has format {data['format']}, this version reads {FORMAT}.", remedy="Evaluate again."
            )
        return [Report.from_json(report) for report in data["reports"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvaluationError(
            f"{path} is no report of `qa eval --json` ({type(error).__name__}: {error}).",
            remedy="Name a file that `qa eval … --json FILE` has written.",
        ) from None


def versions() -> dict[str, str]:
    """Of Python and the libraries that answers depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
