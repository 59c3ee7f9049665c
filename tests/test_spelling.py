"""Corrections: only words that no document holds, capitals kept, everything else left as it was."""

from pathlib import Path

import pytest

from fakes import PlainLexicalIndex
from qa.index.lexical import TantivyBackend
from qa.ports import LexicalEntry
from qa.reading.onnx_network import PACKAGED_FOLDER, TOKENIZER_FILE
from qa.spelling import corrected, usual_words

LEXICAL = PlainLexicalIndex([LexicalEntry("", "", "ministers signed the accord with nato in 2018")])


class Near:
    """Knows three misspellings."""

    def nearest(self, word: str) -> str | None:
        return {"minsters": "ministers", "acord": "accord", "naot": "nato"}.get(word.lower())


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which minsters signed the acord?", "Which ministers signed the accord?"),
        ("Minsters?", "Ministers?"),
        ("Is NAOT in it?", "Is NATO in it?"),
        ("Who signed the accord in 2018?", "Who signed the accord in 2018?"),
        ("What is a zebra?", "What is a zebra?"),
        ("acord2", "accord2"),
        ("", ""),
    ],
)
def test_corrected(question: str, expected: str) -> None:
    assert corrected(question, LEXICAL, Near()) == expected


def test_a_word_that_is_not_searched_is_no_slip(tmp_path: Path) -> None:
    """“there” is in no document here, and “three” is."""
    index = tmp_path / "index"
    index.mkdir()
    TantivyBackend().build([LexicalEntry("", "", "three boats came")], index)
    lexical = TantivyBackend().open([index])

    class Three:
        def nearest(self, word: str) -> str | None:
            return {"there": "three", "thrae": "three"}.get(word.lower())

    assert corrected("How many were there of thrae?", lexical, Three()) == "How many were there of three?"


def test_a_usual_word_is_no_slip_for_one_that_the_documents_use() -> None:
    class Present:
        def nearest(self, word: str) -> str | None:
            return {"president": "present", "prezident": "present"}.get(word.lower())

    known = usual_words(PACKAGED_FOLDER / TOKENIZER_FILE)
    assert corrected("Who is the President?", LEXICAL, Present(), known) == "Who is the President?"
    assert corrected("Who is the prezident?", LEXICAL, Present(), known) == "Who is the present?"


def test_usual_words_are_whole_and_of_letters() -> None:
    known = usual_words(PACKAGED_FOLDER / TOKENIZER_FILE)
    assert {"president", "hydrogen", "ministers"} <= known
    assert not any(word.startswith("##") or not word.isalpha() for word in known)
