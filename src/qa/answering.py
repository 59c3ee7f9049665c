"""From candidates to an Answer or an Abstention; `cite` is the only maker of citations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.errors import CitationMismatch
from qa.ports import Judge, LexicalIndex
from qa.types import Abstention, Answer, Candidate, Citation, ParsedDocument, RankedPassage, Reply, Span

CLOSE_SCORE = 0.35
"""A further candidate is quoted too when its score is at most this far below the best (in the reader's units)."""


def cite(document: ParsedDocument, span: Span, *, quote: str, text_sha256: str) -> Citation:
    """The citation of a span, checked: `quote` is that slice of the text, and the text is the one that was indexed.

    Raises CitationMismatch when either does not hold; nothing unproven leaves this function.
    """
    remedy = "This is a bug in Quoth; please report it with the document. Rebuilding with `qa index --force` may help."
    if document.text_sha256 != text_sha256:
        raise CitationMismatch(f"The text of {document.source.path} is not the one that was indexed.", remedy=remedy)
    if span.end > len(document.text) or document.text[span.start : span.end] != quote:
        raise CitationMismatch(f"A quotation is not at {span} of {document.source.path}.", remedy=remedy)
    block = document.block_at(span.start)
    return Citation(
        document_id=document.id,
        path=document.source.path,
        title=document.title,
        page=block.page if block else None,
        headings=block.headings if block else (),
        span=span,
        quote=quote,
        text_sha256=text_sha256,
        source_sha256=document.source.sha256,
    )


def quotable(candidate: Candidate) -> Span:
    """The whole sentences or items that a candidate's span touches."""
    touched = [unit for unit in candidate.passage.chunk.sentences if unit.overlaps(candidate.span)]
    if not touched:
        return candidate.span
    return candidate.span.cover(touched[0]).cover(touched[-1])


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
            return Abstention(
                question=question,
                reason=verdict.reason,
                confidence=verdict.confidence,
                missing=verdict.unknown,
                passages=tuple(passages),
                generation=generation,
            )
        citations = []
        for candidate in self._quoted(candidates):
            span = quotable(candidate)
            source, text_sha256 = document(candidate.passage.chunk.document_id)
            quote = candidate.passage.slice(span)
            citations.append(cite(source, span, quote=quote, text_sha256=text_sha256))
        return Answer(
            question=question,
            span=candidates[0].span,
            citations=tuple(citations),
            confidence=verdict.confidence,
            passages=tuple(passages),
            generation=generation,
        )

    def _quoted(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The best candidate and those close behind it, none saying what another says already."""
        chosen: list[Candidate] = []
        said: set[str] = set()
        for candidate in candidates:
            if candidates[0].score - candidate.score > CLOSE_SCORE or len(chosen) == self.max_citations:
                break
            words = " ".join(candidate.passage.slice(quotable(candidate)).lower().split())
            if words not in said:
                said.add(words)
                chosen.append(candidate)
        return chosen
