"""Questions that look answerable and are not, made from answerable ones.

People who write unanswerable questions swap a name or a number, or turn a word into its opposite, so that the passage
is about nearly the right thing. Such questions are scarce; this makes more of them at no cost.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

_OPPOSITES = (
    "first last|largest smallest|biggest smallest|highest lowest|most least|more fewer|before after|north south|"
    "east west|northern southern|eastern western|increase decrease|increased decreased|won lost|win lose|began ended|"
    "begin end|start stop|started stopped|oldest youngest|older younger|early late|earliest latest|allowed forbidden|"
    "male female|high low|higher lower|larger smaller|longest shortest|longer shorter|maximum minimum|"
    "men women|major minor|inside outside|above below|rise fall|rose fell|common rare|rich poor|strong weak|"
    "best worst|better worse|gain lose|gained lost|accept reject|accepted rejected|support oppose|supported opposed|"
    "public private|old new|upper lower|fast slow|faster slower|hot cold|import export|positive negative|"
    "majority minority|join leave|joined left"
)
OPPOSITES: dict[str, str] = {}
for _pair in _OPPOSITES.split("|"):
    _left, _right = _pair.split()
    OPPOSITES.setdefault(_left, _right)
    OPPOSITES.setdefault(_right, _left)

_NAME = re.compile(r"\b[A-Z][\w'-]*(?:\s+(?:of\s+)?[A-Z][\w'-]*)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_WORD = re.compile(r"[A-Za-z]+")
_FILLERS = frozenset("What Which Who Whom Whose When Where Why How In On At The A An It He She They This That".split())


@dataclass(frozen=True)
class Case:
    """An answerable question, its passage, another passage of the same article, and the answer."""

    question: str
    passage: str
    elsewhere: str
    answer: str


def names(text: str) -> list[str]:
    """Runs of capitalised words that are not just the start of a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        while words and words[0] in _FILLERS:
            words = words[1:]
        inside = match.start() > 0 and text[match.start() - 2 : match.start() - 1] not in ".!?"
        if words and (inside or len(words) > 1):
            found.append(" ".join(words))
    return found


def swap_name(case: Case, rng: random.Random) -> str | None:
    """Replace a name of the question that the passage mentions by another one of the same length in words."""
    own = [name for name in names(case.question) if name.lower() in case.passage.lower()]
    if not own:
        return None
    name = rng.choice(own)
    pool = names(case.passage) if rng.random() < 0.5 else names(case.elsewhere)
    asked = case.question.lower()
    others = [
        other
        for other in pool
        if other.lower() not in asked
        and other.lower() not in case.answer.lower()
        and case.answer.lower() not in other.lower()
        and name.lower() not in other.lower()
        and len(other.split()) == len(name.split())
    ]
    return case.question.replace(name, rng.choice(others)) if others else None


def swap_number(case: Case, rng: random.Random) -> str | None:
    """Replace a number of the question by another one with as many digits, or by a near one."""
    own = _NUMBER.findall(case.question)
    if not own:
        return None
    number = rng.choice(own)
    pool = [other for other in _NUMBER.findall(case.passage + " " + case.elsewhere) if len(other) == len(number)]
    pool = [other for other in pool if other not in case.question and other not in case.answer]
    if not pool and number.isdigit():
        pool = [str(int(number) + step) for step in (-20, -7, -3, 2, 5, 11) if int(number) + step > 0]
    return case.question.replace(number, rng.choice(pool)) if pool else None


def swap_opposite(case: Case, rng: random.Random) -> str | None:
    """Replace a word by its opposite."""
    own = [match for match in _WORD.finditer(case.question) if match.group().lower() in OPPOSITES]
    if not own:
        return None
    match = rng.choice(own)
    return case.question[: match.start()] + OPPOSITES[match.group().lower()] + case.question[match.end() :]


def unanswerable(case: Case, rng: random.Random) -> str | None:
    """A question near this one that the passage does not answer, or None where no rule applies."""
    rules: list[Callable[[Case, random.Random], str | None]] = [swap_name, swap_number, swap_opposite]
    rng.shuffle(rules)
    for rule in rules:
        changed = rule(case, rng)
        if changed is not None and changed != case.question:
            return changed
    return None
