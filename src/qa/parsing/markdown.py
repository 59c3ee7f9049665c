"""Markdown (CommonMark with tables): the words as they are shown, with headings, lists, tables and code as blocks."""

import html
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version as package_version
from itertools import accumulate

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from qa.errors import UnreadableDocument
from qa.parsing import legacy
from qa.parsing.builder import DocumentBuilder
from qa.parsing.decode import decode
from qa.parsing.labels import LABEL_LEVEL, label_name
from qa.types import BlockKind, ParsedDocument, Source

MAX_NESTING = 200
"""Deeper nesting is dropped by markdown-it without a word (its preset of 20 loses nested lists), so it is refused."""

MAX_BRACKETS = 32
"""Brackets that may be open at once in a text with links. Each is looked at once for every one around it, so 50,000 of
them would take many seconds."""

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_COMMENT_OR_TAG = re.compile(rf"<!--.*?-->|{_TAG.pattern}", re.S)
_BRACKET = re.compile(r"[\[\]]")
_BREAK = re.compile(r"<br\s*/?>", re.I)


class MarkdownParser:
    """Reads `.md` files."""

    suffixes = frozenset({".md", ".markdown"})

    def __init__(self) -> None:
        self._markdown = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table")
        self._markdown.inline.ruler.before("link", "crowded_bracket", _crowded_bracket)

    @property
    def version(self) -> str:
        """Name and version, with that of the library."""
        return f"markdown-4 (markdown-it-py {package_version('markdown-it-py')}, {legacy.version()})"

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Canonical text and blocks of a Markdown file; raises UnreadableDocument or NoText."""
        decoded = decode(data, source.path)
        text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
        walk = _Walk(DocumentBuilder(source, note=decoded.note))
        if front := _FRONT_MATTER.match(text):
            walk.builder.add(BlockKind.CODE, front.group(1))
            text = text[front.end() :]
        tokens = self._markdown.parse(text)
        if max((token.level for token in tokens), default=0) >= MAX_NESTING - 1:
            raise UnreadableDocument(
                f"{source.path} nests lists or quotations over {MAX_NESTING // 2} deep.", remedy="Flatten it."
            )
        walk.tokens(tokens)
        return walk.builder.build()


def _crowded_bracket(state: StateInline, silent: bool) -> bool:  # noqa: FBT001  # as the library calls it
    """A rule of the library's: where too many brackets are open, none begins a link or a picture."""
    if not state.src.startswith(("[", "!["), state.pos) or not _is_crowded(state.src):
        return False
    if not silent:
        state.pending += state.src[state.pos]
    state.pos += 1
    return True


@lru_cache(maxsize=1)
def _is_crowded(text: str) -> bool:
    """Whether more brackets are open at once than may be; asked for every bracket of one text, then of the next."""
    signs = ({"[": 1, "]": -1}[bracket] for bracket in _BRACKET.findall(text))
    return any(depth > MAX_BRACKETS for depth in accumulate(signs, lambda depth, sign: max(0, depth + sign)))


class _Walk:
    """One pass over the tokens of a document."""

    def __init__(self, builder: DocumentBuilder) -> None:
        self.builder = builder
        self._items: list[int] = []  # for each open list item, the level of its label, or 0
        self._quotes = 0
        self._cells: list[str] | None = None
        self._in_head = False
        self._heading = 0

    def tokens(self, tokens: Sequence[Token]) -> None:
        """Hand every token's text to the builder."""
        for index, token in enumerate(tokens):
            match token.type:
                case "heading_open":
                    self._heading = int(token.tag[1])
                case "heading_close":
                    self._heading = 0
                case "list_item_open":
                    self._items.append(0)
                case "list_item_close":
                    if level := self._items.pop():
                        self.builder.close(level)
                case "blockquote_open":
                    self._quotes += 1
                case "blockquote_close":
                    self._quotes -= 1
                case "table_open" | "thead_open" | "tbody_open" | "tr_open" | "tr_close":
                    self._table(token.type)
                case "inline":
                    self._inline(token, tokens[index + 2].type if index + 2 < len(tokens) else "")
                case "fence" | "code_block":
                    self.builder.add(BlockKind.CODE, token.content)
                case "html_block":
                    self.builder.add(BlockKind.PARAGRAPH, html_text(token.content))

    def _table(self, event: str) -> None:
        match event:
            case "table_open":
                self.builder.table()
            case "thead_open" | "tbody_open":
                self._in_head = event == "thead_open"
            case "tr_open":
                self._cells = []
            case "tr_close":
                self.builder.row(self._cells or [], head=self._in_head)
                self._cells = None

    def _inline(self, token: Token, following: str) -> None:
        """`following` is the type of the token after the one that closes this text."""
        text = inline_text(token.children or [])
        if self._cells is not None:
            self._cells.append(" ".join(text.split()))
        elif self._heading:
            self.builder.heading(text, self._heading)
        elif self._items:
            name = label_name(text)
            if name and following in ("bullet_list_open", "ordered_list_open"):
                self._items[-1] = LABEL_LEVEL + len(self._items) - 1
                self.builder.heading(name, self._items[-1])
            else:
                self.builder.add(BlockKind.LIST_ITEM, text, level=len(self._items))
        else:
            self.builder.add(BlockKind.QUOTE if self._quotes else BlockKind.PARAGRAPH, text)


def html_text(markup: str) -> str:
    """The words of an HTML block; a comment that is never closed is none."""
    closed, end, rest = _BREAK.sub("\n", markup).rpartition("-->")  # only before it are starts worth a search
    return html.unescape(_COMMENT_OR_TAG.sub("", closed + end) + _TAG.sub("", rest))


def inline_text(children: Iterable[Token]) -> str:
    """The words that an inline token shows: marks and tags left out, soft line breaks as spaces."""
    parts: list[str] = []
    for child in children:
        match child.type:
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "image":
                parts.append(inline_text(child.children or []))
            case "html_inline":
                parts.append("\n" if _BREAK.fullmatch(child.content) else "")
            case _:
                parts.append(child.content)
    return "".join(parts)
