"""The span reader: a cross-encoder reads question and passage together and finds the exact words that answer.

It re-scores the candidates of another reader (the sentence reader, whose features are kept), narrows each to the best
span inside its sentence, and ranks by a weighted sum; the weights were fitted on development questions that the model
was not trained on (`training/fit_decision.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qa.ports import LexicalIndex, Reader
from qa.reading.decode import best_in_units
from qa.reading.span_model import SpanModel
from qa.text.expectation import Kind, expected_kind, has_kind
from qa.types import Candidate, RankedPassage, Span

NAME = "span"

WEIGHTS: Mapping[str, float] = {
    "span": 0.29,
    "similarity": 4.07,
    "coverage": -2.16,
    "coverage_in_section": 1.8,
    "passage": 6.45,
    "kind": 0.97,
}
"""Fitted to the scale of the packaged model's logits; another model's need not have it (`training/README.md`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanReader:
    """Reads with a span model on top of a reader that proposes whole sentences.

    A sentence of which the model's tokenizer keeps nothing (stray control characters, say) is left out.
    """

    model: SpanModel
    sentences: Reader

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """The sentences' candidates, narrowed and ranked anew; best first, ties by place."""
        proposed = self.sentences.read(question, passages, lexical)
        by_passage: dict[str, list[Candidate]] = {}
        for candidate in proposed:
            by_passage.setdefault(candidate.passage.chunk.id, []).append(candidate)
        groups = list(by_passage.values())
        leads = [group[0].passage.lead for group in groups]
        texts = [lead + group[0].passage.text for lead, group in zip(leads, groups, strict=True)]
        windows = self.model.windows(question, texts)
        kind = expected_kind(question)
        narrowed: list[Candidate] = []
        for group, lead, found in zip(groups, leads, windows, strict=True):
            origin = group[0].passage.chunk.span.start - len(lead)
            units = [candidate.span.shift(-origin) for candidate in group]
            for candidate, best in zip(group, best_in_units(found, units), strict=True):
                if best is not None:
                    span = best.span.shift(origin)
                    narrowed.append(_scored(candidate, _inside(span, candidate.span), best.score, kind))
        return sorted(narrowed, key=lambda found: (-found.score, found.passage.path, found.span))


def _scored(candidate: Candidate, span: Span, score: float, kind: Kind) -> Candidate:
    """The candidate with its span; `kind` now asks of the span what the sentence reader asked of the sentence."""
    # The blank stands for the text before the span, since a name is a capital that does not begin the sentence.
    fits = has_kind(f" {candidate.passage.slice(span)}", kind)
    features = {**candidate.features, "span": score, "kind": float(fits)}
    total = sum(weight * features.get(name, 0.0) for name, weight in WEIGHTS.items())
    return replace(candidate, span=span, score=total, reader=NAME, features=features)


def _inside(span: Span, unit: Span) -> Span:
    return Span(max(span.start, unit.start), min(span.end, unit.end))
