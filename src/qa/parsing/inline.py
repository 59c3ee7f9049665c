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
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


def plain_words(text: str) -> str:
    """`text` without the marks of bold and links; characters outside such marks are untouched."""
    if not any(mark in text for mark in ("**", "](", "<")):
        return text
    text = _LINK.sub(lambda match: _ESCAPED.sub(r"\1", match.group(1)), text)
    text = _AUTOLINK.sub(r"\1", text)
    return _BOLD.sub(_unmarked, text)


def _unmarked(match: re.Match[str]) -> str:
    before = match.string[match.start() - 1 : match.start()]
    power = before.isalnum() and match.group(1)[0].isalnum()  # 2**3**4
    return match.group() if power else match.group(1)
