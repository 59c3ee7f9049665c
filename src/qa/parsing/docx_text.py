"""The words of a paragraph of a Word document: insertions in, deletions out, notes and text boxes set aside."""

import re
from dataclasses import dataclass, field
from typing import Any

from qa.parsing.docx_styles import Styles
from qa.parsing.ooxml import attribute, child, name_of
from qa.parsing.raised import raised

_RAISED = re.compile(r"[0-9+\u2212-]+")
_LEFT_OUT = frozenset(
    {"w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:instrText", "w:delText", "w:sdtPr", "w:sdtEndPr", "w:object"}
)
_PLAIN = {"w:tab": "\t", "w:ptab": "\t", "w:cr": "\n", "w:noBreakHyphen": "-"}
_NOTES = {"w:footnoteReference": "footnote", "w:endnoteReference": "endnote"}
_PAIRS = {"m:f": ("m:num", "/", "m:den", ""), "w:ruby": ("w:rubyBase", "(", "w:rt", ")")}
_GREEK = dict(zip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
                  "αβχδεφγηιϕκλμνοπθρστυϖωξψζΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", strict=True))  # fmt: skip
_SYMBOL = {**{ord(key): value for key, value in _GREEK.items()}, 0xA3: "≤", 0xA5: "∞", 0xAE: "→", 0xB0: "°", 0xB1: "±",
           0xB2: "″", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB9: "≠", 0xBB: "≈", 0xD6: "√", 0xE5: "∑"}  # fmt: skip
_WINGDINGS = {
    0x6F: "□",
    0x71: "❑",
    0x76: "❖",
    0xA7: "▪",
    0xA8: "◻",
    0xD8: "➢",
    0xE0: "→",
    0xFB: "✗",
    0xFC: "✓",
    0xFE: "☑",
}
_PRIVATE = 0xF000  # where symbol fonts have their characters


@dataclass(slots=True)
class Words:
    """What a paragraph holds: its text, the numbered notes it refers to, and the text boxes that hang on it."""

    parts: list[str] = field(default_factory=list)
    notes: list[tuple[str, str, int]] = field(default_factory=list)  # kind, id, number as shown
    boxes: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words; line breaks of the author stay."""
        return "".join(self.parts)


class Inline:
    """Reads paragraphs and counts the notes on the way."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._counts = {"footnote": 0, "endnote": 0}

    def words(self, paragraph: Any) -> Words:
        """The words of a paragraph."""
        words = Words()
        self._inner(paragraph, words, is_raised=False)
        return words

    def _inner(self, element: Any, words: Words, *, is_raised: bool) -> None:
        for inner in element:
            self._one(inner, name_of(inner), words, is_raised=is_raised)

    def _one(self, element: Any, name: str, words: Words, *, is_raised: bool) -> None:
        if name in _LEFT_OUT:
            return
        if name == "w:txbxContent":
            words.boxes.append(element)
        elif name == "mc:AlternateContent":
            chosen = child(element, "mc:Choice")
            self._inner(element if chosen is None else chosen, words, is_raised=is_raised)
        elif name == "w:r":
            if not self._styles.hides(element):
                place = child(element, "w:rPr", "w:vertAlign")
                above = place is not None and attribute(place, "w:val") == "superscript"
                self._inner(element, words, is_raised=above)
        elif name in ("w:t", "m:t"):
            text = (element.text or "").replace("\n", " ")
            words.parts.append(raised(text) if is_raised and _RAISED.fullmatch(text) else text)
        elif name == "w:sym":
            words.parts.append(_symbol(element))
        elif name in _NOTES:
            self._note(element, _NOTES[name], words)
        elif name == "w:br":
            words.parts.append(" " if attribute(element, "w:type") in ("page", "column") else "\n")
        elif name in _PLAIN:
            words.parts.append(_PLAIN[name])
        elif name in _PAIRS:
            self._pair(element, _PAIRS[name], words)
        else:
            self._inner(element, words, is_raised=is_raised or name == "m:sup")

    def _note(self, element: Any, kind: str, words: Words) -> None:
        """A mark that the author set is text that follows; all others are numbered as Word does."""
        if attribute(element, "w:customMarkFollows") in ("1", "true", "on"):
            words.notes.append((kind, attribute(element, "w:id") or "", 0))
            return
        self._counts[kind] += 1
        words.notes.append((kind, attribute(element, "w:id") or "", self._counts[kind]))
        words.parts.append(raised(str(self._counts[kind])))

    def _pair(self, element: Any, names: tuple[str, str, str, str], words: Words) -> None:
        """Two parts in the order they are read, with the marks that stand for their places."""
        first, between, second, after = names
        for name, mark in ((first, between), (second, after)):
            part = child(element, name)
            if part is not None:
                self._inner(part, words, is_raised=False)
            words.parts.append(mark)


def _symbol(element: Any) -> str:
    """A character of a symbol font as the letter or sign that it shows, when that is known."""
    code = attribute(element, "w:char") or ""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,6}", code) or int(code, 16) > 0x10FFFF:
        return "\ufffd"
    number = int(code, 16)
    font = (attribute(element, "w:font") or "").lower()
    known = _SYMBOL if font.startswith("symbol") else _WINGDINGS if font.startswith("wingdings") else {}
    return known.get(number - _PRIVATE if number >= _PRIVATE else number, chr(number))
