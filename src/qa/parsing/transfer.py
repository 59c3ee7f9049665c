"""A parsed document as plain JSON and bytes, and back: nothing that comes back is believed before it is checked.

The way back builds on what `DocumentBuilder` guarantees: clean text that its blocks cover in order but for the breaks
between them. So a parser that a hostile file has taken over can at worst make a document of its own.
"""

from collections.abc import Iterable
from typing import Any

from qa.boxes import MOST_PAGES, check_places
from qa.parsing.builder import BREAKS, MAX_HEADING_CHARACTERS, clean
from qa.types import Block, BlockKind, ParsedDocument, Source, Span

_MOST_LEVEL = 1 << 31


def told(document: ParsedDocument) -> tuple[dict[str, Any], bytes]:
    """A document but for its source: each distinct path of headings once, text and places as bytes."""
    paths: dict[tuple[str, ...], int] = {}
    blocks = [_row(block, paths.setdefault(block.headings, len(paths))) for block in document.blocks]
    text = document.text.encode("utf-8")
    value = {"title": document.title, "text_bytes": len(text), "headings": list(paths), "blocks": blocks}
    value["note"] = document.note
    return value, text + document.places


def believed(source: Source, value: Any, data: bytes) -> ParsedDocument:
    """The document that `told` wrote; raises ValueError when this is none."""
    try:
        title, headings, length = value["title"], value["headings"], value["text_bytes"]
        rows, note = value["blocks"], value["note"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no document: {error}") from None
    _check(isinstance(length, int) and 0 < length <= len(data), "the length of the text")
    text, places = data[:length].decode("utf-8"), data[length:]
    _check(title == source.path or (_is_name(title, len(source.path)) and "\n" not in title), "the title")
    _check(note == "" or (_is_clean(note) and "\n" not in note), "the note")
    _check(isinstance(text, str) and clean(text) == text, "the text")
    check_places(places, len(text))
    _check(isinstance(headings, list) and isinstance(rows, list) and bool(rows), "the blocks")
    paths = [_headings(path) for path in headings]
    blocks = tuple(_block(row, paths) for row in rows)
    _check_cover(text, blocks)
    return ParsedDocument(source=source, title=title, text=text, blocks=blocks, places=places, note=note)


def _row(block: Block, path: int) -> tuple[Any, ...]:
    header = (block.header.start, block.header.end) if block.header else None
    return (block.kind.value, block.span.start, block.span.end, block.page, block.level, path, block.place, header)


def _headings(path: Any) -> tuple[str, ...]:
    _check(isinstance(path, list) and all(map(_is_name, path)), "a path of headings")
    return tuple(path)


def _block(row: Any, paths: list[tuple[str, ...]]) -> Block:
    _check(isinstance(row, list) and len(row) == 8, "a block")
    kind, start, end, page, level, path, place, header = row
    _check(_are_numbers((start, end, level, path)) and path < len(paths) and level < _MOST_LEVEL, "a block")
    _check(page is None or (_are_numbers((page,)) and 1 <= page <= MOST_PAGES), "a page")
    _check(place is None or _is_clean(place), "a place")
    return Block(
        kind=BlockKind(kind),
        span=Span(start, end),
        page=page,
        headings=paths[path],
        level=level,
        place=place,
        header=_header(header, start),
    )


def _header(edges: Any, row: int) -> Span | None:
    """The head of a table, which stands before its row."""
    if edges is None:
        return None
    _check(isinstance(edges, list) and len(edges) == 2 and _are_numbers(edges) and edges[1] <= row, "a head")
    return Span(*edges)


def _check_cover(text: str, blocks: Iterable[Block]) -> None:
    """The blocks ascend, begin and end with a letter, and leave out nothing but breaks."""
    end = 0
    for block in blocks:
        start = block.span.start
        _check(text[end:start] in BREAKS if end else start == 0, "what stands between two blocks")
        words = block.span.of(text)
        _check(words == words.strip(), "the edge of a block")
        end = block.span.end
    _check(end == len(text), "the end of the blocks")


def _are_numbers(values: Iterable[Any]) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


def _is_name(words: Any, most: int = 0) -> bool:
    return _is_clean(words) and len(words) <= max(most, MAX_HEADING_CHARACTERS)


def _is_clean(words: Any) -> bool:
    return isinstance(words, str) and bool(words.strip()) and clean(words) == words


def _check(holds: bool, what: str) -> None:  # noqa: FBT001  # reads like an assertion
    if not holds:
        raise ValueError(f"no document: {what}")
