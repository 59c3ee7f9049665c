"""What the reader is shown, and in which order: sources and their weights, negatives, cropped and joined contexts.

The order is a pure function of the seed, the pass and the chunk, so that training stopped at any batch goes on with the
next one.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.data import Corpus, Example, Feature, Row, add_source, content_words, featurise, load_squad
from training.perturb import Case, unanswerable

CHUNK = 2048  # examples that are sorted by length together
LONGEST_CONTEXT = 1700  # characters; some 384 tokens
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")


@dataclass(frozen=True)
class Source:
    """One file of the training data: how often each pass shows it, and how it has to be cleaned."""

    name: str
    times: float = 1.0
    longest: int = 60
    tokenised: bool = False


SOURCES = (
    Source("squad_v1.1_train"),
    Source("squad_v2_unanswerable_train", times=2.0),
    Source("qed_nq_train", times=2.0, longest=40, tokenised=True),
    Source("policyqa", times=0.5, longest=45),
    Source("tatqa_text_span", times=1.0, longest=45),
    Source("fairytaleqa_train", times=0.6, longest=10, tokenised=True),
)


@dataclass(frozen=True)
class Mix:
    """Shares of the treatments; what is left is the question with its own passage."""

    other_article: float = 0.06
    same_article: float = 0.08
    perturbed: float = 0.06
    cropped: float = 0.28
    joined: float = 0.12
    unmarked_question: float = 0.2
    rivals: float = 0.0
    """Of the examples that are answered: shown together with a passage of the same article that does not answer."""


@dataclass(frozen=True)
class Position:
    """The next batch to be shown."""

    epoch: int = 0
    chunk: int = 0
    batch: int = 0


def load_corpus(folder: Path, sources: Sequence[Source] = SOURCES) -> Corpus:
    """All training sources in one corpus."""
    corpus = Corpus()
    for source in sources:
        articles = load_squad(folder / f"{source.name}.json.gz")
        add_source(corpus, articles, source.name, longest=source.longest, tokenised=source.tokenised)
    return corpus


def epoch_order(corpus: Corpus, seed: int, epoch: int, sources: Sequence[Source] = SOURCES) -> list[int]:
    """Rows of one pass in random order; a source with a fraction shows a different part of itself in each pass."""
    rng = random.Random(f"order {seed} {epoch}")
    times = {source.name: source.times for source in sources}
    order: list[int] = []
    for index, row in enumerate(corpus.rows):
        whole, rest = divmod(times.get(row.source, 1.0), 1.0)
        order += [index] * (int(whole) + (rng.random() < rest))
    rng.shuffle(order)
    return order


def sentence_bounds(text: str) -> list[int]:
    """Where sentences start, and the end of the text."""
    inner = [match.end() for match in _SENTENCE_END.finditer(text) if match.end() < len(text)]
    return [0, *inner, len(text)]


def crop(text: str, start: int, end: int, limit: int, rng: random.Random) -> tuple[int, int]:
    """A random window of whole sentences of at most `limit` characters around start..end (anywhere if start < 0)."""
    bounds = sentence_bounds(text)
    if start < 0:
        left = rng.randrange(len(bounds) - 1)
        right = left + 1
    else:
        left = max(index for index in range(len(bounds) - 1) if bounds[index] <= start)
        right = min(index for index in range(1, len(bounds)) if bounds[index] >= end)
    while True:
        sides = []
        if left > 0 and bounds[right] - bounds[left - 1] <= limit:
            sides.append(-1)
        if right < len(bounds) - 1 and bounds[right + 1] - bounds[left] <= limit:
            sides.append(1)
        if not sides:
            return bounds[left], bounds[right]
        if rng.choice(sides) < 0:
            left -= 1
        else:
            right += 1


def hard_negative(corpus: Corpus, row: Row, rng: random.Random) -> int | None:
    """A paragraph of the same article that shares many words with the question and does not hold the answer."""
    article = corpus.articles[row.article]
    asked = content_words(row.question)
    answer = row.answer.lower()
    ranked = sorted(
        (index for index in range(len(article)) if index != row.paragraph),
        key=lambda index: -len(asked & article[index].words),
    )
    fitting = [index for index in ranked[:6] if answer not in article[index].text.lower()]
    return rng.choice(fitting[:3]) if fitting else None


def other_passage(corpus: Corpus, row: Row, rng: random.Random) -> str | None:
    """A random paragraph of another article without the answer."""
    other = corpus.rows[rng.randrange(len(corpus.rows))]
    text = corpus.articles[other.article][other.paragraph].text
    return None if other.article == row.article or row.answer.lower() in text.lower() else text


def as_negative(corpus: Corpus, row: Row, mix: Mix, rng: random.Random) -> Example | None:
    """The row as a question that its context does not answer, for the share of rows that the mix says."""
    draw = rng.random()
    article = corpus.articles[row.article]
    if draw < mix.other_article:
        text = other_passage(corpus, row, rng)
        return Example(row.question, text) if text else None
    draw -= mix.other_article
    if draw < mix.same_article:
        index = hard_negative(corpus, row, rng)
        return Example(row.question, article[index].text) if index is not None else None
    draw -= mix.same_article
    if draw < mix.perturbed:
        passage = article[row.paragraph].text
        changed = unanswerable(Case(row.question, passage, rng.choice(article).text, row.answer), rng)
        return Example(changed, passage) if changed else None
    return None


def join_neighbour(corpus: Corpus, row: Row, example: Example, rng: random.Random) -> Example:
    """The example's context with the next or the previous paragraph of the article, where that stays short enough."""
    article = corpus.articles[row.article]
    before = rng.random() < 0.5
    index = row.paragraph - 1 if before else row.paragraph + 1
    if not 0 <= index < len(article):
        return example
    extra = article[index].text
    if len(extra) + len(example.context) > LONGEST_CONTEXT or row.answer.lower() in extra.lower():
        return example
    if not before:
        return Example(example.question, f"{example.context}\n{extra}", example.start, example.end)
    shift = len(extra) + 1
    return Example(example.question, f"{extra}\n{example.context}", example.start + shift, example.end + shift)


