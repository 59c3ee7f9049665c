"""Reading question-answering data for the reader, and turning examples into token features.

Every source is SQuAD-format JSON, but the sources differ in quality: some are tokenised ("Paris , France"), some carry
answers that are not where they claim to be. This module makes them alike before anything is sampled from them.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STOP_WORDS = frozenset(
    "a an and are as at be by did do does for from had has have how in is it its of on or that the their this to was "
    "were what when where which who whom whose why will with".split()
)
MAX_TOKENS = 384
STRIDE = 128

_TOKENISED = re.compile(
    r"-LRB- ?|-LSB- ?|(?<=\() | ?-RRB-| ?-RSB-|`` ?| ?''(?!\w)| (?=[,.;:?!%)](?:\s|$))| (?='(?:s|re|ve|ll|d|m)\b)|"
    r" (?=n't\b)|(?<=\$) (?=\d)"
)
_REPLACEMENTS = {"-LRB-": "(", "-LSB-": "[", "-RRB-": ")", "-RSB-": "]", "``": '"', "''": '"'}


@dataclass(frozen=True)
class Paragraph:
    """A passage and the content words in it."""

    text: str
    words: frozenset[str]


@dataclass(frozen=True)
class Row:
    """A question about a paragraph; `answer` is empty where the paragraph does not answer it."""

    source: str
    article: int
    paragraph: int
    question: str
    answer: str = ""
    answer_start: int = -1


@dataclass
class Corpus:
    """All articles of all sources and the questions about them."""

    articles: list[list[Paragraph]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Example:
    """What the reader is shown: `start` and `end` are characters of the context, -1 for no answer."""

    question: str
    context: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True)
class Feature:
    """One window of an example as token ids; start = end = 0 (CLS) says that the window does not answer.

    Features of one batch with the same `group` (not -1) are of one question: the first answers it, the others are its
    rivals.
    """

    ids: list[int]
    types: list[int]
    start: int
    end: int
    group: int = -1


def content_words(text: str) -> frozenset[str]:
    """Lower-cased words that carry meaning, cut to six letters so that inflections meet."""
    return frozenset(word[:6] for word in re.findall(r"\w+", text.lower()) if word not in STOP_WORDS)


def replace_tracking(text: str, pattern: re.Pattern[str], offsets: Sequence[int]) -> tuple[str, list[int]]:
    """Replace matches as `detokenise` wants them and move character offsets along."""
    parts: list[str] = []
    moved = list(offsets)
    position = 0
    shift = 0
    for match in pattern.finditer(text):
        replacement = _REPLACEMENTS.get(match.group().strip(), "")
        parts += [text[position : match.start()], replacement]
        position = match.end()
        shift += len(replacement) - len(match.group())
        moved = [new if old < match.end() else old + shift for old, new in zip(offsets, moved, strict=True)]
        moved = [
            len("".join(parts)) if match.start() < old < match.end() else new
            for old, new in zip(offsets, moved, strict=True)
        ]
    parts.append(text[position:])
    return "".join(parts), moved


def detokenise(text: str, answer: str = "", answer_start: int = -1) -> tuple[str, str, int]:
    """Undo the usual tokenisation of a text and keep the answer where it is; answer_start -1 when it cannot be kept."""
    if answer_start < 0:
        return replace_tracking(text, _TOKENISED, [])[0], "", -1
    clean, (start, end) = replace_tracking(text, _TOKENISED, [answer_start, answer_start + len(answer)])
    found = clean[start:end]
    kept = found.strip()
    start += len(found) - len(found.lstrip())
    return (clean, kept, start) if kept else (clean, "", -1)


def load_squad(path: Path) -> list[dict[str, Any]]:
    """The articles of a SQuAD-format file, gzipped or plain."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    articles: list[dict[str, Any]] = json.loads(raw)["data"]
    return articles


def valid_answer(context: str, answers: Iterable[dict[str, Any]], longest: int) -> tuple[str, int] | None:
    """The first answer whose text stands at its offset and is not longer than `longest` words."""
    for answer in answers:
        text, start = str(answer["text"]), int(answer["answer_start"])
        stripped = text.strip()
        start += len(text) - len(text.lstrip())
        if stripped and context[start : start + len(stripped)] == stripped and len(stripped.split()) <= longest:
            return stripped, start
    return None


def add_source(
    corpus: Corpus, articles: Iterable[dict[str, Any]], source: str, *, longest: int = 60, tokenised: bool = False
) -> None:
    """Append one source to the corpus, dropping the questions that its passage cannot be about."""
    for article in articles:
        paragraphs: list[Paragraph] = []
        for paragraph in article["paragraphs"]:
            context = str(paragraph["context"])
            clean = detokenise(context)[0] if tokenised else context
            words = content_words(clean)
            for entry in paragraph["qas"]:
                row = make_row(entry, context, clean, words, source, longest)
                if row is not None:
                    corpus.rows.append(
                        Row(source, len(corpus.articles), len(paragraphs), row.question, row.answer, row.answer_start)
                    )
            paragraphs.append(Paragraph(clean, words))
        corpus.articles.append(paragraphs)


def make_row(
    entry: dict[str, Any], context: str, clean: str, words: frozenset[str], source: str, longest: int
) -> Row | None:
    """One question as a row, or None where it has to be dropped."""
    question = " ".join(str(entry["question"]).split())
    if not entry["answers"]:
        return Row(source, -1, -1, question)
    found = valid_answer(context, entry["answers"], longest)
    if found is None or not content_words(question) & words:
        return None  # the passage is not the one that was asked about
    answer, start = found
    if clean != context:
        _, answer, start = detokenise(context, answer, start)
        question = detokenise(question)[0]
        if not answer or clean[start : start + len(answer)] != answer:
            return None
    return Row(source, -1, -1, question, answer, start)


def featurise(tokenizer: Any, examples: Sequence[Example], max_tokens: int = MAX_TOKENS) -> list[list[Feature]]:
    """Token windows of each example, with the answer's tokens where the window holds all of it."""
    encoded = tokenizer(
        [example.question for example in examples],
        [example.context for example in examples],
        truncation="only_second",
        max_length=max_tokens,
        stride=STRIDE,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    windows: list[list[Feature]] = [[] for _ in examples]
    for index, source in enumerate(encoded["overflow_to_sample_mapping"]):
        ids, types = encoded["input_ids"][index], encoded["token_type_ids"][index]
        first = types.index(1)
        start, end = locate(encoded["offset_mapping"][index], first, len(ids) - 2, examples[source])
        windows[source].append(Feature(ids, types, start, end))
    return windows


def locate(offsets: Sequence[tuple[int, int]], first: int, last: int, example: Example) -> tuple[int, int]:
    """Tokens between `first` and `last` that cover the answer; (0, 0) where the window does not hold all of it."""
    if example.start < 0 or offsets[first][0] > example.start or offsets[last][1] < example.end:
        return 0, 0
    start, end = first, last
    while start < last and offsets[start][1] <= example.start:
        start += 1
    while end > first and offsets[end][0] >= example.end:
        end -= 1
    return (start, end) if start <= end else (0, 0)
