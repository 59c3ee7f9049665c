"""Documents and chunks of a volume in one SQLite file, written once in order and then only read.

Texts are stored as UTF-8 bytes, spans as little-endian unsigned 32-bit pairs.
"""

import json
import sqlite3
import struct
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from qa.types import Block, BlockKind, Chunk, ParsedDocument, Source, Span

FILE = "records.sqlite"

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, path TEXT, media_type TEXT, size INTEGER, sha256 TEXT, title TEXT, text BLOB, blocks TEXT,
    places BLOB
) WITHOUT ROWID;
CREATE TABLE chunks (
    ordinal INTEGER PRIMARY KEY, document TEXT, number INTEGER, start INTEGER, stop INTEGER,
    sentences BLOB, page INTEGER, headings TEXT
);
CREATE TABLE children (ordinal INTEGER PRIMARY KEY, chunk INTEGER, start INTEGER, stop INTEGER, sha256 BLOB);
"""
_CHUNK = "SELECT document, number, start, stop, sentences, page, headings FROM chunks WHERE ordinal = ?"
CACHE_KB = 128
"""Of its pages SQLite keeps so many for each volume, of which a large index has a hundred; the system keeps them, too,
once for all processes."""
_WHOLE = "SELECT path, media_type, size, sha256, title, text, blocks, places FROM documents WHERE id = ?"
_WITHOUT_BOXES = "SELECT path, media_type, size, sha256, title, text, blocks, x'' FROM documents WHERE id = ?"


class Child(NamedTuple):
    """A child span: the position of its chunk, the span, and the SHA-256 of the text that was embedded."""

    chunk: int
    span: Span
    sha256: bytes


def write_records(
    path: Path,
    documents: Iterable[tuple[ParsedDocument, Sequence[Chunk]]],
    digests: Iterator[bytes],
) -> None:
    """Write all documents with their chunks; `digests` gives the hash of every child's text in the same order."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        ordinal = 0
        for document, chunks in documents:
            connection.execute("INSERT INTO documents VALUES (?,?,?,?,?,?,?,?,?)", _document_row(document))
            for chunk in chunks:
                row = (ordinal, chunk.document_id, chunk.ordinal, chunk.span.start, chunk.span.end)
                connection.execute(
                    "INSERT INTO chunks VALUES (?,?,?,?,?,?,?,?)",
                    (*row, _packed(chunk.sentences), chunk.page, json.dumps(chunk.headings)),
                )
                connection.executemany(
                    "INSERT INTO children (chunk, start, stop, sha256) VALUES (?,?,?,?)",
                    ((ordinal, child.start, child.end, next(digests)) for child in chunk.children),
                )
                ordinal += 1
        connection.execute("COMMIT")
    finally:
        connection.close()


