"""Asks an engine the questions of a set and keeps, for each, what came back as a row."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from qa.engine import Engine, Read, Replied, Retrieved
from qa.errors import InvalidQuestion, QuestionSetError
from qa.evaluation.corpus import located
from qa.evaluation.judging import Asked, Judging
from qa.evaluation.questions import Question, QuestionSet, Task
from qa.evaluation.rows import AnswerRow, RankingRow, Row
from qa.ports import Progress
from qa.text.sentences import sentence_spans
from qa.types import Candidate, Chunk, Passage, RankedPassage, Span, document_id

RANKING_DEPTH = 100
"""Passages asked for when documents are ranked; several may belong to one document."""


class Asking:
    """The questions of one set, put to one engine that answers at threshold 0; `threshold` is the one that serves.

    `corpus` is the folder that the index was built from, to check hashes.

    With `gold_passage` nothing is searched: the reader gets the question's own paragraph alone. A question whose
    paragraph the index does not hold is left out then, and counted in `unlocated` in any case.
    """

    def __init__(
        self,
        engine: Engine,
        question_set: QuestionSet,
        *,
        threshold: float,
        corpus: Path | None = None,
        gold_passage: bool = False,
    ) -> None:
        self.engine = engine
        self._set = question_set
        self.gold_passage = gold_passage
        self._paragraphs = paragraph_spans(engine, question_set)
        self._judging = Judging(engine=engine, task=question_set.task, threshold=threshold, corpus=corpus)
        self._questions = [
            question for question in question_set.questions if not gold_passage or self._paragraph(question)
        ]
        _check_paths(engine, question_set)

    @property
    def unlocated(self) -> int:
        """How many questions have a paragraph that the index does not hold as it was."""
        questions = self._set.questions
        return sum(question.paragraph is not None and self._paragraph(question) is None for question in questions)

    def rows(self, progress: Progress) -> list[Row]:
        """A row for every question, in order; raises QuestionSetError naming the place of one that cannot be asked."""
        self.engine.warm()
        rows: list[Row] = []
        for number, question in enumerate(self._questions):
            progress("asking", number, len(self._questions))
            try:
                rows.append(self._ranked(question) if self._set.task is Task.RETRIEVAL else self._answered(question))
            except InvalidQuestion as error:
                raise QuestionSetError(f"{question.place}: {error.message}", remedy=error.remedy) from None
        progress("asking", len(self._questions), len(self._questions))
        return rows

    def _answered(self, question: Question) -> AnswerRow:
        given = [self._own_passage(question)] if self.gold_passage else None
        passages: Sequence[RankedPassage] = ()
        candidates: Sequence[Candidate] = ()
        for event in self.engine.stages(question.text, passages=given):
            match event:
                case Retrieved():
                    passages = event.passages
                case Read():
                    candidates = event.candidates
                case Replied():
                    replied = event
        asked = Asked(question=question, passages=passages, candidates=candidates, replied=replied)
        return self._judging.row(asked, self._paragraph(question))

    def _ranked(self, question: Question) -> RankingRow:
        """Documents in the order of their best passages."""
        start = time.perf_counter()
        passages = self.engine.search(question.text, limit=RANKING_DEPTH)
        milliseconds = round((time.perf_counter() - start) * 1000, 2)
        ranking = tuple(dict.fromkeys(ranked.passage.path for ranked in passages))
        return RankingRow(
            id=question.id,
            question=question.text,
            ranking=ranking,
            gains=tuple(question.relevant.get(path, 0) for path in ranking),
            relevant=tuple(grade for grade in question.relevant.values() if grade > 0),
            timings_ms={"retrieve": milliseconds},
        )

    def _paragraph(self, question: Question) -> Span | None:
        if question.paragraph is None or question.path is None:
            return None
        return self._paragraphs[question.path][question.paragraph]

    def _own_passage(self, question: Question) -> RankedPassage:
        """The question's paragraph as if it had been found, and found well."""
        span = self._paragraph(question)
        assert span is not None
        assert question.path is not None
        document = self.engine.document(document_id(question.path))
        text = span.of(document.text)
        block = document.block_at(span.start)
        chunk = Chunk(
            document_id=document.id,
            ordinal=0,
            span=span,
            sentences=tuple(sentence.shift(span.start) for sentence in sentence_spans(text)),
            children=(),
            headings=block.headings if block else (),
        )
        passage = Passage(
            chunk=chunk,
            path=document.source.path,
            title=document.title,
            text=text,
            text_sha256=document.text_sha256,
            source_sha256=document.source.sha256,
        )
        return RankedPassage(passage=passage, score=1.0, rank=1, contributions=())


def paragraph_spans(engine: Engine, question_set: QuestionSet) -> Mapping[str, Sequence[Span | None]]:
    """The paragraphs of every document that the set brings with it, as spans of the canonical text."""
    if question_set.task is not Task.READING:
        return {}
    indexed = _indexed(engine)
    return {
        document.path: located(engine.document(document_id(document.path)).text, document.paragraphs)
        if document.path in indexed
        else [None] * len(document.paragraphs)
        for document in question_set.documents
    }


def _check_paths(engine: Engine, question_set: QuestionSet) -> None:
    if question_set.task is not Task.OWN:
        return
    indexed = _indexed(engine)
    for question in question_set.questions:
        if question.path is not None and question.path not in indexed:
            raise QuestionSetError(
                f"{question.place}: the index holds no document “{question.path}”.",
                remedy="Write its path relative to the corpus folder, as the Documents page shows it.",
            )


def _indexed(engine: Engine) -> set[str]:
    """The paths of the documents that the index holds."""
    return {record.path for record in engine.documents() if record.reason is None}
