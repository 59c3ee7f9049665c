"""Scripts and forms of letters, for the copies of a text that are searched and compared; never for the text itself."""

import re
import unicodedata

_UNSPACED = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Runs of Chinese characters and Japanese syllables, which stand without spaces between their words."""


def composed(text: str) -> str:
    """A text with every letter in its composed form (NFC): a file may write é as one character or as two."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def in_pairs(text: str) -> str:
    """A text with its runs of unspaced script as overlapping pairs of characters, which stand for their words."""
    return text if text.isascii() else _UNSPACED.sub(_pairs, text)


def _pairs(match: re.Match[str]) -> str:
    run = match.group()
    pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
    return f" {' '.join(pairs)} "
