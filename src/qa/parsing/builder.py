"""The only place where canonical text grows: parsers hand over blocks, the builder sets them down with their spans.

The canonical text is the blocks' text in order, separated by blank lines (list items and table rows by single line
breaks). A heading that opens the document is its title and belongs to no section path.
"""

import re
import unicodedata

from qa.errors import NoText
from qa.types import Block, BlockKind, ParsedDocument, Source, Span

_TIGHT = {BlockKind.LIST_ITEM, BlockKind.TABLE_ROW}
MAX_HEADING_CHARACTERS = 200
CELL_SEPARATOR = " | "
"""What sets the cells of a table row apart, in every format."""
BREAKS = ("\n\n", "\n")
"""What stands between two blocks: the latter inside a list or table."""
_LINE_BREAK = re.compile("\r\n|[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")


class DocumentBuilder:
    """Collects the blocks of one document in reading order."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._parts: list[str] = []
        self._length = 0
        self._blocks: list[Block] = []
        self._headings: list[tuple[int, str]] = []
        self._title: str | None = None

    def heading(self, text: str, level: int, *, page: int | None = None) -> None:
        """Open a section of the given level (1 is the highest); it closes all sections of its level and below."""
        text = " ".join(clean(text).split())
        if not text:
            return
        self.close(level)
        self._append(BlockKind.HEADING, text, page=page, level=level)
        if self._title is None and all(block.kind is BlockKind.CODE for block in self._blocks[:-1]):
            self._title = text
        else:
            self._headings.append((level, text[:MAX_HEADING_CHARACTERS]))

    def close(self, level: int) -> None:
        """End the sections of this level and below; what is added next stands outside of them."""
        self._headings = [(above, name) for above, name in self._headings if above < level]

    def add(self, kind: BlockKind, text: str, *, page: int | None = None, level: int = 0) -> None:
        """Add a block; text that is empty after cleaning is left out."""
        text = clean(text).strip()
        if text:
            self._append(kind, text, page=page, level=level)

    def build(self, title: str = "") -> ParsedDocument:
        """The finished document; raises NoText when nothing but headings, or nothing at all, was added.

        `title` is what the file calls itself: it names a document that does not open with a heading.
        """
        if all(block.kind is BlockKind.HEADING for block in self._blocks):
            raise NoText(
                f"{self._source.path} holds no text.", remedy="Nothing to do if it is meant to be empty; else check it."
            )
        title = self._title or " ".join(clean(title).split()) or _title_of(self._source.path)
        return ParsedDocument(source=self._source, title=title, text="".join(self._parts), blocks=tuple(self._blocks))

    def _append(self, kind: BlockKind, text: str, *, page: int | None, level: int) -> None:
        if self._blocks:
            separator = BREAKS[kind in _TIGHT and self._blocks[-1].kind is kind]
            self._parts.append(separator)
            self._length += len(separator)
        span = Span(self._length, self._length + len(text))
        self._parts.append(text)
        self._length = span.end
        headings = tuple(name for _, name in self._headings)
        self._blocks.append(Block(kind=kind, span=span, page=page, headings=headings, level=level))


def clean(text: str) -> str:
    r"""Text as it may stand in a canonical text: line breaks as `\n`, no control characters, no lone surrogates.

    Nothing else is touched: no Unicode normalisation, no change of case, quotes or dashes.
    """
    text = _LINE_BREAK.sub("\n", text).replace("\x1f", " ")
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def _title_of(path: str) -> str:
    stem = path.rpartition("/")[2].rpartition(".")[0] or path
    return " ".join(stem.replace("_", " ").replace("-", " ").split()) or path
