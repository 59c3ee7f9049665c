"""Misspelt words of a question: which no document holds, and what the documents' vocabulary has instead.

A correction is always shown, since it changes what is asked. Nothing is corrected that some document holds, nor a usual
word of the language, which the documents merely do not use: "president" is no slip for "present".
"""

import json
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from qa.ports import LexicalIndex

_WORD = re.compile(r"[^\W\d_]+")


class Speller(Protocol):
    """Knows the words of the documents."""

    def nearest(self, word: str) -> str | None:
        """The word that an unknown one most likely is, in lower case; None when nothing is near enough."""


@lru_cache(maxsize=1)
def usual_words(tokenizer: Path) -> frozenset[str]:
    """The words that a word-piece tokenizer (`tokenizer.json`) has whole, in lower case: the most frequent."""
    pieces = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(piece for piece in pieces if piece.isalpha())


@dataclass(frozen=True, slots=True)
class EitherOf:
    """The words of two sets, neither of which is copied."""

    one: Container[str]
    other: Container[str]

    def __contains__(self, word: object) -> bool:
        return word in self.one or word in self.other


def corrected(question: str, lexical: LexicalIndex, speller: Speller, usual: Container[str] = ()) -> str:
    """The question with every unknown word replaced by the nearest known one, capitals kept.

    `usual` words, in lower case, are known though no document holds them.
    """

    def mended(match: re.Match[str]) -> str:
        word = match.group()
        if word.lower() in usual:
            return word
        terms = lexical.terms(word)
        beside_another = lexical.terms(f"{word} 0")
        if any(map(lexical.document_frequency, terms)) or not set(terms) & set(beside_another):
            return word  # a word that is not searched, such as "there", is no slip for one that is
        meant = speller.nearest(word)
        if meant is None:
            return word
        return meant.upper() if word.isupper() else meant.capitalize() if word[0].isupper() else meant

    return _WORD.sub(mended, question)
