"""The sentence reader: the best sentence or list item of the retrieved passages, by meaning and by words.

Each quotable unit is scored by a weighted sum of plain features. The weights were chosen on questions
over encyclopedia articles and search queries (`training/fit_decision.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
        units = list(_units(passages))
        if not units:
            return []
        terms = QuestionTerms.of(question, lexical)
        kind = expected_kind(question)
        similarities = self._similarities(question, units)
        candidates = []
        for position, unit in enumerate(units):
            held = lexical.terms(f"{unit.section} {unit.header} {unit.text}")
            features = {
                "similarity": similarities[position],
                "coverage": terms.coverage(lexical.terms(f"{unit.header} {unit.text}")),
                "coverage_in_section": terms.coverage(held),
                "passage": unit.ranked.score,
                "kind": float(has_kind(unit.text, kind)),
            }
            candidates.append(
                Candidate(
                    passage=unit.ranked.passage,
                    span=unit.span,
                    score=sum(weight * features[name] for name, weight in WEIGHTS.items()),
                    reader=NAME,
                    features=features,
                )
            )
        return sorted(candidates, key=lambda found: (-found.score, found.passage.path, found.span))

    def _similarities(self, question: str, units: Sequence[_Unit]) -> list[float]:
        """Cosine of the question with each unit under its section's name, which says what the unit is about.

        The cells of a row stand there with the names of their columns.
        """
        texts = [question, *(f"{unit.section}: {_in_words(unit)}" for unit in units)]
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


def _in_words(unit: _Unit) -> str:
    return in_words(unit.header, unit.text) if unit.header else unit.text
