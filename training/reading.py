"""Reading answers with a trained reader, whichever runtime holds it: tokens in, best span and no-answer score out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Scorer = Callable[[Integers, Integers, Integers], tuple[Floats, Floats]]
"""(token ids, attention mask, token types) -> (start scores, end scores)"""


@dataclass(frozen=True)
class Reading:
    """The best span of a context, its score, and the score for no answer."""

    text: str
    score: float
    null_score: float

    @property
    def margin(self) -> float:
        """How much better the span is than no answer."""
        return self.score - self.null_score


def best_span(start: Floats, end: Floats, longest: int) -> tuple[int, int, float]:
    """The pair with the highest sum, at most `longest` tokens and in order."""
    sums = start[:, None] + end[None, :]
    size = len(start)
    rows, columns = np.arange(size)[:, None], np.arange(size)[None, :]
    sums = np.where((columns >= rows) & (columns < rows + longest), sums, -np.inf)
    first, last = divmod(int(sums.argmax()), size)
    return first, last, float(sums[first, last])


def pad(sequences: Sequence[Sequence[int]]) -> Integers:
    """Rows of different length as one array filled up with zeros."""
    array = np.zeros((len(sequences), max(map(len, sequences))), dtype=np.int64)
    for row, sequence in zip(array, sequences, strict=True):
        row[: len(sequence)] = sequence
    return array


def by_length(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Indices in groups of like length with at most `budget` padded tokens."""
    group: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and lengths[index] * (len(group) + 1) > budget:
            yield group
            group = []
        group.append(index)
    if group:
        yield group


def read(
    score: Scorer,
    tokenizer: Any,
    pairs: Sequence[tuple[str, str]],
    *,
    max_tokens: int = 384,
    stride: int = 128,
    longest: int = 30,
    budget: int = 6144,
) -> list[Reading]:
    """The best span for each (question, context), over windows where the context is long."""
    encoded = tokenizer(
        [question for question, _ in pairs],
        [context for _, context in pairs],
        truncation="only_second",
        max_length=max_tokens,
        stride=stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    readings: list[Reading | None] = [None] * len(pairs)
    for group in by_length([len(ids) for ids in encoded["input_ids"]], budget):
        ids = pad([encoded["input_ids"][index] for index in group])
        mask = pad([encoded["attention_mask"][index] for index in group])
        types = pad([encoded["token_type_ids"][index] for index in group])
        starts, ends = score(ids, mask, types)
        for row, index in enumerate(group):
            source = encoded["overflow_to_sample_mapping"][index]
            offsets = encoded["offset_mapping"][index]
            window = read_window(starts[row], ends[row], types[row], offsets, pairs[source][1], longest)
            readings[source] = better(readings[source], window)
    return [reading for reading in readings if reading is not None]


def read_window(
    start: Floats, end: Floats, types: Integers, offsets: Sequence[tuple[int, int]], context: str, longest: int
) -> Reading:
    """The best span of one window."""
    first, last = int(types.argmax()), len(offsets) - 1
    left, right, score = best_span(start[first:last], end[first:last], longest)
    text = context[offsets[first + left][0] : offsets[first + right][1]]
    return Reading(text, score, float(start[0] + end[0]))


def better(old: Reading | None, new: Reading) -> Reading:
    """Of two windows the better span, with the lower of the two scores for no answer."""
    if old is None:
        return new
    best = new if new.score > old.score else old
    return Reading(best.text, best.score, min(old.null_score, new.null_score))
