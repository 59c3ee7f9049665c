"""What is written to the records file is what is read from it."""

import hashlib
import tempfile
import threading
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings

from qa.chunking import chunk_document
from qa.index.records import Records, write_records
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Span
from shelf import SMALL
from strategies import count_words, document_of, documents


def written(
    path: Path, *found: ParsedDocument
) -> tuple[Records, list[tuple[ParsedDocument, list[Chunk]]], list[bytes]]:
    pairs = [(document, chunk_document(document, count_words, SMALL)) for document in found]
    texts = [child.of(document.text) for document, chunks in pairs for chunk in chunks for child in chunk.children]
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    write_records(path, pairs, iter(digests))
    return Records(path), pairs, digests


@settings(max_examples=25, deadline=None)
@given(documents())
def test_documents_and_chunks_come_back_equal(document: ParsedDocument) -> None:
    other = replace(document_of("Another 🙂 text.", path="other.txt"), places=b"\x01 where \x00")
    with tempfile.TemporaryDirectory() as folder:
        records, pairs, digests = written(Path(folder) / "records.sqlite", document, other)
    chunks = [chunk for _, found in pairs for chunk in found]
    assert records.document(document.id) == document
    assert records.document(other.id) == other
    assert records.document(other.id).places == b"\x01 where \x00"
    assert [records.chunk(ordinal) for ordinal in range(len(chunks))] == chunks
    children = list(records.children())
    assert [child.span for child in children] == [span for chunk in chunks for span in chunk.children]
    assert [chunks[child.chunk].span.contains(child.span) for child in children] == [True] * len(children)
    assert [child.sha256 for child in children] == digests
    assert [child.chunk for child in children] == [at for at, chunk in enumerate(chunks) for _ in chunk.children]
    assert list(records.edges) == [0, *accumulate(len(chunk.children) for chunk in chunks)]
    records.close()


@settings(max_examples=25, deadline=None)
@given(documents())
def test_what_a_search_reads_is_part_of_the_whole(document: ParsedDocument) -> None:
    head = Block(kind=BlockKind.TABLE_ROW, span=Span(0, 3), header=None, place="S!A1:B1")
    row = Block(kind=BlockKind.TABLE_ROW, span=Span(4, 7), header=Span(0, 3))
    table = replace(document_of("a b\n1 2\nend", head, row, path="table.csv"), places=b"\x01")
    with tempfile.TemporaryDirectory() as folder:
        records, _, _ = written(Path(folder) / "records.sqlite", document, table)
    assert records.sparse(table.id) == replace(table, places=b"")
    blocks = tuple(block for block in document.blocks if block.place is not None or block.header)
    assert records.sparse(document.id) == replace(document, blocks=blocks, places=b"")
    records.close()


def test_what_is_not_there_is_a_key_error(tmp_path: Path) -> None:
    records, pairs, _ = written(tmp_path / "r.sqlite", document_of("One. Two."))
    with pytest.raises(KeyError):
        records.document("unknown")
    with pytest.raises(KeyError):
        records.sparse("unknown")
    for ordinal in (-1, len(pairs[0][1])):
        with pytest.raises(KeyError):
            records.chunk(ordinal)


def test_reading_writes_nothing_beside_the_file(tmp_path: Path) -> None:
    records, _, _ = written(tmp_path / "r.sqlite", document_of("One. Two."))
    before = (tmp_path / "r.sqlite").read_bytes()
    records.chunk(0)
    assert [path.name for path in tmp_path.iterdir()] == ["r.sqlite"]
    assert (tmp_path / "r.sqlite").read_bytes() == before


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    document = document_of("One is one. Two is two.")
    for name in ("a", "b"):
        written(tmp_path / name, document)[0].close()
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_several_threads_may_read(tmp_path: Path) -> None:
    document = document_of(" ".join(f"Sentence {number} is here." for number in range(200)))
    records, pairs, _ = written(tmp_path / "r.sqlite", document)
    wrong: list[int] = []

    def read() -> None:
        for ordinal, chunk in enumerate(pairs[0][1]):
            if records.chunk(ordinal) != chunk or records.document(document.id).text != document.text:
                wrong.append(ordinal)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_offsets_beyond_the_basic_plane_survive(tmp_path: Path) -> None:
    text = "🙂" * 70_000 + " end."
    records, _, _ = written(tmp_path / "r.sqlite", document_of(text))
    document = records.document(document_of(text).id)
    assert Span(70_001, 70_005).of(document.text) == "end."


def test_places_and_heads_of_tables_come_back(tmp_path: Path) -> None:
    head = Block(kind=BlockKind.TABLE_ROW, span=Span(0, 3), place="S!A1:B1")
    row = Block(kind=BlockKind.TABLE_ROW, span=Span(4, 7), place="S!A2:B2", header=Span(0, 3))
    document = document_of("a b\n1 2", head, row)
    records, _, _ = written(tmp_path / "r.sqlite", document)
    assert records.document(document.id).blocks == (head, row)
