"""Numbers and dates of a text as values that can be compared: "1,200" and "1.2 thousand" are one, "5 May" is no number.

Small and careful rather than complete: English number words up to ninety with their scales, digits with separators,
per cent, currencies, dates with month names or in ISO form, years, times of day. What it cannot read it leaves out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from qa.types import Span


class Dimension(StrEnum):
    """What a value measures; values of different dimensions are never compared."""

    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    DATE = "date"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One number, date or time of day at a span of the text.

    `amount` is the number itself, or the minutes since midnight. `date` is (year, month, day) with None for what is not
    said. `step` is the precision that the text claims (0.1 million for "1.2 million"). `unit` holds the words that say
    what is counted, lower case without plural: currency for money, else up to three words that follow. `about` is set
    by "about" and its like, `bound` by "over", "up to", "before" and theirs.
    """

    span: Span
    dimension: Dimension
    amount: Decimal = Decimal(0)
    step: Decimal = Decimal(1)
    date: tuple[int | None, int | None, int | None] = (None, None, None)
    unit: frozenset[str] = frozenset()
    about: bool = False
    bound: bool = False


ROUGHLY = Decimal("0.1")
"""How far (as a share) a value with "about" may lie from another that it still agrees with."""

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = rf"(?P<{{0}}>{'|'.join(f'{name[:3]}(?:{name[3:]})?' if name != 'may' else 'may' for name in _MONTHS)}|sept)\.?"
_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {word: 10 * tens for tens, word in enumerate("thirty forty fifty sixty seventy eighty ninety".split(), start=3)}
_SCALES = {
    "hundred": 100, "dozen": 12, "thousand": 1000, "k": 1000, "million": 10**6, "m": 10**6, "mn": 10**6,
    "billion": 10**9, "bn": 10**9, "trillion": 10**12, "tn": 10**12, "lakh": 10**5, "crore": 10**7,
}  # fmt: skip
_CURRENCIES = {
    "$": "dollar", "us$": "dollar", "usd": "dollar", "dollar": "dollar", "€": "euro", "eur": "euro", "euro": "euro",
    "£": "pound", "gbp": "pound", "pound": "pound", "₹": "rupee", "inr": "rupee", "rs": "rupee", "rupee": "rupee",
    "¥": "yen", "jpy": "yen", "yen": "yen", "chf": "franc", "franc": "franc",
}  # fmt: skip
_YEAR = r"(?:1\d{3}|20\d\d)"
_SIGN = r"(?P<sign>us\$|usd|eur|gbp|inr|chf|rs\.?|[$€£₹¥])\s?"
_DIGITS = r"\d{1,3}(?:[,  ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SCALE = r"(?:hundred|dozen|thousand|million|billion|trillion)"
_VALUE = re.compile(
    rf"(?<![\w.,/+–-])(?:"
    rf"(?P<iso>{_YEAR}-\d\d-\d\d)(?!\d)"
    rf"|(?P<day1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH.format('month1')}(?:,?\s+(?P<year1>{_YEAR}))?\b"
    rf"|{_MONTH.format('month2')}\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year2>{_YEAR}))?\b(?![:.]\d)"
    rf"|{_MONTH.format('month3')},?\s+(?P<year3>{_YEAR})\b"
    rf"|(?P<hour>\d{{1,2}})(?:[:.](?P<minute>\d\d))?\s?(?P<half>[ap])\.?m\b\.?"
    r"|(?P<hour24>[01]?\d|2[0-3]):(?P<minute24>[0-5]\d)(?![:\d])"
    rf"|(?P<year>{_YEAR})(?![\d,.]\d|\w|[-–/]\d|\s?%)"
    rf"|(?:{_SIGN})?(?P<number>{_DIGITS})(?!\d|[.,]\d|[-–+/]\d|(?:s|st|nd|rd|th)\b)"
    rf"(?:[\s-]?(?P<scale>{_SCALE}|lakh|crore|bn|mn|tn|m|k)\b)?"
    rf"|(?P<word>{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
    rf"(?:-(?P<ones>{'|'.join(word for word, number in _WORDS.items() if 0 < number < 10)}))?\b"
    rf"(?:[\s-](?P<scale2>{_SCALE})\b)?"
    r")",
    re.I,
)
_PERCENT = re.compile(r"\s?(?:%|per\s?cent\b|percentage\s+points?\b)", re.I)
_UNIT = re.compile(r"[\s-]?([^\W\d_]+|°\w?)")
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|circa|estimated|c\.|ca\.)|[~≈])\W*(?:the\s+)?\W*$",
    re.I,
)
_BOUND = re.compile(
    r"\b(?:over|above|under|below|than|at\s+least|at\s+most|least|up\s+to|exceed(?:s|ed|ing)?|as\s+(?:many|much|few|little)\s+as|"
    r"minimum(?:\s+of)?|maximum(?:\s+of)?|between|from|within)\s+\W*$",
    re.I,
)
_BOUND_DATE = re.compile(
    r"\b(?:before|after|until|till|by|between|from|than|late[rs]t?)\s+(?:the\s+)?(?:year\s+)?\W*$", re.I
)
_OF_YEARS = re.compile(
    r"\b(?:in|since|by|of|from|to|until|till|before|after|during|year|the|around|about|circa|early|late|mid)\s+$|[(-]$",
    re.I,
)
_PRONOUN = re.compile(r"\b(?:no|any|the|this|that|every|each|another|which|only|not)\s+$", re.I)
_FUNCTION = frozenset(
    "of in on at to for from by with and or the a an as is are was were be per each that which when but had has".split()
)


