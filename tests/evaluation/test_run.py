"""Whole evaluations over small sets with the fakes: what the rows say is what the documents say."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evaluation.sets import HARBOUR, LIGHTS, lines, write_beir, write_squad
from fakes import FakeReader, no_progress
from library import BERTH, BERTH_QUOTE, UNANSWERED, Library
from qa.engine import Engine
from qa.errors import QuestionSetError
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import Question, QuestionSet, Task
from qa.evaluation.report import Report
from qa.evaluation.rows import AnswerRow, RankingRow
from qa.evaluation.run import Evaluation
from qa.ports import LexicalIndex
from qa.settings import Settings
from qa.types import Candidate, RankedPassage

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def evaluation(built: Library) -> Evaluation:
    """Over the small library as one's own index, and over temporary corpora with the same settings."""

    def open_corpus(corpus: Path, index: Path) -> Engine:
        library = Library(settings=built.settings.model_copy(update={"corpus": corpus, "index": index}))
        library.build()
        return library.engine()

    return Evaluation(
        open_own=built.engine,
        open_corpus=open_corpus,
        threshold=0.5,
        about={"settings": {"answer_threshold": 0.5}, "encoder": "fake@1", "reader": "fake"},
        clock=lambda: NOON,
    )


def answers(report: Report) -> dict[str, AnswerRow]:
    """The rows by id."""
    return {row.id: row for row in report.rows if isinstance(row, AnswerRow)}


def own(*questions: Question) -> QuestionSet:
    """A set of one's own questions."""
    return QuestionSet(name="own", task=Task.OWN, sha256="", questions=questions, total=len(questions))


def test_squad_is_asked_over_all_articles(evaluation: Evaluation, tmp_path: Path) -> None:
    report = evaluation.report(load_question_set(write_squad(tmp_path)), no_progress)

    assert report.counts == {"questions": 4, "answerable": 3, "unanswerable": 1, "citations": 4}
    assert report.notes == ()
    berth = answers(report)["berth"]
    assert berth.answered
    assert (berth.quote, berth.path) == (BERTH_QUOTE, "0001-Harbour-rules.txt")
    assert berth.answer is not None
    assert berth.answer in BERTH_QUOTE
    assert "twelve crowns" in berth.answer
    assert (berth.sentence, berth.exact, berth.right) == (1.0, 0.0, True)
    assert berth.f1 == pytest.approx(2 * 2 / (5 + 2)), "berth costs twelve crowns day, against twelve crowns"
    assert (berth.passage_rank, berth.source_rank) == (1, 1)
    assert berth.citations == berth.valid_citations >= 1
    assert set(berth.timings_ms) == {"retrieve", "read", "decide"}
    assert answers(report)["bats"].path == "0002-Attics.txt"
    yacht = answers(report)["yacht"]
    assert (yacht.f1, yacht.exact, yacht.sentence, yacht.right, yacht.passage_rank) == (None, None, None, False, None)


def test_the_best_answer_is_judged_whatever_the_threshold(evaluation: Evaluation, tmp_path: Path) -> None:
    questions = load_question_set(write_squad(tmp_path))

    bold = answers(replace(evaluation, threshold=0.7).report(questions, no_progress))
    quiet = answers(replace(evaluation, threshold=1.0).report(questions, no_progress))

    assert {row.answered for row in bold.values()} == {True, False}
    assert not any(row.answered for row in quiet.values())
    for name, row in bold.items():
        assert row.answered == (row.answer is not None and row.confidence >= 0.7)
        assert replace(row, answered=False, timings_ms={}) == replace(quiet[name], timings_ms={})


