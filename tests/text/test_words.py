"""Numbers in words, by hand."""

import pytest

from qa.text.words import counted


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1200, "1,200 files")],
)
def test_counted(number: int, words: str) -> None:
    assert counted(number, "file") == words
