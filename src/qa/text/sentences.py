"""Splits text into sentences without losing a character: the parts joined are the text.

Rules rather than a model, so that the same text always splits the same way: a terminator ends a sentence when what
stands before it is no abbreviation, initial or enumeration and what follows can begin a sentence.
"""

import re

from qa.types import Span

_TERMINATOR = re.compile(r"(?:(?<![.!?…])[.!?…]+[\"'”’»)\]⁰¹²³⁴⁵⁶⁷⁸⁹]*(?=\s)|[。！？｡．।॥؟۔]+[”’」』）》〉】\"»]*)\s*")
_LAST_WORD = re.compile(r"[\w.&/-]+$")
_FIRST_WORD = re.compile(r"[\"'“‘«(\[¿¡*_]*([\w’'-]+)?")
_ASIDE = re.compile(r"\([^().!?]*\)(?=\s|$)")  # "... examples. (2019)" belongs to the sentence before it

# Written with a full stop and followed by more of the same sentence, nearly always.
_NEVER_LAST = frozenset(
    "mr mrs ms dr prof sr jr st rev hon gen col maj capt lt sgt gov sen rep pres vs cf viz eg e.g ie i.e fig figs "
    "eqs nos nr vols pp eds al approx ca dept univ assn bros messrs mt ft".split()
)
# Words as well as abbreviations: they shorten only before a number, as in "No. 5".
_BEFORE_NUMBER = frozenset("no art ed est ch sec vol eq".split())
# May end a sentence too: it ends only before a word that commonly begins one.
_SOMETIMES_LAST = frozenset(
    "etc inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun a.m "
    "p.m am pm u.s u.k u.n e.u d.c b.c a.d ph.d p.s".split()
)
_STARTERS = frozenset(
    "a after although an and as at because before but by despite during each even finally for from furthermore he her "
    "here his how however i if in instead it its many meanwhile moreover most my no nor now of on once one or other "
    "our she since so some still such that the their then there therefore these they this those though thus to today "
    "under until we what when where which while who why with yet you your".split()
)


def split_sentences(text: str) -> list[str]:
    """The sentences of `text`, each with the white space that follows it; `"".join` of them is `text`."""
    parts: list[str] = []
    start = 0
    for match in _TERMINATOR.finditer(text):
        if match.end() < len(text) and _ends_sentence(text, match):
            parts.append(text[start : match.end()])
            start = match.end()
    if start < len(text):
        parts.append(text[start:])
    return parts


def sentence_spans(text: str) -> list[Span]:
    """The spans of the sentences of `text` without the white space around them, ascending."""
    spans: list[Span] = []
    offset = 0
    for part in split_sentences(text):
        inner = part.strip()
        if inner:
            start = offset + part.index(inner)
            spans.append(Span(start, start + len(inner)))
        offset += len(part)
    return spans


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    marks = match.group()
    if marks[0] == "．" and text[match.end() : match.end() + 1].isdigit():  # a decimal point
        return False
    if marks[0] in "。！？｡．।॥؟۔":
        return True
    if _ASIDE.match(text, match.end()):
        return False
    following = _FIRST_WORD.match(text, match.end())
    word = (following.group(1) or "") if following else ""
    if word[:1].islower():
        return False
    if marks[0] != "." or marks.startswith(".."):
        return True
    return _full_stop_ends(text, match.start(), word.lower())


def _full_stop_ends(text: str, stop: int, following: str) -> bool:
    """Whether the full stop at `stop`, with the word `following` it, ends a sentence rather than shortens a word."""
    before = _LAST_WORD.search(text, max(0, stop - 40), stop)
    last = before.group().lower() if before else ""
    if last in _NEVER_LAST or (last in _BEFORE_NUMBER and following[:1].isdigit()):
        return False
    if len(last) == 1 or (last.isdigit() and len(last) == 2):  # "1. First", "Q. Why": an enumeration
        line = text.rfind("\n", 0, stop) + 1
        if text[line:stop].strip().lower() == last:
            return False
    shortened = last in _SOMETIMES_LAST or re.fullmatch(r"(?:[a-z]\.)+[a-z]", last) is not None
    initial = len(last) == 1 and last.isalpha()  # J. Smith; but "vitamin C. The" ends
    return following in _STARTERS if shortened or initial else True
