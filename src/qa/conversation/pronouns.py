"""Which words of a question stand for something said earlier, and the question with them written out.

A pronoun that can stand for a phrase of its own question is left alone ("When did India sign the agreement and what
does it cover?"), and so is the "it" that stands for nothing ("Is it true that …", "what time is it"). Subject and
object of one verb are never the same thing, so in "Does India support it?" the "it" is not India.
"""

import re
from collections.abc import Sequence

from qa.conversation.lexicon import (
    AUXILIARIES,
    BE,
    DEMONSTRATIVES,
    FUNCTION_WORDS,
    PREPOSITIONS,
    WITH_BARE_VERB,
)
from qa.conversation.phrases import ASKED, Kind, Phrase, phrases
from qa.conversation.referents import (
    GENDERED,
    PLURAL,
    SINGULAR,
    Exchange,
    Found,
    Taken,
    Wanted,
    genitive,
    listed,
    named,
    place_in,
    referent,
)
from qa.conversation.tokens import Word, is_adjective, is_verb, words

_POSSESSIVE = frozenset("its his her their".split())
_ANYONE = frozenset("someone somebody anyone anybody everyone everybody nobody one people".split())
_CLAUSE = frozenset(
    "and or but because if when while although though unless that which who whom whose where why how what since after "
    "before until so than whether as , ; : ( -".split()
)
"""Words that begin another clause, or another part of the question."""
_FORWARD = frozenset("if when while although once until".split()) | PREPOSITIONS
_OPINION = r"(?:good|bad|better|best|worse|normal|ok|safe|\w+(?:al|ble|ed|ous|ful|ant|ent|ary|ue))"
_WEATHER = r"(?:cold|hot|warm|dark|light|late|early|wet|dry|quiet)(?:er)?"
_EMPTY = re.compile(
    rf"\b(?:is|was|isn['’]t|wasn['’]t|be)\s+it\s+(?:\w+ly\s+)?"
    rf"(?:that\b|\w+\s+(?:to|that|for|if|when|who|which)\b|like\s+to\b|(?:rain|snow|freez|hail|gett)ing\b|(?:today|now|worth)\b"
    rf"|{_OPINION}\s+\w+|{_WEATHER}\b|\w+\s+(?:up|out)\s+that\b|\w+ing\s+in\b)"
    rf"|\bit\s+(?:is|was|gets?|got)\s+(?:so\s+|too\s+)?{_WEATHER}\b|\bit\s+(?:rain|snow|seem|appear|happen|turn|depend|follow)s?\b"
    r"|\bit\s+(?:cost|take|mean|help|matter|require|hurt|make\s+sense|pay|need)s?\b[^,?]*?\b(?:to|if|when|that)\b"
    r"|\bit(?:['’]s|\s+is|\s+was)\s+(?:\w+\s+)?(?:that|to|said|known)\b|\bit\s+becomes?\s+\w+\s+(?:to|that)\b"
    r"|\b(?:what|which)\s+(?:time|day|date|year|month|season)\s+(?:is|was)\s+it\b|\bhow\s+(?:far|late)\s+is\s+it\b"
    r"|\b(?:has|had)\s+it\s+been\b|\bmake\s+it\b|\bthat\s+is\s+it\b",
    re.I,
)
_QUOTED = re.compile(r"[\"“«„][^\"”»]*[\"”»]")
_LEADING = re.compile(r"^(?:(?:and|but|so|ok|then|also)\b[\s,]*)+", re.I)
_ITEM = re.compile(r"\bthe\s+(?:(first|second|third|fourth|fifth|sixth|last)\s+one|(former|latter))\b", re.I)
_POSITION = {
    "first": 0,
    "second": 1,
    "third": 2,
    "fourth": 3,
    "fifth": 4,
    "sixth": 5,
    "last": -1,
    "former": 0,
    "latter": -1,
}


def resolve(question: str, told: Sequence[Exchange]) -> Found:
    """The question with every word that stands for something earlier written out."""
    shielded = _QUOTED.sub(lambda match: '"' * len(match[0]), question)
    item = _item(question, shielded, told)
    if item:
        return item
    empty = [match.span() for match in _EMPTY.finditer(shielded)]
    text = _Text(shielded, told)
    out: list[str] = []
    taken: list[Taken] = []
    done = 0
    for place, word in enumerate(text.tokens):
        if word.start < done or (
            word.lower in {"it", "that"} and any(start <= word.start < end for start, end in empty)
        ):
            continue
        written = text.written_out(place)
        if written:
            new, end, found = written
            out += [question[done : word.start], new]
            taken.append(found)
            done = end
    return (_LEADING.sub("", "".join(out) + question[done:]), tuple(taken)) if taken else None


def _item(question: str, shielded: str, told: Sequence[Exchange]) -> Found:
    """An item of an answer that is a list, as "the second one"."""
    match = _ITEM.search(shielded)
    found = listed(_POSITION[(match[1] or match[2]).lower()], told) if match else None
    if not match or not found:
        return None
    before, after = _LEADING.sub("", question[: match.start()]), question[match.end() :]
    alone = not before.strip() and not after.strip(" ?")
    return f"What about {found.words}?" if alone else before + found.words + after, (found,)


_Written = tuple[str, int, Taken] | None
"""What is written in place of a word, where what it replaces ends, and what it was taken from."""


