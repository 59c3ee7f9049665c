"""A whole PDF to its blocks in reading order: furniture out, headings ranked, torn paragraphs sewn together.

A paragraph that goes on in the next column or on the next page is joined, past the floats and footnotes between. It is
cut again before the first sentence that begins on the next page, so that every block has one page, which is the page
where each of its sentences begins.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa.parsing.pdf.blocks import (
    Draft,
    drafts,
    has_letter,
    has_roman_number,
    heading_depth,
    is_caption,
    is_named_heading,
)
from qa.parsing.pdf.columns import regions
from qa.parsing.pdf.furniture import furniture
from qa.parsing.pdf.glyphs import Glyph
from qa.parsing.pdf.rows import Row, typical_size
from qa.parsing.pdf.text import NOWHERE, Sourced, Vocabulary, characters, join, place_of, text_of
from qa.text.sentences import sentence_spans
from qa.types import BlockKind

MAX_STEPS = 80
"""So many drafts ahead the rest of a torn paragraph is looked for: floats, captions and footnotes lie between."""
REPEATED = 5
"""A heading without a number that comes so often is a label of figures or forms."""
LEAST_TORN = 40
"""Shorter paragraphs are labels in figures and the like, not torn ones."""
_CLOSED = frozenset(".!?:;…。！？")
_AFTER_END = "\"'”’»)]⁰¹²³⁴⁵⁶⁷⁸⁹ "


@dataclass(frozen=True, slots=True)
class Piece:
    """One block: its characters with their sources; for a heading, its level."""

    kind: BlockKind
    page: int
    text: str
    sources: "array[int]"
    level: int = 0


def pieces(pages: Iterable[Sequence[Glyph]]) -> list[Piece]:
    """The blocks of a document from the glyphs of its pages, in reading order."""
    laid = [regions(glyphs) for glyphs in pages]
    out = furniture(laid)
    laid = [[[row for row in region if id(row) not in out] for region in page] for page in laid]
    rows = [row for page in laid for region in page for row in region]
    body = _body(rows)
    words = Vocabulary(rows)
    found: list[Draft] = []
    count = 0
    for number, page in enumerate(laid, start=1):
        for region in page:
            if region:
                count += 1
                found.extend(drafts(region, page=number, region=count, body=body))
    if found:
        _rank(found, body)
    return [piece for piece in _pieces(found, words, body[0]) if piece.text]


def _body(rows: Sequence[Row]) -> tuple[float, bool]:
    """Size and weight of most of the text."""
    size = typical_size(rows)
    weights: Counter[bool] = Counter()
    for row in rows:
        if abs(row.size - size) < 0.1:
            weights[row.bold] += len(row.text)
    return size, weights[True] > weights[False]


def _rank(found: Sequence[Draft], body: tuple[float, bool]) -> None:
    """Give every heading its level, and take for a paragraph what only looks like one."""
    headings = [draft for draft in found if draft.kind is BlockKind.HEADING]
    first_page = found[0].page
    opening = [draft for draft in headings if draft.page == first_page]
    title = max(opening, key=lambda draft: draft.style[0], default=None)  # the first of the largest
    if title is not None and title.style[0] < 1.15 * body[0]:
        title = None
    often = {text for text, count in Counter(draft.text for draft in headings).items() if count >= REPEATED}
    later = {draft.style for draft in headings if draft.page != first_page}
    depths: dict[tuple[float, bool], Counter[int]] = {}
    for draft in headings:
        if (depth := heading_depth(draft.text)) is not None and draft is not title:
            depths.setdefault(draft.style, Counter())[depth] += 1
    styles = sorted({draft.style for draft in headings if draft is not title}, reverse=True)
    first_known = next((draft for draft in opening if _is_known(draft)), None)
    before = opening[: opening.index(first_known)] if first_known else []
    roman = any(has_roman_number(draft.text) for draft in headings)
    for draft in headings:
        known = _is_known(draft)
        if draft is title:
            draft.level = 1
        elif draft.text in often and not known:
            draft.kind = BlockKind.PARAGRAPH
        elif draft in before or (later and draft.page == first_page and draft.style not in later and not known):
            draft.kind = BlockKind.PARAGRAPH  # names and places of authors
        elif (depth := heading_depth(draft.text)) is not None:
            draft.level = 1 + depth + (roman and has_letter(draft.text))
        elif draft.style in depths:
            draft.level = 1 + depths[draft.style].most_common(1)[0][0]
        else:
            draft.level = min(6, 2 + styles.index(draft.style))


def _is_known(draft: Draft) -> bool:
    return heading_depth(draft.text) is not None or is_named_heading(draft.text)


def _pieces(found: Sequence[Draft], words: Vocabulary, size: float) -> Iterator[Piece]:
    taken: set[int] = set()
    for index, draft in enumerate(found):
        if index in taken:
            continue
        sourced = characters(draft, words)
        if draft.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM):
            tail = index
            while (follower := _rest(found, tail, text_of(sourced), taken, size)) is not None:
                sourced = join(sourced, characters(found[follower], words), words)
                taken.add(follower)
                tail = follower
        yield from _by_page(draft, sourced)


def _rest(found: Sequence[Draft], index: int, text: str, taken: set[int], size: float) -> int | None:
    """The index of the paragraph that goes on with the one at `index`, in a later column or on the next page."""
    draft = found[index]
    text = text.rstrip(_AFTER_END)
    full = draft.last.right >= draft.right - 2 * draft.last.size
    if len(draft.last.cells) > 2 and len(draft.rows) == 1:
        return None  # the head of a table
    if len(text) < LEAST_TORN or text[-1] in _CLOSED or not full or is_caption(text) or draft.last.turned:
        return None
    running = draft.last.size > size - 0.6  # else it is a footnote
    for ahead in range(index + 1, min(len(found), index + 1 + MAX_STEPS)):
        other = found[ahead]
        if (other.kind is BlockKind.HEADING and running) or other.page > draft.page + 2:
            return None
        alike = abs(other.first.size - draft.last.size) < 0.6 and other.first.bold == draft.last.bold
        if ahead in taken or not alike or other.kind is not BlockKind.PARAGRAPH or is_caption(other.text):
            continue
        if other.region == draft.region:
            return None
        if _goes_on(text, other):
            return ahead
        if len(other.text) >= LEAST_TORN:
            return None
    return None


def _goes_on(text: str, other: Draft) -> bool:
    """Whether a paragraph can be the rest of an unfinished text."""
    start = other.text.lstrip("\"'“‘(")
    if start[:1].islower():
        return True
    indented = len(other.rows) > 1 and other.first.left > other.rows[1][1].left + 0.5 * other.first.size
    return len(other.rows) > 1 and not indented and (text[-1].isalpha() or text[-1] in ",-") and start[:1].isalnum()


def _by_page(draft: Draft, sourced: Sourced) -> Iterator[Piece]:
    """One piece for each page on which sentences begin."""
    text = text_of(sourced)
    kind, level = draft.kind, draft.level
    pages = {place_of(source)[0] for _, source in sourced if source != NOWHERE}
    if len(pages) <= 1 or kind is BlockKind.HEADING:
        yield _piece(kind, draft.page, sourced, level)
        return
    start, page = 0, draft.page
    for span in sentence_spans(text):
        begins = next(place_of(source)[0] for _, source in sourced[span.start :] if source != NOWHERE)
        if begins != page:
            if span.start > start:
                yield _piece(kind, page, sourced[start : span.start], level)
            start, page = span.start, begins
    yield _piece(kind, page, sourced[start:], level)


def _piece(kind: BlockKind, page: int, sourced: Sourced, level: int) -> Piece:
    """A piece without white space at its ends, and never with two spaces in a row."""
    kept = [pair for index, pair in enumerate(sourced) if pair[0] != " " or (index and sourced[index - 1][0] != " ")]
    if kept and kept[-1][0] == " ":
        kept.pop()
    return Piece(kind, page, text_of(kept), array("q", [source for _, source in kept]), level)