class Records:
    """The open file. Safe for several threads."""

    def __init__(self, path: Path) -> None:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        # The connection refers to itself (its cache of statements), so the file would stay open until the collector
        # comes, which is rare in a service that stands.
        weakref.finalize(self, self._connection.close)
        self._lock = Lock()
        self._connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        parents = [row[0] for row in self._rows("SELECT chunk FROM children ORDER BY ordinal")]
        ((last,),) = self._rows("SELECT MAX(ordinal) FROM chunks")
        chunks = 0 if last is None else last + 1
        # Four bytes each; as Python's own numbers they would take 36, which is much of what a large index holds.
        self.edges = array("I", (bisect_left(parents, chunk) for chunk in range(chunks + 1)))
        """The position of the first child of each chunk, and where the last one's end; they stand together."""

    def children_of(self, chunk: int) -> range:
        """The positions of a chunk's children."""
        return range(self.edges[chunk], self.edges[chunk + 1])

    def children(self) -> Iterator[Child]:
        """All children in index order."""
        for chunk, start, stop, sha256 in self._rows(
            "SELECT chunk, start, stop, sha256 FROM children ORDER BY ordinal"
        ):
            yield Child(chunk, Span(start, stop), sha256)

    def digests(self) -> list[bytes]:
        """The SHA-256 of every child's text, in index order."""
        return [row[0] for row in self._rows("SELECT sha256 FROM children ORDER BY ordinal")]

    def chunk(self, ordinal: int) -> Chunk:
        """The chunk at a position (0-based); raises KeyError when there is none."""
        rows = self._rows(_CHUNK, ordinal)
        if not rows:
            raise KeyError(ordinal)
        document, number, start, stop, sentences, page, headings = rows[0]
        within = self.children_of(ordinal)
        children = self._rows(  # SQLite counts from 1
            "SELECT start, stop FROM children WHERE ordinal > ? AND ordinal <= ? ORDER BY ordinal",
            within.start,
            within.stop,
        )
        return Chunk(
            document_id=document,
            ordinal=number,
            span=Span(start, stop),
            sentences=tuple(_unpacked(sentences)),
            children=tuple(Span(*pair) for pair in children),
            page=page,
            headings=tuple(json.loads(headings)),
        )

    def positions_of(self, document_id: str) -> range:
        """Where the chunks of a document stand, in order; empty for one that is not there."""
        return self._ranges.get(document_id, range(0))

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of a document in order; none for one that is not there."""
        return [self.chunk(ordinal) for ordinal in self.positions_of(document_id)]

    @cached_property
    def _ranges(self) -> dict[str, range]:
        """The positions of every document's chunks, which stand together."""
        rows = self._rows("SELECT document, MIN(ordinal), MAX(ordinal) FROM chunks GROUP BY document")
        return {document: range(first, last + 1) for document, first, last in rows}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def document(self, document_id: str) -> ParsedDocument:
        """The document of an id; raises KeyError when there is none."""
        return _document(self._row_of(document_id, _WHOLE), every_block=True)

    def sparse(self, document_id: str) -> ParsedDocument:
        """Likewise, with those blocks only that have a place or stand under a head, and without boxes.

        Passages need no others, and making them all takes most of the time.
        """
        return _document(self._row_of(document_id, _WITHOUT_BOXES), every_block=False)

    def _row_of(self, document_id: str, query: str) -> tuple:  # type: ignore[type-arg]  # sqlite3 rows are Any
        rows = self._rows(query, document_id)
        if not rows:
            raise KeyError(document_id)
        return rows[0]

    def _rows(self, query: str, *parameters: object) -> list[tuple]:  # type: ignore[type-arg]  # as above
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()


def _document(row: tuple, *, every_block: bool) -> ParsedDocument:  # type: ignore[type-arg]  # as above
    path, media_type, size, sha256, title, text, blocks, places = row
    return ParsedDocument(
        source=Source(path=path, media_type=media_type, size=size, sha256=sha256),
        title=title,
        text=text.decode("utf-8"),
        blocks=tuple(
            Block(
                kind=BlockKind(kind),
                span=Span(start, end),
                page=page,
                headings=tuple(headings),
                level=level,
                place=place,
                header=Span(*header) if header else None,
            )
            for kind, start, end, page, headings, level, place, header in json.loads(blocks)
            if every_block or place is not None or header
        ),
        places=places,
    )


def _document_row(document: ParsedDocument) -> tuple[object, ...]:
    source = document.source
    blocks = [_block_row(block) for block in document.blocks]
    text = document.text.encode("utf-8")
    return (
        document.id,
        source.path,
        source.media_type,
        source.size,
        source.sha256,
        document.title,
        text,
        json.dumps(blocks),
        document.places,
    )


def _block_row(block: Block) -> tuple[object, ...]:
    header = (block.header.start, block.header.end) if block.header else None
    span, page = block.span, block.page
    return (block.kind.value, span.start, span.end, page, block.headings, block.level, block.place, header)


def _packed(spans: Sequence[Span]) -> bytes:
    return struct.pack(f"<{2 * len(spans)}I", *(edge for span in spans for edge in (span.start, span.end)))


def _unpacked(data: bytes) -> Iterator[Span]:
    return (Span(start, end) for start, end in struct.iter_unpack("<2I", data))
