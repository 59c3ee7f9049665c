"""Hybrid retrieval over a hand-made snapshot: what is asked of each retriever, and how the passages come back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from fakes import FakeEncoder, PlainLexicalIndex
from qa.ports import Hit, LexicalEntry, Nearness
from qa.retrieval.fusion import Features
from qa.retrieval.hybrid import HybridRetriever, in_reading_order
from qa.text.coverage import packed
from qa.types import Candidate, Contribution, Passage, Span
from strategies import passage_of, ranked

if TYPE_CHECKING:
    from qa.ports import Vectors

TEXTS = ["herons wait", "storks nest", "tides rise", "herons nest"]
COSINES = [0.5, 0.1, 0.9, -0.2]


@dataclass
class HandMade:
    """Four passages; the nearest are given."""

    near: Sequence[Hit]
    limits: list[int] = field(default_factory=list)

    @property
    def lexical(self) -> PlainLexicalIndex:
        """Words of the four texts."""
        return PlainLexicalIndex([LexicalEntry("", "", text) for text in TEXTS])

    def nearest(self, query: "Vectors", limit: int) -> list[Hit]:
        """Those given."""
        assert query.shape == (64,)
        self.limits.append(limit)
        return list(self.near[:limit])

    def nearness(self, query: "Vectors", ordinals: Sequence[int]) -> list[Nearness]:
        """One for each text."""
        return [Nearness(COSINES[ordinal], COSINES[ordinal] / 2) for ordinal in ordinals]

    def wordings(self, ordinals: Sequence[int]) -> list[bytes]:
        """Those of the passages."""
        return list(map(self._wording, ordinals))

    def _wording(self, ordinal: int) -> bytes:
        passage = self.passage(ordinal)
        units = [self.lexical.terms(passage.slice(unit)) for unit in passage.chunk.sentences]
        return packed(self.lexical.terms(passage.section), units)

    def passage(self, ordinal: int) -> Passage:
        """One of the four."""
        return passage_of(TEXTS[ordinal], path=f"{ordinal}.txt")


NEAR = [Hit(2, 0.9), Hit(0, 0.5), Hit(1, 0.1)]


def score(bm25: float, similarity: float, coverage: float, together: float) -> float:
    """Every text is one sentence without headings, so both coverages are the same; the whole is half as near."""
    share = coverage * together
    return Features(bm25=bm25, similarity=similarity, whole=similarity / 2, coverage=share, sentence=share).score


def test_by_hand() -> None:
    found = HybridRetriever(encoder=FakeEncoder(), depth=50).retrieve("heron rise", HandMade(NEAR), 4)
    # `rise` is in one text of four, `heron` in two: so much of the question's weight does each cover, and so does each
    # score in the index of the tests. No sentence has both, so the shares count by that of `rise`.
    rise, heron = math.log(1 + 3.5 / 1.5), math.log(1 + 2.5 / 2.5)
    rare, frequent, together = math.log(1 + 4 / 1), math.log(1 + 4 / 2), rise / (rise + heron)
    # 3 is found by its word alone, with a cosine below zero.
    assert [(ranked.passage.text, ranked.rank) for ranked in found] == [
        ("tides rise", 1), ("herons wait", 2), ("herons nest", 3), ("storks nest", 4)
    ]  # fmt: skip
    assert [ranked.score for ranked in found] == pytest.approx([
        score(1.0, 0.9, rise / (rise + heron), together),
        score(frequent / rare, 0.5, heron / (rise + heron), together),
        score(frequent / rare, 0.0, heron / (rise + heron), together),
        score(0.0, 0.1, 0.0, together),
    ])  # fmt: skip
    assert [share.retriever for share in found[0].contributions] == ["bm25", "dense"]
    assert found[3].contributions == (Contribution(retriever="dense", rank=3, score=0.1),)


def test_headings_count_for_the_passage_and_for_each_sentence() -> None:
    class Headed(HandMade):
        def passage(self, ordinal: int) -> Passage:
            return passage_of(TEXTS[ordinal], path=f"{ordinal}.txt", headings=("Tides",) if ordinal == 0 else ())

    plain = HybridRetriever(encoder=FakeEncoder(), depth=50).retrieve("heron tides", HandMade(NEAR), 4)
    headed = HybridRetriever(encoder=FakeEncoder(), depth=50).retrieve("heron tides", Headed(NEAR), 4)
    assert plain[0].passage.text == "tides rise"
    assert headed[0].passage.text == "tides rise"
    scores = [{ranked.passage.text: ranked.score for ranked in found} for found in (plain, headed)]
    found_by_words = math.log(1 + 4 / 2) / math.log(1 + 4 / 1)  # its index of words does not know the heading
    assert scores[1]["herons wait"] == pytest.approx(score(found_by_words, 0.5, 1.0, 1.0))
    assert scores[0]["herons wait"] < scores[1]["herons wait"]


@pytest.mark.parametrize(
    ("question", "depth", "limit", "asked"),
    [
        ("nest", 50, 3, [50]),
        ("nest", 2, 3, [2]),  # words propose two, vectors two others
        ("nest", 1, 1, [1]),
        ("nest", 1, 2, [1]),
        ("nest", 1, 3, [1, 3]),
        ("nest", 4, 4, [4]),
        ("nest", 4, 9, [4]),  # there are no more
        ("rise", 3, 4, [3, 4]),  # words propose one of the three that vectors do
    ],
)
def test_more_are_proposed_where_the_usual_ones_are_too_few(
    question: str, depth: int, limit: int, asked: list[int]
) -> None:
    snapshot = HandMade([*NEAR, Hit(3, -0.2)])
    found = HybridRetriever(encoder=FakeEncoder(), depth=depth).retrieve(question, snapshot, limit)
    assert snapshot.limits == asked
    assert len(found) == min(limit, 4)


def test_which_are_best_does_not_depend_on_how_many_are_asked_for() -> None:
    class Unlike(HandMade):
        def nearness(self, query: "Vectors", ordinals: Sequence[int]) -> list[Nearness]:
            return [Nearness(1.0, 1.0) if ordinal == 3 else Nearness(0.5, 0.5) for ordinal in ordinals]

    retriever = HybridRetriever(encoder=FakeEncoder(), depth=1)
    # Words propose 1 and then 3, vectors 2: with more asked for, 3 is the best by its score.
    orders = [
        [ranked.passage.path for ranked in retriever.retrieve("nest", Unlike(NEAR), limit)] for limit in (1, 2, 3, 4)
    ]
    assert orders[3] == ["1.txt", "2.txt", "3.txt", "0.txt"]
    assert [order == orders[3][: len(order)] for order in orders] == [True] * 4
    assert [ranked.passage.path for ranked in retriever.retrieve("nest", Unlike(NEAR), 9)] == orders[3]  # none twice
    assert retriever.propose("nest", Unlike(NEAR), 4)[0].ordinal == 3


def test_ties_come_by_position() -> None:
    class Alike(HandMade):
        def nearness(self, query: "Vectors", ordinals: Sequence[int]) -> list[Nearness]:
            return [Nearness(0.5, 0.5)] * len(ordinals)

    found = HybridRetriever(encoder=FakeEncoder(), depth=50).retrieve("nest", Alike(NEAR), 4)
    assert [ranked.passage.text for ranked in found] == ["storks nest", "herons nest", "herons wait", "tides rise"]


def test_the_question_is_embedded_once() -> None:
    encoder = FakeEncoder()
    HybridRetriever(encoder=encoder, depth=5).retrieve("heron", HandMade(NEAR), 2)
    assert encoder.encoded == ["heron"]


def test_nothing_found_is_an_empty_list() -> None:
    assert HybridRetriever(encoder=FakeEncoder(), depth=5).retrieve("zebra", HandMade([]), 3) == []


def test_passages_come_back_in_the_order_in_which_they_were_read_to_answer() -> None:
    passages = [ranked(passage_of(text, path=f"{text}.txt"), rank=rank) for rank, text in enumerate("abcd", start=1)]
    candidates = [
        Candidate(passage=passages[place].passage, span=Span(0, 1), score=-position, reader="fake")
        for position, place in enumerate([2, 0, 2])
    ]
    ordered = in_reading_order(passages, candidates)
    assert [(one.passage.text, one.rank) for one in ordered] == [("c", 1), ("a", 2), ("b", 3), ("d", 4)]
