"""The words of a passage as they are kept: as cut now, and the same when they are read again."""

from hypothesis import given
from hypothesis import strategies as st

from qa.chunking import chunk_document
from qa.index.lexical import TantivyBackend
from qa.index.wording import packed, unpacked, wording_of
from qa.ports import Wording
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Span
from shelf import SMALL
from strategies import count_words, document_of, documents

TERMS = TantivyBackend().terms


def chunks_of(document: ParsedDocument) -> list[Chunk]:
    return chunk_document(document, count_words, SMALL)


@given(documents())
def test_what_is_kept_is_what_was_cut(document: ParsedDocument) -> None:
    for chunk in chunks_of(document):
        wording = wording_of(document, chunk, TERMS)
        assert unpacked(packed(wording)) == wording
        assert len(wording.units) == len(chunk.sentences)


@given(st.text())
def test_a_term_of_any_text_is_a_word_without_white_space(text: str) -> None:
    assert all(term.split() == [term] for term in TERMS(text))


def test_each_term_stands_once_and_a_unit_may_have_none() -> None:
    wording = Wording(("ship", "ton"), (("heron", "f35"), (), ("4200",)))
    assert packed(wording) == "ship ton\nheron f35\n\n4200"
    assert unpacked("ship ton\nheron f35\n\n4200") == wording
    assert unpacked("") == Wording((), ())
    (chunk,) = chunks_of(document_of("Reeds and a reed. A heron."))
    assert wording_of(document_of("Reeds and a reed. A heron."), chunk, TERMS).units == (("reed",), ("heron",))


def test_a_row_stands_with_the_head_of_its_table() -> None:
    head = Block(kind=BlockKind.TABLE_ROW, span=Span(0, 9))
    row = Block(kind=BlockKind.TABLE_ROW, span=Span(10, 22), header=Span(0, 9))
    document = document_of("Ship Tons\nHeron | 4200", head, row)
    words = [unit for chunk in chunks_of(document) for unit in wording_of(document, chunk, TERMS).units]
    assert words == [("ship", "ton"), ("ship", "ton", "heron", "4200")]
