"""The span reader: a cross-encoder reads question and passage together and finds the exact words that answer.

It re-scores the candidates of another reader (the sentence reader, whose features are kept), narrows each to the best
span inside its sentence, and ranks by a weighted sum; the weights were fitted on development questions that the model
was not trained on (`training/fit_decision.py`). The best one is read once more, its sentence alone: what answers by
itself answers more surely. That changes no order; the judge makes use of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qa.ports import LexicalIndex, Reader
from qa.reading.decode import best_in_units
from qa.reading.span_model import SpanModel
from qa.text.expectation import Kind, expected_kind, has_kind
from qa.text.tables import Reading, readings, row_reading
from qa.types import Candidate, RankedPassage, Span

NAME = "span"

WEIGHTS: Mapping[str, float] = {
    "span": 0.28,
    "similarity": 3.51,
    "coverage": -1.26,
    "coverage_in_section": 1.45,
    "passage": 4.5,
    "kind": 0.7,
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
        proposed: dict[str, dict[Span, Candidate]] = {}
        for candidate in self.sentences.read(question, passages, lexical):
            proposed.setdefault(candidate.passage.chunk.id, {})[candidate.span] = candidate
        texts = [pair for by_unit in proposed.values() for pair in _texts(by_unit)]
        windows = self.model.windows(question, [reading.text for reading, _ in texts])
        kind = expected_kind(question)
        narrowed: list[Candidate] = []
        for (reading, group), found in zip(texts, windows, strict=True):
            units = [reading.units[candidate.span] for candidate in group]
            for candidate, best in zip(group, best_in_units(found, units), strict=True):
                if best is not None:
                    span = _inside(reading.back(best.span) or candidate.span, candidate.span)
                    narrowed.append(_scored(candidate, span, best.score, kind))
        narrowed.sort(key=lambda found: (-found.score, found.passage.path, found.span))
        return [self._read_again(question, best) for best in narrowed[:1]] + narrowed[1:]

    def _read_again(self, question: str, found: Candidate) -> Candidate:
        """The candidate with two features more: the best score in its sentence alone, and whether it is the same span.

        The sentence stands under its section's name, as the sentence reader compares it.
        """
        passage = found.passage
        unit, header = next(one for one in passage.units() if one[0].overlaps(found.span))
        reading = row_reading(header, passage.slice(unit), unit) if header else Reading.plain(passage.slice(unit), unit)
        lead = f"{passage.section}: "
        within = Span(len(lead), len(lead) + len(reading.text))
        (windows,) = self.model.windows(question, [lead + reading.text])
        (best,) = best_in_units(windows, [within])
        if best is None:
            return found
        span = _inside(reading.back(best.span.shift(-len(lead))) or unit, unit)
        features = {**found.features, "again": best.score, "agrees": float(span == found.span)}
        return replace(found, features=features)


def _texts(by_unit: Mapping[Span, Candidate]) -> Iterator[tuple[Reading, list[Candidate]]]:
    """What is to be read of a passage that has these candidates, each text with its own."""
    passage = next(iter(by_unit.values())).passage
    for reading in readings(passage):
        if group := [by_unit[unit] for unit in reading.units if unit in by_unit]:
            yield reading, group


def _scored(candidate: Candidate, span: Span, score: float, kind: Kind) -> Candidate:
    """The candidate with its span; `kind` now asks of the span what the sentence reader asked of the sentence."""
    # The blank stands for the text before the span, since a name is a capital that does not begin the sentence.
    fits = has_kind(f" {candidate.passage.slice(span)}", kind)
    features = {**candidate.features, "span": score, "kind": float(fits)}
    total = sum(weight * features.get(name, 0.0) for name, weight in WEIGHTS.items())
    return replace(candidate, span=span, score=total, reader=NAME, features=features)


def _inside(span: Span, unit: Span) -> Span:
    return Span(max(span.start, unit.start), min(span.end, unit.end))
