"""Raised digits are written as what they are."""

from qa.parsing.raised import raised


def test_digits_and_signs_are_raised_and_letters_are_not() -> None:
    assert raised("10-3") == "¹⁰⁻³"
    assert raised("\u22124+n") == "⁻⁴⁺n"
