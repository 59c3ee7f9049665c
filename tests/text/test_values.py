"""Numbers and dates read by hand, and which of them cannot both be right."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.values import Dimension, Value, differ, values


def only(text: str) -> Value:
    """The one value of a text."""
    (value,) = values(text)
    return value


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12", "12"),
        ("1,200", "1200"),
        ("1200 boats", "1200"),
        ("1 234 567 boats", "1234567"),
        ("7.65", "7.65"),
        ("1.2 million", "1200000"),
        ("$1.2m", "1200000"),
        ("300 m", "300"),
        ("USD 3bn", "3000000000"),
        ("5k", "5000"),
        ("twelve", "12"),
        ("Twelve hundred", "1200"),
        ("twenty-one", "21"),
        ("ninety", "90"),
        ("two dozen", "24"),
        ("3 crore", "30000000"),
        ("zero boats", "0"),
        ("one pier", "1"),
        ("40-metre boats", "40"),
        ("It has 21.", "21"),
    ],
)
def test_numbers(text: str, amount: str) -> None:
    assert only(text).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "dimension", "unit"),
    [
        ("12 boats", Dimension.NUMBER, {"boat"}),
        ("12 fishing boats of wood", Dimension.NUMBER, {"fishing", "boat"}),
        ("12 crowns a day", Dimension.NUMBER, {"crown", "day"}),
        ("12", Dimension.NUMBER, set()),
        ("$12", Dimension.MONEY, {"dollar"}),
        ("US$12", Dimension.MONEY, {"dollar"}),
        ("12 dollars", Dimension.MONEY, {"dollar"}),
        ("€ 1.5 million", Dimension.MONEY, {"euro"}),
        ("12%", Dimension.PERCENT, set()),
        ("12 per cent of them", Dimension.PERCENT, set()),
        ("12 percent", Dimension.PERCENT, set()),
    ],
)
def test_what_is_counted(text: str, dimension: Dimension, unit: set[str]) -> None:
    value = only(text)
    assert value.dimension is dimension
    assert set(value.unit) == unit


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2018-05-07", (2018, 5, 7)),
        ("7 May 2018", (2018, 5, 7)),
        ("the 7th of May, 2018", (2018, 5, 7)),
        ("May 7, 2018", (2018, 5, 7)),
        ("May 7th", (None, 5, 7)),
        ("7 Sept.", (None, 9, 7)),
        ("December 2018", (2018, 12, None)),
        ("in 1902", (1902, None, None)),
    ],
)
def test_dates(text: str, date: tuple[int | None, int | None, int | None]) -> None:
    value = only(text)
    assert (value.dimension, value.date) == (Dimension.DATE, date)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("9 pm", 1260), ("9:30", 570), ("09:30", 570), ("9.30 a.m.", 570), ("12 am", 0), ("12 pm", 720), ("21:05", 1265)],
)
def test_times_of_day(text: str, minutes: int) -> None:
    value = only(text)
    assert value.dimension is Dimension.CLOCK
    assert value.amount == Decimal(minutes)


@pytest.mark.parametrize(
    "text",
    ["", "no digits", "MQ-9B", "F-414", "2+2", "the 1980s", "40th", "3.5.2", "192.168.0.1", "2022-23", "5-10",
     "may 10 people", "one of them", "no one", "someone", "phone", "2018-99-99"],
)  # fmt: skip
def test_what_is_no_value(text: str) -> None:
    assert [value.amount for value in values(text) if value.dimension is not Dimension.DATE] in ([], [Decimal(10)])
    assert not any(value.date != (None, None, None) for value in values(text))


def test_all_values_of_a_sentence_in_order() -> None:
    text = "On 5 May 1902 at 9 pm, 1,200 guests paid $3 each, 40% of them twice."
    assert [value.span.of(text) for value in values(text)] == ["5 May 1902", "9 pm", "1,200", "$3", "40%"]


@pytest.mark.parametrize(
    ("text", "about", "bound"),
    [
        ("about 12", True, False),
        ("approximately 12", True, False),
        ("~12", True, False),
        ("over 12", False, True),
        ("more than 12", False, True),
        ("at least 12", False, True),
        ("up to 12", False, True),
        ("before 1902", False, True),
        ("by 1902", False, True),
        ("rose by 12", False, False),
        ("in 1902", False, False),
        ("exactly 12", False, False),
    ],
)
def test_hedges(text: str, *, about: bool, bound: bool) -> None:
    value = only(text)
    assert (value.about, value.bound) == (about, bound)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("12 boats", "14 boats", True),
        ("12 boats", "12 boats", False),
        ("12 boats", "14 towns", False),
        ("12", "14 towns", True),
        ("1200 boats", "1902", False),
        ("1,200", "1.2 thousand", False),
        ("1.2 million", "1,203,417", False),
        ("1.2 million", "1,263,417", True),
        ("1.2 million", "1.3 million", True),
        ("about 200", "215", False),
        ("about 200", "300", True),
        ("over 200", "300", False),
        ("12%", "12", False),
        ("12%", "13 per cent", True),
        ("$12", "13 dollars", True),
        ("$12", "13 euros", False),
        ("1902", "1905", True),
        ("1902", "May 1902", False),
        ("5 May", "5 May 1902", False),
        ("5 May", "6 May 1902", True),
        ("before 1905", "1902", False),
        ("9 pm", "21:00", False),
        ("9 pm", "9 am", True),
    ],
)
def test_what_cannot_both_be_right(one: str, other: str, *, apart: bool) -> None:
    assert differ(only(one), only(other)) is apart
    assert differ(only(other), only(one)) is apart


@given(st.integers(0, 10**12))
def test_separators_change_nothing(number: int) -> None:
    plain, separated = only(f"{number} boats"), only(f"{number:,} boats")
    if plain.dimension is Dimension.DATE:
        assert plain.date == (number, None, None)
    else:
        assert plain.amount == separated.amount == number
        assert not differ(plain, separated)


@given(st.text(alphabet="0123456789,.-:/ %$€kmabMay19", max_size=40))
def test_values_ascend_inside_the_text(text: str) -> None:
    end = 0
    for value in values(text):
        assert end <= value.span.start < value.span.end <= len(text)
        end = value.span.end
        assert not differ(value, value)