def test_with_the_gold_passage_nothing_else_is_read(evaluation: Evaluation, tmp_path: Path) -> None:
    report = replace(evaluation, gold_passage=True).report(load_question_set(write_squad(tmp_path)), no_progress)

    rows = answers(report)
    assert len(rows) == 4
    assert all(row.passages == 1 for row in rows.values())
    assert all(row.passage_rank == 1 for row in rows.values() if row.answerable)
    assert rows["lantern"].quote == "The green lantern marks the northern pier."
    assert rows["yacht"].quote == BERTH_QUOTE, "the best of its own paragraph"
    assert report.about["set"]["gold_passage"]
    assert report.figures["citation_validity"] == 1.0


def test_a_paragraph_that_the_index_lost_is_counted(evaluation: Evaluation, tmp_path: Path) -> None:
    def without_lights(corpus: Path, index: Path) -> Engine:
        path = corpus / "0001-Harbour-rules.txt"
        path.write_text(path.read_text(encoding="utf-8").replace(LIGHTS, "Nothing."), encoding="utf-8")
        return evaluation.open_corpus(corpus, index)

    questions = load_question_set(write_squad(tmp_path))
    damaged = replace(evaluation, open_corpus=without_lights)

    report = damaged.report(questions, no_progress)
    assert answers(report)["lantern"].passage_rank is None
    assert report.notes == ("1 question: the paragraph is not in the index as it was, counted as not found.",)
    gold = replace(damaged, gold_passage=True).report(questions, no_progress)
    assert "lantern" not in answers(gold)
    assert gold.notes == ("1 question: the paragraph is not in the index as it was, left out.",)


def test_a_citation_of_a_file_that_is_another_now_is_not_valid(evaluation: Evaluation, tmp_path: Path) -> None:
    def meddled(corpus: Path, index: Path) -> Engine:
        engine = evaluation.open_corpus(corpus, index)
        (corpus / "0001-Harbour-rules.txt").write_text(f"{HARBOUR} ", encoding="utf-8")
        return engine

    report = replace(evaluation, open_corpus=meddled).report(load_question_set(write_squad(tmp_path)), no_progress)

    berth = answers(report)["berth"]
    assert berth.citations >= 1
    assert berth.valid_citations == 0
    assert report.figures["citation_validity"] is not None
    assert report.figures["citation_validity"] < 1


class WatchedReader(FakeReader):
    """Remembers what it was given, and returns its candidates worst first."""

    def __init__(self) -> None:
        self.given: list[RankedPassage] = []

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """The candidates in the wrong order."""
        self.given += passages
        return super().read(question, passages, lexical)[::-1]


def test_the_gold_passage_is_given_as_if_it_had_been_found(evaluation: Evaluation, tmp_path: Path) -> None:
    reader = WatchedReader()

    def watched(corpus: Path, index: Path) -> Engine:
        evaluation.open_corpus(corpus, index)
        return Library(settings=Settings(corpus=corpus, index=index)).engine(reader=reader)

    questions = load_question_set(write_squad(tmp_path))
    replace(evaluation, gold_passage=True, open_corpus=watched).report(questions, no_progress)

    berth, lantern = (given.passage for given in (reader.given[-4], reader.given[-2]))
    assert (berth.text, berth.path, berth.title) == (HARBOUR, "0001-Harbour-rules.txt", "Harbour rules")
    assert lantern.text == LIGHTS
    assert [lantern.slice(sentence) for sentence in lantern.chunk.sentences] == [
        "The green lantern marks the northern pier.",
        "The keeper sleeps at noon.",
    ]


def test_passages_rank_as_search_found_them_and_sources_as_they_were_read(
    evaluation: Evaluation, built: Library
) -> None:
    reading = replace(evaluation, open_own=lambda: built.engine(reader=WatchedReader()))
    question = Question(id="1", text=f"{BERTH[:-1]} by the lantern?", place="l1", answers=("twelve crowns",))

    plain = answers(evaluation.report(own(question), no_progress))["1"]
    reversed_ = answers(reading.report(own(question), no_progress))["1"]

    assert (plain.passage_rank, plain.source_rank) == (1, 1)
    assert (reversed_.passage_rank, reversed_.source_rank) == (1, 2)


