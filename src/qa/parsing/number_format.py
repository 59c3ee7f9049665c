"""Numbers and dates of a spreadsheet as it shows them: `0.125` under `0.0%` is 12.5%, `43528` under `d mmm yyyy` a day.

A format that is not understood in full is not half applied: the number is then written out, a date as ISO 8601. So are
dates in the format that follows the reader's region. Month and day names are English. The rules are those of the number
formats of ECMA-376 part 1, 18.8.30 and 18.8.31.
"""

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "$#,##0;($#,##0)", 6: "$#,##0;($#,##0)",
    7: "$#,##0.00;($#,##0.00)",
    8: "$#,##0.00;($#,##0.00)", 9: "0%", 10: "0.00%", 11: "0.00E+00", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0",
}  # fmt: skip
"""Formats by their number; 14 and 22 follow the reader's region, so they are shown in the form that none misreads."""

_SIGNIFICANT = Context(prec=15, rounding=ROUND_HALF_UP)
"""Spreadsheet programs keep and show 15 digits; a file may hold what rounding in binary left behind them."""
_MOST_PLAIN = Decimal(10) ** 15
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[(?P<bracket>[^\]]*)\]|_(?P<space>.)|\*(?P<fill>.)'
    r"|(?P<general>General)|(?P<half>AM/PM|A/P)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+|b+)|(?P<number>[#0?.,]+(?:E[+-][0#?]+)?)"
    r"|(?P<percent>%)|(?P<other>.)",
    re.I | re.S,
)
_PATTERN = re.compile(
    r"(?P<whole>[#0?,]*?)(?P<scale>,*)(?:\.(?P<part>[#0?]*)(?P<more>,*))?(?P<exponent>E[+-][0#?]+)?", re.I
)
_ELAPSED = re.compile(r"h+|m+|s+", re.I)
_CONDITION = re.compile(r"[<>=]")
_MOST_POWER = 400
"""Powers of ten; a spreadsheet holds none over 308."""
_MOST_DIGITS = 30
"""On either side of the point; a format or number with more is written out."""
_LAST_DAY = 2_958_466  # the day after 31 December 9999
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
Tokens = tuple[tuple[str, str], ...]


def shown(raw: str, code: str, *, since_1904: bool = False) -> str:
    """The text that a cell shows for a number of the file; a `raw` that is no number is returned as it is."""
    try:
        value = _SIGNIFICANT.create_decimal(raw.strip())
    except ArithmeticError:  # no number, or one beyond any measure
        return raw
    if not value.is_finite() or abs(value.adjusted()) > _MOST_POWER:
        return raw
    section, negated = _section(code, value)
    tokens = _tokens(section)
    if _is_date(tokens):
        return _date(value, tokens, since_1904=since_1904) or _plain(value)
    number = _number(abs(value) if negated else value, tokens)
    return _plain(value) if number is None else number


def is_date(code: str) -> bool:
    """Whether a format shows dates or times."""
    return _is_date(_tokens(_sections(code)[0]))


def _plain(value: Decimal) -> str:
    """A number written out, in 15 digits at most; very large and very small ones with an exponent."""
    if value and not Decimal("1e-9") <= abs(value) < _MOST_PLAIN:
        return f"{value.normalize():E}"
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[str, ...]:
    """The parts of a format that semicolons divide, outside of what is quoted."""
    parts, start = [], 0
    for match in _TOKEN.finditer(code):
        if match["other"] == ";":
            parts.append(code[start : match.start()])
            start = match.end()
    return (*parts, code[start:])


def _section(code: str, value: Decimal) -> tuple[str, bool]:
    """The part of a format that a number is shown in, and whether that part brings the sign itself."""
    parts = _sections(code)
    if len(parts) >= 3 and not value:
        return parts[2], False
    if len(parts) >= 2 and value < 0:
        return parts[1], True
    return parts[0], False


@lru_cache(maxsize=1024)
def _tokens(section: str) -> Tokens:
    """Kinds and texts of the tokens of a part of a format."""
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(section):
        kind = match.lastgroup or "other"
        found.append((kind, match[kind]))
    return tuple(found)


@lru_cache(maxsize=1024)
def _is_date(tokens: Tokens) -> bool:
    elapsed = any(kind == "bracket" and _ELAPSED.fullmatch(text) for kind, text in tokens)
    return elapsed or any(kind in ("date", "half") for kind, _ in tokens)


def _literal(kind: str, text: str) -> str | None:
    """What a token says by itself; None for one that stands for the number or is not understood."""
    match kind:
        case "quoted" | "escaped":
            return text
        case "other":
            return text if text in "$€£¥-+/():!^&'~{}<>= \u00a0" or not text.isascii() else None
        case "space" | "fill":
            return ""  # white space that aligns the numbers of a column
        case "bracket" if text.startswith("$"):
            return text[1:].partition("-")[0]
        case "bracket" if not _CONDITION.search(text) and not _ELAPSED.fullmatch(text):
            return ""  # a colour
        case "percent":
            return "%"
    return None


def _number(value: Decimal, tokens: Tokens) -> str | None:
    """A number in a format, or None for a format that is not understood."""
    patterns = [text for kind, text in tokens if kind in ("number", "general")]
    plain = not patterns and [text for kind, text in tokens if kind == "other"] == ["@"]
    if plain or not tokens:
        return _plain(value)
    if len(patterns) > 1:
        return None
    value = value.scaleb(2 * sum(kind == "percent" for kind, _ in tokens))
    parts: list[str] = []
    for kind, text in tokens:
        if kind == "general":
            part: str | None = _plain(abs(value))
        elif kind == "number":
            part = _digits(abs(value), text)
        else:
            part = _literal(kind, text)
        if part is None:
            return None
        parts.append(part)
    sign = "-" if value < 0 and any(character in "123456789" for character in "".join(parts)) else ""
    return (sign + "".join(parts)).strip()


