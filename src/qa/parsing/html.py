"""HTML: the words that a browser shows, of the main content where the page says which that is.

Headings, paragraphs, list items, definitions, table rows, code and quotations become blocks as in Markdown. What is
hidden (`hidden`, `display: none`, `aria-hidden`, scripts, templates) is left out, and so are menus, page footers and
cookie notices, unless hardly anything would be left.
"""

import re
from importlib.metadata import version as package_version
from typing import Any

from qa.errors import UnreadableDocument
from qa.parsing import legacy
from qa.parsing.builder import DocumentBuilder
from qa.parsing.charset import decode_html
from qa.parsing.kinds import kind_of, other_kind
from qa.parsing.labels import LABEL_LEVEL, MAX_LABEL_WORDS, label_name
from qa.parsing.page import HIDDEN_TAGS, content_roots, is_hidden
from qa.parsing.raised import raised
from qa.types import BlockKind, ParsedDocument, Source

_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre section summary "
    "table tbody td tfoot th thead tr ul caption textarea".split()
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_SPACE = re.compile(r"[ \t\n\r\f]+")
_RAISED = re.compile(r"\s*[0-9+\u2212-]+\s*")
_CLOSED = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)\b)(\w+)([^<>]*)/>", re.I
)
"""An empty element of XHTML: in HTML, `<script/>` would hide the rest of the page."""
_SOFT_HYPHEN = "\u00ad"
_LAYOUT = frozenset({"table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre", "blockquote"})


class HtmlParser:
    """Reads `.html` files."""

    suffixes = frozenset({".html", ".htm", ".xhtml"})

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"html-3 (lxml {package_version('lxml')}, {legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a web page; raises UnreadableDocument or NoText."""
        kind, ending = kind_of(data)
        if kind and ending != ".html":
            raise other_kind(source.path, data, "a web page")
        text, note = decode_html(data, source.path)
        builder = DocumentBuilder(source, note=note)
        return builder.build(write_page(builder, text, source.path))


def write_page(builder: DocumentBuilder, text: str, path: str, *, whole: bool = False) -> str:
    """Hand the content of a page to a builder, all of the page if it is `whole`; gives the title in its head.

    Raises UnreadableDocument, naming `path`, for a page that is nested too deep.
    """
    root = _tree(text, path)
    if root is None:
        return ""
    body = root if root.tag == "body" else root.find("body")
    roots, skipped = ([root if body is None else body], set()) if whole else content_roots(root)
    for top in roots:
        _Walk(builder, skipped).over(top)
    title = root.find(".//head/title")
    return "".join(title.itertext()) if title is not None else ""


def _tree(text: str, path: str) -> Any:
    """The element tree of a page, or None for an empty one; raises UnreadableDocument when the parser gave up."""
    from lxml import etree

    if text.lstrip("\ufeff \t\r\n").startswith("<?xml"):
        text = _CLOSED.sub(r"<\1\2></\1>", text)
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True, recover=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:  # it raises this for a page without any element
        root = None
    # libxml2 stops at elements nested 2,048 deep and drops all text without an error of its own.
    if any(entry.level_name == "FATAL" or "LIMIT" in entry.type_name for entry in parser.error_log):
        raise UnreadableDocument(
            f"{path} nests its elements too deep.", remedy="Save it as plain text or a simpler page."
        )
    return root


