"""What "it", "they", "he" or "that agreement" stand for: the phrase of the last few exchanges that fits best.

The newest exchange with a fitting phrase decides. Within it:

1. the answer, when the question asked *who*, *which* or *what* and the answer names it: "Who founded Wikipedia?" —
   Jimmy Wales — "where was he born?"; but not after a definition ("What is the Quad?"), where the question names it;
2. names that are no country, before "the …", before countries, before the rest, and what something has last ("the
   lifespan of a tortoise" is less likely meant than the tortoise): after "When did India sign LEMOA?",
   "what does it cover?" is about LEMOA. A country comes first where the noun is a country's own: "its capital";
3. among equals, the same role (R. Smyth, 1994): a pronoun that is a subject takes the first phrase, an object the last.

Agreement is what spelling shows: "he" and "she" are persons (names without "the", no countries, no acronyms; "the
president"), "they" is plural or an organisation, "it" is neither. Gender is not known, and not guessed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.conversation.lexicon import AT_HAND, AUXILIARIES, OF_A_PLACE, PERSONS, TIME_NOUNS
from qa.conversation.phrases import ASKED, Kind, Phrase, noun_phrase, phrases
from qa.types import Answer, Reply

EXCHANGES_BACK = 3
"""How far back a referent is looked for."""
MAX_WORDS = 14
"""Words of the longest phrase that a pronoun is replaced with."""
GENDERED = frozenset("he him his she her".split())
SINGULAR = frozenset("it its".split())
PLURAL = frozenset("they them their".split())

_WHO = re.compile(r"\W*who\b", re.I)
_WHICH = re.compile(r"\W*(?:who|whom|which|what)\s+(\w+)", re.I)
_DEFINED = re.compile(r"\W*(?:what|who)\s+(?:is|are|was|were)\s+(.+?)[?.!\s]*", re.I)


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question, and the words of its answer (empty when there was none)."""

    question: str
    answer: str = ""

    @classmethod
    def of(cls, reply: Reply) -> "Exchange":
        """From a reply, with the question as it was asked."""
        return cls(reply.question, reply.text if isinstance(reply, Answer) else "")


@dataclass(frozen=True, slots=True)
class Taken:
    """Words taken from the conversation: of which exchange (from 0, the oldest), its `question` or its `answer`."""

    words: str
    exchange: int
    part: str
    plural: bool = False


Found = tuple[str, tuple[Taken, ...]] | None
"""A rewritten question and what was taken for it, or None where a rule does not fit."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a referent must agree with; `noun` is what follows a possessive, `barred` phrases cannot be meant."""

    pronoun: str
    subject: bool = True
    noun: str = ""
    names: bool = False
    barred: frozenset[str] = frozenset()


def last_question(told: Sequence[Exchange]) -> Taken:
    """The whole of the last question."""
    return Taken(told[-1].question, len(told) - 1, "question")


def topic(told: Sequence[Exchange]) -> Taken | None:
    """What the conversation is about: what "it" stands for, else "they", else "he"."""
    return next(filter(None, (referent(Wanted(pronoun), told) for pronoun in ("it", "they", "he"))), None)


def possessed(fragment: str, told: Sequence[Exchange]) -> Found:
    """A phrase such as "its budget", as "the Quad's budget"."""
    pronoun, _, noun = fragment.partition(" ")
    found = referent(Wanted(pronoun.lower(), noun=noun.lower()), told)
    return (f"{genitive(found.words)} {noun}", (found,)) if found else None


def genitive(name: str) -> str:
    """The Quad's, the two countries'."""
    return f"{name}'" if name.endswith("s") and name[-2:-1].islower() and " " in name else f"{name}'s"


def newest(told: Sequence[Exchange]) -> list[tuple[int, Exchange]]:
    """The exchanges in which referents are looked for, newest first, with their numbers."""
    return list(enumerate(told))[: -EXCHANGES_BACK - 1 : -1]


def referent(wanted: Wanted, told: Sequence[Exchange]) -> Taken | None:
    """The phrase that a pronoun stands for, in the order that the module tells."""
    for number, exchange in newest(told):
        ranked = [
            entry
            for entry in _ranked(wanted, exchange)
            if entry[2].text.lower() not in wanted.barred
            and len(entry[2].whole.split()) <= MAX_WORDS
            and not (wanted.names and (entry[2].kind is not Kind.NAME or entry[2].place))
        ]
        if ranked:
            _, _, best, part = min(ranked, key=lambda entry: entry[:2])
            return Taken(re.sub(r"^(?:my|your|our) ", "the ", best.whole), number, part, best.plural)
    return None


