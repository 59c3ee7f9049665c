"""From the logits of a span model to the best span inside each quotable unit; pure.

The standard SQuAD 2.0 recipe: a span's score is its start logit plus its end logit, and the score of "no answer" is
that of the first token (Devlin et al., "BERT", 2019). What is compared between units and passages is the difference of
the two, each taken from the same window.

There the usual script for SQuAD differs: it compares the best span of all windows with the lowest "no answer" of any of
them, which serves to decide once for a passage. Here units are ranked. Within a window the difference is that of two
logarithms of probabilities under one softmax, while the logits of two windows have no common scale; and the lowest "no
answer" is that of the window which holds the answer, so it would lift the units of all others. With one window, which
is what almost every passage has, both are the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qa.types import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30
"""Longer spans are no short answers; the limit is that of the SQuAD recipe."""


@dataclass(frozen=True, slots=True)
class Window:
    """The logits of one window over a passage.

    `start` and `end` have shape (tokens,) and belong to the passage's tokens only; `offsets` holds the characters of
    each token in the passage, ascending and never empty; `null` is the score of "no answer".
    """

    start: "NDArray[np.float32]"
    end: "NDArray[np.float32]"
    offsets: Sequence[tuple[int, int]]
    null: float


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """A span of the passage with its score over "no answer"."""

    span: Span
    score: float


def best_in_units(windows: Sequence[Window], units: Sequence[Span]) -> list[ScoredSpan | None]:
    """For each unit (spans of the passage), its best span over the windows, or None where none holds a token of it.

    A unit is read in the windows that hold all of its tokens; one that every window cuts, in all that hold a part.
    """
    places = [np.array(window.offsets, np.int64).reshape(-1, 2) for window in windows]
    return [_best_of_windows(windows, places, unit) for unit in units]


def _best_of_windows(windows: Sequence[Window], places: Sequence["NDArray[np.int64]"], unit: Span) -> ScoredSpan | None:
    parts: list[tuple[Span, ScoredSpan]] = []
    for window, place in zip(windows, places, strict=True):
        first = int(np.searchsorted(place[:, 0], unit.start, side="left"))
        last = int(np.searchsorted(place[:, 1], unit.end, side="right"))
        if first < last:
            left, right, score = _best(window.start[first:last], window.end[first:last])
            span = Span(int(place[first + left, 0]), int(place[first + right, 1]))
            held = Span(int(place[first, 0]), int(place[last - 1, 1]))
            parts.append((held, ScoredSpan(span, score - window.null)))
    if not parts:
        return None
    all_of_it = Span(min(held.start for held, _ in parts), max(held.end for held, _ in parts))
    whole = [found for held, found in parts if held == all_of_it]
    return max(whole or [found for _, found in parts], key=lambda found: found.score)


def _best(start: "NDArray[np.float32]", end: "NDArray[np.float32]") -> tuple[int, int, float]:
    """The best first and last token (last - first < MAX_ANSWER_TOKENS) and the sum of their logits."""
    size = len(start)
    allowed = np.tri(size, size, MAX_ANSWER_TOKENS - 1, dtype=bool) & ~np.tri(size, size, -1, dtype=bool)
    scores = np.where(allowed, start[:, None] + end[None, :], -np.inf)
    first, last = divmod(int(np.argmax(scores)), size)
    return first, last, float(scores[first, last])
