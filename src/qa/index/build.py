"""Builds the next generation: read the corpus, parse, chunk, embed what is new, write, publish.

The folder is the truth: a build always describes the whole corpus as it was scanned. Vectors of texts that the last
generation already embedded with the same encoder are taken from there.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.errors import CorpusEmpty, DocumentError, IndexStoreError
from qa.index import records, vocabulary
from qa.index.corpus import CorpusFile, read, scan
from qa.index.manifest import Manifest, Recipe, file_sum
from qa.index.snapshot import DENSE_FOLDER, LEXICAL_FOLDER, Snapshot
from qa.index.store import IndexStore
from qa.ports import DenseBackend, Encoder, LexicalBackend, LexicalEntry, Progress
from qa.types import Chunk, DocumentRecord, ParsedDocument, Source, document_id

if TYPE_CHECKING:
    from qa.ports import Vectors

ENCODE_STEP = 128
"""Texts embedded between two progress reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did. `published` is False when the index already equalled the corpus."""

    manifest: Manifest
    published: bool
    embedded: int = 0
    reused: int = 0

    @property
    def skipped(self) -> tuple[DocumentRecord, ...]:
        """The files that could not be indexed, each with its reason."""
        return tuple(record for record in self.manifest.documents if record.reason is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What reading one file gave: a document with its chunks, or a reason."""

    record: DocumentRecord
    document: ParsedDocument | None = None
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexBuilder:
    """All that a build needs, given from outside: `parse` and `chunk` are the stages before it."""

    store: IndexStore
    parse: Callable[[Source, bytes], ParsedDocument]
    chunk: Callable[[ParsedDocument], list[Chunk]]
    encoder: Encoder
    dense: DenseBackend
    lexical: LexicalBackend
    recipe: Recipe
    max_document_bytes: int
    keep_generations: int
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def is_current(self, corpus: Path) -> bool:
        """Whether the published generation was made of exactly these files, by the same recipe, and is whole."""
        try:
            manifest = self.store.verify(self.store.current())
        except IndexStoreError:
            return False
        found = {file.path: self._state_of(file) for file in scan(corpus)}
        known = {record.path: record.sha256 or record.reason for record in manifest.documents}
        return manifest.recipe == self.recipe and found == known

    def build(self, corpus: Path, progress: Progress, *, force: bool = False) -> BuildReport:
        """Publish a generation that equals the corpus, unless the current one does and `force` is not set.

        Raises CorpusMissing, CorpusEmpty (the published generation stays), IndexBusy, or ModelUnavailable.
        """
        with self.store.lock():
            if not force and self.is_current(corpus):
                return BuildReport(manifest=self.store.manifest(self.store.current()), published=False)
            found = self._read_all(corpus, progress)
            if not any(item.document for item in found):
                raise _empty(corpus, found)
            with self.store.staging() as staged:
                manifest, embedded, reused = self._write(found, staged, progress)
                self.store.publish(staged, manifest)
            self.store.prune(self.keep_generations)
            return BuildReport(manifest=manifest, published=True, embedded=embedded, reused=reused)

    def _read_all(self, corpus: Path, progress: Progress) -> list[_Read]:
        files = scan(corpus)
        found: list[_Read] = []
        for position, file in enumerate(files):
            progress("reading", position, len(files))
            source = Source(path=file.path, media_type="application/octet-stream", size=0, sha256="")
            try:
                source, data = read(file, max_bytes=self.max_document_bytes)
                document = self.parse(source, data)
            except DocumentError as error:
                found.append(_Read(record=_record(source, reason=str(error))))
                continue
            chunks = tuple(self.chunk(document))
            found.append(
                _Read(record=_record(source, document=document, chunks=chunks), document=document, chunks=chunks)
            )
        progress("reading", len(files), len(files))
        return found

    def _write(self, found: Sequence[_Read], staged: Path, progress: Progress) -> tuple[Manifest, int, int]:
        documents = [(item.document, item.chunks) for item in found if item.document]
        texts = [
            child.of(document.text) for document, chunks in documents for chunk in chunks for child in chunk.children
        ]
        digests = [hashlib.sha256(text.encode("utf-8")).digest() for text in texts]
        vectors, embedded = self._vectors(texts, digests, progress)
        progress("writing", 0, 1)
        records.write_records(staged / records.FILE, documents, iter(digests))
        for name in (DENSE_FOLDER, LEXICAL_FOLDER):
            (staged / name).mkdir()
        self.dense.build(vectors, staged / DENSE_FOLDER)
        self.lexical.build(_entries(documents), staged / LEXICAL_FOLDER)
        vocabulary.write_words(_spoken(documents), staged / vocabulary.FILE)
        files = {
            path.relative_to(staged).as_posix(): file_sum(path) for path in sorted(staged.rglob("*")) if path.is_file()
        }
        manifest = Manifest(
            number=self._next_number(),
            created=self.clock().isoformat(timespec="seconds"),
            recipe=self.recipe,
            documents=tuple(item.record for item in found),
            passages=sum(len(chunks) for _, chunks in documents),
            children=len(texts),
            files=files,
        )
        progress("writing", 1, 1)
        return manifest, embedded, len(set(digests)) - embedded

    def _vectors(self, texts: Sequence[str], digests: Sequence[bytes], progress: Progress) -> tuple["Vectors", int]:
        """A vector for each text, every distinct text embedded at most once; and how many were embedded."""
        known = self._known_vectors()
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        order = sorted(new, key=lambda digest: (len(new[digest]), digest))
        for start in range(0, len(order), ENCODE_STEP):
            progress("embedding", start, len(order))
            step = order[start : start + ENCODE_STEP]
            known.update(zip(step, self.encoder.encode([new[digest] for digest in step]), strict=True))
        progress("embedding", len(order), len(order))
        return np.stack([known[digest] for digest in digests]), len(order)

    def _known_vectors(self) -> dict[bytes, "Vectors"]:
        """Vectors of the current generation by the hash of their text, if the same encoder made them."""
        try:
            current = self.store.current()
            if self.store.manifest(current).recipe.encoder != self.recipe.encoder:
                return {}
            last = Snapshot(self.store, current, self.dense, self.lexical)
        except IndexStoreError:
            return {}
        return dict(zip(last.child_digests(), last.dense.vectors(), strict=True))

    def _next_number(self) -> int:
        numbers = [int(name.partition("-")[0]) for name in self.store.generations() if name[:6].isdigit()]
        return max(numbers, default=0) + 1

    def _state_of(self, file: CorpusFile) -> str:
        """The hash of a file's bytes, or why it cannot be read."""
        try:
            return read(file, max_bytes=self.max_document_bytes)[0].sha256
        except DocumentError as error:
            return str(error)


