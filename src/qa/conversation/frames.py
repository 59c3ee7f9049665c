"""A question taken apart: question phrase, auxiliary verb, rest; to put it anew with another question phrase."""

import re
from dataclasses import dataclass

from qa.conversation.lexicon import AUXILIARIES, BE, QUESTION_WORDS
from qa.conversation.phrases import ASKED, Kind, Phrase, phrases
from qa.conversation.tokens import without_marks, words

WORDS_BEFORE_AUXILIARY = 8
_STRANDED = re.compile(r"\b(?:with|for|by|to|from|of|in|on|at|about|against)$", re.I)
_PLURAL_VERB = {"is": "are", "was": "were", "has": "have", "does": "do"}
_I = ("i ", "you ", "we ")


@dataclass(frozen=True, slots=True)
class Frame:
    """`lead` + `auxiliary` + `rest`; no lead in a yes-no question, no auxiliary in "Who leads the navy?"."""

    text: str
    lead: str
    auxiliary: str
    rest: str

    @classmethod
    def of(cls, question: str) -> "Frame | None":
        """The frame of a question that begins as questions do, else None."""
        text = without_marks(question)
        tokens = words(text)
        opening = [token.lower for token in tokens[:2]]
        if not QUESTION_WORDS.intersection(opening) and not AUXILIARIES.intersection(opening[:1]):
            return None
        for place, token in enumerate(tokens[:WORDS_BEFORE_AUXILIARY]):
            if token.lower in AUXILIARIES:
                return cls(text, text[: token.start].strip(), token.lower, text[token.end :].strip())
            if place and opening[0] in {"who", "what"}:
                break
        return cls(text, text, "", "")

    def asked_with(self, wh: str, answer: Phrase | None) -> str:
        """The question with an adverbial question phrase such as "why"; empty when it cannot be put so.

        Where the old question phrase was the subject or the object, its `answer` takes that place.
        """
        if wh == "why not":
            return self._denied()
        first = self.lead.split()[0].lower() if self.lead else ""
        adverbial = first in {"why", "when", "where", "how"} and not re.match(r"how (?:many|much)\b", self.lead, re.I)
        if self.auxiliary and (not self.lead or adverbial or first not in QUESTION_WORDS):
            return f"{wh} {self.auxiliary} {self.rest}?"
        said = answer.whole if answer else ""
        plural = self.auxiliary and answer is not None and (answer.plural or answer.items)
        auxiliary = _PLURAL_VERB.get(self.auxiliary, self.auxiliary) if plural else self.auxiliary
        begins = [phrase for phrase in phrases(self.rest) if phrase.start == 0]
        if not self.auxiliary:
            verb = self._after_subject()
            return f"{wh} is it that {said} {verb}?" if said and verb else ""
        if self.auxiliary in BE:
            named = any(phrase.kind is Kind.NAME and phrase.whole == self.rest for phrase in begins)
            return f"{wh} {auxiliary} {said} {self.rest}?" if said and self.rest and not named else ""
        if begins or self.rest.lower().startswith(_I):
            return self._with_object(wh, said)
        return f"{wh} {auxiliary} {said} {self.rest}?" if said else ""

    def _after_subject(self) -> str:
        """The verb and what follows, in a question whose question phrase is the subject."""
        asked = next((phrase for phrase in phrases(self.text) if phrase.determiner in ASKED), None)
        return self.text[asked.end if asked else len(self.text.split()[0]) :].strip()

    def _with_object(self, wh: str, said: str) -> str:
        """The object goes to the end, but before a time, as in "sign LEMOA in 2016"."""
        if not said and _STRANDED.search(self.rest):
            return ""
        last = next((phrase for phrase in phrases(self.rest) if phrase.end == len(self.rest)), None)
        cut = len(self.rest)
        if last and last.kind is Kind.TIME and last.preposition:
            cut = self.rest.lower().rindex(last.preposition, 0, last.start)
        parts = (wh, self.auxiliary, self.rest[:cut].strip(), said, self.rest[cut:])
        return " ".join(part for part in parts if part) + "?"

    def _denied(self) -> str:
        """The question of why not: "not" stands behind the subject."""
        subject = next((phrase.end for phrase in phrases(self.rest) if phrase.start == 0), 0)
        if self.rest.lower().startswith(_I):
            subject = self.rest.index(" ")
        return (
            f"why {self.auxiliary} {self.rest[:subject]} not{self.rest[subject:]}?" if subject and not self.lead else ""
        )
