"""Types of arguments: what they take, and what they say to the rest."""

import argparse

import pytest

from qa.cli_arguments import whole_number


def test_whole_numbers_within_the_bounds_are_taken() -> None:
    assert [whole_number(1, 50)(text) for text in ("1", "50")] == [1, 50]
    assert whole_number(1)("1000000") == 1_000_000


@pytest.mark.parametrize("text", ["0", "51", "-1", "x", "", "2.5"])
def test_anything_else_is_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"must be a whole number from 1 to 50, not '{text}'"):
        whole_number(1, 50)(text)


def test_without_an_upper_bound_only_the_lower_is_named() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a whole number of at least 1, not '0'"):
        whole_number(1)("0")