def _record(
    source: Source, *, document: ParsedDocument | None = None, chunks: Sequence[Chunk] = (), reason: str | None = None
) -> DocumentRecord:
    return DocumentRecord(
        document_id=document_id(source.path),
        path=source.path,
        title=document.title if document else source.path,
        media_type=source.media_type,
        size=source.size,
        sha256=source.sha256,
        text_sha256=document.text_sha256 if document else None,
        characters=len(document.text) if document else 0,
        passages=len(chunks),
        reason=reason,
    )


def _entries(documents: Sequence[tuple[ParsedDocument, Sequence[Chunk]]]) -> Iterator[LexicalEntry]:
    for document, chunks in documents:
        for chunk in chunks:
            yield LexicalEntry(document.title, " / ".join(chunk.headings), chunk.span.of(document.text))


def _spoken(documents: Sequence[tuple[ParsedDocument, Sequence[Chunk]]]) -> Iterator[str]:
    for document, _ in documents:
        yield document.title
        yield document.text


def _empty(corpus: Path, found: Sequence[_Read]) -> CorpusEmpty:
    if not found:
        return CorpusEmpty(f"There are no documents in {corpus}.", remedy="Put some in, then run `qa index` again.")
    return CorpusEmpty(
        f"None of the {len(found)} files in {corpus} can be indexed; the first: {found[0].record.reason}",
        remedy="Mend or add files, then run `qa index` again.",
    )
