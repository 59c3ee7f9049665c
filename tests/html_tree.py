"""Reads a page with the standard library's parser, to look at what a browser would see."""

from collections.abc import Iterator
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})


class Element:
    """A tag with its attributes and what is inside it."""

    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[Element | str] = []

    @property
    def text(self) -> str:
        """All text inside, joined."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @property
    def classes(self) -> set[str]:
        """Names of its classes."""
        return set(self.attributes.get("class", "").split())

    def all(self, tag: str | None = None, *, of_class: str | None = None) -> list["Element"]:
        """Every element inside, in order, by tag and class."""
        return [
            element
            for element in self._inside()
            if tag in (None, element.tag) and (of_class is None or of_class in element.classes)
        ]

    def one(self, tag: str | None = None, *, of_class: str | None = None) -> "Element":
        """The only element of that tag and class."""
        (element,) = self.all(tag, of_class=of_class)
        return element

    def _inside(self) -> Iterator["Element"]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._inside()


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(html: str) -> Element:
    """The root that holds the page; fails when tags are not balanced."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    (root,) = builder.open
    for template in root.all("template"):
        template.children.clear()  # inert: no browser shows it
    return root
