"""What "it", "they", "he", "that agreement", "the second one" and "there" stand for, from the last few exchanges.

The newest exchange with a fitting phrase decides. Within it:

1. the answer, when the question asked *which* or *who* and the answer is a name: "Who founded Wikipedia?" — Jimmy Wales —
   "where was he born?"; but not after a definition ("What is the Quad?"), where the question has the name;
2. names that are no country, before "the …", before countries, before the rest: "When did India sign LEMOA?" — "what does it
   cover?" means LEMOA. After "its", a country comes first when the noun is one's own: "its capital";
3. among equals, the same role (Smyth, 1994): a pronoun that is a subject takes the first phrase, an object the last.

Agreement is what spelling shows: "he" and "she" are persons (names without "the", no countries, no acronyms; "the
president"), "they" is plural, or an organisation when there is no other choice, "it" is neither. A pronoun that can stand
for a phrase of its own question is left alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.conversation.lexicon import (
    ADJECTIVES,
    AUXILIARIES,
    BE,
    FUNCTION_WORDS,
    OF_A_PLACE,
    PERSONS,
    PREPOSITIONS,
    TIME_NOUNS,
    WITH_BARE_VERB,
)
from qa.conversation.phrases import ASKED, Kind, Phrase, Word, is_verb, noun_phrase, phrases, words

EXCHANGES_BACK = 3
"""How far back a referent is looked for."""
MAX_WORDS = 14

_GENDERED = frozenset("he him his she her".split())
_SINGULAR = frozenset("it its".split())
_PLURAL = frozenset("they them their".split())
_POSSESSIVE = frozenset("its his her their".split())
_INDEFINITE = frozenset("someone somebody anyone anybody everyone everybody nobody one people".split())
_CLAUSE = frozenset(
    "and or but because if when while although though unless that which who whom whose where why how what since after "
    "before until so than whether as , ; : ( -".split()
)
_EMPTY_IT = re.compile(
    r"\b(?:is|was|isn['’]t|wasn['’]t|be)\s+it\s+(?:\w+ly\s+)?(?:that\b|\w+\s+(?:to|that|for|if|when|who|which)\b|like\s+to\b|"
    r"(?:rain|snow|freez|hail|gett)ing\b|(?:today|now|worth)\b|(?:good|bad|better|best|normal|\w+(?:al|ble|ed|ous|ful|ant|ent|ary|ue|fe|ok))\s+\w+)"
    r"|\bit\s+(?:cost|take|mean|help|matter|require|hurt|make\s+sense|pay|need)s?\b[^,?]*?\b(?:to|if|when|that|for\s+\w+\s+to)\b"
    r"|\bit(?:['’]s|\s+is|\s+was)\s+(?:\w+\s+)?(?:that|to|said|known)\b|\bit\s+(?:rain|snow)s?\b|\bit\s+(?:seem|appear|happen|turn)s?\b"
    r"|\b(?:what|which)\s+(?:time|day|date|year|month|season)\s+(?:is|was)\s+it\b|\bhow\s+(?:far|late|long)\s+is\s+it\b"
    r"|\b(?:has|had)\s+it\s+been\b|\bis\s+it\s+\w+(?:\s+(?:up|out))?\s+that\b|\bit\s+becomes?\s+\w+\s+(?:to|that)\b"
    r"|\bit\s+(?:depends|follows)\b|\bmake\s+it\b|\bis\s+it\s+\w+ing\s+in\b|\bthat\s+is\s+it\b",
    re.I,
)
_QUOTED = re.compile(r"[\"“«„][^\"”»]*[\"”»]")
_ORDINAL = re.compile(r"\bthe\s+(first|second|third|fourth|fifth|sixth|last)(?:\s+one)\b|\bthe\s+(former|latter)\b", re.I)
_POSITION = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "last": -1, "latter": -1}


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question, and the words of its answer (empty when there was none)."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """Words taken from the conversation: from which exchange (from 0, the oldest), its `question` or its `answer`."""

    words: str
    exchange: int
    part: str
    plural: bool = False


def topic(told: Sequence[Exchange]) -> Taken | None:
    """What the conversation is about: what "it" stands for, else "they", else "he"."""
    return next(filter(None, (_referent(pronoun, told) for pronoun in ("it", "they", "he"))), None)


def possessed(fragment: str, told: Sequence[Exchange]) -> tuple[str, list[Taken]] | None:
    """ "its budget" as "the Quad's budget"."""
    pronoun, _, noun = fragment.strip().partition(" ")
    found = _referent(pronoun.lower(), told, noun=noun.lower())
    return (f"{_genitive(found.words)} {noun}", [found]) if found else None


def resolve(question: str, told: Sequence[Exchange]) -> tuple[str, list[Taken]] | None:
    """The question with every pronoun that stands for something earlier written out; None when there is none."""
    shielded = _QUOTED.sub(lambda match: "\"" * len(match[0]), question)
    text, taken = _ordinal(question, told) if not _QUOTED.search(question) else (question, [])
    tokens = words(shielded) if not taken else []
    empty = [match.span() for match in _EMPTY_IT.finditer(shielded)]
    own = phrases(shielded)
    out: list[str] = []
    done = 0
    for place, word in enumerate(tokens):
        if word.start < done or any(start <= word.start < end for start, end in empty if word.lower == "it"):
            continue
        written = _written_out(tokens, place, own, told)
        if written:
            new, end, found = written
            out += [question[done : word.start], new]
            done = end
            taken.append(found)
    if not taken:
        return None
    text = "".join(out) + question[done:] if out else text
    return _LEADING.sub("", text), taken


_LEADING = re.compile(r"^(?:(?:and|but|so|ok|then|also)\b[\s,]*)+", re.I)


def _written_out(
    tokens: Sequence[Word], place: int, own: Sequence[Phrase], told: Sequence[Exchange]
) -> tuple[str, int, Taken] | None:
    """What to write for the pronoun at `place`, where what it replaces ends, and what it was taken from."""
    word, pronoun = tokens[place], tokens[place].lower
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    before = tokens[place - 1] if place else None
    subject = before is None or before.lower in AUXILIARIES
    if pronoun in {"this", "that", "these", "those"}:
        return _demonstrative(tokens, place, own, told)
    if pronoun == "there":
        return _there(word, before, after, told)
    if pronoun not in _GENDERED | _SINGULAR | _PLURAL or (pronoun == "it" and word.text == "IT"):
        return None
    noun = after is not None and after.text[:1].isalnum() and after.lower not in FUNCTION_WORDS
    possessive = pronoun in _POSSESSIVE and (pronoun != "her" or noun) and noun
    if _bound(pronoun, tokens, place, own, possessive=possessive):
        return None
    barred = frozenset(phrase.text.lower() for phrase in own)
    found = _referent(
        pronoun, told, subject=subject, noun=after.lower if possessive and after else "", barred=barred
    )
    if not found:
        return None
    written = _genitive(found.words) if possessive else found.words
    if after and after.text in {"'s", "’s"}:
        return None
    return written, word.end, found


def _bound(pronoun: str, tokens: Sequence[Word], place: int, own: Sequence[Phrase], *, possessive: bool) -> bool:
    """Whether the pronoun can stand for a phrase of its own question: in another clause, or as a possessive."""
    here = tokens[place].start
    if pronoun in _PLURAL | _GENDERED and any(word.lower in _INDEFINITE for word in tokens[:place]):
        return True
    comma = next((word.start for word in tokens if word.text == ","), -1)
    if _opens(tokens) and here < comma and any(phrase.start > comma for phrase in own):
        return True
    for phrase in own:
        if phrase.end > here or phrase.kind in {Kind.TIME, Kind.NUMBER} or not _may_bind(pronoun, phrase):
            continue
        if pronoun in _GENDERED and phrase.determiner in ASKED and not possessive:
            continue
        between = [word.lower for word in tokens if phrase.end <= word.start < here]
        if possessive or _CLAUSE.intersection(between):
            return True
        if not all(word in PREPOSITIONS for word in between) and not _same_verb(phrase, between):
            return True
    return False


def _opens(tokens: Sequence[Word]) -> bool:
    """Whether the question begins with a clause or phrase that looks forward: "If it rains, …"."""
    return tokens[0].lower in {"if", "when", "while", "although", "once", "until"} | PREPOSITIONS


def _same_verb(phrase: Phrase, between: Sequence[str]) -> bool:
    """Whether a phrase and the pronoun after it are subject and object of one verb, and so cannot be the same."""
    leads = phrase.before in AUXILIARIES or phrase.determiner in {"which", "what", "many", "much"} or phrase.start == 0
    return leads and not phrase.possessive and not phrase.preposition and "to" not in between


def _may_bind(pronoun: str, phrase: Phrase) -> bool:
    if pronoun in _GENDERED:
        return not phrase.place and not phrase.plural
    if pronoun in _PLURAL:
        return phrase.plural or phrase.kind is Kind.COMMON or pronoun == "their"
    return not phrase.plural or phrase.place


def _demonstrative(
    tokens: Sequence[Word], place: int, own: Sequence[Phrase], told: Sequence[Exchange]
) -> tuple[str, int, Taken] | None:
    """ "that agreement" is a phrase that ends so, what was asked for by that noun, or the name last spoken of."""
    word, before = tokens[place], tokens[place - 1].lower if place else ""
    rest = tokens[place + 1 :]
    nouns: list[Word] = []
    for after in rest:
        if not after.text[:1].isalpha() or after.lower in FUNCTION_WORDS or is_verb(after.lower) and _finite(word, after, nouns):
            break
        nouns.append(after)
    follows = rest[len(nouns)].lower if len(nouns) < len(rest) else "?"
    opens = not before or before in AUXILIARIES | PREPOSITIONS | {","} or word.lower != "that"
    earlier = any(
        phrase.end <= word.start and _CLAUSE.intersection(w.lower for w in tokens if phrase.end <= w.start < word.start)
        for phrase in own
    )
    if follows in {"that", "which", "who", "of"}:
        return None
    if nouns and before in BE and follows == "?" and nouns[-1].lower in ADJECTIVES:
        nouns = []
    if nouns:
        found = _named(nouns[-1].lower, told, single=opens and not earlier and len(nouns) == 1)
        return (found.words, nouns[-1].end, found) if found else None
    if word.lower in {"these", "those"}:
        found = _referent("they", told) if opens and not earlier else None
    else:
        found = _referent("it", told) if opens and not earlier and (before in BE | WITH_BARE_VERB or not before) else None
    return (found.words, word.end, found) if found else None


def _finite(word: Word, after: Word, nouns: Sequence[Word]) -> bool:
    """Whether what follows a demonstrative is its verb: "this causes", but "this cause", "that offer"."""
    singular = word.lower in {"this", "that"}
    return bool(nouns) or (after.lower.endswith(("s", "ed")) if singular else not after.lower.endswith("s"))


def _named(noun: str, told: Sequence[Exchange], *, single: bool) -> Taken | None:
    base = noun.removesuffix("s")
    for number, exchange in _newest(told):
        answer = noun_phrase(exchange.answer)
        for phrase in phrases(exchange.question):
            if phrase.head.removesuffix("s") == base and phrase.determiner in {"which", "what", "many"} and answer:
                return Taken(answer.whole, number, "answer", answer.plural)
        for part, text in (("answer", exchange.answer), ("question", exchange.question)):
            for phrase in reversed(phrases(text)):
                if phrase.head == noun and phrase.determiner in {"the", "a", "an", ""} and not phrase.items:
                    definite = re.sub(r"^an? ", "the ", phrase.whole)
                    return Taken(definite, number, part, phrase.plural)
                if noun in TIME_NOUNS and phrase.kind is Kind.TIME:
                    return Taken(phrase.text, number, part)
    if not single or noun in TIME_NOUNS:
        return None
    return _referent("he" if noun in PERSONS else "it", told, names=True)


def _there(
    word: Word, before: Word | None, after: Word | None, told: Sequence[Exchange]
) -> tuple[str, int, Taken] | None:
    if before and before.lower in BE | PREPOSITIONS or (after and after.lower in AUXILIARIES | {"'s", "’s"}):
        return None
    for number, exchange in _newest(told):
        for part, text in (("answer", exchange.answer), ("question", exchange.question)):
            for phrase in reversed(phrases(text)):
                if phrase.place or (phrase.preposition in {"in", "at"} and phrase.kind in {Kind.NAME, Kind.COMMON}):
                    return f"in {phrase.text}", word.end, Taken(phrase.text, number, part)
    return None


def _ordinal(question: str, told: Sequence[Exchange]) -> tuple[str, list[Taken]]:
    match = _ORDINAL.search(question)
    for number, exchange in _newest(told) if match else ():
        items = next((phrase.items for phrase in phrases(exchange.answer) if phrase.items), ())
        position = _POSITION[(match[1] or match[2]).lower()] if match else 0
        if match and items and (position < len(items)):
            lead = question[: match.start()]
            fragment = _LEADING.sub("", lead).strip() == "" and question[match.end() :].strip(" ?") == ""
            item = items[position]
            text = f"What about {item}?" if fragment else lead + item + question[match.end() :]
            return text, [Taken(item, number, "answer")]
    return question, []


def _newest(told: Sequence[Exchange]) -> list[tuple[int, Exchange]]:
    return list(enumerate(told))[: -EXCHANGES_BACK - 1 : -1]


def _genitive(name: str) -> str:
    return f"{name}’" if name.endswith("s") and not name.isupper() and name[:1].islower() else f"{name}'s"


def _referent(
    pronoun: str,
    told: Sequence[Exchange],
    *,
    subject: bool = True,
    noun: str = "",
    barred: frozenset[str] = frozenset(),
    names: bool = False,
) -> Taken | None:
    """The phrase of the newest exchange that has a fitting one (a name, if `names`); see the module for the order."""
    for number, exchange in _newest(told):
        ranked: list[tuple[int, int, Phrase, str]] = []
        answer = noun_phrase(exchange.answer)
        who = re.match(r"\W*who\b", exchange.question, re.I) is not None
        if answer and not answer.preposition and _fits(pronoun, answer, who=who):
            ranked.append((0 if _asks_for_it(exchange.question, answer, pronoun) else 6, 0, answer, "answer"))
        for place, phrase in enumerate(phrases(exchange.question)):
            if phrase.determiner not in ASKED and _fits(pronoun, phrase, who=False):
                ranked.append((_rank(phrase, noun), place if subject else -place, phrase, "question"))
        fitting = [
            entry
            for entry in ranked
            if entry[2].text.lower() not in barred
            and len(entry[2].whole.split()) <= MAX_WORDS
            and not (names and (entry[2].kind is not Kind.NAME or entry[2].place))
        ]
        if fitting:
            _, _, best, part = min(fitting, key=lambda entry: entry[:2])
            return Taken(re.sub(r"^(?:my|your|our) ", "the ", best.whole), number, part, best.plural)
    return None


def _asks_for_it(question: str, answer: Phrase, pronoun: str) -> bool:
    """Whether the answer is what a question with who, which or what asked for, rather than a definition."""
    if not re.match(r"\W*(?:who|whom|which|what)\b", question, re.I):
        return False
    definition = re.fullmatch(r"\W*(?:what|who)\s+(?:is|are|was|were)\s+(.+?)[?.!\s]*", question, re.I)
    defined = noun_phrase(definition[1]) if definition else None
    if defined and (defined.kind is Kind.NAME or defined.determiner not in {"the", "'s"}):
        return False
    return answer.kind is Kind.NAME or bool(answer.items) or answer.determiner == "the" or pronoun in _PLURAL


def _rank(phrase: Phrase, noun: str) -> int:
    if phrase.place:
        return 1 if noun in OF_A_PLACE else 4
    if phrase.kind is Kind.NAME or phrase.items:
        return 2
    if phrase.possessive:
        return 6
    return 3 if phrase.determiner in {"the", "my", "your", "our", "'s"} else 5


def _fits(pronoun: str, phrase: Phrase, *, who: bool) -> bool:
    """Agreement in number and person, as far as spelling shows it; `who`: the phrase answers a question with who."""
    if phrase.kind in {Kind.TIME, Kind.NUMBER}:
        return False
    name = phrase.kind is Kind.NAME
    thing = phrase.determiner == "the" or phrase.place or phrase.acronym or phrase.items
    person = phrase.head in PERSONS or (name and not thing)
    if pronoun in _GENDERED:
        return person and not phrase.items and not phrase.plural
    if pronoun in _PLURAL:
        one = phrase.place or who or (" " in phrase.text and phrase.determiner != "the")
        return phrase.plural or (name and not one)
    return not phrase.plural and phrase.head not in PERSONS and not (who and person)
