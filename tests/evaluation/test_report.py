"""Reports: what is counted, what is written, and that it can be read back."""

import json
import re
from pathlib import Path

import pytest

from evaluation.rows import MIXED, answer_row, ranking_row, report
from qa.errors import EvaluationError
from qa.evaluation.questions import Task
from qa.evaluation.report import read_reports, versions, write_reports
from qa.evaluation.table import render

RANKED = report([ranking_row("a", [0, 2, 1], [2, 1, 1])], task=Task.RETRIEVAL, name="tiny")
OWN = report(MIXED)


def test_counts_and_latency() -> None:
    assert OWN.counts == {"questions": 6, "answerable": 4, "unanswerable": 2, "citations": 4}
    assert RANKED.counts == {"questions": 1}
    rows = [answer_row(str(n), timings_ms={"retrieve": n, "read": 10.0 * n}) for n in range(1, 21)]
    assert report(rows).latency_ms == {
        "retrieve": {"p50": 10, "p95": 19},
        "read": {"p50": 100, "p95": 190},
        "total": {"p50": 110, "p95": 209},
    }
    assert report([]).latency_ms == {}


def test_points_and_targets_by_hand() -> None:
    """In order of confidence: right, right, unanswerable, wrong, wrong, unanswerable."""
    assert [(point.threshold, point.answered, point.right) for point in OWN.points[6:]] == [
        (0.6, 4, 2),
        (0.7, 3, 2),
        (0.8, 2, 2),
        (0.9, 1, 1),
    ]
    assert [(target.precision, target.plain and target.plain.threshold, target.certain) for target in OWN.targets] == [
        (0.8, 0.8, None),
        (0.9, 0.8, None),
        (0.95, 0.8, None),
    ]
    assert (RANKED.points, RANKED.targets, RANKED.curve, RANKED.calibration) == ([], [], [], [])


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"

    write_reports([OWN, RANKED], path)

    assert read_reports(path) == [OWN, RANKED]
    written = json.loads(path.read_text(encoding="utf-8"))["reports"]
    assert written[0]["figures"] == OWN.figures
    assert written[0]["thresholds"][8] == {
        "threshold": 0.8, "answered": 2, "right": 2, "total": 6, "coverage": pytest.approx(1 / 3), "precision": 1.0,
    }  # fmt: skip
    assert written[0]["about"]["settings"]["answer_threshold"] == 0.2
    assert [path.name for path in path.parent.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", "{", '{"format": 1}', '{"format": 1, "reports": [{}]}', '{"format": 2, "reports": []}', "5",
     '{"format": 1, "reports": [{"task": "x", "rows": []}]}'],
)  # fmt: skip
def test_another_file_is_no_report(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.json").write_text(content)

    with pytest.raises(EvaluationError, match=r"x\.json"):
        read_reports(tmp_path / "x.json")


def test_a_row_without_a_field_is_no_report(tmp_path: Path) -> None:
    write_reports([OWN], tmp_path / "x.json")
    data = json.loads((tmp_path / "x.json").read_text())
    del data["reports"][0]["rows"][3]["right"]
    (tmp_path / "x.json").write_text(json.dumps(data))

    with pytest.raises(EvaluationError, match="right"):
        read_reports(tmp_path / "x.json")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(EvaluationError, match="cannot be written"):
        write_reports([OWN], tmp_path / "file" / "report.json")
    (tmp_path / "folder").mkdir()
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_reports([OWN], tmp_path / "folder")
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}, "nothing half written stays"


def test_versions_name_what_answers_depend_on() -> None:
    assert {"python", "onnxruntime", "tantivy", "faiss-cpu", "torch"} <= set(versions())


def test_the_table_shows_every_figure_and_threshold() -> None:
    text = render(OWN)

    assert text.startswith("mine: 6 questions, 4 answerable, 2 not\n")
    for name, value in OWN.figures.items():
        (figure,) = re.findall(rf"  {name} +(\S+)$", text, re.M)
        assert figure == ("–" if value is None else f"{value:.3f}")
    assert "     0.800          2    0.333      1.000\n" in text
    assert "        0.80   0.8000 answers 33.3%; not reached\n" in text
    assert "retrieve" in text
    assert "ndcg@10" in render(RANKED)


def test_the_table_says_what_was_asked() -> None:
    facts = {"sha256": "0", "total": 90, "seed": 7, "gold_passage": True}
    text = render(report(MIXED, task=Task.READING, set=facts))

    assert text.startswith("mine: 6 questions of 90 (seed 7), 4 answerable, 2 not; the reader got the question's own")
