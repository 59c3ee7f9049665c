"""Finds the noun phrases of short English text by its closed-class words, without a model: what a follow-up can mean.

A phrase is a run of words between function words and verbs. In a question that begins with *do* or a modal verb, the
grammar says where the verb stands, so an unknown verb is not taken for a noun. What the rules miss stays unfound.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from qa.conversation.lexicon import (
    BE,
    BINDERS,
    DETERMINERS,
    FUNCTION_WORDS,
    PERSONS,
    PLACES,
    PREPOSITIONS,
    SUBJECTS,
    WITH_BARE_VERB,
)
from qa.conversation.tokens import is_adjective, is_plural, is_verb, without_marks, words

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|may(?=\s+\d))"
)
_YEAR = r"(?:1[5-9]|20)\d\d(?:[-–/]\d\d(?:\d\d)?)?s?"
_TIME = re.compile(
    rf"\b(?:(?:from|between)\s+{_YEAR}\s+(?:to|and|until)\s+{_YEAR}|(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}"
    rf"(?:\s+\d{{1,2}}(?:st|nd|rd|th)?\b,?)?(?:\s+{_YEAR})?|(?:q[1-4]\s+|fy\s*)?{_YEAR}(?!\s*(?:%|k?g|k?m|ml|people)\b)|q[1-4]|"
    r"(?:the\s+)?\d{1,2}(?:st|nd|rd|th)\s+century|(?:last|next|this)\s+(?:year|month|week|quarter|summer|winter)|"
    r"yesterday|today|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)days?)\b",
    re.I,
)
_PART = re.compile(r"^(?:central|(?:north|south|east|west)(?:ern)?|southeast|northeast|middle|new) ")
_NUMBER = re.compile(r"[$€£]?\d[\d.,]*%?")
_JOINTS = frozenset({",", "and", "or", "&"})


ASKED = frozenset({"which", "what", "many", "much", "whose"})
"""What stands before a phrase that is asked for; it names nothing yet."""


class Kind(StrEnum):
    """What a phrase names, as far as its characters tell."""

    NAME = "name"
    COMMON = "common"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A noun phrase and its place in the text (code points); `whole` ends after "of …", `items` are those of a list."""

    text: str
    start: int
    end: int
    kind: Kind
    determiner: str = ""
    preposition: str = ""
    before: str = ""
    plural: bool = False
    possessive: bool = False
    whole: str = ""
    items: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """Its last word, lower case."""
        return self.text.split()[-1].lower()

    @property
    def place(self) -> bool:
        """Whether it is a country or another known place, or a part of one: Central Asia."""
        name = self.text.lower().removeprefix("the ").replace(".", "")
        return name in PLACES or _PART.sub("", name) in PLACES

    @property
    def acronym(self) -> bool:
        """Whether it is written in capitals or with digits."""
        return self.kind is Kind.NAME and (self.text.removeprefix("the ")[1:2].isupper() or self.text[-1:].isdigit())


def phrases(text: str, *, sentence: bool = True) -> list[Phrase]:
    """The noun phrases of a text by their beginning, lists included; without `sentence`, its first capital counts."""
    return _Chunker(text, sentence=sentence).run()


def noun_phrase(text: str) -> Phrase | None:
    """The phrase or list that is the whole text but for a preposition before and marks behind, if it is one."""
    stripped = without_marks(text)
    for phrase in sorted(phrases(stripped, sentence=False), key=lambda phrase: -len(phrase.whole)):
        if stripped[phrase.start :] == phrase.whole:
            before = stripped[: phrase.start].strip().lower()
            if before == phrase.preposition:
                return replace(phrase, text=phrase.whole)
    return None


