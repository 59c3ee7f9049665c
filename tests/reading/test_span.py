"""The span reader on top of fakes: what it narrows, what it scores, how it orders."""

from collections.abc import Sequence

import numpy as np
import pytest

from fakes import PlainLexicalIndex
from qa.ports import LexicalIndex
from qa.reading.decode import Window
from qa.reading.span import WEIGHTS, SpanReader
from qa.types import Candidate, Chunk, Passage, RankedPassage, Span

TEXT = "Gulls nest on the roof. The pier opened in 1902 with a band."
ROOF, PIER = Span(0, 23), Span(24, 60)
ORIGIN = 100
"""The passage begins at this character of its document."""


def passage() -> RankedPassage:
    units = (ROOF.shift(ORIGIN), PIER.shift(ORIGIN))
    chunk = Chunk(document_id="d", ordinal=0, span=units[0].cover(units[1]), sentences=units, children=units)
    return RankedPassage(
        passage=Passage(chunk=chunk, path="p", title="t", text=TEXT), score=1.0, rank=1, contributions=()
    )


class Sentences:
    """Proposes both sentences, the first one first."""

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        (ranked,) = passages
        return [
            Candidate(passage=ranked.passage, span=unit, score=0.0, reader="s", features={"similarity": 0.5, "kind": 1})
            for unit in ranked.passage.chunk.sentences
        ]


class Model:
    """Says with which words an answer begins and ends."""

    def __init__(self, **scores: float) -> None:
        self.scores = scores

    def windows(self, question: str, texts: Sequence[str]) -> list[list[Window]]:
        (text,) = texts
        assert text == TEXT
        words = [(match, match + len(word)) for word in TEXT.split() for match in [TEXT.index(word)]]
        logits = np.array([self.scores.get(TEXT[start:end].strip("."), 0.0) for start, end in words], np.float32)
        return [[Window(logits, logits, words, null=1.0)]]


def read(question: str, **scores: float) -> list[Candidate]:
    reader = SpanReader(model=Model(**scores), sentences=Sentences())  # type: ignore[arg-type]  # a fake model
    return reader.read(question, [passage()], PlainLexicalIndex([]))


def words(candidate: Candidate) -> str:
    return candidate.passage.slice(candidate.span)


def test_each_sentence_is_narrowed_to_its_best_words() -> None:
    found = read("What nests there?", Gulls=5, band=3)
    assert {words(candidate) for candidate in found} == {"Gulls", "band."}


def test_the_score_is_the_weighted_sum_of_the_features() -> None:
    (best, _) = read("What nests there?", Gulls=5)
    assert best.features["span"] == pytest.approx(5 + 5 - 1)
    by_hand = 9 * WEIGHTS["span"] + 0.5 * WEIGHTS["similarity"] + 1 * WEIGHTS["kind"]
    assert best.score == pytest.approx(by_hand)
    assert best.reader == "span"


def test_the_better_span_comes_first_whatever_the_sentences_were() -> None:
    assert [words(candidate) for candidate in read("What plays?", band=4, Gulls=2)] == ["band.", "Gulls"]


@pytest.mark.parametrize(
    ("question", "scores", "fits"),
    [
        ("How many gulls?", {"Gulls": 5}, False),
        ("When did it open?", {"1902": 5}, True),
        ("How many are there?", {"1902": 5}, True),
        ("Who nests?", {"Gulls": 5}, True),
        ("Who plays?", {"band": 5}, False),
        ("What plays?", {"band": 5}, True),
    ],
)
def test_the_words_must_be_of_the_kind_that_was_asked_for(
    question: str, scores: dict[str, float], *, fits: bool
) -> None:
    assert read(question, **scores)[0].features["kind"] == float(fits)


def test_a_row_is_read_alone_with_the_names_of_its_columns_and_narrowed_at_its_own_place() -> None:
    text = "Ships.\n2018 | 40\n2019 | 42"
    units = (Span(50, 56), Span(57, 66), Span(67, 76))
    chunk = Chunk(document_id="d", ordinal=0, span=Span(50, 76), sentences=units, children=units)
    found = Passage(chunk=chunk, path="p", title="t", text=text, headers=("", "Year | Tons", "Year | Tons"))
    seen: list[str] = []

    class Rows:
        """Says that the last word of each text answers, that of the last text most."""

        def windows(self, question: str, texts: Sequence[str]) -> list[list[Window]]:
            seen.extend(texts)
            found = []
            for number, text in enumerate(texts):
                logits = np.array([0.0, number], np.float32)
                found.append([Window(logits, logits, [(0, 4), (len(text) - 2, len(text))], null=0.0)])
            return found

    reader = SpanReader(model=Rows(), sentences=Sentences())  # type: ignore[arg-type]  # a fake model
    ranked = RankedPassage(passage=found, score=1.0, rank=1, contributions=())
    best, *_ = reader.read("How many tons in 2019?", [ranked], PlainLexicalIndex([]))
    assert seen == [text, "Year is 2018; Tons is 40", "Year is 2019; Tons is 42"]
    assert best.span == Span(74, 76)
    assert words(best) == "42"
