"""Tantivy's scores are BM25's, field by field, and no query is anything but its words.

Texts are shorter than 40 terms, where Tantivy stores field lengths exactly.
"""

import math
import random
from collections import Counter
from pathlib import Path

import pytest

from qa.index.lexical import FIELDS, TantivyBackend, TantivyLexicalIndex
from qa.ports import LexicalEntry

K1, B = 1.2, 0.75
WORDS = [f"w{number}" for number in range(30)]  # no stop word, and its own stem


def bm25(entries: list[LexicalEntry], query: list[str], boosts: tuple[float, ...]) -> dict[int, float]:
    """Robertson and Zaragoza's formula with Lucene's +1 in the logarithm, in plain lines."""
    scores: dict[int, float] = {}
    for field, boost in enumerate(boosts):
        texts = [entry[field].split() for entry in entries]
        average = sum(map(len, texts)) / len(texts)
        for term in query:
            holding = sum(term in text for text in texts)
            idf = math.log(1 + (len(texts) - holding + 0.5) / (holding + 0.5))
            for ordinal, text in enumerate(texts):
                if frequency := Counter(text)[term]:
                    norm = K1 * (1 - B + B * len(text) / average)
                    score = boost * idf * frequency * (K1 + 1) / (frequency + norm)
                    scores[ordinal] = scores.get(ordinal, 0.0) + score
    return scores


def text(source: random.Random, most: int) -> str:
    return " ".join(source.choices(WORDS, weights=range(1, 31), k=source.randint(0, most)))


def opened(folder: Path, entries: list[LexicalEntry], boost: float) -> TantivyLexicalIndex:
    backend = TantivyBackend(heading_boost=boost)
    backend.build(entries, folder)
    return backend.open([folder])


@pytest.mark.parametrize(("size", "boost"), [(1, 1.0), (2, 0.5), (40, 0.5), (300, 2.0), (300, 0.0)])
def test_scores_and_order_are_those_of_the_formula(tmp_path: Path, size: int, boost: float) -> None:
    assert FIELDS == ("title", "headings", "body")
    source = random.Random(size)
    entries = [LexicalEntry(text(source, 4), text(source, 6), f"w1 {text(source, 37)}") for _ in range(size)]
    index = opened(tmp_path, entries, boost)
    for _ in range(25):
        query = source.choices([*WORDS, "unheard"], k=source.randint(1, 6))
        expected = bm25(entries, query, (boost, boost, 1.0))
        expected = {ordinal: score for ordinal, score in expected.items() if score > 0}
        found = index.search(" ".join(query), size)
        assert {hit.ordinal for hit in found} == set(expected)
        assert [hit.score for hit in found] == pytest.approx(sorted(expected.values(), reverse=True), abs=1e-4)
        assert all(hit.score == pytest.approx(expected[hit.ordinal], abs=1e-4) for hit in found)


def test_frequencies_are_counted_over_all_fields(tmp_path: Path) -> None:
    source = random.Random(5)
    entries = [LexicalEntry(text(source, 3), text(source, 3), text(source, 5)) for _ in range(60)]
    index = opened(tmp_path, entries, 1.0)
    for word in WORDS:
        holding = sum(word in " ".join(entry).split() for entry in entries)
        assert index.document_frequency(word) == holding


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TantivyLexicalIndex:
    """Three entries about letters."""
    entries = [
        LexicalEntry("alpha", "beta", "gamma delta"),
        LexicalEntry("other", "beta", "alpha or not"),
        LexicalEntry("title", "body", "words delta"),
    ]
    return opened(tmp_path_factory.mktemp("index"), entries, 0.5)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("title:alpha", "title alpha"),
        ("body:gamma AND NOT delta", "body gamma not delta"),
        ("-alpha +delta", "alpha delta"),
        ('"gamma delta"', "gamma delta"),
        ('"delta gamma"~2', "delta gamma 2"),
        ("(alpha OR", "alpha or"),
        ("alpha) ]}", "alpha"),
        ("[alpha TO delta]", "alpha to delta"),
        ("alpha^100 delta", "alpha 100 delta"),
        ("alph*", "alph"),
        ("al?ha", "al ha"),
        ("/al.*/", "al"),
        ("*", ""),
        ("title:*", "title"),
        ("body: IN [alpha gamma]", "body alpha gamma"),
        ("\\alpha\\:", "alpha"),
        ("alpha && delta || !gamma", "alpha delta gamma"),
        ("alpha\0delta\n\tgamma", "alpha delta gamma"),
        ("'; DROP TABLE alpha; --", "drop table alpha"),
        ("\u202ealpha\u2066", "alpha"),
        ("alpha " * 2000, "alpha " * 2000),
        ("🙂" * 500, ""),
        ("({[" * 500, ""),
    ],
)
def test_a_hostile_query_is_just_its_words(index: TantivyLexicalIndex, query: str, words: str) -> None:
    assert index.search(query, 10) == index.search(words, 10)
    assert sorted(index.terms(query)) == sorted(index.terms(words))
