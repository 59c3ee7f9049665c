"""What kind of answer a question asks for, as far as its first words tell, and whether a sentence has it."""

import re
from enum import StrEnum


class Kind(StrEnum):
    """The kinds that can be told apart by the characters of a sentence."""

    NUMBER = "number"
    TIME = "time"
    NAME = "name"
    ANY = "any"


_QUESTION = (
    (Kind.TIME, re.compile(r"\b(?:when|(?:what|which|whose)\s+(?:year|date|month|day|decade|century))\b", re.I)),
    (
        Kind.NUMBER,
        re.compile(
            r"\bhow\s+(?:many|much|old|long|far|tall|high|big|large|often|fast|heavy|deep|wide)\b"
            r"|\b(?:what|which)\s+(?:\w+\s+){0,3}(?:number|percentage|percent|amount|share|rate|value|population|price|cost|size|total)\b",
            re.I,
        ),
    ),
    (
        Kind.NAME,
        re.compile(
            r"\b(?:who|whom|whose|where)\b|\b(?:which|what)\s+(?:country|countries|city|person|company|state)\b", re.I
        ),
    ),
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_NUMBER_WORD = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand|million|billion|half|twice|"
    r"third|first|second|single|several"
)
_ANSWER = {
    Kind.TIME: re.compile(
        rf"\b(?:1\d{{3}}|20\d\d)\b|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}|\b{_MONTH}\s+\d|\b\d+\s+(?:year|day|month|week|hour)|\bcentur(?:y|ies)\b|\b\d{{1,2}}(?::\d\d|\s*[ap]\.?m)",
        re.I,
    ),
    Kind.NUMBER: re.compile(rf"\d|\b(?:{_NUMBER_WORD})\b", re.I),
    Kind.NAME: re.compile(r"(?<=\s)[A-Z][\w.’'-]+"),
}


def expected_kind(question: str) -> Kind:
    """The kind of answer a question asks for."""
    return next((kind for kind, pattern in _QUESTION if pattern.search(question)), Kind.ANY)


def has_kind(text: str, kind: Kind) -> bool:
    """Whether a text holds something of the kind; always true for ANY."""
    return kind is Kind.ANY or _ANSWER[kind].search(text) is not None
