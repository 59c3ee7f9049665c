"""The span reader on top of fakes: what it narrows, what it scores, how it orders."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from fakes import PlainLexicalIndex
from qa.ports import LexicalIndex
from qa.reading.decode import Window
from qa.reading.depth import Depth
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
    """Proposes all sentences, all as similar."""

    def proposed(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        return [
            Candidate(passage=ranked.passage, span=unit, score=0.0, reader="s", features={"kind": 1.0})
            for ranked in passages
            for unit in ranked.passage.chunk.sentences
        ]

    def similarities(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        return [0.5] * len(candidates)


class Model:
    """Says with which words an answer begins and ends: in the passage, and in a sentence by itself."""

    def __init__(self, scores: Mapping[str, float], alone: Mapping[str, float]) -> None:
        self.scores = scores
        self.alone = alone
        self.seen: list[str] = []

    def windows(self, question: str, texts: Sequence[str]) -> list[list[Window]]:
        (text,) = texts
        self.seen.append(text)
        scores = self.scores if text == TEXT else self.alone
        words = [match.span() for match in re.finditer(r"\S+", text)]
        logits = np.array([scores.get(text[start:end].strip("."), 0.0) for start, end in words], np.float32)
        return [[Window(logits, logits, words, null=1.0)]]


def read(question: str, **scores: float) -> list[Candidate]:
    return read_by(Model(scores, scores), question)


def read_by(model: Model, question: str) -> list[Candidate]:
    reader = SpanReader(model=model, sentences=Sentences())  # type: ignore[arg-type]  # a fake model
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


@pytest.mark.parametrize(
    ("alone", "again", "agrees"),
    [({"band": 4}, 7.0, 1.0), ({"1902": 3}, 5.0, 0.0), ({"t:": 9}, -1.0, 0.0)],
    ids=["the same words", "others", "the section's name is no answer"],
)
def test_the_best_is_read_once_more_by_its_sentence_alone(alone: dict[str, float], again: float, agrees: float) -> None:
    model = Model({"band": 5}, alone)

    best, other = read_by(model, "What plays?")

    assert model.seen == [TEXT, "t: The pier opened in 1902 with a band."]
    assert words(best) == "band."
    assert (best.features["again"], best.features["agrees"]) == (again, agrees)
    assert not {"again", "agrees"} & other.features.keys()


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
                end = len(text.removesuffix(" (Tons)"))
                found.append([Window(logits, logits, [(0, 4), (end - 2, end)], null=0.0)])
            return found

    reader = SpanReader(model=Rows(), sentences=Sentences())  # type: ignore[arg-type]  # a fake model
    ranked = RankedPassage(passage=found, score=1.0, rank=1, contributions=())
    best, *_ = reader.read("How many tons in 2019?", [ranked], PlainLexicalIndex([]))
    assert seen[:3] == [text, "2018 (Year), 40 (Tons)", "2019 (Year), 42 (Tons)"]
    assert seen[3:] == ["t: 2019 (Year), 42 (Tons)"]
    assert best.features["agrees"] == 1.0
    assert best.span == Span(74, 76)
    assert words(best) == "42"


class Shelf:
    """Passages of two sentences, `b` better than `a` by what the model says of their last words."""

    def __init__(self, last: Sequence[float], fused: Sequence[float], cosines: Mapping[str, float]) -> None:
        self.last = last
        self.cosines = cosines
        self.compared: list[str] = []
        self.read_of: list[int] = []
        self.passages = [self._ranked(number, score) for number, score in enumerate(fused)]

    @staticmethod
    def _ranked(number: int, score: float) -> RankedPassage:
        text = f"{number} is a. {number} is b."
        units = (Span(0, 7), Span(8, 15))
        chunk = Chunk(document_id=f"d{number}", ordinal=0, span=Span(0, 15), sentences=units, children=units)
        passage = Passage(chunk=chunk, path=f"p{number}", title="t", text=text)
        return RankedPassage(passage=passage, score=score, rank=number + 1, contributions=())

    def windows(self, question: str, texts: Sequence[str]) -> list[list[Window]]:
        """Each word's logits: for the last one of both sentences what is set, the second a little higher."""
        found = []
        for text in texts:
            places = [match.span() for match in re.finditer(r"\S+", text)]
            number = int(re.findall(r"\d", text)[0])
            logits = np.zeros(len(places), np.float32)
            if not text.startswith("t: "):
                self.read_of.append(number)
                logits[2], logits[5] = self.last[number] - 1, self.last[number]
            found.append([Window(logits, logits, places, null=0.0)])
        return found

    def proposed(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """Both sentences of each."""
        return [
            Candidate(passage=one.passage, span=unit, score=0.0, reader="s", features={"passage": one.score})
            for one in passages
            for unit in one.passage.chunk.sentences
        ]

    def similarities(self, question: str, candidates: Sequence[Candidate]) -> list[float]:
        """As set for the sentence, and 0.5 else."""
        units = [next(unit for unit in c.passage.chunk.sentences if unit.overlaps(c.span)) for c in candidates]
        sentences = [c.passage.slice(unit) for c, unit in zip(candidates, units, strict=True)]
        self.compared.extend(sentences)
        return [self.cosines.get(sentence, 0.5) for sentence in sentences]

    def read(self, depth: Depth | None) -> list[Candidate]:
        """By a span reader over all this."""
        self.compared.clear()
        self.read_of.clear()
        reader = SpanReader(model=self, sentences=self, depth=depth)  # type: ignore[arg-type]  # a fake model
        return reader.read("what", self.passages, PlainLexicalIndex([]))


SPARING = Depth(close=0.15, stages=(2, 4))


def test_reading_stops_when_no_other_passage_can_come_first() -> None:
    shelf = Shelf([10, 0, 9, 9, 9, 9], fused=[0.9, 0.8, 0.3, 0.3, 0.3, 0.3], cosines={})
    found = shelf.read(SPARING)
    assert shelf.read_of == [0, 1]
    assert {candidate.passage.path for candidate in found} == {"p0", "p1"}
    assert words(found[0]) == "b."
    assert shelf.read(None)[0] == found[0]
    assert shelf.read_of == [0, 1, 2, 3, 4, 5]


def test_reading_goes_on_to_the_end_while_the_best_is_weak() -> None:
    shelf = Shelf([0, 0, 1, 0, 0, 9], fused=[0.5] * 6, cosines={})
    assert shelf.read(SPARING)[0].passage.path == "p5"
    assert shelf.read_of == [0, 1, 2, 3, 4, 5]
    shelf = Shelf([0, 0, 20, 0, 0, 30], fused=[0.5, 0.5, 0.5, 0.5, 0.1, 0.1], cosines={})
    assert shelf.read(SPARING)[0].passage.path == "p2"
    assert shelf.read_of == [0, 1, 2, 3]


def test_what_is_not_compared_stays_behind_and_the_first_is_that_of_a_thorough_reading() -> None:
    cosines = {"1 is b.": 0.9, "0 is b.": 0.1}
    shelf = Shelf([3, 2.5, -5, -6, -7, -8], fused=[0.5] * 6, cosines=cosines)
    found = shelf.read(SPARING)
    sparing = set(shelf.compared)
    thorough = shelf.read(None)
    assert len(shelf.compared) == 12
    assert {"0 is b.", "1 is b."} <= sparing < set(shelf.compared)
    assert words(found[0]) == "b."
    assert found[0] == thorough[0]
    assert found[0].passage.path == "p1"
    assert max(candidate.score for candidate in found if "similarity" in candidate.features) == found[0].score
    assert {(c.passage.path, c.span) for c in found} == {(c.passage.path, c.span) for c in thorough}
