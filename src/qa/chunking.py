"""Blocks to chunks: passages of whole sentences along structure, and the child spans whose vectors are searched.

Pure and deterministic: coordinates in, coordinates out. A passage never crosses a heading, so it has one section path.
Every character that is not white space lies in at least one passage, or in a heading that names the section of one. A
heading with nothing under it is content like any other.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from qa.ports import TokenCounter
from qa.text.sentences import sentence_spans
from qa.text.tables import searched
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Span

_WORD = re.compile(r"\S+")
WHOLE_ITEM_CHARACTERS = 320
"""A list item up to this length is one quotable unit, however many sentences it has."""
LONGEST_WORD = 60
"""Longer runs without white space (base64, URLs, unspaced scripts) are counted and cut in pieces of so many characters.

A tokenizer takes a run that is too long for it for one token.
"""
LONG_SENTENCE = 10_000
"""A sentence of so many characters is counted in pieces only: with all of 9 MB at once, its tokens took 2.8 GB."""
AT_ONCE = 1_000
"""Texts that are counted together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkPolicy:
    """Sizes in tokens of the encoder: a passage at most `most`, ended at a paragraph from `least` on."""

    most: int = 192
    least: int = 128
    overlap: int = 32
    child: int = 64


@dataclass(frozen=True, slots=True)
class _Unit:
    """A quotable unit: a sentence, list item or table row (or a piece of one that is too long).

    `searched` are its tokens as it is searched by meaning: a row with the names of its columns.
    """

    span: Span
    tokens: int
    opens_block: bool
    page: int | None
    searched: int


def chunk_document(document: ParsedDocument, count_tokens: TokenCounter, policy: ChunkPolicy) -> list[Chunk]:
    """The chunks of a document in reading order, ordinals from 0."""
    chunks: list[Chunk] = []
    content = _content(document)
    for _, group in groupby(zip(_sections(document, content), content, strict=True), key=_section_key):
        blocks = [block for _, block in group]
        units = _units(document, blocks, count_tokens, policy)
        for first, last in _passages(units, policy):
            members = units[first:last]
            chunks.append(
                Chunk(
                    document_id=document.id,
                    ordinal=len(chunks),
                    span=members[0].span.cover(members[-1].span),
                    sentences=tuple(unit.span for unit in members),
                    children=_children(members, policy.child),
                    page=members[0].page,
                    headings=blocks[0].headings,
                )
            )
    return chunks


def _section_key(pair: tuple[int, Block]) -> tuple[int, tuple[str, ...]]:
    """What makes a section: the heading it stands under, and the path (a section can end without a new heading)."""
    return pair[0], pair[1].headings


def _content(document: ParsedDocument) -> list[Block]:
    """All blocks but the headings whose whole name is borne by what follows them."""
    content: list[Block] = []
    names: tuple[str, ...] = ()
    for block in reversed(document.blocks):
        if block.kind is BlockKind.HEADING and block.span.of(document.text) in (*names, document.title):
            continue
        content.append(block)
        names = block.headings
    return content[::-1]


def _sections(document: ParsedDocument, content: Sequence[Block]) -> Iterator[int]:
    """For each content block, the position of the last heading before it (two sections may bear one name)."""
    inside = {block.span.start for block in content}
    starts = (block.span.start for block in document.blocks if block.kind is BlockKind.HEADING)
    headings = [start for start in starts if start not in inside]
    at = 0
    for block in content:
        while at < len(headings) and headings[at] < block.span.start:
            at += 1
        yield at


def _units(
    document: ParsedDocument, blocks: Sequence[Block], count_tokens: TokenCounter, policy: ChunkPolicy
) -> list[_Unit]:
    text = document.text
    spans: list[tuple[Span, bool, Block]] = []
    for block in blocks:
        for position, span in enumerate(_quotable(text, block)):
            spans.append((span, position == 0, block))
    plain = [_is_plain(text, span) for span, _, _ in spans]
    counts = _counted(
        count_tokens, (span.of(text) for (span, _, block), one in zip(spans, plain, strict=True) if one or block.header)
    )
    rows = _counted(count_tokens, (searched(document, span) for span, _, block in spans if block.header))
    units: list[_Unit] = []
    for (span, opens, block), one in zip(spans, plain, strict=True):
        tokens = next(counts) if one or block.header else 0
        names = next(rows) - tokens if block.header else 0
        if one and tokens <= policy.most:
            units.append(_Unit(span, tokens, opens, block.page, tokens + names))
            continue
        for position, (piece, size) in enumerate(_pieces(text, span, count_tokens, policy.most)):
            units.append(_Unit(piece, size, opens and position == 0, block.page, size + names))
    return units