def test_a_ranking_is_searched_with_and_without_the_gold_passage(evaluation: Evaluation, tmp_path: Path) -> None:
    report = replace(evaluation, gold_passage=True).report(load_question_set(write_beir(tmp_path)), no_progress)

    assert len(report.rows) == 2
    assert report.about["set"]["gold_passage"] is False


def test_beir_ranks_documents_by_their_best_passage(evaluation: Evaluation, tmp_path: Path) -> None:
    report = evaluation.report(load_question_set(write_beir(tmp_path)), no_progress)

    first, second = report.rows
    assert isinstance(first, RankingRow)
    assert isinstance(second, RankingRow)
    assert (first.ranking[0], first.gains[0], sorted(first.relevant)) == ("000001-d1.txt", 2, [1, 2])
    assert len(set(first.ranking)) == len(first.ranking)
    assert (second.ranking[0], second.gains[0], second.relevant) == ("000003-d-3.txt", 1, (1,))
    assert report.figures["mrr@10"] == 1.0
    assert set(report.latency_ms) == {"retrieve"}
    assert not report.curve


def test_own_questions_are_asked_on_the_own_index(evaluation: Evaluation, built: Library) -> None:
    report = evaluation.report(
        own(
            Question(id="1", text=BERTH, place="l1", answers=("A berth costs twelve crowns",)),
            Question(id="2", text=BERTH, place="l2", answers=("twelve crowns",), path="harbour.md"),
            Question(id="3", text=BERTH, place="l3", answers=("twelve crowns",), path="letters/café signals.txt"),
            Question(id="4", text=UNANSWERED, place="l4"),
        ),
        no_progress,
    )

    rows = answers(report)
    assert [rows[name].right for name in "1234"] == [True, True, False, False]
    assert [rows[name].sentence for name in "1234"] == [1.0, 1.0, 0.0, None]
    assert [rows[name].passage_rank for name in "1234"] == [1, 1, None, None]
    assert [rows[name].answered for name in "1234"] == [True, True, True, False]
    assert rows["4"].answer is None
    assert report.about["generation"] == built.store.current()
    assert report.about["created"] == "2026-01-01T12:00:00+00:00"


def test_a_document_that_the_index_does_not_hold_is_named(evaluation: Evaluation) -> None:
    question = Question(id="1", text=BERTH, place="mine.jsonl, line 7", answers=("x",), path="harbor.md")

    with pytest.raises(QuestionSetError, match=r"mine\.jsonl, line 7.*harbor\.md.*Documents page"):
        evaluation.report(own(question), no_progress)


def test_a_question_that_cannot_be_asked_is_named(evaluation: Evaluation) -> None:
    question = Question(id="1", text="a" * 2001, place="mine.jsonl, line 7")

    with pytest.raises(QuestionSetError, match=r"mine\.jsonl, line 7.*2,001"):
        evaluation.report(own(question), no_progress)


def test_a_sample_says_so_and_repeats(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(lines([{"question": f"What does berth {number} cost?"} for number in range(9)]))
    questions = load_question_set(path)

    first, second = (replace(evaluation, limit=3, seed=5).report(questions, no_progress) for _ in range(2))

    assert [row.id for row in first.rows] == [row.id for row in second.rows]
    assert len(first.rows) == 3
    assert (first.about["set"]["total"], first.about["set"]["seed"]) == (9, 5)
    assert evaluation.report(questions, no_progress).about["set"]["seed"] is None


def test_a_kept_index_is_used_again(evaluation: Evaluation, tmp_path: Path) -> None:
    questions = load_question_set(write_squad(tmp_path))
    keeping = replace(evaluation, keep=tmp_path / "kept")

    first, second = (keeping.report(questions, no_progress) for _ in range(2))

    assert first.about["generation"] == second.about["generation"]
    assert [replace(row, timings_ms={}) for row in first.rows] == [replace(row, timings_ms={}) for row in second.rows]
