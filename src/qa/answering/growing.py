"""Grows the best candidate into the form of answer that the question asks for; pure.

A short answer stays the words that the reader chose. Definitions, reasons, manners and decisions become their whole
sentence. A list is quoted whole, as one slice of the document from its lead-in to its last item, when its head (the
lead-in, or the heading above it) holds what the question is about. Nothing is ever glued together.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.answering.citing import quotable
from qa.text.forms import Form
from qa.text.sentences import sentence_spans
from qa.types import Block, BlockKind, Candidate, ParsedDocument, Span

MAX_LIST_ITEMS = 12
MAX_LIST_CHARACTERS = 1500
"""A longer list is quoted up to the last item that fits; what is left out is counted."""
HEAD_COVERAGE = 0.5
"""Share of the question's words (rare ones weigh more) that the head of a list must hold."""
LABEL_LEVEL = 7
"""Headings from this level on are labels inside a list (below the six levels of Markdown and HTML)."""

_ENTRY = {BlockKind.LIST_ITEM, BlockKind.TABLE_ROW}
_LEADS_IN = re.compile(r"[:：]\s*$|\b(?:as\s+follows|(?:the\s+)?following|listed\s+below)\b[^.!?]*[.:]?\s*$", re.I)
_BACKWARD = re.compile(
    r"(?:this\s+is\s+(?:because|why)|that\s+is\s+why|because\s+of\s+(?:this|that)|therefore|thus|hence|consequently|"
    r"as\s+a\s+(?:result|consequence)|for\s+(?:this|that)\s+reason|in\s+other\s+words|that\s+is,)\b",
    re.I,
)
_JOINED_BEFORE = re.compile(r"(?:,|;|\b(?:and|or|as\s+well\s+as))\s+(?:the\s+|an?\s+)?$", re.I)
_JOINED_AFTER = re.compile(
    r"\s*(?:\([^)]*\)\s*)?(?:[,;]\s*(?:and\s+|or\s+)?|\s+(?:and|or|as\s+well\s+as)\s+)"
    r"(?!(?:which|who|whom|whose|where|when|that|but|while|although|because|so|as|with|in|on|at|for|to|from|by|since|"
    r"after|before|until|during|all|both|each)\b)\w",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """What to quote, which words of it are the answer, and how many items of the list the quotation leaves out."""

    quote: Span
    answer: Span
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Headed:
    """A list as a range of blocks, with its lead-in if it has one; `head` says what it is about, outermost first."""

    head: tuple[str, ...]
    lead: Span | None
    entries: range


def grow(form: Form, candidate: Candidate, document: ParsedDocument, coverage: Callable[[str], float]) -> Grown:
    """The quotation and answer that a candidate grows into.

    `coverage` gives the share (0..1) of the question's words that a text holds.
    """
    unit = quotable(candidate)
    short = form is Form.SHORT
    may_be_list = not short or _announces(candidate.span, unit, document.text)
    if may_be_list and (listed := _list(form, unit, document, coverage)):
        return listed
    if short:
        return Grown(quote=unit, answer=candidate.span)
    if form is Form.LIST:
        return Grown(quote=unit, answer=unit if _is_cut(candidate.span, unit, document.text) else candidate.span)
    whole = unit if form is Form.DECISION else _with_what_it_refers_to(unit, candidate, document)
    return Grown(quote=whole, answer=whole)


def same_list(spans: Sequence[Span], document: ParsedDocument) -> bool:
    """Whether all spans are entries of one list or table of the document."""
    places = [_position(document, span.start) for span in spans]
    first, last = min(places), max(places)
    between = document.blocks[first : last + 1]
    return first >= 0 and all(
        block.kind is between[0].kind and block.kind in _ENTRY and block.headings == between[0].headings
        for block in between
    )


def _list(form: Form, unit: Span, document: ParsedDocument, coverage: Callable[[str], float]) -> Grown | None:
    """The list that a unit leads in or belongs to, if the question asks for it."""
    at = _position(document, unit.start)
    if at < 0:
        return None
    blocks, text = document.blocks, document.text
    if _leads_in(document, at, unit):
        return _quoted(document, unit, range(at + 1, _end(blocks, at + 1)), unit)
    if form not in (Form.LIST, Form.MANNER) or blocks[at].kind not in _ENTRY:
        return None

    least = max(HEAD_COVERAGE, coverage(unit.of(text)))
    asked: list[tuple[float, _Headed]] = []
    for headed in _heads(document, at):
        own = coverage(headed.head[-1])
        if own > 0 and coverage(" ".join(headed.head)) >= least:
            asked.append((own, headed))
    if not asked:
        return None
    _, best = max(asked, key=lambda pair: pair[0])  # of equal ones the first, which is the nearest
    return _quoted(document, best.lead, best.entries, unit)


def _heads(document: ParsedDocument, at: int) -> list[_Headed]:
    """The lists that block `at` belongs to, the nearest first: under a lead-in, a heading, the heading above labels."""
    blocks, text = document.blocks, document.text
    path = (document.title, *blocks[at].headings)
    runs = list(_runs(blocks, at))
    heads = [
        _Headed(head=(*path, lead.of(text)), lead=lead, entries=entries)
        for entries in runs
        if (lead := _lead_before(document, entries.start))
    ]
    heads.append(_Headed(head=path, lead=None, entries=runs[-1]))
    if labels := _labels(document, at):
        section = path[:-labels]
        heads.append(_Headed(head=section, lead=None, entries=_labelled(blocks, at, section[1:])))
    return heads


def _quoted(document: ParsedDocument, lead: Span | None, entries: range, unit: Span) -> Grown | None:
    """The entries with their lead-in, as far as a list may be quoted; None when that would leave out the unit."""
    items = [document.blocks[at].span for at in entries if document.blocks[at].kind in _ENTRY]
    start = lead.start if lead else document.blocks[entries.start].span.start
    fitting = [span for span in items[:MAX_LIST_ITEMS] if span.end - start <= MAX_LIST_CHARACTERS]
    if not fitting or fitting[-1].end < unit.end or (lead is None and len(items) < 2):
        return None
    whole = Span(start, fitting[-1].end)
    return Grown(quote=whole, answer=whole, left_out=len(items) - len(fitting))


def _leads_in(document: ParsedDocument, at: int, unit: Span) -> bool:
    """Whether a unit ends its block and announces the list below it."""
    blocks = document.blocks
    if at + 1 >= len(blocks) or blocks[at + 1].kind not in _ENTRY or unit.end != blocks[at].span.end:
        return False
    if blocks[at].kind in _ENTRY and blocks[at + 1].level <= blocks[at].level:
        return False
    return bool(_LEADS_IN.search(unit.of(document.text)))


def _announces(words: Span, unit: Span, text: str) -> bool:
    """Whether the words that were chosen are themselves the promise of a list ("the following reasons")."""
    found = _LEADS_IN.search(Span(words.start, unit.end).of(text))
    return found is not None and found.start() <= len(words)


def _lead_before(document: ParsedDocument, first: int) -> Span | None:
    """The last sentence of the block before a list, when it announces the list."""
    if first == 0 or document.blocks[first - 1].kind is BlockKind.HEADING:
        return None
    block = document.blocks[first - 1]
    sentence = sentence_spans(block.span.of(document.text))[-1].shift(block.span.start)
    same_section = block.headings == document.blocks[first].headings
    return sentence if same_section and _LEADS_IN.search(sentence.of(document.text)) else None


def _runs(blocks: Sequence[Block], at: int) -> Iterator[range]:
    """The list that holds block `at`, then the one that this list is an inner part of, and so on."""
    while True:
        first = _start(blocks, at)
        yield range(first, _end(blocks, at))
        outer = blocks[first - 1] if first else None
        if outer is None or outer.kind is not BlockKind.LIST_ITEM or outer.headings != blocks[at].headings:
            return
        if outer.level >= blocks[at].level:
            return
        at = first - 1


def _start(blocks: Sequence[Block], at: int) -> int:
    """The first block of the list that holds block `at`; deeper items belong to it, a shallower one ends it."""
    first = at
    while first and _continues(blocks[first - 1], blocks[at]):
        first -= 1
    return next(place for place in range(first, at + 1) if blocks[place].level == blocks[at].level)


def _end(blocks: Sequence[Block], at: int) -> int:
    """One past the last block of the list that block `at` belongs to."""
    last = at + 1
    while last < len(blocks) and _continues(blocks[last], blocks[at]):
        last += 1
    return last


def _continues(block: Block, other: Block) -> bool:
    return block.kind is other.kind and block.headings == other.headings and block.level >= other.level


def _labels(document: ParsedDocument, at: int) -> int:
    """How many of the innermost headings above a block are labels inside its list."""
    path, labels = document.blocks[at].headings, 0
    for block in reversed(document.blocks[:at]):
        depth = len(path) - labels - 1
        if depth < 0 or block.kind is not BlockKind.HEADING or block.headings != path[:depth]:
            continue
        if block.level < LABEL_LEVEL:
            break
        labels += 1
    return labels


def _labelled(blocks: Sequence[Block], at: int, section: tuple[str, ...]) -> range:
    """All items and labels of a section whose list has labels."""

    def belongs(block: Block) -> bool:
        label = block.kind is BlockKind.HEADING and block.level >= LABEL_LEVEL
        return block.headings[: len(section)] == section and (label or block.kind is BlockKind.LIST_ITEM)

    first, last = at, at + 1
    while first and belongs(blocks[first - 1]):
        first -= 1
    while last < len(blocks) and belongs(blocks[last]):
        last += 1
    return range(first, last)


def _position(document: ParsedDocument, offset: int) -> int:
    """The position of the block at an offset, or -1."""
    at = bisect_right(document.blocks, offset, key=lambda block: block.span.start) - 1
    return at if at >= 0 and offset < document.blocks[at].span.end else -1


def _is_cut(span: Span, unit: Span, text: str) -> bool:
    """Whether a span is only a part of an enumeration inside its sentence."""
    before, after = text[unit.start : span.start], text[span.end : unit.end]
    return bool(_JOINED_BEFORE.search(before) or _JOINED_AFTER.match(after))


def _with_what_it_refers_to(unit: Span, candidate: Candidate, document: ParsedDocument) -> Span:
    """The sentence with its neighbours in the block that "Therefore" and its like tie to it."""
    block = document.block_at(unit.start)
    if block is None:
        return unit
    inside = [other for other in candidate.passage.chunk.sentences if block.span.contains(other)]
    before = [other for other in inside if other.end <= unit.start]
    after = [other for other in inside if other.start >= unit.end]
    if before and _BACKWARD.match(unit.of(document.text)):
        return unit.cover(before[-1])
    if after and _BACKWARD.match(after[0].of(document.text)):
        return unit.cover(after[0])
    return unit
