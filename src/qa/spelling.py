"""Misspelt words of a question: which no document holds, and what the documents' vocabulary has instead.

A correction is always shown, since it changes what is asked; nothing is corrected that some document holds.
"""

import re
from typing import Protocol

from qa.ports import LexicalIndex

_WORD = re.compile(r"[^\W\d_]+")


class Speller(Protocol):
    """Knows the words of the documents."""

    def nearest(self, word: str) -> str | None:
        """The word that an unknown one most likely is, in lower case; None when nothing is near enough."""


def corrected(question: str, lexical: LexicalIndex, speller: Speller) -> str:
    """The question with every unknown word replaced by the nearest known one, capitals kept."""

    def mended(match: re.Match[str]) -> str:
        word = match.group()
        terms = lexical.terms(word)
        beside_another = lexical.terms(f"{word} 0")
        if any(map(lexical.document_frequency, terms)) or not set(terms) & set(beside_another):
            return word  # a word that is not searched, such as "there", is no slip for one that is
        meant = speller.nearest(word)
        if meant is None:
            return word
        return meant.upper() if word.isupper() else meant.capitalize() if word[0].isupper() else meant

    return _WORD.sub(mended, question)