class _Chunker:
    def __init__(self, text: str, *, sentence: bool) -> None:
        self.text = text
        self.sentence = sentence
        self.words = words(text)
        self.times = {match.start(): match.end() for match in _TIME.finditer(text)}
        self.found: list[Phrase] = []

    def run(self) -> list[Phrase]:
        here = 0
        while here < len(self.words):
            here = max(self._phrase(here), here + 1)
        return self._lists(self._wholes(self.found))

    def _phrase(self, first: int) -> int:
        """Add the phrase that begins at a word, if one does; returns the index behind it."""
        word = self.words[first]
        if word.start in self.times:
            last = first
            while last + 1 < len(self.words) and self.words[last + 1].start < self.times[word.start]:
                last += 1
            return self._add(first, last, Kind.TIME)
        determined = word.lower in DETERMINERS and self._is_function(first)
        if self._is_function(first) and not determined:
            skip = word.lower in {"how", "who"} and first + 1 < len(self.words) and not self._is_function(first + 1)
            return first + 1 + skip  # how tall, who leads
        if self._at(first - 1, SUBJECTS):
            return first + 1  # how do I install
        number = _NUMBER.fullmatch(word.text)
        last = self._last(first + determined, bare=not determined)
        if last < first + determined:
            return first + 1
        if first == last and is_adjective(word.lower):
            return first + 1
        noun = self._without_verb(first, last)
        last_word = self.words[noun].text
        capital = last_word.lower() != last_word and (noun > 0 or not self.sentence or self._proper(0))
        kind = Kind.NUMBER if number else Kind.NAME if capital else Kind.COMMON
        self._add(first, noun, kind)
        return last + 1

    def _proper(self, place: int) -> bool:
        """Whether a word at the beginning of a sentence, where all have a capital, is a name all the same."""
        word = self.words[place]
        return word.text[1:] != word.text[1:].lower() or word.lower in PLACES or any(map(str.isdigit, word.text))

    def _last(self, first: int, *, bare: bool) -> int:
        """The last word of a phrase whose first noun or adjective is at `first`; before it when there is none."""
        last = first - 1
        while last + 1 < len(self.words) and not self._is_function(last + 1):
            word = self.words[last + 1]
            capital = word.text[:1].isupper() or word.text[:1].isdigit()
            if not capital and (last >= first or bare) and is_verb(word.lower):
                break
            if bare and last >= first and self.words[last].text[:1].isupper() and not capital:
                break
            if not capital and last >= first and (is_adjective(word.lower) or self._between_names(last + 1)):
                break
            last += 1
        return self._bound(first, last) if last >= first and self.words[last].text[:1].isupper() else last

    def _between_names(self, place: int) -> bool:
        """Whether a small word stands between names, as a verb does: the United States ask India."""
        if place + 1 >= len(self.words) or not self.words[place - 1].text[:1].isupper():
            return False
        return self.words[place + 1].text[:1].isupper() or self._at(place + 1, DETERMINERS)

    def _bound(self, first: int, last: int) -> int:
        """Go on over "of", "for", "and" inside a name: the Ministry of Defence."""
        after = last + 1
        while self._at(after, BINDERS):
            after += 1
        small = [word.lower for word in self.words[last + 1 : after]]
        if (
            not small
            or after >= len(self.words)
            or not self.words[after].text[:1].isupper()
            or self._is_function(after)
        ):
            return last
        the = first > 0 and self.words[first - 1].lower == "the"
        left, right = self._names_at(last), self._names_at(after + 1) | {self.words[after].lower}
        if ("and" in small and (not the or (left | right) & PLACES)) or ("for" in small and right & PLACES):
            return last
        if left & PERSONS or (self.words[last].text.isupper() and "of" in small):
            return last
        return self._last(after, bare=True)

    def _names_at(self, last: int) -> frozenset[str]:
        """The word at a place, and the two words that end there."""
        lower = [word.lower for word in self.words[max(0, last - 1) : last + 1]]
        return frozenset({" ".join(lower), *lower[-1:]})

    def _without_verb(self, first: int, last: int) -> int:
        """Leave the verb out that must follow the subject of a question with *do* or a modal verb."""
        nouns = last - first + (self.words[first].lower not in DETERMINERS)
        behind = last + 1 < len(self.words)
        follows = behind and is_verb(self.words[last + 1].lower)
        ends = not behind or not self.words[last + 1].text.isalnum()
        plain = not self.words[last].text[:1].isupper() and nouns > 1
        verb = self._at(first - 1, WITH_BARE_VERB) and not follows
        predicate = first == 1 and self._at(0, BE) and ends  # Is the battery removable?
        return last - 1 if plain and (verb or predicate) else last

    def _add(self, first: int, last: int, kind: Kind) -> int:
        start, end = self.words[first].start, self.words[last].end
        if kind is Kind.TIME:
            end = self.times[start]
        determiner = self.words[first].lower if self.words[first].lower in DETERMINERS else ""
        if self._at(first - 1, {"'s", "’s", "'", "’"}) and self.found and self.found[-1].possessive:
            start, determiner = self.found[-1].start, "'s"
            first -= 2
        if self._at(first - 1, ASKED):
            determiner = self.words[first - 1].lower
        before = self.words[first - 1].lower if first else ""
        text = self.text[start:end]
        phrase = Phrase(
            text=text,
            start=start,
            end=end,
            kind=kind,
            determiner=determiner,
            preposition=before if before in PREPOSITIONS else self.found[-1].preposition if determiner == "'s" else "",
            before=before,
            plural=kind is Kind.COMMON and (is_plural(text.split()[-1]) or before in {"are", "were", "do"}),
            possessive=self._at(last + 1, {"'s", "’s", "'", "’"}),
            whole=text,
        )
        self.found.append(phrase)
        if kind is not Kind.TIME:
            for inner in range(first + 1, last):  # the 2018 election
                if self.words[inner].start in self.times:
                    self._add(inner, inner, Kind.TIME)
        return last + 1

    def _is_function(self, place: int) -> bool:
        word = self.words[place]
        if word.text == "A" and self._at(place + 1, _JOINTS):
            return False  # vitamins A, D and E
        small = word.lower in FUNCTION_WORDS and not (word.text.isupper() and len(word.text) > 1)  # WHO is no "who"
        return small or not (word.text[:1].isalnum() or word.text[:1] in "$€£")

    def _at(self, place: int, among: frozenset[str] | set[str]) -> bool:
        return 0 <= place < len(self.words) and self.words[place].lower in among

    def _wholes(self, found: Sequence[Phrase]) -> list[Phrase]:
        """Phrases with what follows by "of" as part of the whole: the population of Japan."""
        joined: list[Phrase] = []
        for phrase in reversed(found):
            after = next((later for later in reversed(joined) if later.start > phrase.end), None)
            linked = after and self.text[phrase.end : after.start].strip().lower() == "of"
            end = after.start + len(after.whole) if after and linked else phrase.end
            joined.append(replace(phrase, whole=self.text[phrase.start : end]))
        return joined[::-1]

    def _lists(self, found: Sequence[Phrase]) -> list[Phrase]:
        """The phrases with every list of neighbours, as one plural phrase before its first item."""
        grown: list[Phrase] = []
        outer = [p for p in found if not p.possessive and p.kind in {Kind.NAME, Kind.COMMON}]
        runs: list[list[Phrase]] = []
        for phrase in outer:
            between = words(self.text[runs[-1][-1].end : phrase.start]) if runs else []
            if between and {word.lower for word in between} <= _JOINTS:
                runs[-1].append(phrase)
            else:
                runs.append([phrase])
        lists = {run[0]: run for run in runs if len(run) > 1}
        for phrase in found:
            if phrase in lists:
                run = lists[phrase]
                text = self.text[phrase.start : run[-1].end]
                items = tuple(item.text for item in run)
                grown.append(replace(phrase, text=text, end=run[-1].end, plural=True, whole=text, items=items))
            grown.append(phrase)
        return grown