def _is_plain(text: str, span: Span) -> bool:
    """Whether it can be counted as it is."""
    return len(span) < LONG_SENTENCE and max(map(len, span.of(text).split()), default=0) <= LONGEST_WORD


def _counted(count_tokens: TokenCounter, texts: Iterable[str]) -> Iterator[int]:
    """The tokens of each text, some texts at a time."""
    texts = iter(texts)
    while some := list(islice(texts, AT_ONCE)):
        yield from count_tokens(some)


def _quotable(text: str, block: Block) -> list[Span]:
    whole = block.kind is BlockKind.TABLE_ROW or (
        block.kind is BlockKind.LIST_ITEM and len(block.span) <= WHOLE_ITEM_CHARACTERS
    )
    if whole:
        return [block.span]
    return [span.shift(block.span.start) for span in sentence_spans(block.span.of(text))]


def _pieces(text: str, span: Span, count_tokens: TokenCounter, most: int) -> Iterator[tuple[Span, int]]:
    """Cut a sentence between words into pieces of at most `most` tokens; one that is short enough is one piece."""
    size = min(LONGEST_WORD, most)
    counts = _counted(count_tokens, (word.of(text) for word in _words(text, span, size)))
    piece, tokens = None, 0
    for word, count in zip(_words(text, span, size), counts, strict=True):
        if piece and tokens + count > most:
            yield piece, tokens
            piece, tokens = None, 0
        piece, tokens = piece.cover(word) if piece else word, tokens + count
    if piece:
        yield piece, tokens


def _words(text: str, span: Span, size: int) -> Iterator[Span]:
    """The words of a sentence, long ones in pieces of `size` characters."""
    for match in _WORD.finditer(text, span.start, span.end):
        for start in range(match.start(), match.end(), size):
            yield Span(start, min(start + size, match.end()))


def _passages(units: Sequence[_Unit], policy: ChunkPolicy) -> Iterator[tuple[int, int]]:
    """Ranges of units, each of at most `policy.most` tokens, neighbours sharing about `policy.overlap`."""
    first = 0
    while first < len(units):
        last, tokens = first, 0
        while last < len(units) and (last == first or tokens + units[last].tokens <= policy.most):
            tokens += units[last].tokens
            last += 1
        if last < len(units):
            last = _block_end(units, first, last, policy.least)
        yield first, last
        if last == len(units):
            return
        first = _overlap_start(units, first, last, policy)


def _block_end(units: Sequence[_Unit], first: int, last: int, least: int) -> int:
    """The latest place up to `last` where a block ends and at least `least` tokens are in, else `last`."""
    for end in range(last, first, -1):
        if sum(unit.tokens for unit in units[first:end]) < least:
            break
        if units[end].opens_block:
            return end
    return last


def _overlap_start(units: Sequence[_Unit], first: int, last: int, policy: ChunkPolicy) -> int:
    """Where the next passage begins: whole units before `last`, nearest to the overlap, with room for a new one."""
    start, shared = last, 0
    while start - 1 > first:
        more = shared + units[start - 1].tokens
        if abs(more - policy.overlap) > abs(shared - policy.overlap) or more + units[last].tokens > policy.most:
            break
        start, shared = start - 1, more
    return start


def _children(units: Sequence[_Unit], most: int) -> tuple[Span, ...]:
    """The stretches, and the whole after them where there are several."""
    stretches = tuple(_stretches(units, most))
    return stretches if len(stretches) == 1 else (*stretches, stretches[0].cover(stretches[-1]))


def _stretches(units: Sequence[_Unit], most: int) -> Iterator[Span]:
    """Neighbouring units packed to at most `most` tokens; a longer unit is a stretch of its own."""
    span, tokens = units[0].span, units[0].searched
    for unit in units[1:]:
        if tokens + unit.searched <= most:
            span, tokens = span.cover(unit.span), tokens + unit.searched
        else:
            yield span
            span, tokens = unit.span, unit.searched
    yield span