def named(noun: str, told: Sequence[Exchange], *, alone: bool, plural: bool) -> Taken | None:
    """What "that <noun>" means: a phrase with this head, the answer to "which <noun>", a time, or a name if `alone`."""
    base = noun.removesuffix("s")
    for number, exchange in newest(told):
        answer = noun_phrase(exchange.answer)
        asked = [phrase for phrase in phrases(exchange.question) if phrase.determiner in ASKED]
        if answer and any(phrase.head.removesuffix("s") == base for phrase in asked):
            return Taken(answer.whole, number, "answer", answer.plural)
        for part, text in (("answer", exchange.answer), ("question", exchange.question)):
            for phrase in reversed(phrases(text)):
                if phrase.head == noun and phrase.determiner in {"the", "a", "an", ""} and not phrase.items:
                    return Taken(re.sub(r"^an? ", "the ", phrase.whole), number, part, phrase.plural)
                if noun in TIME_NOUNS and phrase.kind is Kind.TIME:
                    return Taken(phrase.text, number, part)
    if not alone or noun in TIME_NOUNS or base in AT_HAND:
        return None
    return referent(Wanted("they" if plural else "he" if noun in PERSONS else "it", names=True), told)


def place_in(told: Sequence[Exchange]) -> Taken | None:
    """The place that "there" means: a country or city, or what stood behind "in" or "at"."""
    for number, exchange in newest(told):
        for part, text in (("answer", exchange.answer), ("question", exchange.question)):
            for phrase in reversed(phrases(text, sentence=part == "question")):
                if phrase.place or (phrase.preposition in {"in", "at"} and phrase.kind in {Kind.NAME, Kind.COMMON}):
                    return Taken(phrase.text, number, part)
    return None


def listed(position: int, told: Sequence[Exchange]) -> Taken | None:
    """An item of the newest answer that is a list, by position from 0, or from -1 backwards."""
    for number, exchange in newest(told):
        items = next((phrase.items for phrase in phrases(exchange.answer, sentence=False) if phrase.items), ())
        if items:
            return Taken(items[position], number, "answer") if position < len(items) else None
    return None


def _ranked(wanted: Wanted, exchange: Exchange) -> list[tuple[int, int, Phrase, str]]:
    """The phrases of an exchange that agree: rank, order among equals, phrase, part."""
    ranked: list[tuple[int, int, Phrase, str]] = []
    answer = noun_phrase(exchange.answer)
    who = _WHO.match(exchange.question) is not None
    if answer and not answer.preposition and _agrees(wanted.pronoun, answer, who=who):
        asked_for = _asked_for(answer, exchange.question) or (
            wanted.pronoun in PLURAL and not _defines(exchange.question)
        )
        ranked.append((0 if asked_for else 6, 0, answer, "answer"))
    for place, phrase in enumerate(phrases(exchange.question)):
        if phrase.determiner not in ASKED and _agrees(wanted.pronoun, phrase, who=False):
            ranked.append((_rank(phrase, wanted.noun), place if wanted.subject else -place, phrase, "question"))
    return ranked


def _asked_for(answer: Phrase, question: str) -> bool:
    """Whether the answer is the thing that a question with who, which or what asked for."""
    asked = _WHICH.match(question)
    if not asked or _defines(question):
        return False
    noun_or_verb = asked[1].lower() not in AUXILIARIES
    return noun_or_verb or answer.kind is Kind.NAME or bool(answer.items) or answer.determiner == "the"


def _defines(question: str) -> bool:
    """Whether a question asks what a named thing is, so that the answer only describes it."""
    match = _DEFINED.fullmatch(question)
    defined = noun_phrase(match[1]) if match else None
    return defined is not None and (defined.kind is Kind.NAME or defined.determiner not in {"the", "'s"})


def _rank(phrase: Phrase, noun: str) -> int:
    if phrase.place:
        return 1 if noun in OF_A_PLACE else 4
    if phrase.kind is Kind.NAME or phrase.items:
        return 2
    if phrase.possessive or phrase.whole != phrase.text:
        return 6
    return 3 if phrase.determiner in {"the", "my", "your", "our", "'s"} else 5


def _agrees(pronoun: str, phrase: Phrase, *, who: bool) -> bool:
    """Agreement in number and person, as far as spelling shows it; `who`: the phrase answers a question with who."""
    if phrase.kind in {Kind.TIME, Kind.NUMBER}:
        return False
    name = phrase.kind is Kind.NAME
    thing = phrase.determiner == "the" or phrase.place or phrase.acronym or phrase.items
    person = phrase.head in PERSONS or (name and not thing)
    if pronoun in GENDERED:
        return person and not phrase.items and not phrase.plural
    if pronoun in PLURAL:
        one = phrase.place or who or (" " in phrase.text and phrase.determiner != "the")
        return phrase.plural or (name and not one)
    return not phrase.plural and phrase.head not in PERSONS and not (who and person)
