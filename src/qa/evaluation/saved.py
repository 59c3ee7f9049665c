"""What the last evaluation of one's own questions found, kept beside the index so that the service can show it.

Only confidences and verdicts are kept, no words of any question. The file stands in the index folder and is replaced in
one step; an index without it is as good as before.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from qa.errors import EvaluationError
from qa.evaluation.files import json_of, read_text
from qa.evaluation.measures import labels_of
from qa.evaluation.questions import Task
from qa.evaluation.report import Report
from qa.evaluation.writing import write_atomically

FILE = "evaluation.json"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One set of one's own questions: `confidences` and `right` belong together by position.

    `total` counts the questions of the file, of which a sample may have been asked; `created` is ISO 8601.
    """

    name: str
    created: str
    generation: str
    threshold: float
    total: int
    answerable: int
    confidences: tuple[float, ...]
    right: tuple[bool, ...]

    @classmethod
    def of(cls, report: Report) -> "Summary":
        """From a report of one's own questions."""
        confidences, right = labels_of(report.rows)
        return cls(
            name=report.name,
            created=report.about["created"],
            generation=report.about["generation"],
            threshold=report.threshold,
            total=report.about["set"]["total"],
            answerable=report.counts["answerable"],
            confidences=tuple(confidences),
            right=tuple(right),
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Summary":
        """From the file; raises KeyError, TypeError or ValueError when it is something else."""
        confidences = tuple(float(value) for value in data["confidences"])
        right = tuple(bool(value) for value in data["right"])
        if len(confidences) != len(right) or not right:
            raise ValueError("confidences and verdicts do not belong together")
        datetime.fromisoformat(data["created"])
        names = ("name", "created", "generation", "threshold", "total", "answerable")
        return cls(**{name: data[name] for name in names}, confidences=confidences, right=right)


def save(reports: Sequence[Report], index: Path) -> None:
    """Keep what the reports of one's own questions found in the index folder; others are passed over."""
    own = [asdict(Summary.of(report)) for report in reports if report.task is Task.OWN]
    if own:
        content = json.dumps({"format": FORMAT, "sets": own}, ensure_ascii=False, allow_nan=False)
        write_atomically(index / FILE, content + "\n")


def load(index: Path) -> tuple[Summary, ...]:
    """What was kept last, or nothing; raises EvaluationError when the file is damaged or of another version."""
    path = index / FILE
    if not path.is_file():
        return ()
    data = json_of(read_text(path), path)
    try:
        if data["format"] == FORMAT:
            return tuple(Summary.from_json(one) for one in data["sets"])
        what = f"format {data['format']}"
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
    raise EvaluationError(
        f"The evaluation in {path} cannot be read ({what}).",
        remedy="Run `qa eval` on your questions again, or remove the file.",
    )