def values(text: str) -> list[Value]:
    """The values of a text, ascending, none overlapping."""
    return [value for match in _VALUE.finditer(text) if (value := _read(text, match)) is not None]


def differ(one: Value, other: Value) -> bool:
    """Whether two values cannot both be right: comparable, and apart by more than rounding or "about" explains."""
    if one.dimension is not other.dimension or one.bound or other.bound:
        return False
    if one.dimension is Dimension.DATE:
        pairs = [(a, b) for a, b in zip(one.date, other.date, strict=True) if a is not None and b is not None]
        return any(a != b for a, b in pairs) and not ((one.about or other.about) and one.date[1:] != other.date[1:])
    if one.unit and other.unit and not one.unit & other.unit:
        return False
    apart = abs(one.amount - other.amount)
    allowed = max(one.step, other.step) / 2 if one.step != other.step else Decimal(0)
    if one.about or other.about:
        allowed = max(allowed, ROUGHLY * max(abs(one.amount), abs(other.amount)))
    return apart > allowed


def _read(text: str, match: re.Match[str]) -> Value | None:
    found = {name: part for name, part in match.groupdict().items() if part is not None}
    before = text[max(0, match.start() - 30) : match.start()]
    if match.group().startswith("may "):
        return None  # the verb
    about, bound = bool(_ABOUT.search(before)), bool(_BOUND.search(before))
    span = Span(match.start(), match.end())
    if "year" in found and _is_count(text, match, before):
        found["number"] = found.pop("year")
    if date := _date(found):
        bound = bool(_BOUND_DATE.search(before))
        return Value(span=span, dimension=Dimension.DATE, date=date, about=about, bound=bound)
    if (minutes := _minutes(found)) is not None:
        return Value(span=span, dimension=Dimension.CLOCK, amount=Decimal(minutes), about=about, bound=bound)
    word = found.get("word", "").lower()
    if word == "one" and (_PRONOUN.search(before) or re.match(r"\s+of\b", text[match.end() :], re.I)):
        return None
    if "number" not in found and not word:
        return None
    end = match.end()
    if found.get("scale", "").lower() == "m" and "sign" not in found:
        end -= len(found.pop("scale"))  # metres
        span = Span(span.start, end)
    amount, step = _amount(found)
    if percent := _PERCENT.match(text, end):
        span, dimension, unit = Span(span.start, percent.end()), Dimension.PERCENT, frozenset[str]()
    elif sign := found.get("sign"):
        dimension, unit = Dimension.MONEY, frozenset({_CURRENCIES[sign.lower().rstrip(".")]})
    else:
        unit = frozenset(_units(text, end))
        money = unit & frozenset(_CURRENCIES.values())
        dimension, unit = (Dimension.MONEY, money) if money else (Dimension.NUMBER, unit)
    return Value(span=span, dimension=dimension, amount=amount, step=step, unit=unit, about=about, bound=bound)


def _date(found: dict[str, str]) -> tuple[int | None, int | None, int | None] | None:
    if iso := found.get("iso"):
        year, month, day = (int(part) for part in iso.split("-"))
        return (year, month, day) if month <= 12 and day <= 31 else None
    if name := found.get("month1") or found.get("month2") or found.get("month3"):
        said_year = found.get("year1") or found.get("year2") or found.get("year3")
        said_day = found.get("day1") or found.get("day2")
        number = next(n for n, full in enumerate(_MONTHS, start=1) if full.startswith(name.lower()[:3]))
        return int(said_year) if said_year else None, number, int(said_day) if said_day else None
    return (int(found["year"]), None, None) if "year" in found else None


def _is_count(text: str, match: re.Match[str], before: str) -> bool:
    """Whether four digits that may be a year count something: "1200 boats", but "in 1902 boats" and "1902 and"."""
    following = re.match(r"\s([a-z]{3,})\b", text[match.end() :])
    return following is not None and following[1] not in _FUNCTION and not _OF_YEARS.search(before)


def _minutes(found: dict[str, str]) -> int | None:
    if "hour24" in found:
        return int(found["hour24"]) * 60 + int(found["minute24"])
    if "hour" not in found:
        return None
    return (int(found["hour"]) % 12 + 12 * (found["half"].lower() == "p")) * 60 + int(found.get("minute", 0))


def _amount(found: dict[str, str]) -> tuple[Decimal, Decimal]:
    """The number and its precision."""
    scale = (
        Decimal(_SCALES[(found.get("scale") or found.get("scale2") or "").lower()])
        if {"scale", "scale2"} & found.keys()
        else Decimal(1)
    )
    if word := found.get("word"):
        return (_WORDS[word.lower()] + Decimal(_WORDS[found["ones"].lower()] if "ones" in found else 0)) * scale, scale
    plain = re.sub(r"[^\d.]", "", found["number"])
    decimals = len(plain.partition(".")[2])
    return Decimal(plain) * scale, scale.scaleb(-decimals)


def _units(text: str, start: int) -> Iterator[str]:
    """Up to three words that follow a number in the same phrase, function words left out."""
    for _ in range(3):
        match = _UNIT.match(text, start)
        if match is None:
            return
        word = match[1].lower()
        if word not in _FUNCTION:
            word = word if len(word) < 4 or word.endswith("ss") else word.removesuffix("s")
            yield _CURRENCIES.get(word, word)
        start = match.end()