class _Walk:
    """One pass over the elements of a part of a page."""

    def __init__(self, builder: DocumentBuilder, skipped: set[Any]) -> None:
        self.builder = builder
        self._skipped = skipped
        self._words: list[str] = []
        self._items: list[int] = []  # for each open list item, the level of its label, or 0
        self._heading = 0
        self._quotes = 0
        self._verbatim = 0
        self._raised = 0
        self._terms: list[int] = []  # for each open definition list, the level of its open term, or 0
        self._cells: list[str] | None = None
        self._tables: list[bool] = []  # for each open table, whether its rows are blocks

    def over(self, top: Any) -> None:
        """Hand every visible word under `top` to the builder."""
        from lxml import etree

        walker = etree.iterwalk(top, events=("start", "end"))
        for event, element in walker:
            name = element.tag
            if event == "end":
                if not self._is_left_out(element):
                    self._end(element, name)
                if element is not top:
                    self._say(element.tail)
            elif self._is_left_out(element):
                walker.skip_subtree()
                if name in _BLOCKS:
                    self._flush()
            else:
                self._start(element, name)
                self._say(element.text)
        self._flush()

    def _is_left_out(self, element: Any) -> bool:
        return element.tag in HIDDEN_TAGS or element in self._skipped or is_hidden(element)

    def _start(self, element: Any, name: str) -> None:
        if name in _BLOCKS and self._cells is None:
            self._flush(before_list=name in _LISTS)
        if name in _HEADINGS:
            self._heading = _HEADINGS[name]
        match name:
            case "br":
                self._words.append("\n")
            case "q":
                self._words.append("“")
            case "sup":
                self._raised += 1
            case "li" | "dd":
                self._items.append(0)
            case "dl":
                self._terms.append(0)
            case "dt":
                self._close_term()
            case "blockquote":
                self._quotes += 1
            case "pre" | "textarea":
                self._verbatim += 1
            case "table":
                self._tables.append(_is_data(element))
                self.builder.table()
            case "tr" if self._tables and self._tables[-1]:
                self._flush()
                self._cells = []
            case _ if self._cells is not None and name in _BLOCKS and name not in ("td", "th"):
                self._words.append(" ")

    def _end(self, element: Any, name: str) -> None:
        if name in ("td", "th") and self._cells is not None:
            self._cells.append(" ".join(self._taken().split()))
        elif name == "tr" and self._cells is not None:
            cells, self._cells = self._cells, None
            self.builder.row(cells, head=_is_head(element) or None)
        elif name == "dt" and self._cells is None:
            self._term()
        elif name in _BLOCKS and self._cells is None:
            following = element.getnext()
            self._flush(
                before_list=following is not None and following.tag in _LISTS and not (element.tail or "").strip()
            )
        elif name in _BLOCKS:
            self._words.append(" ")
        self._leave(name)

    def _leave(self, name: str) -> None:
        if name in _HEADINGS:
            self._heading = 0
        match name:
            case "q":
                self._words.append("”")
            case "sup":
                self._raised -= 1
            case "li" | "dd":
                if self._items and (level := self._items.pop()):
                    self.builder.close(level)
            case "dl":
                self._close_term()
                self._terms.pop()
            case "blockquote":
                self._quotes -= 1
            case "pre" | "textarea":
                self._verbatim -= 1
            case "table":
                self._tables.pop()

    def _say(self, text: str | None) -> None:
        if not text:
            return
        text = text.replace(_SOFT_HYPHEN, "")
        if self._raised and _RAISED.fullmatch(text):
            text = raised(text.strip())
        self._words.append(text if self._verbatim else _SPACE.sub(" ", text))

    def _taken(self) -> str:
        text, self._words = "".join(self._words), []
        if self._verbatim:
            return text.strip("\r\n").rstrip()
        return "\n".join(line.strip(" ") for line in re.sub(" {2,}", " ", text).split("\n")).strip()

    def _flush(self, *, before_list: bool = False) -> None:
        """End the block that is being read."""
        text = self._taken()
        if not text:
            return
        if self._heading:
            self.builder.heading(text, self._heading)
        elif self._verbatim:
            self.builder.add(BlockKind.CODE, text)
        elif self._items:
            name = label_name(text) if before_list else None
            if name:
                self._items[-1] = LABEL_LEVEL + len(self._items) - 1
                self.builder.heading(name, self._items[-1])
            else:
                self.builder.add(BlockKind.LIST_ITEM, text, level=len(self._items))
        else:
            self.builder.add(BlockKind.QUOTE if self._quotes else BlockKind.PARAGRAPH, text)

    def _term(self) -> None:
        """A defined term opens a section that holds its definitions, when it is short enough for a name."""
        text = self._taken()
        if not self._terms or len(text.split()) > MAX_LABEL_WORDS:
            self.builder.add(BlockKind.LIST_ITEM, text, level=len(self._items) + 1)
            return
        if text:
            self._terms[-1] = LABEL_LEVEL + len(self._items) + len(self._terms) - 1
            self.builder.heading(text, self._terms[-1])

    def _close_term(self) -> None:
        if self._terms and self._terms[-1]:
            self.builder.close(self._terms[-1])
            self._terms[-1] = 0


def _is_head(row: Any) -> bool:
    """Whether a table row names columns: it stands in the table's head, or all of its several cells do."""
    parent = row.getparent()
    names = [cell.tag == "th" and cell.get("scope") != "row" for cell in row if cell.tag in ("td", "th")]
    return (parent is not None and parent.tag == "thead") or (len(names) > 1 and all(names))


def _is_data(table: Any) -> bool:
    """Whether a table holds data: one that holds other blocks only places them on the page."""
    if table.get("role") in ("presentation", "none"):
        return False
    return next((child for child in table.iterdescendants() if child.tag in _LAYOUT), None) is None
