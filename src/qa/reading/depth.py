"""How far reading goes: which passages may still hold the best answer, and which sentences are worth comparing; pure.

A sentence is not compared with the question when even the highest cosine would leave it behind, which loses nothing.
A passage is not read when what reading usually adds would not bring it to the front, which was measured: on 1,500
questions (500 of SQuAD 1.1, 700 of SQuAD 2.0, 150 each of Natural Questions and about scientific articles) the first
candidate was always that of reading all 8 passages, and 5.8, 6.7, 5.1 and 6.7 of them were read on average. (With 12
in place of 15 for the span they were 5.0, 6.2, 4.3 and 6.0, and one first candidate was another.)
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from qa.text.values import values
from qa.types import Candidate

STAGES = (2, 4)
"""After so many passages it is asked whether any other may hold the best answer; then all are read."""
UNREAD: Mapping[str, float] = {"span": 15.0, "similarity": 0.6, "kind": 1.0}
"""What the best sentence of a passage is taken to have of the features that only reading shows. Those that have more
stood in front anyway. It belongs to the ranking weights: others, or another scale of logits, need other values
(`training/fit_depth.py`)."""
AT_ONCE = 4
"""So many sentences are encoded together before it is asked again whether others may be better."""
_SAME = 1e-9
"""Two shares of a question's words that are computed in different order may differ by less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """When to stop. `close` is how far behind the best (in the reader's units) a candidate still counts.

    Without `stages` all passages are read, whatever they hold.
    """

    close: float
    stages: tuple[int, ...] = ()

    def parts(self, passages: int) -> Iterator[tuple[int, int]]:
        """The stages of so many passages, each with its first passage and the one after its last."""
        return pairwise((0, *(stage for stage in self.stages if stage < passages), passages))


def score_of(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted sum; a similarity that was not computed is taken to be what it usually is."""
    known = features if "similarity" in features else {**features, "similarity": usual_similarity(features)}
    return sum(weight * known.get(name, 0.0) for name, weight in weights.items())


def usual_similarity(features: Mapping[str, float]) -> float:
    """What the similarity of a sentence is on average, given how it and its passage fit the question.

    By least squares over 57,000 sentences of the same questions; it is off by 0.13 (standard deviation), and is never
    put in place of a similarity that may decide which candidate comes first.
    """
    return 0.1 + 0.35 * features.get("coverage_in_section", 0.0) + 0.43 * features.get("passage", 0.0)


def worth_comparing(found: Sequence[Candidate], weights: Mapping[str, float], close: float) -> list[int]:
    """The places of the candidates whose similarity to compute next: those that may be (close to) the best, best first.

    A cosine is 1 at most, so what is left out is surely behind.
    """
    best = max((one.score for one in found if "similarity" in one.features), default=-math.inf)
    highest = {
        place: score_of({**one.features, "similarity": math.copysign(1.0, weights.get("similarity", 0.0))}, weights)
        for place, one in enumerate(found)
        if "similarity" not in one.features
    }
    hopeful = [place for place, score in highest.items() if score >= best - close]
    return sorted(hopeful, key=lambda place: -highest[place])[:AT_ONCE]


def may_be_better(
    best: Candidate | None,
    unread: Sequence[Candidate],
    weights: Mapping[str, float],
    gained: Mapping[str, float] = UNREAD,
) -> bool:
    """Whether a passage whose candidates are `unread` may hold something better, or the same with another value.

    Reading is taken to give the best of them the features that are `gained`. What contradicts a figure has the same
    words of the question, so whatever has as many is read to see.
    """
    if best is None:
        return bool(unread)
    if any(score_of({**one.features, **gained}, weights) > best.score for one in unread):
        return True
    held = best.features.get("coverage_in_section", 0.0) - _SAME
    rivals = any(one.features.get("coverage_in_section", 0.0) >= held for one in unread)
    return rivals and bool(values(best.passage.slice(best.span)))
