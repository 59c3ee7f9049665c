"""The nouns refuse wrong states, and their arithmetic is that of half-open intervals of code points."""

import dataclasses
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.types import (
    Answer,
    Block,
    BlockKind,
    Chunk,
    Citation,
    DocumentRecord,
    ParsedDocument,
    Passage,
    Span,
    document_id,
    text_sha256,
)
from strategies import document_of, passage_of, source

SPANS = st.tuples(st.integers(0, 50), st.integers(1, 30)).map(lambda pair: Span(pair[0], sum(pair)))


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 3), (-1, 2), (-3, -1)])
def test_a_span_is_never_empty_backward_or_negative(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        Span(start, end)


def test_a_span_slices_code_points_and_refuses_to_run_past_the_end() -> None:
    text = "a🙂e\u0301日"
    assert Span(1, 2).of(text) == "🙂"
    assert Span(2, 5).of(text) == "e\u0301日"
    with pytest.raises(ValueError, match="past the end of a text of 5"):
        Span(4, 6).of(text)


@given(SPANS, SPANS)
def test_span_relations_are_those_of_the_sets_of_their_positions(one: Span, other: Span) -> None:
    positions, others = set(range(one.start, one.end)), set(range(other.start, other.end))
    assert len(one) == len(positions)
    assert one.contains(other) == (others <= positions)
    assert one.overlaps(other) == bool(positions & others)
    cover = one.cover(other)
    assert (cover.start, cover.end) == (min(positions | others), max(positions | others) + 1)


@given(SPANS, st.integers(0, 40))
def test_shifting_there_and_back_is_nothing(span: Span, offset: int) -> None:
    assert span.shift(offset).shift(-offset) == span
    assert span.shift(offset).start == span.start + offset


def test_spans_sort_by_start_then_end() -> None:
    assert sorted([Span(2, 3), Span(0, 5), Span(0, 2)]) == [Span(0, 2), Span(0, 5), Span(2, 3)]


def block(start: int, end: int) -> Block:
    return Block(kind=BlockKind.PARAGRAPH, span=Span(start, end))


@pytest.mark.parametrize("blocks", [(block(0, 4), block(3, 5)), (block(3, 5), block(0, 2)), (block(4, 9),)])
def test_blocks_that_overlap_descend_or_leave_the_text_are_refused(blocks: tuple[Block, ...]) -> None:
    with pytest.raises(ValueError, match="overlaps its neighbour or leaves the text"):
        document_of("abc defg", *blocks)


def test_block_at_finds_the_block_of_every_position() -> None:
    first, second = block(1, 3), block(5, 8)
    document = document_of("-ab--cde", first, second)
    found = [document.block_at(offset) for offset in range(-1, 10)]
    assert found == [None, None, first, first, None, None, second, second, second, None, None]


def test_ids_and_hashes_are_those_of_sha256() -> None:
    document = document_of("Zoë 🙂", path="a/b.txt")
    assert document.text_sha256 == hashlib.sha256("Zoë 🙂".encode()).hexdigest() == text_sha256("Zoë 🙂")
    assert document.id == hashlib.sha256(b"a/b.txt").hexdigest()[:16] == document_id("a/b.txt")
    assert document_id("caf\udce9.txt") == hashlib.sha256(b"caf\xe9.txt").hexdigest()[:16]


@pytest.mark.parametrize("field", ["sentences", "children"])
def test_a_chunk_holds_its_sentences_and_children(field: str) -> None:
    chunk = Chunk(document_id="d", ordinal=0, span=Span(3, 9), sentences=(Span(3, 9),), children=(Span(4, 6),))
    assert chunk.id == "d:3-9"
    outside: dict[str, Any] = {field: (Span(3, 10),)}
    with pytest.raises(ValueError, match="lies outside its chunk"):
        dataclasses.replace(chunk, **outside)


def test_a_passage_slices_by_offsets_of_its_document() -> None:
    passage = passage_of("b🙂cd", start=10)
    assert passage.slice(Span(11, 13)) == "🙂c"
    with pytest.raises(ValueError, match="not a span"):
        passage.slice(Span(9, 11))
    with pytest.raises(ValueError, match="past the end"):
        passage.slice(Span(12, 15))


def test_a_passage_has_the_text_of_its_chunk() -> None:
    with pytest.raises(ValueError, match="has 3 characters"):
        Passage(chunk=passage_of("four").chunk, path="a", title="", text="fou")


def citation(quote: str, start: int) -> Citation:
    return Citation(
        document_id="d", path="a.txt", title="A", page=None, headings=(), span=Span(start, start + len(quote)),
        quote=quote, text_sha256="", source_sha256="",
    )  # fmt: skip


def answer(span: Span, *citations: Citation) -> Answer:
    return Answer(question="?", span=span, citations=citations, confidence=1.0, passages=(), generation="g")


def test_an_answers_text_is_a_slice_of_its_first_quotation() -> None:
    assert answer(Span(16, 19), citation("the 🙂 is six", 7), citation("other", 0)).text == "six"
    assert answer(Span(11, 12), citation("the 🙂 is six", 7)).text == "🙂"


def test_an_answer_without_a_citation_or_outside_of_it_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="lies inside its first citation"):
        answer(Span(0, 1))
    with pytest.raises(ValueError, match="lies inside its first citation"):
        answer(Span(6, 9), citation("quote", 7))
    with pytest.raises(ValueError, match="lies inside its first citation"):
        answer(Span(0, 3), citation("quote", 7), citation("other", 0))


def test_what_contradicts_an_answer_lies_inside_the_second_citation() -> None:
    first, second = citation("it is six", 7), citation("it is ten", 0)
    assert second.words(Span(6, 9)) == "ten"
    both = dataclasses.replace(answer(Span(13, 16), first, second), rival=Span(6, 9))
    assert both.rival == Span(6, 9)
    for wrong in (dataclasses.replace(both, rival=Span(0, 9)), both):
        assert wrong.rival
        with pytest.raises(ValueError, match="inside the second citation"):
            dataclasses.replace(wrong, rival=Span(8, 10))
        with pytest.raises(ValueError, match="inside the second citation"):
            dataclasses.replace(wrong, citations=(first,))


def test_a_record_is_skipped_when_it_has_a_reason() -> None:
    record = DocumentRecord(
        document_id="d", path="a", title="a", media_type="", size=0, sha256="", text_sha256=None,
        characters=0, passages=0,
    )  # fmt: skip
    assert record.status == "indexed"
    assert dataclasses.replace(record, reason="It is empty.").status == "skipped"


def test_values_are_frozen() -> None:
    document = document_of("text")
    for value, name in ((Span(0, 1), "start"), (source(), "path"), (document, "text"), (document.blocks[0], "kind")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)
    assert isinstance(document, ParsedDocument)
