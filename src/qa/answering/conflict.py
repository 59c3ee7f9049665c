"""Finds the passage that contradicts the best one: the same thing said with another figure or date.

Nothing understands the sentences, so the conditions are strict; a contradiction may be missed, but different figures
about different things must not raise an alarm. Two candidates contradict each other when

1. each gives exactly one value as its answer, and the two values cannot both be right (`text/values.py`);
2. both hold the same words of the question (in sentence, headings and title), and most of them;
3. the sentences are alike: one holds every word of the other, question and figures aside;
4. no other year or figure tells them apart, in sentence, headings or title.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.answering.citing import quotable
from qa.ports import LexicalIndex
from qa.text.expectation import QUANTITIES, Kind, expected_kind
from qa.text.forms import Form, expected_form
from qa.text.terms import QuestionTerms
from qa.text.values import Dimension, Value, differ, values
from qa.types import Candidate

MOST_COMPARED = 24
"""Candidates that are compared with the best one."""
LEAST_COVERAGE = 0.3
"""Share of the question's words that both passages must hold."""
LEAST_ALIKE = 0.5
"""Words that both sentences hold, as a share of those that either holds (Jaccard), figures aside."""

_DATES = {Kind.YEAR, Kind.DATE, Kind.TIME}
_YEAR = re.compile(r"(?<!\d)(?:1\d{3}|20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """What a candidate says: its one value, and everything else that could tell it from another."""

    value: Value
    others: frozenset[str]
    years: frozenset[str]
    words: frozenset[str]
    own: frozenset[str]
    about: frozenset[str]


def contradicting(
    question: str, candidates: Sequence[Candidate], terms: QuestionTerms, lexical: LexicalIndex
) -> Candidate | None:
    """The best of the further candidates that contradicts the first one, or None."""
    kind = expected_kind(question)
    if not candidates or expected_form(question) is not Form.SHORT or kind not in (*QUANTITIES, Kind.ANY):
        return None
    best = _claim(candidates[0], question, kind, terms, lexical)
    if best is None or terms.coverage(best.about) < LEAST_COVERAGE:
        return None
    for candidate in candidates[1:MOST_COMPARED]:
        other = _claim(candidate, question, kind, terms, lexical)
        if other is not None and _contradict(best, other):
            return candidate
    return None


def _contradict(one: _Claim, other: _Claim) -> bool:
    if one.about != other.about or one.years != other.years or one.others != other.others:
        return False
    if not (one.own <= other.own or other.own <= one.own):
        return False
    alike = len(one.words & other.words) / max(len(one.words | other.words), 1)
    return alike >= LEAST_ALIKE and differ(one.value, other.value)


def _claim(
    candidate: Candidate, question: str, kind: Kind, terms: QuestionTerms, lexical: LexicalIndex
) -> _Claim | None:
    """None when the candidate's answer is not exactly one value of the kind."""
    passage, unit = candidate.passage, quotable(candidate)
    text = passage.slice(unit)
    asked = {question[value.span.start : value.span.end].lower() for value in values(question)}
    found = [value for value in values(text) if value.span.of(text).lower() not in asked]
    answers = [value for value in found if value.span.shift(unit.start).overlaps(candidate.span)]
    if candidate.span == unit:
        answers = [value for value in answers if _suits(value, kind)]
    if len(answers) != 1 or not _suits(answers[0], kind):
        return None
    value = answers[0]
    if kind is Kind.ANY and value.span.start + unit.start > candidate.span.start:
        return None  # the words before it say that the figure is not the answer itself
    rest = text[: value.span.start] + " " + text[value.span.end :]
    place = " ".join((passage.title, *passage.chunk.headings))
    content = frozenset(term for term in lexical.terms(rest) if not term.isdigit())
    wanted = frozenset(terms.weights)
    return _Claim(
        value=value,
        others=frozenset(other.span.of(text).lower() for other in found if other is not value),
        years=frozenset(_YEAR.findall(f"{rest} {place}")) - frozenset(_YEAR.findall(question)),
        words=content,
        own=content - wanted,
        about=wanted & (content | frozenset(lexical.terms(place))),
    )


def _suits(value: Value, kind: Kind) -> bool:
    """Whether a value may answer a question of a kind."""
    if kind is Kind.CLOCK:
        return value.dimension in (Dimension.CLOCK, Dimension.NUMBER)
    if kind in _DATES:
        return value.dimension in (Dimension.DATE, Dimension.CLOCK)
    if kind is Kind.PERCENTAGE:
        return value.dimension is Dimension.PERCENT
    return kind is Kind.ANY or value.dimension in (Dimension.NUMBER, Dimension.MONEY, Dimension.PERCENT)
