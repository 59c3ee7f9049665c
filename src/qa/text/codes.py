"""Codes and numbers as one word each, however they are punctuated: F-35, F35 and F–35 are the same code.

Word splitting takes such a token apart and matches its parts anywhere; the joined form matches the whole. It is added
to the words of a text, never put in their place.
"""

import re
from collections.abc import Iterator

_JOINT = r"[-‐‑‒–/.:+&_]"
_TOKEN = re.compile(rf"[^\W_]+(?:{_JOINT}[^\W_]+)+|\d{{1,3}}(?:,\d{{3}})+(?!\d)")
_INNER_JOINT = re.compile(r"[-‐‑‒–/.:+&_,](?<=[^\W_].)[^\W_]")
"""Every code has one; the joint comes first in the pattern, since it is rare and quickly looked for."""
_MAY_BE_DIGIT = re.compile(r"[0-9]|[^\x00-\x7f]")
_INITIALS = re.compile(r"\b(?:[^\W\d_]\.){2,}")
_NAMES = re.compile(r"\b(?:US|WHO|IT)\b")
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_JOINT}(?=\d)")
DIGIT_JOINT = "x"
"""What joins two digits, so that 2+2 is not 22."""


def codes(text: str) -> dict[str, str]:
    """The codes of a text as they stand in it, each with its joined form in lower case.

    A code has a digit and an inner joint (`F-35`, `27001:2022`, `2+2`), or separates thousands (`1,200`), or is a
    row of initials (`U.S.`).
    """
    found: dict[str, str] = {}
    if not _INNER_JOINT.search(text):
        return found
    for token in _tokens(text) if _MAY_BE_DIGIT.search(text) else ():
        if any(map(str.isdigit, token)):
            joined = _BETWEEN_DIGITS.sub(DIGIT_JOINT, token.replace(",", ""))
            found[token] = re.sub(_JOINT, "", joined).lower()
    if text.count(".") > 1:  # of the few that are left, most have only the one at the end
        for match in _INITIALS.finditer(text):
            found[match.group()] = match.group().replace(".", "").lower()
    return found


def _tokens(text: str) -> Iterator[str]:
    """All matches of `_TOKEN`, which is slow, tried only on the words that can match."""
    for word in text.split():
        if _INNER_JOINT.search(word):
            yield from _TOKEN.findall(word)


def names_like_stop_words(text: str) -> frozenset[str]:
    """Which of US, WHO and IT stand in the text, in lower case; none where all is in capitals, which say nothing."""
    if not any(map(str.islower, text)):
        return frozenset()
    return frozenset(map(str.lower, _NAMES.findall(text)))
