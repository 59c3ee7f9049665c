"""The words and marks of a text, and what the spelling of a word tells of it."""

import re
from dataclasses import dataclass

from qa.conversation.lexicon import ADJECTIVES, PARTICIPLES, PLURALS, VERBS

_WORD = re.compile(
    r"(?:[^\W\d_]\.){2,}|[$€£]?\w+(?:(?:[-–&/+.,]|['’](?!s\b))\w+)*[+#]*|['’]s\b|(?<=s)['’](?=\s)|[^\w\s]"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a mark with its place in the text."""

    text: str
    start: int

    @property
    def lower(self) -> str:
        """In lower case, as word lists have it."""
        return self.text.lower()

    @property
    def end(self) -> int:
        """One past its last character."""
        return self.start + len(self.text)


def words(text: str) -> list[Word]:
    """Words and marks in order; a possessive ’s is a word by itself."""
    return [Word(match.group(), match.start()) for match in _WORD.finditer(text)]


def without_marks(text: str) -> str:
    """The text without white space around it and marks behind it; E.T. keeps its full stop."""
    stripped = text.strip().rstrip("?!… ")
    return stripped if re.search(r"\b\w\.\w\.$", stripped) else stripped.rstrip("?.!… ")


def is_adjective(word: str) -> bool:
    """Whether a lower-case word is surely an adjective."""
    return word in ADJECTIVES or (len(word) > 6 and word.endswith(("able", "ible", "ful", "ous", "proof", "less")))


def is_plural(word: str) -> bool:
    """Whether a noun looks plural."""
    word = word.lower()
    return word in PLURALS or (len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")))


def is_verb(word: str) -> bool:
    """Whether a lower-case word looks like a verb or a participle."""
    return (
        word in PARTICIPLES
        or (len(word) > 4 and word.endswith("ed"))
        or any(base in VERBS for base in (word, word.removesuffix("s"), word.removesuffix("es")))
    )
