"""The sentence reader: the best sentence or list item of the retrieved passages, by meaning and by words.

Each quotable unit is scored by a weighted sum of plain features. The weights were chosen on questions
over encyclopedia articles and search queries (`training/fit_decision.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.ports import Encoder, LexicalIndex
from qa.text.expectation import expected_kind, has_kind
from qa.text.tables import in_words
from qa.text.terms import QuestionTerms
from qa.types import Candidate, RankedPassage, Span

NAME = "sentence"

WEIGHTS = {
    "similarity": 10.0,
    "coverage": 2.15,
    "coverage_in_section": 3.88,
    "passage": 2.22,
    "kind": 0.99,
}


@dataclass(frozen=True, slots=True)
class _Unit:
    ranked: RankedPassage
    span: Span
    text: str
    section: str
    header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceReader:
    """Reads with the sentence encoder alone; needs no weights of its own."""

    encoder: Encoder

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """One candidate for each quotable unit of the passages, best first, ties by place."""
        proposed = self.proposed(question, passages, lexical)
        similarities = self.similarities(question, proposed)
        candidates = []
        for found, similarity in zip(proposed, similarities, strict=True):
            features = {"similarity": similarity, **found.features}
            score = sum(weight * features[name] for name, weight in WEIGHTS.items())
            candidates.append(replace(found, score=score, features=features))
        return sorted(candidates, key=lambda found: (-found.score, found.passage.path, found.span))

    def proposed(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """The same candidates in the order of the passages, with every feature but the similarity, and no score.

        That one takes most of the time, and not every candidate is worth it.
        """
        terms = QuestionTerms.of(question, lexical)
        kind = expected_kind(question)
        candidates = []
        for unit in _units(passages):
            held = lexical.terms(f"{unit.section} {unit.header} {unit.text}")
            features = {
                "coverage": terms.coverage(lexical.terms(f"{unit.header} {unit.text}")),
                "coverage_in_section": terms.coverage(held),
                "passage": unit.ranked.score,
                "kind": float(has_kind(unit.text, kind)),
            }
            passage = unit.ranked.passage
            candidates.append(Candidate(passage=passage, span=unit.span, score=0.0, reader=NAME, features=features))
        return candidates

    def similarities(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        """Cosine of the question with each candidate's unit under its section, which says what the unit is about.

        The cells of a row stand there with the names of their columns.
        """
        if not candidates:
            return []
        texts = [question, *map(_in_section, candidates)]
        distinct = list(dict.fromkeys(texts))
        rows = dict(zip(distinct, self.encoder.encode(distinct), strict=True))
        return [float(rows[text] @ rows[question]) for text in texts[1:]]


def _units(passages: Sequence[RankedPassage]) -> Iterator[_Unit]:
    """The quotable units of all passages; one that neighbouring passages share belongs to the better of them."""
    seen: set[tuple[str, Span]] = set()
    for ranked in passages:
        chunk = ranked.passage.chunk
        for span, header in ranked.passage.units():
            if (chunk.document_id, span) not in seen:
                seen.add((chunk.document_id, span))
                yield _Unit(ranked, span, ranked.passage.slice(span), ranked.passage.section, header)


def unit_of(candidate: Candidate) -> tuple[Span, str]:
    """The quotable unit that a candidate is part of, with the head of its table (empty for what is no row)."""
    return next(one for one in candidate.passage.units() if one[0].overlaps(candidate.span))


def _in_section(candidate: Candidate) -> str:
    span, header = unit_of(candidate)
    text = candidate.passage.slice(span)
    return f"{candidate.passage.section}: {in_words(header, text) if header else text}"
