"""The words of a passage as they are kept: those that are cut from its text, its headings and the head of its table."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.chunking import chunk_document
from qa.index.lexical import TantivyBackend
from qa.index.wording import FILE, Wordings, wording_of, write_wordings
from qa.text.coverage import packed
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Span
from shelf import SMALL
from strategies import count_words, document_of, documents

TERMS = TantivyBackend().terms


def wordings(document: ParsedDocument) -> list[bytes]:
    return [wording_of(document, chunk, TERMS) for chunk in chunks_of(document)]


def chunks_of(document: ParsedDocument) -> list[Chunk]:
    return chunk_document(document, count_words, SMALL)


@given(documents())
def test_the_title_and_headings_come_first_then_every_unit(document: ParsedDocument) -> None:
    for chunk, wording in zip(chunks_of(document), wordings(document), strict=True):
        above = dict.fromkeys(TERMS(" ".join((document.title, *chunk.headings))))
        assert wording == packed(above, [dict.fromkeys(TERMS(unit.of(document.text))) for unit in chunk.sentences])


def test_each_term_stands_once() -> None:
    assert wordings(document_of("Reeds and a reed. A heron.")) == [packed(["note"], [["reed"], ["heron"]])]


def test_a_row_stands_with_the_head_of_its_table() -> None:
    head = Block(kind=BlockKind.TABLE_ROW, span=Span(0, 9))
    row = Block(kind=BlockKind.TABLE_ROW, span=Span(10, 22), header=Span(0, 9))
    document = document_of("Ship Tons\nHeron | 4200", head, row)
    assert wordings(document) == [packed(["note"], [["ship", "ton"], ["ship", "ton", "heron", "4200"]])]


@given(st.lists(st.lists(st.lists(st.sampled_from(["heron", "reed", "nest"]), max_size=3), max_size=4), max_size=5))
def test_what_is_written_is_what_is_read(passages: list[list[list[str]]]) -> None:
    kept = [packed(["note"], units) for units in passages]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        write_wordings(path, kept)
        read = Wordings(path, len(kept))
        assert [read.of(ordinal) for ordinal in range(len(kept))] == kept
        for other in (len(kept) + 1, len(kept) - 1):
            with pytest.raises(ValueError, match="is not of"):
                Wordings(path, other)
