"""What the reader is shown: sources and their weights, negatives, cropped and joined contexts."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.data import Corpus, Example, Row, add_source, content_words, load_squad
from training.perturb import Case, unanswerable

LONGEST_CONTEXT = 1700  # characters; some 384 tokens
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")


@dataclass(frozen=True)
class Source:
    """One file of the training data: how often each pass shows it, and how it has to be cleaned."""

    name: str
    times: float = 1.0
    longest: int = 60
    tokenised: bool = False
    specific: bool = True
    """Whether a question is about one passage, so that others which lack its answer do not answer it."""


SOURCES = (
    Source("squad_v1.1_train"),
    Source("squad_v2_unanswerable_train", times=2.0),
    Source("qed_nq_train", times=2.0, longest=40, tokenised=True),
    Source("policyqa", times=0.5, longest=45, specific=False),
    Source("tatqa_text_span", longest=45, specific=False),
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
    """Of the examples that are answered and specific: shown together with rivals of their passage."""
    rival_count: int = 3


def load_corpus(folder: Path, sources: Sequence[Source] = SOURCES) -> Corpus:
    """All training sources in one corpus."""
    corpus = Corpus()
    for source in sources:
        articles = load_squad(folder / f"{source.name}.json.gz")
        add_source(corpus, articles, source.name, longest=source.longest, tokenised=source.tokenised)
    return corpus


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


def make_rivals(example: Example, texts: Sequence[str], rng: random.Random) -> list[Example]:
    """The example's question with each of some other passages, none longer than some 200 characters or its own."""
    limit = max(len(example.context), 200)
    rivals: list[Example] = []
    for text in texts:
        left, right = crop(text, -1, -1, limit, rng) if len(text) > limit else (0, len(text))
        rivals.append(Example(example.question, text[left:right].rstrip()))
    return rivals
