"""The words of a question, weighed by hand."""

import math

import pytest

from fakes import PlainLexicalIndex
from qa.ports import LexicalEntry
from qa.text.terms import QuestionTerms, inverse_document_frequency, is_name_or_number

INDEX = PlainLexicalIndex([LexicalEntry("", "", text) for text in ("heron wait", "heron nest", "tide rise", "heron")])


@pytest.mark.parametrize(
    ("frequency", "size", "weight"),
    [(1, 1, math.log(4 / 3)), (0, 9, math.log(20)), (3, 4, math.log(10 / 7)), (0, 0, math.log(2))],
)
def test_rarity_by_hand(frequency: int, size: int, weight: float) -> None:
    assert inverse_document_frequency(frequency, size) == pytest.approx(weight)


def test_rarer_words_weigh_more_and_none_weighs_nothing() -> None:
    weights = [inverse_document_frequency(frequency, 10) for frequency in range(11)]
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] > 0


def test_the_terms_of_a_question_with_their_weights_and_the_words_typed() -> None:
    terms = QuestionTerms.of("Do HERONS nest? Zebras nest!", INDEX)
    assert terms.weights == {
        "do": pytest.approx(math.log(10)),
        "heron": pytest.approx(math.log(10 / 7)),
        "nest": pytest.approx(math.log(10 / 3)),
        "zebra": pytest.approx(math.log(10)),
    }
    assert terms.words == {"do": "Do", "heron": "HERONS", "nest": "nest", "zebra": "Zebras"}
    assert terms.unknown == {"do", "zebra"}


def test_coverage_is_the_share_of_the_weight() -> None:
    terms = QuestionTerms.of("herons nest", INDEX)
    heron, nest = math.log(10 / 7), math.log(10 / 3)
    assert terms.coverage([]) == 0
    assert terms.coverage(["heron", "heron", "tide"]) == pytest.approx(heron / (heron + nest))
    assert terms.coverage(["nest"]) == pytest.approx(nest / (heron + nest))
    assert terms.coverage(["nest", "heron"]) == pytest.approx(1)


@pytest.mark.parametrize("question", ["", "?!", "🙂"])
def test_a_question_without_terms_is_covered_by_nothing(question: str) -> None:
    terms = QuestionTerms.of(question, INDEX)
    assert (terms.weights, terms.words, terms.unknown) == ({}, {}, frozenset())
    assert terms.coverage(["heron"]) == 0


def test_words_are_shown_as_typed_in_the_order_of_the_question_each_once() -> None:
    terms = QuestionTerms.of("Tides of the state-of-the-art U.S. Herons", INDEX)
    assert terms.shown(["heron", "tide", "unheard"]) == ("Tides", "Herons")
    assert terms.shown(["state", "art", "u"]) == ("state-of-the-art", "U.S")
    assert terms.shown([]) == ()


@pytest.mark.parametrize(
    ("word", "question", "expected"),
    [
        ("Zanzibar", "Where is Zanzibar?", True),
        ("Where", "Where is Zanzibar?", False),
        ("Who", "“Who is it?", False),
        ("1980", "What happened in 1980?", True),
        ("MQ-9B", "MQ-9B costs what?", True),
        ("lantern", "Which lantern?", False),
    ],
)
def test_names_and_numbers_are_told_from_words(word: str, question: str, *, expected: bool) -> None:
    assert is_name_or_number(word, question) is expected
