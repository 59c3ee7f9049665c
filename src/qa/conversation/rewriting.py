"""Makes a follow-up question self-contained from the conversation, by rules: visible, deterministic, never inventive.

What comes out holds only words of the question, of the conversation, and the small words of `GLUE`. Where no rule fits,
the question stays as it is. The rules, in the order in which they are tried:

- *more*: "tell me more" asks about what was asked about.
- *again*: "why?", "since when?", "by whom?" put the last question with another question phrase.
- *count*: "how many?" after "Which countries …?", "which?" after "How many …?", "how many members?".
- *else*: "what else?", "which others?" ask the last question for the rest of its answers.
- *slot* (`slots.py`): "and in 2018?", "what about Japan?" replace the year by the year, the name by the name.
- *pronouns* (`pronouns.py`, `referents.py`): "who leads it?", "that agreement", "there" become what they stand for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.conversation.frames import Frame
from qa.conversation.lexicon import AUXILIARIES
from qa.conversation.phrases import noun_phrase, phrases
from qa.conversation.pronouns import resolve
from qa.conversation.referents import EXCHANGES_BACK, Exchange, Found, Taken, last_question, topic
from qa.conversation.slots import put
from qa.conversation.tokens import is_plural, without_marks

MAX_CHARACTERS = 200
"""A longer question speaks for itself."""
MAX_ADDED = 200
"""Characters that a rewritten question may have more than the longer of the question and the one before it."""
MAX_READ = 400
"""A longer question or answer of the history is passed over."""
MAX_ANSWER_WORDS = 9
"""Words of the longest answer that is put into a question."""
GLUE = frozenset(
    "what about tell me more is are was were has have it that why not in of how many which else other do does the "
    "s".split()
)
"""Words that a rewritten question may hold beside those of the conversation."""

_ABOUT = re.compile(r"(?:what|how)\s+(?:about|of)\b", re.I)
_AND = r"(?:(?:and|but|so)\s+)?"
_MORE = re.compile(
    r"(?:please\s+)?(?:tell me more|more|more details?|go on|say more|elaborate|continue)(?:,?\s+please)?[.!?…]*", re.I
)
_AGAIN = re.compile(
    rf"{_AND}(?P<wh>why(?:\s+not)?|(?:(?:since|until|by)\s+)?when|for\s+how\s+long|how(?:\s+(?:often|long|far|soon))?|"
    r"(?:from\s+)?where|(?:by|with|for|to|from|against|about)\s+(?:whom|what|where)|"
    r"(?:in|at|on|with|for|by|to|from|of|under|until|since)\s+(?:which|what)\s+\w+(?:\s+\w+)?)"
    r"(?:\s+(?:is|was)\s+(?:that|this)|\s+did\s+(?:that|this|it)\s+happen|\s+so|\s+exactly)?\s*[?.!…]*",
    re.I,
)
_COUNT = re.compile(rf"{_AND}how\s+(?:many|much)(?:\s+(?P<noun>[\w-]+))?(?:\s+(?:are|is)\s+there)?\s*\??", re.I)
_WHICH = re.compile(rf"{_AND}which(?:\s+ones?)?\s*\??", re.I)
_ELSE = re.compile(
    rf"{_AND}(?:(?P<wh>who|what|where|when|how|why|anyone|anything)\s+else|(?:which|any)\s+others?)\s*\??", re.I
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A question as it was `typed` and as it is `asked`, with what was taken from the conversation."""

    typed: str
    asked: str
    taken: tuple[Taken, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return self.asked != self.typed


def rewrite(question: str, history: Sequence[Exchange]) -> Rewritten:
    """The question made self-contained from earlier exchanges, oldest first.

    Earlier questions may stand as typed: each is first made self-contained from those before it.
    """
    told: list[Exchange] = []
    for exchange in history:
        asked = _rewrite(exchange.question, told).asked
        answer = exchange.answer if len(exchange.answer) <= MAX_READ else ""
        told.append(Exchange(asked if len(asked) <= MAX_READ else "", answer))
    return _rewrite(question, told)


def _rewrite(question: str, told: Sequence[Exchange]) -> Rewritten:
    plain = " ".join(question.split())
    if told and plain and len(plain) <= MAX_CHARACTERS:
        longest = max(len(plain), len(told[-1].question)) + MAX_ADDED
        whole = _to_last_question(told)
        for rule in (_more, _again, _count, _else, put, resolve):
            found = rule(plain, told if rule in {_more, resolve} else whole)
            if found and len(found[0]) <= longest and without_marks(found[0]).lower() != without_marks(plain).lower():
                return Rewritten(question, found[0][:1].upper() + found[0][1:], found[1])
    return Rewritten(question, question)


def _to_last_question(told: Sequence[Exchange]) -> Sequence[Exchange]:
    """The history up to the last question that says what it is about; a "why?" that stayed so is passed over."""
    for end in range(len(told), max(0, len(told) - EXCHANGES_BACK), -1):
        text = told[end - 1].question
        frame = Frame.of(text)
        if frame and (frame.rest or (phrases(text) and not _ABOUT.match(text))):
            return told[:end]
    return told


def _more(question: str, told: Sequence[Exchange]) -> Found:
    found = topic(told) if _MORE.fullmatch(question) else None
    return (f"Tell me more about {found.words}", (found,)) if found else None


def _again(question: str, told: Sequence[Exchange]) -> Found:
    match, frame = _AGAIN.fullmatch(question), Frame.of(told[-1].question)
    if not match or not frame:
        return None
    answer = noun_phrase(told[-1].answer)
    if answer and (answer.preposition or len(answer.whole.split()) > MAX_ANSWER_WORDS):
        answer = None
    text = frame.asked_with(" ".join(match["wh"].lower().split()), answer)
    return (text, (last_question(told),)) if text else None


def _count(question: str, told: Sequence[Exchange]) -> Found:
    count, which = _COUNT.fullmatch(question), _WHICH.fullmatch(question)
    if count and count["noun"]:
        found = topic(told) if is_plural(count["noun"]) else None
        have = "do" if found and found.plural else "does"
        return (f"How many {count['noun']} {have} {found.words} have?", (found,)) if found else None
    last = told[-1].question
    frame = re.match(r"(which|what|how many)\s+([\w-]+)", last, re.I)
    if not (count or which) or not frame or not is_plural(frame[2]) or (frame[1].lower() == "how many") == bool(count):
        return None
    return ("How many" if count else "Which") + last[frame.end(1) :], (last_question(told),)


def _else(question: str, told: Sequence[Exchange]) -> Found:
    match, last = _ELSE.fullmatch(question), told[-1].question
    frame = re.match(r"(who|what|where|when|how|why|which)\s+([\w-]+)", last, re.I)
    if not match or not frame:
        return None
    asked, wh = frame[1].lower(), (match["wh"] or "which").lower()
    noun = asked in {"which", "what"} and frame[2].lower() not in AUXILIARIES and is_plural(frame[2])
    if {"anyone": "who", "anything": asked}.get(wh, wh) != asked and not (noun and wh in {"which", "what"}):
        return None
    return frame[1] + (" other" if noun else " else") + last[frame.end(1) :], (last_question(told),)
