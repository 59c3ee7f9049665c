"""Noun phrases of questions and answers, told by hand."""

import pytest
from hypothesis import given

from qa.conversation.phrases import Kind, noun_phrase, phrases
from strategies import texts

N, C, T, D = Kind.NAME, Kind.COMMON, Kind.TIME, Kind.NUMBER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What was the budget in 2017?", [("the budget", C), ("2017", T)]),
        ("How many soldiers does the army have?", [("soldiers", C), ("the army", C)]),
        ("Who leads the Ministry of Defence?", [("the Ministry of Defence", N)]),
        ("When did Marie Curie win the Nobel Prize?", [("Marie Curie", N), ("the Nobel Prize", N)]),
        ("What was Apple's revenue in 2020?", [("Apple", N), ("Apple's revenue", C), ("2020", T)]),
        ("How does a heat pump work?", [("a heat pump", C)]),
        ("When did the Quad convene in Tokyo?", [("the Quad", N), ("Tokyo", N)]),
        ("Can dogs eat grapes?", [("dogs", C), ("grapes", C)]),
        ("How much flour do I need for 4 people?", [("flour", C), ("4 people", D)]),
        ("How is bread made in France?", [("bread", C), ("France", N)]),
        ("Is the battery removable?", [("the battery", C)]),
        ("How do I install numpy?", [("numpy", C)]),
        ("Who won the 2018 election?", [("the 2018 election", C), ("2018", T)]),
        ("How did sales change from 2015 to 2017?", [("sales", C), ("from 2015 to 2017", T)]),
        ("Why?", []),
        ("", []),
    ],
)
def test_phrases(text: str, expected: list[tuple[str, Kind]]) -> None:
    assert [(phrase.text, phrase.kind) for phrase in phrases(text)] == expected


def test_a_phrase_knows_its_surroundings() -> None:
    budget, quad, india = phrases("What is the budget of the Quad for India?")

    assert (budget.determiner, budget.preposition, budget.whole) == ("the", "", "the budget of the Quad")
    assert (quad.determiner, quad.preposition, quad.place) == ("the", "of", False)
    assert (india.determiner, india.preposition, india.place) == ("", "for", True)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Australia, Japan, the United Kingdom and Russia", ("Australia", "Japan", "the United Kingdom", "Russia")),
        ("basil, pine nuts, garlic and cheese", ("basil", "pine nuts", "garlic", "cheese")),
        ("A, D, E and K", ("A", "D", "E", "K")),
    ],
)
def test_lists(text: str, items: tuple[str, ...]) -> None:
    phrase = noun_phrase(text)

    assert phrase is not None
    assert (phrase.items, phrase.plural, phrase.text) == (items, True, text)


@pytest.mark.parametrize(
    ("text", "whole", "preposition"),
    [
        ("Jimmy Wales.", "Jimmy Wales", ""),
        ("in 2018", "2018", "in"),
        ("the capital of Japan", "the capital of Japan", ""),
        ("Leonardo da Vinci", "Leonardo da Vinci", ""),
        ("E.T.", "E.T.", ""),
    ],
)
def test_a_text_that_is_one_phrase(text: str, whole: str, preposition: str) -> None:
    phrase = noun_phrase(text)

    assert phrase is not None
    assert (phrase.whole, phrase.preposition) == (whole, preposition)


@pytest.mark.parametrize("text", ["", "it moves heat", "Japan joined", "yes", "when plants grow"])
def test_a_text_that_is_no_phrase(text: str) -> None:
    assert noun_phrase(text) is None


@given(text=texts())
def test_phrases_are_slices_of_the_text(text: str) -> None:
    for phrase in phrases(text):
        assert text[phrase.start : phrase.end] == phrase.text
        assert text[phrase.start :].startswith(phrase.whole)