class _Text:
    """A question that is looked at word by word, with its phrases and the conversation before it."""

    def __init__(self, question: str, told: Sequence[Exchange]) -> None:
        self.tokens = words(question)
        self.own = phrases(question)
        self.told = told

    def written_out(self, place: int) -> _Written:
        """What to write for the word at a place, if it stands for something earlier."""
        word = self.tokens[place]
        if word.lower in DEMONSTRATIVES:
            return self._demonstrative(place)
        if word.lower == "there":
            return self._there(place)
        if word.lower in GENDERED | SINGULAR | PLURAL and word.text != "IT":
            return self._pronoun(place)
        return None

    def _lower(self, place: int) -> str:
        return self.tokens[place].lower if 0 <= place < len(self.tokens) else ""

    def _pronoun(self, place: int) -> _Written:
        word, before, after = self.tokens[place], self._lower(place - 1), self._lower(place + 1)
        noun = after[:1].isalnum() and after not in FUNCTION_WORDS
        possessive = word.lower in _POSSESSIVE and noun
        if after in {"'s", "’s"} or self._bound(place, possessive=possessive):
            return None
        wanted = Wanted(
            word.lower,
            subject=not before or before in AUXILIARIES,
            noun=after if possessive else "",
            barred=frozenset(phrase.text.lower() for phrase in self.own),
        )
        found = referent(wanted, self.told)
        return (genitive(found.words) if possessive else found.words, word.end, found) if found else None

    def _bound(self, place: int, *, possessive: bool) -> bool:
        """Whether the pronoun can stand for a phrase of its own question."""
        word = self.tokens[place]
        if word.lower in PLURAL | GENDERED and any(earlier.lower in _ANYONE for earlier in self.tokens[:place]):
            return True
        comma = next((mark.start for mark in self.tokens if mark.text == ","), -1)
        if word.start < comma and self._lower(0) in _FORWARD and any(phrase.start > comma for phrase in self.own):
            return True  # "If it rains, …": what it stands for comes later
        return any(self._binds(phrase, word, possessive=possessive) for phrase in self.own if phrase.end <= word.start)

    def _binds(self, phrase: Phrase, word: Word, *, possessive: bool) -> bool:
        if phrase.kind in {Kind.TIME, Kind.NUMBER} or not _may_bind(word.lower, phrase):
            return False
        if possessive:
            return True
        if word.lower in GENDERED and phrase.determiner in ASKED:
            return False
        between = self._between(phrase, word)
        if _CLAUSE.intersection(between):
            return True
        return not all(small in PREPOSITIONS for small in between) and not _same_verb(phrase, between)

    def _between(self, phrase: Phrase, word: Word) -> list[str]:
        return [token.lower for token in self.tokens if phrase.end <= token.start < word.start]

    def _demonstrative(self, place: int) -> _Written:
        """For "that agreement", and for "this" by itself."""
        word, before = self.tokens[place], self._lower(place - 1)
        nouns = self._nouns_after(place)
        follows = self._lower(place + 1 + len(nouns)) or "?"
        if follows in {"that", "which", "who", "of"} or (before in BE and follows in {"so", "right", "correct"}):
            return None
        opens = not before or before in AUXILIARIES | PREPOSITIONS | {","} or word.lower != "that"
        fresh = opens and not any(
            _CLAUSE.intersection(self._between(phrase, word)) for phrase in self.own if phrase.end <= word.start
        )
        if nouns and not (before in BE and follows == "?" and is_adjective(nouns[-1].lower)):
            found = named(nouns[-1].lower, self.told, alone=fresh and len(nouns) == 1, plural=word.lower[-2:] == "se")
            return (found.words, nouns[-1].end, found) if found else None
        if not fresh:
            return None
        if word.lower in {"these", "those"}:
            found = referent(Wanted("they"), self.told)
        else:
            found = referent(Wanted("it"), self.told) if not before or before in BE | WITH_BARE_VERB else None
        return (found.words, word.end, found) if found else None

    def _nouns_after(self, place: int) -> list[Word]:
        """The words of the phrase that a demonstrative begins; its verb ends it: "this causes", but "this cause"."""
        singular = self._lower(place) in {"this", "that"}
        nouns: list[Word] = []
        for word in self.tokens[place + 1 :]:
            finite = bool(nouns) or word.lower.endswith(("s", "ed")) == singular
            if not word.text[:1].isalpha() or word.lower in FUNCTION_WORDS or (is_verb(word.lower) and finite):
                break
            nouns.append(word)
        return nouns

    def _there(self, place: int) -> _Written:
        before, after = self._lower(place - 1), self._lower(place + 1)
        if before in BE | PREPOSITIONS or after in AUXILIARIES | {"'s", "’s"}:
            return None
        found = place_in(self.told)
        return (f"in {found.words}", self.tokens[place].end, found) if found else None


def _may_bind(pronoun: str, phrase: Phrase) -> bool:
    if pronoun in GENDERED:
        return not phrase.place and not phrase.plural
    if pronoun in PLURAL:
        return phrase.plural or phrase.kind is Kind.COMMON or pronoun == "their"
    return not phrase.plural or phrase.place


def _same_verb(phrase: Phrase, between: Sequence[str]) -> bool:
    """Whether a phrase and the pronoun after it are subject and object of one verb."""
    leads = phrase.before in AUXILIARIES or phrase.determiner in ASKED or phrase.start == 0
    return leads and not phrase.possessive and not phrase.preposition and "to" not in between
