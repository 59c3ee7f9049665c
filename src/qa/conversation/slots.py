"""Puts what a fragment names into the last question: "and in 2018?", "what about Japan?", "and its capital?".

The phrase that gives way is the one most like the new one: the same preposition counts most, then the kind (year for
year, number for number, name for name), the head noun, country for country, determiner and number; of equals the last.
A new preposition without an old one is added at the end: "Who leads the navy?", "and in Japan?".
"""

import re
from collections.abc import Sequence

from qa.conversation.frames import Frame
from qa.conversation.lexicon import DEMONSTRATIVES
from qa.conversation.phrases import ASKED, Kind, Phrase, noun_phrase, phrases
from qa.conversation.referents import Exchange, Found, last_question, possessed
from qa.conversation.tokens import without_marks

MAX_FRAGMENT_WORDS = 9
"""Words of the longest fragment."""

_LEAD = re.compile(
    r"(?:(?:and|or|but|so|ok(?:ay)?|now|also|well|then|yes|no|thanks|thank you)\b[\s,!.]*)*"
    r"(?:(?:what|how)\s+(?:about|of)\b|same\s+for\b)?\s*",
    re.I,
)
_TRAIL = re.compile(r"[\s,]+(?:then|too|instead|as well|please)$", re.I)
_COPULAR = re.compile(r"((?:what|who|how\s+\w+)\s+(?:is|are|was|were))\s+(.+)", re.I)
_TOGETHER = (frozenset("in on at near inside outside".split()), frozenset("to into towards".split()))
_ASIDE = frozenset("during before after since until".split())


def put(question: str, told: Sequence[Exchange]) -> Found:
    """The last question with what the fragment names in its slot; None when the question is more than a fragment."""
    lead = _LEAD.match(question)
    start = lead.end() if lead else 0
    fragment = _TRAIL.sub("", without_marks(question[start:]))
    new = noun_phrase(fragment)
    if not new or len(fragment.split()) > MAX_FRAGMENT_WORDS or new.determiner in DEMONSTRATIVES:
        return None
    if new.determiner in {"its", "his", "her", "their"}:
        return _owned(fragment, told)
    frame = Frame.of(told[-1].question)
    if not frame or not (start or question.endswith("?") or new.preposition):
        return None
    body, mark = frame.text, "?" if told[-1].question.rstrip().endswith("?") else ""
    old = _replaced(new, phrases(body))
    if old:
        begin, text = old.start, new.text
        if old.determiner == "the" and not new.determiner and old.head == new.head:
            text = f"the {text}"  # "boiling point?" for "the melting point"
        if new.preposition and old.preposition:
            begin, text = body.lower().rindex(old.preposition, 0, old.start), f"{new.preposition} {new.text}"
        return body[:begin] + text + body[old.end :] + mark, (last_question(told),)
    if new.preposition or new.kind is Kind.TIME:
        return f"{body} {new.preposition or 'in'} {new.text}{mark}", (last_question(told),)
    return None


def _owned(fragment: str, told: Sequence[Exchange]) -> Found:
    """For "and its capital?": the whole of "What is the population of Japan?" gives way to "Japan's capital"."""
    owned = possessed(fragment, told)
    copular = _COPULAR.fullmatch(without_marks(told[-1].question))
    whole = noun_phrase(copular[2]) if copular else None
    if owned and copular and whole and whole.determiner:
        return f"{copular[1]} {owned[0]}?", (*owned[1], last_question(told))
    return (f"What about {owned[0]}?", owned[1]) if owned else None


def _replaced(new: Phrase, slots: Sequence[Phrase]) -> Phrase | None:
    """The phrase of the last question that a new one takes the place of: the best, and of equals the last."""
    best, most = None, 0
    for old in slots:
        exact = {Kind.TIME, Kind.NUMBER} & {old.kind, new.kind}
        if (
            old.determiner in ASKED
            or (exact and old.kind != new.kind)
            or (old.items and not new.items and best)
            or f"{old.text}'" in new.text
        ):
            continue
        alike = new.preposition == old.preposition or any(
            {new.preposition, old.preposition} <= group for group in _TOGETHER
        )
        if new.preposition and not exact and not alike:
            continue
        if new.kind is Kind.NAME and old.kind is Kind.COMMON and not new.preposition:
            continue
        score = 3 + 16 * bool(new.preposition and alike) + 8 * (old.kind is new.kind) + 4 * (old.head == new.head)
        score += 4 * (old.place == new.place) + 2 * (bool(old.determiner) == bool(new.determiner))
        score += (old.plural == new.plural) + (old.acronym == new.acronym) - 2 * (old.preposition in _ASIDE)
        if score >= most:
            best, most = old, score
    return best
