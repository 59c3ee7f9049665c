"""Weighs the words of a question by how rare they are, and measures which of them a text holds."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from qa.ports import LexicalIndex
from qa.text.codes import codes
from qa.text.scripts import composed

_WORD = re.compile(r"\w+(?:[-'’.&/+:,‐‑–]\w+)*")
_NAMED = re.compile(r"[A-Z]+[-‐‑–]?\d|\d+,")
"""Codes whose parts mean nothing by themselves: F-35, G-20, 1,200; not 2018-19 or mid-1980s."""


def inverse_document_frequency(frequency: int, size: int) -> float:
    """BM25's weight of a term that `frequency` of `size` entries hold (Robertson and Spärck Jones, with the +1)."""
    return math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """The index terms of a question with their weights; `words` maps each to the word that was typed."""

    weights: dict[str, float]
    words: dict[str, str]
    unknown: frozenset[str]

    @classmethod
    def of(cls, question: str, lexical: LexicalIndex) -> "QuestionTerms":
        """Analyse a question with the index that answers it."""
        question = composed(question)
        weights: dict[str, float] = {}
        unknown = set()
        for term in _distinct(question, lexical):
            frequency = lexical.document_frequency(term)
            weights[term] = inverse_document_frequency(frequency, len(lexical))
            if frequency == 0:
                unknown.add(term)
        words: dict[str, str] = {}
        for word in _WORD.findall(question):
            for term in lexical.terms(word):
                if term in weights:
                    words.setdefault(term, word)
        return cls(weights, words, frozenset(unknown))

    def coverage(self, terms: Iterable[str]) -> float:
        """The share (0..1) of the question's weight that is among `terms`; 0 when the question has no terms."""
        total = sum(self.weights.values())
        found = set(terms)
        return sum(weight for term, weight in self.weights.items() if term in found) / total if total else 0.0

    def known(self) -> "QuestionTerms":
        """Without the terms that no entry holds, which say nothing of where in the documents an answer stands."""
        kept = {term: weight for term, weight in self.weights.items() if term not in self.unknown}
        return QuestionTerms(kept, self.words, frozenset())

    def shown(self, terms: Iterable[str]) -> tuple[str, ...]:
        """The words that were typed for some of the terms, in the order of the question, each once."""
        wanted = set(terms)
        return tuple(dict.fromkeys(word for term, word in self.words.items() if term in wanted))


def _distinct(question: str, lexical: LexicalIndex) -> list[str]:
    """The terms of a question; a code that the documents hold counts as a whole, not by its parts."""
    terms = dict.fromkeys(lexical.terms(question))
    for word, joined in codes(question).items():
        whole = lexical.terms(joined)
        if _NAMED.match(word) and all(map(lexical.document_frequency, whole)):
            for part in lexical.terms(word):
                if part not in whole:
                    terms.pop(part, None)
    return list(terms)


def is_name_or_number(word: str, question: str) -> bool:
    """Whether a word of the question looks like a name, code or number: digits, capitals, not the first word."""
    if any(c.isdigit() for c in word) or re.search(r"[A-Z]{2}", word):
        return True
    return word[:1].isupper() and not question.lstrip("\"'“‘¿¡ ").startswith(word)
