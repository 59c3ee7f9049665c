"""The command `qa eval`: what it prints, writes and keeps, and how it fails."""

import json
from pathlib import Path

import pytest

from commands import Qa, failed
from evaluation.sets import lines, write_beir, write_squad
from library import BERTH, BERTH_QUOTE, UNANSWERED, Library
from qa.cli_index import SOMETHING_SKIPPED
from qa.evaluation.report import read_reports
from qa.evaluation.rows import AnswerRow
from qa.evaluation.saved import load


@pytest.fixture
def questions(qa: Qa, library: Library) -> Path:
    """A file of one's own questions beside an index."""
    assert qa("index").code == SOMETHING_SKIPPED
    path = library.settings.corpus.parent / "mine.jsonl"
    path.write_text(lines([{"question": BERTH, "answers": ["twelve crowns"]}, {"question": UNANSWERED}]))
    return path


def test_own_questions_are_measured_and_kept(qa: Qa, library: Library, questions: Path) -> None:
    ran = qa("eval", "mine.jsonl", "--json", "out/r.json", "--svg", "plots", QA_ANSWER_THRESHOLD="0")

    assert ran.code == 0
    assert ran.out.startswith("mine: 2 questions, 1 answerable, 1 not\n")
    assert "asking" in ran.err
    folder = questions.parent
    (report,) = read_reports(folder / "out" / "r.json")
    berth = report.rows[0]
    assert isinstance(berth, AnswerRow)
    assert (berth.right, berth.sentence) == (True, 1.0)
    assert report.about["settings"]["answer_threshold"] == 0
    assert report.about["reader"] == "sentence"
    assert report.about["generation"] == library.store.current()
    assert len(list((folder / "plots").iterdir())) == 3
    (kept,) = load(library.settings.index)
    assert (kept.name, kept.generation) == ("mine", library.store.current())


def test_no_token_is_written_into_a_report(qa: Qa, library: Library, questions: Path) -> None:
    token = "oak-pier-tide-1861-0123456789abcdef"
    ran = qa("eval", "mine.jsonl", "--json", "r.json", QA_READ_TOKEN=token, QA_WRITE_TOKEN=f"{token}-w")

    assert ran.code == 0
    assert token not in ran.out + ran.err + (questions.parent / "r.json").read_text()
    assert all(token not in path.read_text() for path in library.settings.index.rglob("*.json"))


def test_the_best_answer_is_judged_whatever_precision_is_asked_for(qa: Qa, questions: Path) -> None:
    assert qa("eval", "mine.jsonl", "--json", "r.json", QA_TARGET_PRECISION="0.95").code == 0

    (report,) = read_reports(questions.parent / "r.json")
    berth = report.rows[0]
    assert isinstance(berth, AnswerRow)
    assert 0.5 < berth.confidence < report.threshold
    assert (berth.answered, berth.quote) == (False, BERTH_QUOTE)


def test_sets_with_documents_leave_the_own_index_alone(qa: Qa, library: Library, tmp_path: Path) -> None:
    squad, beir = write_squad(tmp_path), write_beir(tmp_path)

    ran = qa("eval", str(squad), str(beir), "--keep", "kept", "--limit", "2", "--min", "mrr@10=0.5")

    assert ran.code == 0
    assert "small: 2 questions of 4 (seed 0)" in ran.out
    assert "tiny: 2 questions\n" in ran.out
    assert "embedding" in ran.err
    assert not (library.settings.index / "CURRENT").exists()
    assert not load(library.settings.index)
    again = qa("eval", str(squad), "--keep", "kept", "--gold-passage")
    assert "the reader got the question's own paragraph" in again.out
    assert "embedding" not in again.err


def test_a_missed_minimum_is_exit_code_4_and_said(qa: Qa, questions: Path) -> None:
    ran = qa("eval", "mine.jsonl", "--min", "citation_validity=1", "--min", "em=0.9", QA_ANSWER_THRESHOLD="0")

    assert ran.code == 4
    assert ran.err.splitlines()[-1].startswith("qa: mine: em is 0")
    assert "citation_validity" not in ran.err


def test_two_runs_are_compared(qa: Qa, questions: Path) -> None:
    for name, threshold in (("old", "0"), ("new", "1")):
        assert qa("eval", "mine.jsonl", "--json", f"{name}.json", QA_ANSWER_THRESHOLD=threshold).code == 0

    ran = qa("eval", "--compare", "old.json", "new.json")

    assert ran.code == 0
    assert "setting answer_threshold: 0.0 → 1.0" in ran.out
    assert f"right, answered → right, not answered: 1 question\n  {BERTH}" in ran.out
    assert "resampling" in ran.err


def test_what_cannot_be_done_is_said(qa: Qa, questions: Path) -> None:
    failed(qa("eval"), 2, "nothing to do")
    failed(qa("eval", "mine.jsonl", "--compare", "a", "b"), 2, "--compare")
    failed(qa("eval", "mine.jsonl", "--min", "beauty=1"), 2, "beauty", "f1")
    failed(qa("eval", "none.jsonl"), 1, "none.jsonl")
    failed(qa("eval", "--compare", "none.json", "mine.jsonl"), 1, "none.json")
    questions.write_text(json.dumps({"question": BERTH, "answer": "x"}))
    failed(qa("eval", "mine.jsonl"), 1, "mine.jsonl, line 1", "“answer”")


def test_without_an_index_own_questions_name_the_remedy(qa: Qa, library: Library) -> None:
    (library.settings.corpus.parent / "mine.jsonl").write_text(lines([{"question": BERTH}]))

    failed(qa("eval", "mine.jsonl"), 1, "no index", "qa index")


@pytest.mark.parametrize("arguments", [["--limit", "0", "x.jsonl"], ["--seed", "x", "x.jsonl"], ["--compare", "a"]])
def test_wrong_usage(qa: Qa, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        qa("eval", *arguments)
