"""Makes a follow-up question self-contained from the conversation, by rules: visible, deterministic, never inventive.

What comes out holds only words of the question, of the conversation, and the small words of `GLUE`. Where no rule fits,
the question stays as it is. The rules, in the order in which they are tried:

- *More*: "tell me more" asks about what was asked about.
- *Another question word*: "why?", "since when?", "how many?", "what else?" put the last question anew.
- *Another slot*: "and in 2018?", "what about Japan?" replace, in the last question, the year by the year, the name by the
  name, the thing by the thing: the same preposition first, then the same kind, determiner and number, then the last.
- *Pronouns*: "who leads it?", "that agreement", "the second one", "there" become what they stand for (`referents.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.conversation.lexicon import AUXILIARIES, BE, DEMONSTRATIVES, POSSESSIVES, QUESTION_WORDS
from qa.conversation.phrases import ASKED, Kind, Phrase, is_plural, noun_phrase, phrases, words
from qa.conversation.referents import Exchange, Taken, possessed, resolve, topic

MAX_CHARACTERS = 200
"""A longer question speaks for itself."""
MAX_ADDED = 200
"""Characters that a rewritten question may have more than the longer of the question and the one before it."""
MAX_FRAGMENT_WORDS = 9
GLUE = frozenset("what about tell me more is was it that why not in of how many which else other do does have the s".split())
"""Words that a rewritten question may hold beside those of the conversation."""

_LEAD = re.compile(
    r"(?:(?:and|or|but|so|ok(?:ay)?|now|also|well|then|yes|no)\b[\s,]*)*(?:(?:what|how)\s+(?:about|of)\b|same\s+for\b)?\s*", re.I
)
_TRAIL = re.compile(r"[\s,]+(?:then|too|instead|as well|please)$", re.I)
_MORE = re.compile(r"(?:please\s+)?(?:tell me more|more|more details?|go on|say more|elaborate|continue)(?:,?\s+please)?[.!?…]*", re.I)
_AGAIN = re.compile(
    r"(?:(?:and|but|so)\s+)?(?P<wh>(?:why(?:\s+not)?|(?:since|until|by)?\s*when|how(?:\s+(?:often|long|far|soon))?|"
    r"(?:from\s+)?where|(?:by|with|for|to|from|against|about)\s+(?:whom|what|where)|"
    r"(?:in|at|on|with|for|by|to|from|of|under|until|since)\s+(?:which|what)\s+\w+(?:\s+\w+)?))"
    r"(?:\s+(?:is|was)\s+(?:that|this)|\s+did\s+(?:that|this|it)\s+happen|\s+so|\s+exactly)?\s*[?.!…]*",
    re.I,
)
_COUNT = re.compile(r"(?:(?:and|so)\s+)?how\s+(?:many|much)(?:\s+(?P<noun>[\w-]+))?(?:\s+(?:are|is)\s+there)?\s*\??", re.I)
_WHICH = re.compile(r"(?:(?:and|so)\s+)?which(?:\s+ones?)?\s*\??", re.I)
_ELSE = re.compile(r"(?:(?:and|so)\s+)?(?:(?P<wh>who|what|where|when|how|why|anyone|anything)\s+else|(?:which|any)\s+others?)\s*\??", re.I)
_GAP = re.compile(r"\b(?:with|for|by|to|from|of|in|on|at|about|against)$", re.I)


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
        told.append(Exchange(_rewrite(exchange.question, told).asked, exchange.answer))
    return _rewrite(question, told)


def _rewrite(question: str, told: Sequence[Exchange]) -> Rewritten:
    plain = " ".join(question.split())
    if not told or not plain or len(plain) > MAX_CHARACTERS:
        return Rewritten(question, question)
    for rule in (_more, _again, _count, _else, _slot, resolve):
        found = rule(plain, told)
        if found:
            text, taken = found
            text = text[:1].upper() + text[1:]
            if text.rstrip("?") == plain.rstrip("?") or len(text) > max(len(plain), len(told[-1].question)) + MAX_ADDED:
                break
            return Rewritten(question, text, tuple(taken))
    return Rewritten(question, question)


_Found = tuple[str, list[Taken]] | None


def _more(question: str, told: Sequence[Exchange]) -> _Found:
    found = topic(told) if _MORE.fullmatch(question) else None
    return (f"Tell me more about {found.words}", [found]) if found else None


def _again(question: str, told: Sequence[Exchange]) -> _Found:
    """Put the last question with another question word; its own answer fills the gap that the old one leaves."""
    match = _AGAIN.fullmatch(question)
    frame = _Frame.of(told[-1].question) if match else None
    if not match or not frame:
        return None
    number, wh = len(told) - 1, " ".join(match["wh"].split())
    answer = noun_phrase(told[-1].answer)
    short = answer.whole if answer and not answer.preposition and len(answer.whole.split()) <= MAX_FRAGMENT_WORDS else ""
    text = frame.asked_with(wh.lower(), short)
    if not text:
        return None
    taken = [Taken(told[-1].question, number, "question")]
    return text, taken + ([Taken(short, number, "answer")] if short and short in text.removeprefix(frame.text) else [])


def _count(question: str, told: Sequence[Exchange]) -> _Found:
    """ "how many?" after "Which countries …?", "which?" after "How many countries …?", "how many members?"."""
    last, number = told[-1].question, len(told) - 1
    count, which = _COUNT.fullmatch(question), _WHICH.fullmatch(question)
    frame = re.match(r"(which|what|how many)\s+([\w-]+)", last, re.I)
    counted = frame is not None and frame[2].lower() not in AUXILIARIES and is_plural(frame[2])
    if count and count["noun"] and count["noun"].lower() not in AUXILIARIES and is_plural(count["noun"]):
        found = topic(told)
        have = "do" if found and found.plural else "does"
        return (f"How many {count['noun']} {have} {found.words} have?", [found]) if found else None
    if not frame or not counted or not (count and not count["noun"] or which):
        return None
    if (frame[1].lower() == "how many") == bool(count):
        return None
    return ("How many" if count else "Which") + last[frame.end(1) :], [Taken(last, number, "question")]


def _else(question: str, told: Sequence[Exchange]) -> _Found:
    """ "what else?", "who else?", "which others?": the last question, for the rest of its answers."""
    match, last = _ELSE.fullmatch(question), told[-1].question
    frame = re.match(r"(who|what|where|when|how|why|which)\s+(\w+)", last, re.I)
    if not match or not frame:
        return None
    asked, wh = frame[1].lower(), (match["wh"] or "which").lower()
    wh = {"anyone": "who", "anything": asked}.get(wh, wh)
    noun = asked in {"which", "what"} and frame[2].lower() not in AUXILIARIES and is_plural(frame[2])
    if wh != asked and not (noun and wh in {"which", "what"}):
        return None
    return last[: frame.end(1)] + (" other" if noun else " else") + last[frame.end(1) :], [
        Taken(last, len(told) - 1, "question")
    ]


def _slot(question: str, told: Sequence[Exchange]) -> _Found:
    """Put what a fragment names into the slot of the last question that it fits."""
    lead = _LEAD.match(question)
    start = lead.end() if lead else 0
    fragment = _TRAIL.sub("", question[start:].rstrip("?.!… "))
    named = noun_phrase(fragment)
    if not named or len(fragment.split()) > MAX_FRAGMENT_WORDS or named.determiner in DEMONSTRATIVES:
        return None
    if not (start or (question.endswith("?") or question.endswith("?!"))) and not named.preposition:
        return None
    last, number = told[-1].question, len(told) - 1
    body, mark = last.rstrip("?.! "), "?" if last.endswith("?") or _Frame.of(last) else ""
    taken = [Taken(last, number, "question")]
    if named.determiner in POSSESSIVES - {"my", "your", "our"}:
        owned = possessed(fragment, told)
        if not owned:
            return None
        copular = re.fullmatch(r"((?:what|who|how \w+)\s+(?:is|are|was|were))\s+(.+)", body, re.I)
        if copular and (whole := noun_phrase(copular[2])) and whole.determiner != "":
            return f"{copular[1]} {owned[0]}{mark}", owned[1] + taken
        return f"What about {owned[0]}?", owned[1]
    if not _Frame.of(last):
        return None
    old = _replaced(named, phrases(body))
    if old:
        begin = old.start
        new = named.text
        if named.preposition and old.preposition:
            begin, new = body.rindex(old.before, 0, old.start), f"{named.preposition} {named.text}"
        return body[:begin] + new + body[old.end :] + mark, taken
    if named.preposition or named.kind is Kind.TIME:
        return f"{body} {named.preposition or 'in'} {named.text}{mark}", taken
    return None


def _replaced(new: Phrase, slots: Sequence[Phrase]) -> Phrase | None:
    """The phrase of the last question that a new one takes the place of; the last of the best."""
    prepositions = [frozenset("in on at near inside outside".split()), frozenset("to into towards".split())]

    def together(one: str, other: str) -> bool:
        return one == other or any({one, other} <= group for group in prepositions)

    best, best_score = None, 0
    for old in slots:
        exact = Kind.TIME in {old.kind, new.kind} or Kind.NUMBER in {old.kind, new.kind}
        if old.determiner in ASKED or (exact and old.kind != new.kind):
            continue
        if new.preposition and not exact and not together(new.preposition, old.preposition):
            continue
        if new.kind is Kind.NAME and old.kind is Kind.COMMON and not new.preposition:
            continue
        score = 1 + 16 * (bool(new.preposition) and together(new.preposition, old.preposition)) + 8 * (old.kind is new.kind)
        score += 4 * (old.head == new.head) + 4 * (old.place == new.place) + 2 * (bool(old.determiner) == bool(new.determiner))
        score += 1 * (old.plural == new.plural) + (old.acronym == new.acronym)
        if score >= best_score and not (old.items and not new.items and best):
            best, best_score = old, score
    return best


@dataclass(frozen=True, slots=True)
class _Frame:
    """A question as its question phrase, its auxiliary verb and the rest; `lead` is empty for a yes-no question."""

    text: str
    lead: str
    auxiliary: str
    rest: str

    @classmethod
    def of(cls, question: str) -> "_Frame | None":
        text = question.rstrip("?.!… ")
        tokens = words(text)
        first = tokens[0].lower if tokens else ""
        wh = first in QUESTION_WORDS or (len(tokens) > 1 and tokens[1].lower in QUESTION_WORDS)
        if not wh and first not in AUXILIARIES:
            return None
        for place, word in enumerate(tokens[:8]):
            if word.lower in AUXILIARIES:
                return cls(text, text[: word.start].strip(), word.text.lower(), text[word.end :].strip())
            if place and first in {"who", "what"}:
                break
        return cls(text, text, "", "")

    def asked_with(self, wh: str, answer: str) -> str:
        """The question with another adverbial question phrase; empty when it cannot be put so."""
        first = self.lead.split()[0].lower() if self.lead else ""
        if wh == "why not":
            subject = next((p for p in phrases(self.rest) if p.start == 0), None)
            end = subject.end if subject else len(self.rest.split(" ")[0]) if self.rest[:2] in {"I ", "we"} else 0
            return f"why {self.auxiliary} {self.rest[:end]} not{self.rest[end:]}?" if end and not self.lead else ""
        adverbial = first in {"why", "when", "where", "how"} and not re.match(r"how (?:many|much)\b", self.lead, re.I)
        if self.auxiliary and (not self.lead or adverbial or first not in QUESTION_WORDS):
            return f"{wh} {self.auxiliary} {self.rest}?"
        starts = [p for p in phrases(self.rest) if p.start == 0]
        if not self.auxiliary:
            noun = next((p for p in phrases(self.text) if p.determiner in {"which", "what"}), None)
            verb = self.text[noun.end :] if noun else self.text[len(self.text.split()[0]) :]
            return f"{wh} is it that {answer}{verb}?" if answer and verb.strip() else ""
        if self.auxiliary in BE:
            named = any(p.kind is Kind.NAME and p.whole == self.rest for p in starts)
            return f"{wh} {self.auxiliary} {answer} {self.rest}?" if answer and not named and self.rest else ""
        if starts or self.rest.lower().startswith(("i ", "you ", "we ")):
            if not answer and _GAP.search(self.rest):
                return ""
            when = next((p for p in phrases(self.rest) if p.kind is Kind.TIME and p.end == len(self.rest)), None)
            cut = self.rest.rindex(when.before, 0, when.start) if when and when.preposition else len(self.rest)
            gap = f" {answer}" if answer else ""
            return f"{wh} {self.auxiliary} {self.rest[:cut].rstrip()}{gap} {self.rest[cut:]}".rstrip() + "?"
        return f"{wh} {self.auxiliary} {answer} {self.rest}?" if answer else ""
