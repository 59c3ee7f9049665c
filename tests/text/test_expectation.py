"""What a question's words expect, and whether a text has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.expectation import QUANTITIES, Kind, expected_kind, has_kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was it founded?", Kind.TIME),
        ("WHEN?", Kind.TIME),
        ("Since when do storks nest here?", Kind.TIME),
        ("In which century did it end?", Kind.TIME),
        ("In which year did it end?", Kind.YEAR),
        ("What year was it?", Kind.YEAR),
        ("What date is it?", Kind.DATE),
        ("On what day does the boat leave?", Kind.DATE),
        ("In which month do storks come?", Kind.DATE),
        ("What time does the gate close?", Kind.CLOCK),
        ("How many towns take part?", Kind.NUMBER),
        ("What is the total number of boats?", Kind.NUMBER),
        ("How much rain falls?", Kind.NUMBER),
        ("How long is the pier?", Kind.MEASURE),
        ("How far is Port Blue?", Kind.MEASURE),
        ("How long does a crossing take?", Kind.DURATION),
        ("How many years did the war last?", Kind.DURATION),
        ("How old was the keeper?", Kind.AGE),
        ("At what age did she retire?", Kind.AGE),
        ("What percentage is paid?", Kind.PERCENTAGE),
        ("How much does a berth cost?", Kind.MONEY),
        ("How much money was raised?", Kind.MONEY),
        ("What is the daily fee?", Kind.MONEY),
        ("Where does the port rank?", Kind.ORDINAL),
        ("What is the phone number of the office?", Kind.CODE),
        ("What is your email address?", Kind.CODE),
        ("Who raises the flag?", Kind.NAME),
        ("By whom was it written?", Kind.NAME),
        ("Where do storks nest?", Kind.PLACE),
        ("Which country is largest?", Kind.PLACE),
        ("In what city did they meet?", Kind.PLACE),
        ("What is a berth?", Kind.ANY),
        ("Why do storks nest?", Kind.ANY),
        ("How does it work?", Kind.ANY),
        ("What happens when the gate closes?", Kind.ANY),
        ("What is the man who waits called?", Kind.ANY),
        ("Whenever wholesale", Kind.ANY),
        ("What time zone is it?", Kind.ANY),
        ("", Kind.ANY),
    ],
)
def test_the_kind_that_a_question_expects(question: str, kind: Kind) -> None:
    assert expected_kind(question) is kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It began in 2018.", Kind.TIME),
        ("It began on 5 May.", Kind.TIME),
        ("It began in the 19th century.", Kind.TIME),
        ("It opens at 9:30.", Kind.TIME),
        ("after the war", Kind.TIME),
        ("once two conditions are met", Kind.TIME),
        ("1902", Kind.YEAR),
        ("the 1980s", Kind.YEAR),
        ("44 BC", Kind.YEAR),
        ("June", Kind.DATE),
        ("on Sundays", Kind.DATE),
        ("nine in the morning", Kind.CLOCK),
        ("noon", Kind.CLOCK),
        ("It takes 3 weeks.", Kind.DURATION),
        ("a decade", Kind.DURATION),
        ("a century", Kind.MEASURE),
        ("300 metres", Kind.MEASURE),
        ("in her fifties", Kind.AGE),
        ("half", Kind.PERCENTAGE),
        ("free of charge", Kind.MONEY),
        ("€12", Kind.MONEY),
        ("third", Kind.ORDINAL),
        ("the largest", Kind.ORDINAL),
        ("It has 2018 rooms and 31 doors.", Kind.NUMBER),
        ("Twelve towns take part.", Kind.NUMBER),
        ("MQ-9B", Kind.CODE),
        ("office@port.example", Kind.CODE),
        ("The keeper is Zoë.", Kind.NAME),
        ("the fishers", Kind.NAME),
        ("It lies in Port Amber.", Kind.PLACE),
        ("behind the church", Kind.PLACE),
        ("", Kind.ANY),
        ("anything", Kind.ANY),
    ],
)
def test_a_text_has_something_of_a_kind(text: str, kind: Kind) -> None:
    assert has_kind(f" {text}", kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("It is green.", Kind.TIME),
        ("twelve", Kind.YEAR),
        ("about 12", Kind.YEAR),
        ("the harbour", Kind.DATE),
        ("the harbour", Kind.CLOCK),
        ("quickly", Kind.DURATION),
        ("very long", Kind.MEASURE),
        ("young", Kind.AGE),
        ("much", Kind.PERCENTAGE),
        ("expensive", Kind.MONEY),
        ("the harbour", Kind.ORDINAL),
        ("Someone takes part.", Kind.NUMBER),
        ("They often meet.", Kind.NUMBER),
        ("lantern", Kind.CODE),
        ("nobody knows it", Kind.PLACE),
        ("green lamp", Kind.NAME),
        *(("", kind) for kind in Kind if kind is not Kind.ANY),
    ],
)
def test_a_text_has_nothing_of_a_kind(text: str, kind: Kind) -> None:
    assert not has_kind(f" {text}", kind)


def test_a_capital_that_begins_a_sentence_is_no_name() -> None:
    assert not has_kind("Lamp", Kind.NAME)
    assert has_kind(" Lamp", Kind.NAME)


@given(st.text(max_size=80))
def test_any_text_is_a_question_of_one_kind_and_has_any(text: str) -> None:
    assert expected_kind(text) in Kind
    assert has_kind(text, Kind.ANY)


@given(st.integers(0, 10**6), st.sampled_from(sorted(QUANTITIES - {Kind.YEAR})))
def test_a_number_fits_whatever_asks_for_a_quantity(number: int, kind: Kind) -> None:
    assert has_kind(f" {number} ", kind)
