"""Light markup inside a line of plain text: bold marks and links are read as the words they show.

Plain text files often carry `**bold**` and `[text](target)` from the tool they were exported with. A reader sees the
words, so the canonical text holds the words; the rest of the line is kept to the character.
"""

import re

_ESCAPED = re.compile(r"\\([\[\]()*_`])")
_LINK = re.compile(
    r"!?\[((?:[^\[\]\\\n]|\\.)*)\]\((?:<[^<>\n]*>|[^()\s\\]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\")?\)"
)
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]+)>")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


def plain_words(text: str) -> str:
    """`text` without the marks of bold and links; characters outside such marks are untouched."""
    if not any(mark in text for mark in ("**", "__", "](", "<")):
        return text
    text = _LINK.sub(lambda match: _ESCAPED.sub(r"\1", match.group(1)), text)
    text = _AUTOLINK.sub(r"\1", text)
    return _BOLD.sub(_unmarked, text)


def _unmarked(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1 : match.start()]
    after = match.string[match.end() : match.end() + 1]
    inside_word = (before.isalnum() and match.group(2)[0].isalnum()) or (match.group(1) == "__" and after.isalnum())
    return match.group() if inside_word else match.group(2)
