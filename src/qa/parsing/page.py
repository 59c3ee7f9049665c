"""Which parts of a web page are its content: the main part, without menus, page footers and what is hidden."""

import math
import re
from typing import Any

HIDDEN_TAGS = frozenset(
    "head script style template noscript iframe object embed video audio canvas svg datalist select annotation "
    "annotation-xml noframes area map param source track".split()
)
"""Elements whose text no browser shows as text of the page."""

LEAST_LETTERS = 200
"""With fewer letters left, and less than half, menus and footers are kept: the page may be nothing else."""
ARTICLE_SHARE = 0.5
"""Articles with this share of a page's letters are its main part."""
_HIDDEN_STYLE = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?![.\d]))", re.I
)
_AROUND = frozenset({"nav"})
_AROUND_ROLES = frozenset({"navigation", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar"})
_OUTSIDE = frozenset({"footer", "aside"})
"""Part of the content inside of an article or main part, about the site outside of them."""
_INSIDE = frozenset({"main", "article", "blockquote"})
_NOTICE = re.compile(r"(?:^|[\s_-])(?:cookies?|consent|gdpr)(?:$|[\s_-])", re.I)
NOTICE_LETTERS = 1500
"""A notice about cookies is shorter than this; what is longer is a text about cookies."""


def is_hidden(element: Any) -> bool:
    """Whether an element says itself that it is not shown."""
    if element.get("hidden") is not None or element.get("aria-hidden", "").strip().lower() == "true":
        return True
    if element.tag == "dialog" and element.get("open") is None:
        return True
    style = element.get("style")
    return style is not None and _HIDDEN_STYLE.search(style) is not None


def content_roots(root: Any) -> tuple[list[Any], set[Any]]:
    """The elements that hold the content, in order, and those inside of them to leave out."""
    body = root if root.tag == "body" else root.find("body")
    body = root if body is None else body
    around = {element for element in body.iter("*") if _is_around(element)}
    everything = _letters(body, set())
    main = _outermost(element for element in body.iter("*") if element.tag == "main" or element.get("role") == "main")
    articles = _outermost(body.iter("article"))
    for roots, share in ((main, 0.0), (articles, ARTICLE_SHARE), ([body], 0.0)):
        letters = sum(_letters(element, around) for element in roots)
        if roots and letters >= min(LEAST_LETTERS, everything / 2) and letters >= share * everything:
            return roots, around
    return [body], set()


def _outermost(elements: Any) -> list[Any]:
    """Of elements in document order, the visible ones that do not lie inside another of them."""
    found: dict[Any, None] = {}
    for element in elements:
        if not any(other in found or is_hidden(other) for other in (element, *element.iterancestors())):
            found[element] = None
    return list(found)


def _is_around(element: Any) -> bool:
    if element.tag in _AROUND or element.get("role") in _AROUND_ROLES:
        return True
    if element.tag in _OUTSIDE:
        return not any(above.tag in _INSIDE or above.get("role") == "main" for above in element.iterancestors())
    names = f"{element.get('id', '')} {element.get('class', '')}"
    if len(names) < 2 or not _NOTICE.search(names) or element.tag in ("html", "body", "main", "article"):
        return False
    return _letters(element, set(), NOTICE_LETTERS) < NOTICE_LETTERS


def _letters(top: Any, without: set[Any], limit: float = math.inf) -> int:
    """The number of letters and digits that an element shows, counted until the limit is reached."""
    from lxml import etree

    count = 0
    walker = etree.iterwalk(top, events=("start", "end"))
    for event, element in walker:
        if count >= limit:
            break
        if event == "end":
            if element is not top:
                count += _size(element.tail)
        elif element.tag in HIDDEN_TAGS or element in without or is_hidden(element):
            walker.skip_subtree()
        else:
            count += _size(element.text)
    return count


def _size(text: str | None) -> int:
    return sum(map(str.isalnum, text)) if text else 0
