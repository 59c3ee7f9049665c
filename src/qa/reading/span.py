"""The span reader: a cross-encoder reads question and passage together and finds the exact words that answer.

It re-scores the candidates of another reader (the sentence reader, whose features are kept), narrows each to the best
span inside its sentence, and ranks by a weighted sum; the weights were fitted on development questions that the model
was not trained on (`training/fit_decision.py`). Passages are read in stages as long as one may hold something better,
and sentences are compared with the question where that may matter (`depth.py`). The best one is read once more, its
sentence alone: what answers by itself answers more surely. That changes no order; the judge makes use of it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from qa.ports import LexicalIndex
from qa.reading.decode import best_in_units
from qa.reading.depth import Depth, may_be_better, score_of, worth_comparing
from qa.reading.sentence import unit_of
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
_ALL = Depth(close=math.inf)


class Sentences(Protocol):
    """Proposes sentences as candidates, and compares them with the question."""

    def proposed(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """One for each quotable unit, in the order of the passages, with every feature but the similarity."""

    def similarities(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        """The cosine of the question with the unit of each candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanReader:
    """Reads with a span model on top of a reader that proposes whole sentences.

    A sentence of which the model's tokenizer keeps nothing (stray control characters, say) is left out. Without a
    `depth` everything is read and compared, which takes three times as long and is for those who learn from it.
    """

    model: SpanModel
    sentences: Sentences
    depth: Depth | None = None

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """The sentences' candidates, narrowed and ranked anew; best first, ties by place.

        There is none of a passage that was left unread, and one that is surely not the best may lack a `similarity`.
        """
        waiting: dict[str, dict[Span, Candidate]] = {}
        for candidate in self.sentences.proposed(question, passages, lexical):
            waiting.setdefault(candidate.passage.chunk.id, {})[candidate.span] = candidate
        groups = list(waiting.values())
        found: list[Candidate] = []
        for first, last in (self.depth or _ALL).parts(len(groups)):
            found = self._compared(question, [*found, *self._narrowed(question, groups[first:last])])
            found.sort(key=lambda found: (-found.score, found.passage.path, found.span))
            unread = [candidate for group in groups[last:] for candidate in group.values()]
            if not may_be_better(next(iter(found), None), unread, WEIGHTS):
                break
        return [self._read_again(question, best) for best in found[:1]] + found[1:]

    def _narrowed(self, question: str, groups: Sequence[Mapping[Span, Candidate]]) -> Iterator[Candidate]:
        """The candidates of some passages, each with the best span in its sentence."""
        texts = [pair for by_unit in groups for pair in _texts(by_unit)]
        windows = self.model.windows(question, [reading.text for reading, _ in texts])
        kind = expected_kind(question)
        for (reading, group), found in zip(texts, windows, strict=True):
            units = [reading.units[candidate.span] for candidate in group]
            for candidate, best in zip(group, best_in_units(found, units), strict=True):
                if best is not None:
                    span = _inside(reading.back(best.span) or candidate.span, candidate.span)
                    yield _scored(candidate, span, best.score, kind)

    def _compared(self, question: str, found: list[Candidate]) -> list[Candidate]:
        """The same candidates, with their similarity where it may matter."""
        close = self.depth.close if self.depth else math.inf
        while places := worth_comparing(found, WEIGHTS, close):
            chosen = [found[place] for place in places]
            for place, similarity in zip(places, self.sentences.similarities(question, chosen), strict=True):
                features = {**found[place].features, "similarity": similarity}
                found[place] = replace(found[place], score=score_of(features, WEIGHTS), features=features)
        return found

    def _read_again(self, question: str, found: Candidate) -> Candidate:
        """The candidate with two features more: the best score in its sentence alone, and whether it is the same span.

        The sentence stands under its section's name, as the sentence reader compares it.
        """
        passage = found.passage
        unit, header = unit_of(found)
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
    return replace(candidate, span=span, score=score_of(features, WEIGHTS), reader=NAME, features=features)


def _inside(span: Span, unit: Span) -> Span:
    return Span(max(span.start, unit.start), min(span.end, unit.end))
