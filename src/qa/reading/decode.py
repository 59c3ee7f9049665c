"""From the logits of a span model to the best span inside each quotable unit; pure.

The standard SQuAD 2.0 recipe: a span's score is its start logit plus its end logit, and the score of "no answer" is
that of the first token (Devlin et al., "BERT", 2019). What is compared between passages is the difference of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qa.types import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ANSWER_TOKENS = 30
"""Longer spans are no short answers."""


@dataclass(frozen=True, slots=True)
class Window:
    """The logits of one window over a passage.

    `start` and `end` have shape (tokens,) and belong to the passage's tokens only; `offsets` holds the characters of
    each token in the passage; `null` is the score of "no answer".
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
    """For each unit (spans of the passage), its best span over all windows, or None where no window holds a token."""
    best: list[ScoredSpan | None] = [None] * len(units)
    for window in windows:
        starts = np.array([start for start, _ in window.offsets], np.int64)
        ends = np.array([end for _, end in window.offsets], np.int64)
        for position, unit in enumerate(units):
            first = int(np.searchsorted(starts, unit.start, side="left"))
            last = int(np.searchsorted(ends, unit.end, side="right"))
            if first >= last:
                continue
            found = _best(window.start[first:last], window.end[first:last])
            span = Span(int(starts[first + found[0]]), int(ends[first + found[1]]))
            score = found[2] - window.null
            held = best[position]
            if held is None or score > held.score:
                best[position] = ScoredSpan(span, score)
    return best


def _best(start: "NDArray[np.float32]", end: "NDArray[np.float32]") -> tuple[int, int, float]:
    """The best first and last token (last - first < MAX_ANSWER_TOKENS) and the sum of their logits."""
    size = len(start)
    allowed = np.tri(size, size, MAX_ANSWER_TOKENS - 1, dtype=bool) & ~np.tri(size, size, -1, dtype=bool)
    scores = np.where(allowed, start[:, None] + end[None, :], -np.inf)
    first, last = divmod(int(np.argmax(scores)), size)
    return first, last, float(scores[first, last])
