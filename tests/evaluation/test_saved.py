"""What is kept for the service: one's own questions only, without their words, and damage is named."""

import json
from pathlib import Path

import pytest

from evaluation.rows import MIXED, ranking_row, report
from qa.errors import EvaluationError
from qa.evaluation.questions import Task
from qa.evaluation.saved import FILE, Summary, load, save

OWN = report(MIXED)


def test_what_is_kept_is_read_back_without_any_words(tmp_path: Path) -> None:
    save([OWN, report([ranking_row("z", [1], [1])], task=Task.RETRIEVAL)], tmp_path)

    (found,) = load(tmp_path)
    assert found == Summary.of(OWN)
    assert found.confidences == tuple(row.confidence for row in MIXED)
    assert found.right == (True, True, False, False, False, False)
    assert (found.name, found.threshold, found.total, found.answerable) == ("mine", 0.2, 6, 4)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert "gold" not in text
    assert "a?" not in text


def test_a_set_that_brings_its_documents_leaves_what_is_kept(tmp_path: Path) -> None:
    save([OWN], tmp_path)
    before = (tmp_path / FILE).read_bytes()

    save([report(MIXED, task=Task.READING)], tmp_path)

    assert (tmp_path / FILE).read_bytes() == before


def test_nothing_kept_is_nothing(tmp_path: Path) -> None:
    assert load(tmp_path) == ()
    save([], tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "change",
    [{"confidences": [0.5]}, {"confidences": "x"}, {"created": "yesterday"}, {"right": [], "confidences": []}],
)
def test_damage_is_named_with_its_remedy(tmp_path: Path, change: dict[str, object]) -> None:
    save([OWN], tmp_path)
    data = json.loads((tmp_path / FILE).read_text())
    data["sets"][0].update(change)
    (tmp_path / FILE).write_text(json.dumps(data))

    with pytest.raises(EvaluationError, match="qa eval"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 99, "sets": []}', '{"format": 1, "sets": [{}]}'])
def test_another_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)

    with pytest.raises(EvaluationError, match=r"evaluation\.json"):
        load(tmp_path)
