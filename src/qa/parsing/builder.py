"""The only place where canonical text grows: parsers hand over blocks, the builder sets them down with their spans.

The canonical text is the blocks' text in order, separated by blank lines (list items and table rows by single line
breaks). A heading that opens the document is its title and belongs to no section path.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from qa.errors import NoText
from qa.parsing.heads import with_heads
from qa.text.tables import CELL_SEPARATOR
from qa.text.words import counted
from qa.types import Block, BlockKind, ParsedDocument, Source, Span

_TIGHT = {BlockKind.LIST_ITEM, BlockKind.TABLE_ROW}
MAX_HEADING_CHARACTERS = 200
"""Of a title or heading so much is kept as the name of what stands under it: it goes with every passage there."""
BREAKS = ("\n\n", "\n")
"""What stands between two blocks: the latter inside a list or table."""
_HERE = Span(0, 1)  # until it is known
_LINE_BREAK = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


class DocumentBuilder:
    """Collects the blocks of one document in reading order."""

    def __init__(self, source: Source, *, named: str = "", note: str = "") -> None:
        """`named` is the title of a document that is no heading of it; only a first heading alike is no section.

        `note` is what a person should know of how the file was read.
        """
        self._source = source
        self._note = note
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._headings: list[tuple[int, str]] = []
        self._named = _one_line(named)
        self._title: str | None = None
        self._head: Span | None = None  # of the table that is being written
        self._tables = 0
        self._open_rows: dict[int, int] = {}  # rows that did not say whether they are heads, with their table's number

    def heading(self, text: str, level: int, *, page: int | None = None, place: str | None = None) -> None:
        """Open a section of the given level (1 is the highest); it closes all sections of its level and below."""
        text = _one_line(text)
        if not text:
            return
        self.close(level)
        self._append(Block(kind=BlockKind.HEADING, span=_HERE, page=page, place=place, level=level), text)
        opens = self._title is None and all(block.kind is BlockKind.CODE for block in self._blocks[:-1])
        if opens and self._named in ("", text):
            self._title = text
        else:
            self._headings.append((level, text[:MAX_HEADING_CHARACTERS]))

    def close(self, level: int) -> None:
        """End the sections of this level and below; what is added next stands outside of them."""
        self._headings = [(above, name) for above, name in self._headings if above < level]

    def add(
        self, kind: BlockKind, text: str, *, page: int | None = None, level: int = 0, place: str | None = None
    ) -> None:
        """Add a block; text that is empty after cleaning is left out."""
        text = clean(text).strip()
        if text:
            if kind is BlockKind.TABLE_ROW:
                self._open_rows[len(self._blocks)] = self._tables
            self._append(Block(kind=kind, span=_HERE, page=page, level=level, place=place), text)

    def table(self) -> None:
        """Begin a table; without this, rows belong to the table of the rows just before them."""
        self._tables += 1
        self._head = None

    def row(
        self, texts: Sequence[str], *, head: bool | None = None, page: int | None = None, place: str | None = None
    ) -> None:
        """Add a table row of these cells; a row of empty cells is left out.

        `head` says whether it names the columns of the rows after it. None leaves that to how the table looks, unless
        the row follows one that is known to be a head.
        """
        text = clean(CELL_SEPARATOR.join(_one_line(cell) for cell in texts)).strip()
        if not any(texts) or not text:
            return
        follows = bool(self._blocks) and self._blocks[-1].kind is BlockKind.TABLE_ROW
        if not follows:
            self._head = None
        header = None if head else self._head
        if head is None and header is None:
            self._open_rows[len(self._blocks)] = self._tables
        self._append(Block(kind=BlockKind.TABLE_ROW, span=_HERE, page=page, place=place, header=header), text)
        span = self._blocks[-1].span
        if head:
            above = self._blocks[-2] if follows else None
            joined = self._head is not None and above is not None and above.span.end == self._head.end
            self._head = self._head.cover(span) if joined and self._head else span

    def build(self, title: str = "") -> ParsedDocument:
        """The finished document; raises NoText when nothing but headings, or nothing at all, was added.

        `title` is what the file calls itself: it names a document that does not open with a heading.
        """
        if all(block.kind is BlockKind.HEADING for block in self._blocks):
            raise NoText(
                f"{self._source.path} holds no text.", remedy="Nothing to do if it is meant to be empty; else check it."
            )
        named = (self._title or self._named or _one_line(title))[:MAX_HEADING_CHARACTERS].rstrip()
        title = named or title_of(self._source.path)
        text = "".join(self._parts)
        blocks = with_heads(self._blocks, text, self._open_rows)
        return ParsedDocument(source=self._source, title=title, text=text, blocks=blocks, note=_told(self._note, text))

    def _append(self, block: Block, text: str) -> None:
        """Set down the text of a block, which is given its span and section."""
        if self._blocks:
            separator = BREAKS[block.kind in _TIGHT and self._blocks[-1].kind is block.kind]
            self._parts.append(separator)
            self._length += len(separator)
        span = Span(self._length, self._length + len(text))
        self._parts.append(text)
        self._length = span.end
        headings = tuple(name for _, name in self._headings)
        self._blocks.append(replace(block, span=span, headings=headings))


def _told(note: str, text: str) -> str:
    """The note with the number of characters that stand for what the file does not name, when there are any."""
    lost = text.count("\ufffd")
    return "; ".join(
        filter(None, (note, f"{counted(lost, 'character')} without a name shown as \ufffd" if lost else ""))
    )


def clean(text: str) -> str:
    r"""Text as it may stand in a canonical text: line breaks as `\n`, no control characters, no lone surrogates.

    Nothing else is touched: no Unicode normalisation, no change of case, quotes or dashes.
    """
    text = _LINE_BREAK.sub("\n", text).replace("\x1f", " ")
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def title_of(path: str) -> str:
    """The name of a file without its ending, as a title."""
    stem = path.rpartition("/")[2].rpartition(".")[0] or path
    return _one_line(stem.replace("_", " ").replace("-", " ")) or path