def _digits(value: Decimal, pattern: str) -> str | None:
    """The digits of a number that is not negative."""
    match = _PATTERN.fullmatch(pattern)
    if match is None:
        return None
    whole, part = match["whole"], match["part"] or ""
    if max(value.adjusted(), len(part), len(whole)) > _MOST_DIGITS:
        return None
    if exponent := match["exponent"]:
        return _scientific(value, len(part), exponent) if whole.strip("#0") == "" and whole.count("0") == 1 else None
    value = value.scaleb(-3 * len(match["scale"] + (match["more"] or "")))
    value = value.quantize(Decimal(1).scaleb(-len(part)), ROUND_HALF_UP, Context(prec=60))
    left, _, right = f"{value:f}".partition(".")
    least = sum(character == "0" for character in whole)
    left = left.lstrip("0").rjust(least, "0")
    kept = part.rstrip("#?")
    right = right[: len(kept)] + right[len(kept) :].rstrip("0")
    if "," in whole:
        left = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", left)
    return left + ("." + right if right else "")


def _scientific(value: Decimal, places: int, exponent: str) -> str:
    mantissa, _, power = f"{value:.{places}E}".partition("E")
    sign = "-" if power.startswith("-") else "+" if exponent[1] == "+" else ""
    return f"{mantissa}E{sign}{power.lstrip('+-').rjust(len(exponent) - 2, '0')}"


def _date(value: Decimal, tokens: Tokens, *, since_1904: bool) -> str | None:
    """A date or time in a format; None for a number that is no date."""
    if not 0 <= value <= _LAST_DAY:
        return None
    fine = max((len(text) - text.index(".") - 1 for kind, text in tokens if kind == "date" and "." in text), default=0)
    seconds = (value * 86400).quantize(Decimal(1).scaleb(-min(fine, 3)), ROUND_HALF_UP)
    moment = _moment(seconds, since_1904=since_1904)
    if moment is None:
        return None
    half = any(kind == "half" for kind, _ in tokens)
    parts: list[str] = []
    for at, (kind, text) in enumerate(tokens):
        if kind == "date":
            part = _date_part(moment, text.lower(), half=half, minutes=_is_minutes(tokens, at))
        elif kind == "bracket" and _ELAPSED.fullmatch(text):
            part = str(int(seconds / {"h": 3600, "m": 60, "s": 1}[text[0].lower()])).rjust(len(text), "0")
        elif kind == "half":
            part = ("AM" if moment.hour < 12 else "PM")[: 2 if len(text) > 3 else 1]
        elif kind == "number" and text in ",.":
            part = text
        elif kind == "other" and text == "@":
            part = ""
        else:
            part = _literal(kind, text)
        if part is None:
            return _iso(moment, value)
        parts.append(part)
    return "".join(parts).strip()


def _moment(seconds: Decimal, *, since_1904: bool) -> datetime | None:
    """The moment of a count of seconds; None past the calendar's end, and on the day of 1900 that never was."""
    days = seconds / 86400
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 if days >= 61 else 31)  # noqa: DTZ001  # dates of a sheet have no zone
    if not since_1904 and 60 <= days < 61:
        return None
    try:
        return start + timedelta(seconds=float(seconds))
    except OverflowError:
        return None


def _iso(moment: datetime, value: Decimal) -> str:
    if value < 1:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%d") + (moment.strftime(" %H:%M:%S") if value % 1 else "")


@lru_cache(maxsize=1024)
def _is_minutes(tokens: Tokens, at: int) -> bool:
    """Whether an `m` stands for minutes: after hours or before seconds."""
    clock = [
        (place, text[:1].lower())
        for place, (kind, text) in enumerate(tokens)
        if kind == "date" or (kind == "bracket" and _ELAPSED.fullmatch(text))
    ]
    here = [place for place, _ in clock].index(at)
    before = clock[here - 1][1] if here else ""
    after = clock[here + 1][1] if here + 1 < len(clock) else ""
    return before == "h" or after == "s"


def _date_part(moment: datetime, text: str, *, half: bool, minutes: bool) -> str | None:
    size = len(text)
    match text[0]:
        case "y":
            return f"{moment.year % 100:02}" if size <= 2 else f"{moment.year:04}"
        case "m" if minutes:
            return str(moment.minute).rjust(min(size, 2), "0")
        case "m":
            return _named(moment.month, _MONTHS[moment.month - 1], size)
        case "d":
            return _named(moment.day, _DAYS[moment.weekday()], size)
        case "h":
            return str((moment.hour - 1) % 12 + 1 if half else moment.hour).rjust(min(size, 2), "0")
        case "s":
            whole, _, part = text.partition(".")
            fine = f".{round(moment.microsecond / 1000):03}"[: len(part) + 1] if part else ""
            return str(moment.second).rjust(min(len(whole), 2), "0") + fine
    return None


def _named(number: int, name: str, size: int) -> str:
    """A month or day in one to five letters: digits, the name's first three letters, all, or the first."""
    return {3: name[:3], 4: name, 5: name[0]}.get(size, name if size > 2 else str(number).rjust(size, "0"))