def make_example(corpus: Corpus, row: Row, mix: Mix, rng: random.Random) -> Example:
    """One row as it is shown this time."""
    example = as_negative(corpus, row, mix, rng) if row.answer else None
    if example is None:
        end = row.answer_start + len(row.answer) if row.answer else -1
        text = corpus.articles[row.article][row.paragraph].text
        example = Example(row.question, text, row.answer_start, end)
    draw = rng.random()
    limit = LONGEST_CONTEXT
    if draw < mix.cropped:
        limit = rng.choice([200, 350, 500, 650])
    elif draw < mix.cropped + mix.joined and example.start >= 0:
        example = join_neighbour(corpus, row, example, rng)
    question, context, start, end = example.question, example.context, example.start, example.end
    if len(context) > limit:
        left, right = crop(context, start, end, limit, rng)
        context = context[left:right].rstrip()
        if start >= 0:
            start, end = start - left, end - left
    if rng.random() < mix.unmarked_question:
        question = question.rstrip("? ") or question
    return Example(question, context, start, end)


def make_rival(corpus: Corpus, row: Row, example: Example, rng: random.Random) -> Example | None:
    """The example's question with another passage of its article, cut to the length of the example's own."""
    index = hard_negative(corpus, row, rng)
    if index is None:
        return None
    text = corpus.articles[row.article][index].text
    limit = max(len(example.context), 200)
    if len(text) > limit:
        left, right = crop(text, -1, -1, limit, rng)
        text = text[left:right].rstrip()
    return Example(example.question, text)


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


def chunk_batches(
    corpus: Corpus, tokenizer: Any, order: Sequence[int], mix: Mix, budget: int, rng: random.Random
) -> list[list[Feature]]:
    """The batches of one chunk of rows."""
    examples = [make_example(corpus, corpus.rows[index], mix, rng) for index in order]
    rivals: dict[int, Example] = {}
    for at, (index, example) in enumerate(zip(order, examples, strict=True)):
        if example.start >= 0 and mix.rivals and rng.random() < mix.rivals:
            rival = make_rival(corpus, corpus.rows[index], example, rng)
            if rival is not None:
                rivals[at] = rival
    features: list[Feature] = []
    for windows in featurise(tokenizer, [*examples, *rivals.values()]):
        answered = [window for window in windows if window.end > 0]
        features.append(rng.choice(answered or windows))
    groups = [[feature] for feature in features[: len(examples)]]
    for at, rival_feature in zip(rivals, features[len(examples) :], strict=True):
        groups[at] = [replace(groups[at][0], group=at), replace(rival_feature, group=at)]
    return token_batches(groups, budget, rng)


def stream(
    corpus: Corpus, tokenizer: Any, seed: int, budget: int, position: Position, mix: Mix | None = None
) -> Iterator[tuple[list[Feature], Position]]:
    """Batches without end from a position on, each with the position that follows it."""
    mix = mix or Mix()
    epoch, chunk, skip = position.epoch, position.chunk, position.batch
    while True:
        order = epoch_order(corpus, seed, epoch)
        while chunk * CHUNK < len(order):
            rng = random.Random(f"chunk {seed} {epoch} {chunk}")
            part = order[chunk * CHUNK : (chunk + 1) * CHUNK]
            batches = chunk_batches(corpus, tokenizer, part, mix, budget, rng)
            for number in range(skip, len(batches)):
                last = number + 1 == len(batches)
                yield batches[number], Position(epoch, chunk + last, 0 if last else number + 1)
            chunk, skip = chunk + 1, 0
        epoch, chunk = epoch + 1, 0
