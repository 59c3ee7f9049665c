"""The Answerer: decides once for each question, then grows, checks and orders what is quoted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.answering.citing import cite, quotable, said
from qa.answering.conflict import contradicting
from qa.answering.growing import Grown, grow, same_list
from qa.ports import Judge, LexicalIndex
from qa.text.forms import Form, expected_form
from qa.text.terms import QuestionTerms
from qa.types import Abstention, Answer, Candidate, Citation, ParsedDocument, RankedPassage, Reply, Verdict

CLOSE_SCORE = 0.15
"""A further candidate is quoted too when its score is at most this far below the best (in the reader's units)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Decides once per question. `threshold` is the least confidence for an answer."""

    judge: Judge
    threshold: float
    max_citations: int

    def reply(
        self,
        question: str,
        passages: Sequence[RankedPassage],
        candidates: Sequence[Candidate],
        *,
        generation: str,
        lexical: LexicalIndex,
        document: Callable[[str], tuple[ParsedDocument, str]],
    ) -> Reply:
        """Answer from the best candidates, or abstain with the reason.

        `document` gives the document of an id and the SHA-256 of its text as the manifest records it.
        """
        verdict = self.judge.judge(question, passages, candidates, lexical)
        if not candidates or verdict.confidence < self.threshold:
            return _abstained(question, verdict, passages, generation)
        terms = QuestionTerms.of(question, lexical).known()
        rival = contradicting(question, candidates, terms, lexical)
        form = expected_form(question)

        def quote(candidate: Candidate) -> _Quoted:
            return _quoted(candidate, form, document, lambda text: terms.coverage(lexical.terms(text)))

        quoted = self._chosen(candidates, rival, quote)
        if form is Form.LIST and _one_list(quoted):
            quoted.sort(key=lambda one: one.grown.quote)
        return Answer(
            question=question,
            span=quoted[0].grown.answer,
            citations=tuple(one.citation for one in quoted),
            confidence=verdict.confidence,
            passages=tuple(passages),
            generation=generation,
            left_out=quoted[0].grown.left_out,
            rival=rival.span if rival else None,
        )

    def _chosen(
        self, candidates: Sequence[Candidate], rival: Candidate | None, quote: Callable[[Candidate], "_Quoted"]
    ) -> list["_Quoted"]:
        """The best candidate, what contradicts it, and those close behind, none saying what another says already."""
        chosen = [quote(candidates[0]), *([quote(rival)] if rival else [])]
        for candidate in candidates[1:]:
            if len(chosen) >= self.max_citations or candidates[0].score - candidate.score > CLOSE_SCORE:
                break
            new = quote(candidate)
            if not any(new.repeats(other) for other in chosen):
                chosen.append(new)
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quoted:
    """A candidate's quotation with its document."""

    grown: Grown
    citation: Citation
    document: ParsedDocument

    def repeats(self, other: "_Quoted") -> bool:
        """Whether it says or is part of what the other quotes."""
        inside = self.document.id == other.document.id and other.grown.quote.overlaps(self.grown.quote)
        return inside or said(self.citation.quote) == said(other.citation.quote)


def _quoted(
    candidate: Candidate,
    form: Form,
    document: Callable[[str], tuple[ParsedDocument, str]],
    coverage: Callable[[str], float],
) -> _Quoted:
    source, text_sha256 = document(candidate.passage.chunk.document_id)
    unit = quotable(candidate)
    citation = cite(source, unit, quote=candidate.passage.slice(unit), text_sha256=text_sha256)
    grown = grow(form, candidate, source, coverage)
    if grown.quote != unit:  # beyond the passage, whose own words have just been proven
        citation = cite(source, grown.quote, quote=grown.quote.of(source.text), text_sha256=text_sha256)
    return _Quoted(grown=grown, citation=citation, document=source)


def _one_list(quoted: Sequence[_Quoted]) -> bool:
    first = quoted[0].document
    same = len(quoted) > 1 and all(one.document.id == first.id for one in quoted)
    return same and same_list([one.grown.quote for one in quoted], first)


def _abstained(question: str, verdict: Verdict, passages: Sequence[RankedPassage], generation: str) -> Abstention:
    return Abstention(
        question=question,
        reason=verdict.reason,
        confidence=verdict.confidence,
        missing=verdict.unknown,
        passages=tuple(passages),
        generation=generation,
    )
