"""Judges what came back for one question against what is known of it.

The engine answers at threshold 0, so that what it would say is known at every threshold. EM and F1 compare the words
that the reader chose; the quotation is the one that is shown, in the form that the question asks for.

An answer is *right* when these words overlap with a gold answer with an F1 of at least 0.5. On one's own questions,
whose answers are often a phrase of the sentence that is expected, an answer whose quotation holds a gold answer is
right too, and either must stand in the right document where the question names it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.engine import Engine, Replied
from qa.evaluation.metrics import exact_match, f1, holds
from qa.evaluation.questions import Question, Task
from qa.evaluation.rows import AnswerRow
from qa.types import Answer, Candidate, Citation, Passage, RankedPassage, Span, text_sha256

RIGHT_F1 = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with all that the stages said to it."""

    question: Question
    passages: Sequence[RankedPassage]
    candidates: Sequence[Candidate]
    replied: Replied


@dataclass(frozen=True, kw_only=True)
class Judging:
    """What judging needs besides: the documents, what kind of questions these are, and the files if they are there.

    The engine shows all that it would answer; `threshold` is the confidence from which it does when it serves.
    """

    engine: Engine
    task: Task
    threshold: float
    corpus: Path | None = None

    def row(self, asked: Asked, paragraph: Span | None) -> AnswerRow:
        """The row of a question; `paragraph` is its gold paragraph in the canonical text, where there is one."""
        question, reply = asked.question, asked.replied.reply
        best = asked.candidates[0] if asked.candidates else None
        answer = best.passage.slice(best.span) if best else None
        citations = reply.citations if isinstance(reply, Answer) else ()
        first = citations[0] if citations else None
        f1_score = f1(answer or "", question.answers) if question.answers else None
        placed = first is not None and question.path in (None, first.path)
        held = placed and first is not None and holds(first.quote, question.answers)
        sources = dict.fromkeys(candidate.passage.chunk.id for candidate in asked.candidates)
        gold = {ranked.passage.chunk.id for ranked in asked.passages if is_gold(ranked.passage, question, paragraph)}
        return AnswerRow(
            id=question.id,
            question=question.text,
            golds=question.answers,
            answered=first is not None and reply.confidence >= self.threshold,
            confidence=reply.confidence,
            answer=answer,
            quote=first.quote if first else None,
            path=first.path if first else None,
            start=best.span.start if best else None,
            end=best.span.end if best else None,
            exact=exact_match(answer or "", question.answers) if question.answers else None,
            f1=f1_score,
            sentence=float(held) if question.answers else None,
            right=self._is_right(f1_score, held=held, placed=placed),
            passages=len(asked.passages),
            passage_rank=_rank((ranked.passage.chunk.id for ranked in asked.passages), gold),
            source_rank=_rank(sources, gold),
            citations=len(citations),
            valid_citations=sum(self.is_valid(citation) for citation in citations),
            timings_ms=dict(asked.replied.timings_ms),
        )

    def is_valid(self, citation: Citation) -> bool:
        """Whether the quotation stands where it says, and both hashes are those of the text and of the file.

        The text's is computed anew; the file's too when the corpus is at hand, else it is compared with the index.
        """
        text = self.engine.document(citation.document_id).text
        return (
            text[citation.span.start : citation.span.end] == citation.quote
            and text_sha256(text) == citation.text_sha256
            and self._source_sha256(citation) == citation.source_sha256
        )

    def _source_sha256(self, citation: Citation) -> str:
        if self.corpus is None:
            return self.engine.record(citation.document_id).sha256
        return hashlib.sha256((self.corpus / citation.path).read_bytes()).hexdigest()

    def _is_right(self, f1_score: float | None, *, held: bool, placed: bool) -> bool:
        close = f1_score is not None and f1_score >= RIGHT_F1
        return (close and placed) or held if self.task is Task.OWN else close


def is_gold(passage: Passage, question: Question, paragraph: Span | None) -> bool:
    """Whether a passage holds a gold answer, in the right document and paragraph as far as they are known."""
    if question.path is not None and passage.path != question.path:
        return False
    if question.paragraph is not None and (paragraph is None or not passage.chunk.span.overlaps(paragraph)):
        return False
    return holds(passage.text, question.answers)


def _rank(ids: Iterable[str], gold: set[str]) -> int | None:
    return next((rank for rank, name in enumerate(ids, start=1) if name in gold), None)
