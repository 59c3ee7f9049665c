"""Citations: `cite` lets nothing unproven through, and a quotation is made of whole units."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.anchoring.seal import Seal
from qa.answering.citing import cite, quotable, said
from qa.errors import CitationMismatch
from qa.types import Block, BlockKind, Candidate, Citation, Header, Span
from strategies import document_of, passage_of

TEXT = "Zoë 🙂 waits.\n\nShe hunts."
DOCUMENT = document_of(
    TEXT,
    Block(kind=BlockKind.PARAGRAPH, span=Span(0, 12), page=3, headings=("Birds", "Herons")),
    Block(kind=BlockKind.PARAGRAPH, span=Span(14, 24)),
    path="birds/heron.txt",
)
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


def test_a_citation_says_where_its_quotation_stands_and_proves_it() -> None:
    assert cite(DOCUMENT, Span(4, 12), quote="🙂 waits.", text_sha256=SHA256) == Citation(
        document_id=hashlib.sha256(b"birds/heron.txt").hexdigest()[:16],
        path="birds/heron.txt",
        title="Notes",
        page=3,
        headings=("Birds", "Herons"),
        span=Span(4, 12),
        quote="🙂 waits.",
        text_sha256=SHA256,
        source_sha256="0" * 64,
        seal=str(Seal.of(TEXT, Span(4, 12), text_sha256=SHA256)),
        prefix="Zoë ",
        suffix="\n\nShe hunts.",
        utf16=Span(4, 13),
    )


def test_between_blocks_there_is_no_page_and_no_section() -> None:
    citation = cite(DOCUMENT, Span(12, 17), quote="\n\nShe", text_sha256=SHA256)
    assert (citation.page, citation.headings) == (None, ())


@pytest.mark.parametrize(
    ("span", "quote"),
    [
        (Span(4, 12), "🙂 waits"),
        (Span(4, 12), "🙂 Waits."),
        (Span(4, 12), "🙂 waits.\n"),
        (Span(5, 13), "🙂 waits."),
        (Span(0, 3), "Zoe\u0308"),
        (Span(0, 3), ""),
        (Span(14, 25), "She hunts."),
        (Span(20, 99), "nts."),
        (Span(24, 25), ""),
    ],
)
def test_a_quotation_that_is_not_the_slice_is_refused(span: Span, quote: str) -> None:
    with pytest.raises(CitationMismatch, match=r"not at .* of birds/heron\.txt"):
        cite(DOCUMENT, span, quote=quote, text_sha256=SHA256)


@pytest.mark.parametrize("sha256", ["", "0" * 64, SHA256.upper(), SHA256[:-1]])
def test_a_text_that_is_not_the_one_that_was_indexed_is_refused(sha256: str) -> None:
    with pytest.raises(CitationMismatch, match="is not the one that was indexed"):
        cite(DOCUMENT, Span(0, 3), quote="Zoë", text_sha256=sha256)


@given(st.text(min_size=1), st.data())
def test_what_is_cited_is_the_slice_of_the_text(text: str, data: st.DataObject) -> None:
    document = document_of(text.encode("utf-8", "replace").decode())
    start = data.draw(st.integers(0, len(document.text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(document.text))))
    quote = data.draw(st.one_of(st.just(span.of(document.text)), st.text()))
    sha256 = hashlib.sha256(document.text.encode()).hexdigest()
    try:
        citation = cite(document, span, quote=quote, text_sha256=sha256)
    except CitationMismatch:
        assert quote != document.text[span.start : span.end]
    else:
        assert citation.quote == document.text[citation.span.start : citation.span.end]
        assert citation.text_sha256 == sha256


UNITS = (Span(100, 110), Span(111, 120), Span(122, 130))


@pytest.mark.parametrize(
    ("span", "whole"),
    [
        (Span(100, 110), Span(100, 110)),
        (Span(103, 104), Span(100, 110)),
        (Span(112, 119), Span(111, 120)),
        (Span(109, 112), Span(100, 120)),
        (Span(105, 125), Span(100, 130)),
        (Span(110, 111), Span(110, 111)),
        (Span(110, 112), Span(110, 120)),
        (Span(119, 121), Span(111, 121)),
    ],
)
def test_a_quotation_is_the_whole_units_that_an_answer_touches(span: Span, whole: Span) -> None:
    passage = passage_of("x" * 30, start=100, sentences=UNITS)
    assert quotable(Candidate(passage=passage, span=span, score=1.0, reader="test")) == whole


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Gulls nest on the roof.", "gulls  nest on\nthe ROOF"),
        ("A mooring is a place, where boats are tied.", "A mooring is a place where boats are tied"),
        ("“Quoted” – so it is!", '"quoted" so it is'),
        ("The STRASSE (old)", "the straße: old"),
    ],
)
def test_quotations_that_differ_in_case_space_and_punctuation_say_the_same(one: str, other: str) -> None:
    assert said(one) == said(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It costs $5.", "It costs €5."),
        ("It costs $5.", "It costs 5."),
        ("It grew by 5%.", "It grew by 5."),
        ("It is -5 degrees.", "It is 5 degrees."),
        ("It is 1.5 m.", "It is 15 m."),
        ("It is 1.5 m.", "It is 1 5 m."),
        ("Gulls nest.", "Gulls nested."),
        ("café", "cafe"),
    ],
)
def test_what_carries_a_value_makes_a_difference(one: str, other: str) -> None:
    assert said(one) != said(other)


@given(st.text(max_size=40))
def test_saying_it_twice_is_saying_the_same(text: str) -> None:
    assert said(said(text)) == said(text)


ROWS = "Year | Tons\n2018 | 40\n2019 | 42"
TABLE = document_of(
    ROWS,
    Block(kind=BlockKind.TABLE_ROW, span=Span(0, 11), place="Fish!A1:B1"),
    Block(kind=BlockKind.TABLE_ROW, span=Span(12, 21), place="Fish!A2:B2", header=Span(0, 11)),
    Block(kind=BlockKind.TABLE_ROW, span=Span(22, 31), place="Fish!A3:B3", header=Span(0, 11)),
)
ROWS_SHA256 = hashlib.sha256(ROWS.encode()).hexdigest()


def test_a_row_is_cited_with_its_cells_and_the_head_of_its_table_beside_it() -> None:
    citation = cite(TABLE, Span(22, 31), quote="2019 | 42", text_sha256=ROWS_SHA256)
    assert citation.place == "Fish!A3:B3"
    assert citation.header == Header(span=Span(0, 11), quote="Year | Tons")


def test_several_rows_have_one_range_and_a_table_with_its_head_needs_none_beside_it() -> None:
    rows = cite(TABLE, Span(12, 31), quote=ROWS[12:], text_sha256=ROWS_SHA256)
    assert (rows.place, rows.header and rows.header.quote) == ("Fish!A2:B3", "Year | Tons")
    whole = cite(TABLE, Span(0, 31), quote=ROWS, text_sha256=ROWS_SHA256)
    assert (whole.place, whole.header) == ("Fish!A1:B3", None)
