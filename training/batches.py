"""In which order examples are shown, and as which arrays.

The order is a pure function of the seed, the pass and the chunk, so that training stopped at any batch goes on with the
next one, and so that other processes can make the chunks ahead.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data import Corpus, Feature, featurise
from training.mixture import SOURCES, Mix, Source, make_example, make_rivals
from training.rivals import Rivals, draw

CHUNK = 2048  # rows whose examples are sorted by length together
CHUNKS_AHEAD = 3  # of each worker
MULTIPLE = 16  # tokens; a width that fused attention on a graphics card takes without copying
Arrays = NDArray[np.int64]


@dataclass(frozen=True)
class Position:
    """The next batch to be shown."""

    epoch: int = 0
    chunk: int = 0
    batch: int = 0


@dataclass(frozen=True)
class Batch:
    """Windows as arrays filled up with zeros, and which of them compete.

    `ids` and `types` have shape (windows, tokens); `sizes`, `starts` and `ends` (windows,). A row of `groups`, of shape
    (groups, 1 + rivals), holds the window that answers a question and those that do not; -1 fills up.
    """

    ids: Arrays
    types: Arrays
    sizes: Arrays
    starts: Arrays
    ends: Arrays
    groups: Arrays
    examples: int


@dataclass(frozen=True)
class Recipe:
    """All that the batches depend on, beside the position."""

    corpus: Corpus
    tokenizer: Any
    seed: int
    tokens: int
    """How many a batch holds at most, padding included."""
    mix: Mix
    rivals: Rivals | None = None
    sources: Sequence[Source] = SOURCES


def epoch_order(recipe: Recipe, epoch: int) -> list[int]:
    """Rows of one pass in random order; a source with a fraction shows a different part of itself in each pass."""
    rng = random.Random(f"order {recipe.seed} {epoch}")
    times = {source.name: source.times for source in recipe.sources}
    order: list[int] = []
    for index, row in enumerate(recipe.corpus.rows):
        whole, rest = divmod(times.get(row.source, 1.0), 1.0)
        order += [index] * (int(whole) + (rng.random() < rest))
    rng.shuffle(order)
    return order


def grouped(recipe: Recipe, order: Sequence[int], rng: random.Random) -> list[list[Feature]]:
    """The windows of some rows: those of one question together, the one that answers it first."""
    rows = [recipe.corpus.rows[index] for index in order]
    groups = [[make_example(recipe.corpus, row, recipe.mix, rng)] for row in rows]
    general = {source.name for source in recipe.sources if not source.specific}
    chosen = [
        at
        for at, (row, group) in enumerate(zip(rows, groups, strict=True))
        if rng.random() < recipe.mix.rivals and group[0].start >= 0 and row.source not in general
    ]
    if recipe.rivals is not None and chosen:
        for at, nearest in zip(chosen, recipe.rivals.nearest([rows[at] for at in chosen]), strict=True):
            groups[at] += make_rivals(groups[at][0], draw(nearest, recipe.mix.rival_count, rng), rng)
    windows = iter(featurise(recipe.tokenizer, [example for group in groups for example in group]))
    features: list[list[Feature]] = []
    for at, group in enumerate(groups):
        own = [next(windows) for _ in group]
        shown = [rng.choice([part for part in parts if part.end > 0] or parts) for parts in own]
        competing = len(shown) > 1 and shown[0].end > 0
        features.append([replace(feature, group=at) for feature in shown] if competing else shown)
    return features


def token_batches(groups: Sequence[Sequence[Feature]], budget: int, rng: random.Random) -> list[list[Feature]]:
    """Batches of like length with at most `budget` tokens each (padding counted), in random order; no group is torn."""
    batches: list[list[Feature]] = []
    current: list[Feature] = []
    lengths = [max(len(feature.ids) for feature in group) for group in groups]
    for length, group in sorted(zip(lengths, groups, strict=True), key=lambda item: item[0]):
        if current and length * (len(current) + len(group)) > budget:
            batches.append(current)
            current = []
        current.extend(group)
    if current:
        batches.append(current)
    rng.shuffle(batches)
    return batches


def collate(features: Sequence[Feature]) -> Batch:
    """The arrays of some windows."""
    size = -(-max(len(feature.ids) for feature in features) // MULTIPLE) * MULTIPLE
    ids, types = np.zeros((2, len(features), size), dtype=np.int64)
    rows: dict[int, list[int]] = {}
    for row, feature in enumerate(features):
        ids[row, : len(feature.ids)] = feature.ids
        types[row, : len(feature.ids)] = feature.types
        if feature.group >= 0:
            rows.setdefault(feature.group, []).append(row)
    groups = np.full((len(rows), max(map(len, rows.values()), default=1)), -1, dtype=np.int64)
    for line, members in zip(groups, rows.values(), strict=True):
        line[: len(members)] = members
    return Batch(
        ids=ids,
        types=types,
        sizes=np.array([len(feature.ids) for feature in features]),
        starts=np.array([feature.start for feature in features]),
        ends=np.array([feature.end for feature in features]),
        groups=groups,
        examples=len(features) - sum(len(members) - 1 for members in rows.values()),
    )


@dataclass(frozen=True)
class Chunk:
    """Rows that are sorted by length together, where they stand, and where the next ones do."""

    rows: Sequence[int]
    epoch: int
    number: int
    following: Position


def chunks(recipe: Recipe, epoch: int, number: int) -> Iterator[Chunk]:
    """Chunks without end from one on."""
    while True:
        order = epoch_order(recipe, epoch)
        last = (len(order) - 1) // CHUNK
        for at in range(number, last + 1):
            following = Position(epoch, at + 1) if at < last else Position(epoch + 1)
            yield Chunk(order[at * CHUNK : (at + 1) * CHUNK], epoch, at, following)
        epoch, number = epoch + 1, 0


def chunk_batches(recipe: Recipe, chunk: Chunk) -> list[Batch]:
    """The batches of a chunk."""
    rng = random.Random(f"chunk {recipe.seed} {chunk.epoch} {chunk.number}")
    return [collate(batch) for batch in token_batches(grouped(recipe, chunk.rows, rng), recipe.tokens, rng)]


_recipe: list[Recipe] = []  # of a worker: there before it is forked, since a corpus is slow to send


def _work(chunk: Chunk) -> list[Batch]:
    return chunk_batches(_recipe[0], chunk)


def ahead(recipe: Recipe, waiting: Iterator[Chunk], workers: int) -> Iterator[tuple[Chunk, list[Batch]]]:
    """Chunks with their batches, made by other processes some time before they are needed."""
    _recipe[:] = [recipe]
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        running: deque[tuple[Chunk, Future[list[Batch]]]] = deque()
        for chunk in waiting:
            running.append((chunk, pool.submit(_work, chunk)))
            if len(running) > workers * CHUNKS_AHEAD:
                first, made = running.popleft()
                yield first, made.result()


def stream(recipe: Recipe, position: Position, workers: int = 0) -> Iterator[tuple[Batch, Position]]:
    """Batches without end from a position on, each with the position that follows it."""
    waiting = chunks(recipe, position.epoch, position.chunk)
    skip = position.batch
    made = ahead(recipe, waiting, workers) if workers else ((one, chunk_batches(recipe, one)) for one in waiting)
    for chunk, batches in made:
        for number in range(skip, len(batches)):
            last = number + 1 == len(batches)
            yield batches[number], chunk.following if last else Position(chunk.epoch, chunk.number, number + 1)
        skip = 0
