"""Hybrid retrieval over a hand-made snapshot: what is asked of each retriever, and how the passages come back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from fakes import FakeEncoder, PlainLexicalIndex
from qa.ports import Hit, LexicalEntry
from qa.retrieval.hybrid import HybridRetriever
from qa.types import Contribution, Passage
from strategies import passage_of

if TYPE_CHECKING:
    from qa.ports import Vectors

TEXTS = ["herons wait", "storks nest", "tides rise", "herons nest"]


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

    def passage(self, ordinal: int) -> Passage:
        """One of the four."""
        return passage_of(TEXTS[ordinal], path=f"{ordinal}.txt")


NEAR = [Hit(2, 0.9), Hit(0, 0.5), Hit(1, 0.1)]


def test_by_hand() -> None:
    retriever = HybridRetriever(encoder=FakeEncoder(), dense_weight=0.25, depth=50)
    found = retriever.retrieve("heron rise", HandMade(NEAR), 3)
    # BM25 finds 2 (rise, in one text) above 0 and 3 (heron, in two), which scale to 1, 0 and 0.
    assert [(ranked.passage.text, ranked.score, ranked.rank) for ranked in found] == [
        ("tides rise", 1.0, 1),
        ("herons wait", pytest.approx(0.125), 2),
        ("storks nest", 0.0, 3),
    ]
    assert [share.retriever for share in found[0].contributions] == ["bm25", "dense"]
    assert found[2].contributions == (Contribution(retriever="dense", rank=3, score=0.1),)


@pytest.mark.parametrize(("weight", "first"), [(0.0, "storks nest"), (1.0, "tides rise")])
def test_the_weight_moves_between_words_and_vectors(weight: float, first: str) -> None:
    retriever = HybridRetriever(encoder=FakeEncoder(), dense_weight=weight, depth=50)
    assert retriever.retrieve("stork", HandMade(NEAR), 1)[0].passage.text == first


@pytest.mark.parametrize(("depth", "limit", "asked"), [(50, 3, 50), (2, 3, 3), (1, 1, 1)])
def test_each_retriever_proposes_at_least_as_many_as_are_wanted(depth: int, limit: int, asked: int) -> None:
    snapshot = HandMade(NEAR)
    found = HybridRetriever(encoder=FakeEncoder(), dense_weight=0.5, depth=depth).retrieve("nest", snapshot, limit)
    assert snapshot.limits == [asked]
    assert len(found) <= limit


def test_the_question_is_embedded_once() -> None:
    encoder = FakeEncoder()
    HybridRetriever(encoder=encoder, dense_weight=0.5, depth=5).retrieve("heron", HandMade(NEAR), 2)
    assert encoder.encoded == ["heron"]


def test_nothing_found_is_an_empty_list() -> None:
    assert HybridRetriever(encoder=FakeEncoder(), dense_weight=0.5, depth=5).retrieve("zebra", HandMade([]), 3) == []
