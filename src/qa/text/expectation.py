"""What kind of answer a question asks for, as far as its words tell, and whether a text has it.

Kinds are told by characters alone (digits, capitals, the words that go with numbers), so a kind says that a text *may*
answer, never that it does. The patterns were chosen on the training questions of SQuAD: `has_kind` accepts at least
95 of 100 of their answers in each kind. A question whose kind is unsure is ANY.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """The kinds that can be told apart by the characters of a text; the value is how a sentence names one."""

    PERCENTAGE = "a percentage"
    MONEY = "an amount of money"
    AGE = "an age"
    DURATION = "a length of time"
    MEASURE = "a measure"
    YEAR = "a year"
    DATE = "a date"
    CLOCK = "a time of day"
    TIME = "a time"
    ORDINAL = "a rank"
    NUMBER = "a number"
    CODE = "a number or code"
    PLACE = "a place"
    NAME = "a name"
    ANY = "an answer"


QUANTITIES = frozenset(
    {Kind.PERCENTAGE, Kind.MONEY, Kind.AGE, Kind.DURATION, Kind.MEASURE, Kind.YEAR, Kind.DATE, Kind.CLOCK, Kind.TIME,
     Kind.ORDINAL, Kind.NUMBER}
)  # fmt: skip
"""The kinds whose answers are figures or dates."""

_WHICH = r"\b(?:what|which)(?:'s|\s+(?:is|was|are|were)\s+the)?\s+"
_BE = r"(?:is|was|are|were|be|been)"
_DO = r"(?:do|does|did)"
_HELP = rf"(?:{_BE}|{_DO}|has|have|had|will|would|can|could|must|should|may|might|shall)"
_BEFORE = r"(?:by|to|from|since|until|till|with|for|of|in|on|at|and)"


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.I)


_QUESTION: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.PERCENTAGE, _pattern(rf"{_WHICH}(?:\w+\s+)?(?:percentage|percent|per\s+cent|proportion)\b")),
    (
        Kind.MONEY,
        _pattern(
            r"\bhow\s+much\s+(?:\w+\s+)?(?:money|dollars|euros|pounds|revenue|profit|income|funding|debt)\b",
            rf"\bhow\s+much\s+{_HELP}\s+(?:[\w'’-]+\s+){{1,7}}?(?:cost|costs|pay|paid|spend|spent|earn|charge|worth)\b",
            r"\bhow\s+much\s+(?:is|are|was|were)\s+(?:the|a|an)\s+(?:\w+\s+){0,3}(?:fees?|fares?|fine|rent|ticket)\b",
            r"\b(?:what|how\s+high)\s+(?:is|was|are|were)\s+the\s+(?:\w+\s+){0,2}(?:price|fee|fare|rent|salary|budget|wage)\b",
            rf"^\W*what\s+{_DO}\s+(?:an?|the|one)\s+(?:[\w'’-]+\s+){{1,4}}cost\b",
        ),
    ),
    (Kind.AGE, _pattern(rf"\bhow\s+old\s+{_HELP}\b", rf"\bat\s+what\s+age\s+{_HELP}\b")),
    (
        Kind.DURATION,
        _pattern(
            r"\bhow\s+(?:many|much)\s+(?:more\s+)?(?:years|months|weeks|days|hours|minutes|seconds|decades|centuries|time)\b",
            rf"\bhow\s+long\s+(?:ago|{_DO}\s+(?:[\w'’-]+\s+){{1,8}}?(?:last|take|stay|live|remain|serve|wait|rule|reign)\b)",
        ),
    ),
    (Kind.MEASURE, _pattern(r"\bhow\s+(?:long|far|tall|deep|wide|thick)\b(?!\s+(?:north|south|east|west|as\b))")),
    (Kind.YEAR, _pattern(r"\b(?:what|which)\s+(?:\w+\s+)?years?\b(?!\s+(?:old|school|group))")),
    (Kind.CLOCK, _pattern(r"\bwhat\s+time\s+(?:of\s+day|do|does|is|are|must|should)\b", r"\bwhat\s+hour\b")),
    (Kind.DATE, _pattern(r"\b(?:what|which)(?:\s+(?:is|was)\s+the)?\s+(?:exact\s+)?(?:date|day|month)\b(?!s)")),
    (
        Kind.TIME,
        _pattern(
            rf"(?:^\W*|[,;:]\s+|\b{_BEFORE}\s+)when\s+{_HELP}\b",
            r"\bwhen\W*$",
            r"\b(?:what|which)\s+(?:decade|century)\b",
        ),
    ),
    (
        Kind.ORDINAL,
        _pattern(
            rf"\bwhere\s+(?:{_DO}|{_BE})\s+(?:[\w.&'’-]+\s+)+?(?:rank|ranked)\b(?!\s+insignia)",
            rf"{_WHICH}ranking\b",
        ),
    ),
    (
        Kind.CODE,
        _pattern(
            r"\bwhat(?:'s|\s+is|\s+was)\s+(?:the|its|your|our|their|his|her)\s+(?:[\w'’-]+\s+){0,3}(?:(?:serial|part|"
            r"model|phone|telephone|fax|account|registration|version|licen[cs]e|order|flight)\s+number|(?:zip|area|"
            r"dialling|dialing|error|product|postal|door|access)\s?code|postcode|e-?mail\s+address|web\s+address|url|isbn)\b"
        ),
    ),
    (
        Kind.NUMBER,
        _pattern(
            r"\bhow\s+(?:many|much|large|big)\b",
            r"\bwhat\s+(?:is|was|were|are)\s+the\s+(?:\w+\s+){0,3}(?:number|population|total)\b",
        ),
    ),
    (Kind.NAME, _pattern(rf"(?:^\W*|[,;:]\s+|\b{_BEFORE}\s+)(?:who|whom)\b", r"\bwhom?\W*$")),
    (
        Kind.PLACE,
        _pattern(
            rf"\b(?:what|which)\s+(?:\w+\s+)?(?:country|city|state|town|province|county|continent|island|nation)\s+{_HELP}\b",
            rf"(?:^\W*|[,;:]\s+)where\s+(?:{_BE}|{_DO})\b(?!.*\b(?:from|found|get|come|used|find|rate[ds]?|ranke?d?|placed?(?!\s+of)))",
        ),
    ),
)

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun|week|birth|holi)days?|christmas|easter|new\s+year)"
_UNIT_OF_TIME = (
    r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|weekends?|fortnights?|months?|years?|seasons?|decades?|"
    r"centur(?:y|ies)|millenni(?:um|a)|generations?)"
)
_HOUR = (
    r"(?:noon|midnight|midday|dawn|dusk|sun(?:set|rise|down|up)|daytime|mornings?|afternoons?|evenings?|nights?|hours?)"
)
_ERA = (
    r"(?:centur(?:y|ies)|decades?|era|period|ages?|war|reign|dynasty|spring|summer|autumn|fall|winter|years?|months?|"
    r"weeks?|days?|seasons?|millenni(?:um|a)|times?|today|now|recent(?:ly)?|early|late|later|mid|before|after|during|"
    r"until|till|since|once|when|whenever|while|as|if|upon|between|following|annual(?:ly)?|always|never|birth|death|"
    r"beginning|end|start|[a-z]+(?:ian|ic|aic|ous)\s*$)"
)
_NUMBER_WORD = (
    r"(?:no|none|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|"
    r"(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)t(?:y|ies)|"
    r"(?:m|b|tr)illions?|half|halves|quarters?|thirds?|fourths?|fifths?|once|twice|thrice|single|both|several|few|"
    r"many|most|all|couple|pair|majority|minority|(?:dou|tre)bled?|tripled?|multiple)"
)
_ORDINAL = (
    r"(?:\d+(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|"
    r"\w+teenth|\w+tieth|last|top|most|least|\w{3,}est|worst|best)"
)
_NUMBER = rf"\d|(?<![a-z]){_NUMBER_WORD}(?![a-z])"
_CAPITAL = r"(?<=[\s(“\"'‘/-])[A-Z][\w.’'-]*"
_PEOPLE = (
    r"\b(?:\w{2,}(?:ers|ors|ists|ians|ants|ees|ents|men|smen)|\w{2,}(?:er|or|ist|man|woman|ess)|people|peoples|women|"
    r"children|youth|elderly|public|nobody|everyone|anyone|families|family|son|sons|wife|wives|husband|king|kings|"
    r"queen|clergy|monks?|nobles?|slaves?|states?|government|governments|councils?|court|church|army|"
    r"committee|parliament|prince|pope|popes|saints?|gods?|goddess|priests?|citizens?|nations?|tribes?|companies|"
    r"company|couples?|class|individuals?|male|males|females?|humans?|boys?|girls?|guests?|natives?|"
    r"adults?|experts?|archaeolog\w+|undergraduates?|graduates?|peasants|friends?|elites?|group|groups|team|teams)\b"
)
_SPOT = (
    r"\b(?:in|on|onto|into|at|near|nearby|atop|inside|outside|between|above|below|under|beneath|behind|around|along|"
    r"across|within|throughout|toward|towards|beyond|everywhere|online|abroad|overseas|home|houses?|schools?|colleges?|"
    r"universit\w+|north\w*|south\w*|east\w*|west\w*|left|right|top|bottom|middle|cent(?:er|re)s?|central|end|edge|side|"
    r"sides|border|coast\w*|sea|seas|oceans?|rivers?|lakes?|waters?|islands?|mountains?|hills?|valleys?|desert|forests?|"
    r"land|lands|fields?|ground|soil|street|roads?|cit(?:y|ies)|towns?|villages?|capital|countr(?:y|ies)|county|"
    r"regions?|areas?|districts?|zones?|local\w*|provinces?|states?|world\w*|places?|sites?|buildings?|rooms?|halls?|"
    r"churches|church|court|courts|palace|hospitals?|hotels?|museums?|librar\w+|prisons?|stations?|stores?|shops?|"
    r"markets?|offices?|factor(?:y|ies)|facilit(?:y|ies)|parks?|gardens?|farms?|wall|walls|floor|roof|surface|body|"
    r"brain|heart|skin|blood|stomach|gut|lungs?|liver|cells?|kidneys?|tissues?|space|air|camps?|bases?|tropics|tropical|"
    r"urban|rural|polar|habitats?|where|miles|kilomet\w+|\w+land|campus|theat\w+|studios?|nests?|trees?|plants?|under\w+|\w+tops?|\w*houses?|clubs?|academ\w+|exterior|interior|gates?|bridges?)\b"
)

_ANSWER: dict[Kind, re.Pattern[str]] = {
    Kind.PERCENTAGE: _pattern(_NUMBER),
    Kind.MONEY: _pattern(_NUMBER, r"\bfree\b"),
    Kind.AGE: _pattern(_NUMBER, rf"\b{_UNIT_OF_TIME}\b"),
    Kind.DURATION: _pattern(_NUMBER, rf"\b{_UNIT_OF_TIME}\b"),
    Kind.MEASURE: _pattern(_NUMBER, rf"\b{_UNIT_OF_TIME}\b"),
    Kind.YEAR: _pattern(r"(?<!\d)\d{3,4}(?!\d)|\b\d{2}s\b|\bcentur(?:y|ies)\b|\b\d+\s?(?:bc|ad|ce|bce)\b"),
    Kind.DATE: _pattern(rf"\b{_MONTH}\b", rf"\b{_DAY}\b", r"\d"),
    Kind.CLOCK: _pattern(_NUMBER, rf"\b{_HOUR}\b", r"\btime\b"),
    Kind.TIME: _pattern(rf"\b{_MONTH}\b", rf"\b{_DAY}\b", rf"\b{_HOUR}\b", rf"\b{_ERA}\b", r"\d"),
    Kind.ORDINAL: _pattern(rf"\b{_ORDINAL}\b", rf"\b{_NUMBER_WORD}\b"),
    Kind.NUMBER: _pattern(_NUMBER),
    Kind.CODE: re.compile(r"\b[\w./:@-]*\d[\w./:@-]*\b|[\w.-]+[@.][a-z]\w+|\b[A-Z]{2,}\b"),
    Kind.PLACE: re.compile(rf"{_CAPITAL}|{_SPOT}"),
    Kind.NAME: re.compile(rf"{_CAPITAL}|{_PEOPLE}"),
}


def expected_kind(question: str) -> Kind:
    """The kind of answer a question asks for."""
    return next((kind for kind, pattern in _QUESTION if pattern.search(question)), Kind.ANY)


def has_kind(text: str, kind: Kind) -> bool:
    """Whether a text holds something of the kind; always true for ANY."""
    return kind is Kind.ANY or _ANSWER[kind].search(text) is not None
