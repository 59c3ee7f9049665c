"""What the styles of a Word document say of its paragraphs: heading level, list level, quotation, code, hidden text."""

import re
from dataclasses import dataclass
from typing import Any

from qa.parsing.ooxml import attribute, child, name_of

_HEADING = re.compile(
    r"(?:heading|überschrift|berschrift|titre|título|ttulo|titolo|kop|rubrik|nagłówek|заголовок|标题|見出し|제목)\s*(\d)",
    re.I,
)
"""Word keeps the English name inside the file; other programs write the one of their language."""
_ITEMS = re.compile(r"list (?:bullet|number) ([2-5])")
_TITLE = frozenset({"title", "titel", "titre principal", "título", "titolo"})
_QUOTES = frozenset({"quote", "intense quote", "quotations", "block text"})
_CODE = frozenset({"code", "source code", "html preformatted", "preformatted text", "macro", "plain text"})
BODY_LEVEL = 9  # the outline level of text that is no heading
MAX_DEPTH = 20  # of styles based on one another


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """`heading` from 1, 0 for none; `items` is the depth in a list from 1, 0 for none."""

    heading: int = 0
    items: int = 0
    quote: bool = False
    code: bool = False
    hidden: bool = False


class Styles:
    """The styles part of a document, which may be missing."""

    def __init__(self, root: Any) -> None:
        self._styles = {}
        for style in root if root is not None else ():
            if name_of(style) == "w:style":
                self._styles[attribute(style, "w:styleId")] = style
        self._default = next(
            (
                key
                for key, style in self._styles.items()
                if attribute(style, "w:type") == "paragraph" and attribute(style, "w:default") in ("1", "true", "on")
            ),
            None,
        )

    def of(self, paragraph: Any) -> ParagraphStyle:
        """What style and properties make of a paragraph; its own properties come first."""
        own = child(paragraph, "w:pPr")
        named = child(paragraph, "w:pPr", "w:pStyle")
        style = attribute(named, "w:val") if named is not None else self._default
        chain = self._chain(style)
        names = [name.lower() for name in (style or "", *(_value(element, "w:name") for element in chain))]
        properties = [own, *(child(element, "w:pPr") for element in chain)]
        properties = [element for element in properties if element is not None]
        return ParagraphStyle(
            heading=_heading(properties, names),
            items=_items(properties, names),
            quote=not _QUOTES.isdisjoint(names),
            code=not _CODE.isdisjoint(names),
            hidden=any(is_on(child(element, "w:rPr"), "w:vanish") for element in chain),
        )

    def hides(self, run: Any) -> bool:
        """Whether the text of a run is hidden, by itself or by its character style."""
        own = child(run, "w:rPr")
        if own is None:
            return False
        if child(own, "w:vanish") is not None:
            return is_on(own, "w:vanish")
        named = child(own, "w:rStyle")
        chain = self._chain(attribute(named, "w:val")) if named is not None else []
        return any(is_on(child(element, "w:rPr"), "w:vanish") for element in chain)

    def _chain(self, style: str | None) -> list[Any]:
        """A style and those that it is based on."""
        chain: list[Any] = []
        while style in self._styles and len(chain) < MAX_DEPTH:
            chain.append(self._styles[style])
            style = _value(chain[-1], "w:basedOn") or None
        return chain


def is_on(properties: Any, name: str) -> bool:
    """Whether a property that is either on or off is on."""
    switch = child(properties, name) if properties is not None else None
    return switch is not None and attribute(switch, "w:val") not in ("0", "false", "off")


def _value(element: Any, name: str) -> str:
    inner = child(element, name)
    return (attribute(inner, "w:val") if inner is not None else None) or ""


def _heading(properties: list[Any], names: list[str]) -> int:
    """The level that the nearest of the properties, else of the styles' names, gives; 0 for none."""
    for element in properties:
        outline = _value(element, "w:outlineLvl")
        if outline.isdecimal():
            return 0 if int(outline) >= BODY_LEVEL else int(outline) + 1
    if not _TITLE.isdisjoint(names):
        return 1
    return next((int(match[1]) for name in names if (match := _HEADING.fullmatch(name))), 0)


def _items(properties: list[Any], names: list[str]) -> int:
    """The list level that the first numbering on the way gives; number 0 takes a paragraph out of its list.

    Word's styles for deeper items have lists of their own, each of one level; only their names tell the depth.
    """
    named = next((int(match[1]) for name in names if (match := _ITEMS.fullmatch(name))), 1)
    for element in properties:
        numbering = child(element, "w:numPr")
        if numbering is None:
            continue
        if _value(numbering, "w:numId") == "0":
            return 0
        level = _value(numbering, "w:ilvl")
        return max(named, int(level) + 1 if level.isdecimal() else 1)
    return 0
