"""What goes into the next generation: each file read and parsed, or taken over from the last generation.

A file is taken over when its bytes are those that the last generation was made of; with a trusted stamp they are not
even read. A file that is still being written is *held*: it stays as the last generation has it. Several files are read
at once, as they are parsed in other processes; what comes of them is told in order.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from qa.errors import DocumentError, IndexStoreError, MassDeletion
from qa.index import volumes
from qa.index.corpus import CorpusFile, Stamp, read
from qa.index.duplicates import sketch_of
from qa.index.joined import JoinedRecords
from qa.index.manifest import FileSum, Manifest
from qa.index.reach import Reach, reach_of
from qa.index.stamps import Seen, Stamps
from qa.ports import Progress
from qa.types import Chunk, DocumentRecord, ParsedDocument, Source, document_id

LEAST_LOST = 4
"""So many documents, and more than half of all, must go at once to count as a mass deletion."""

GLANCE_SECONDS = 1.0
"""A wait without an end can miss a Ctrl+C that comes just as it begins; so none is longer."""
AHEAD = 4
"""Files that are read ahead for each reader, so that one slow file does not keep the others waiting."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """One file: what the manifest says of it, and its document with its chunks if it was parsed just now.

    A document without either was taken over and is still to be loaded. `seen` is None for a file that is held.
    """

    record: DocumentRecord
    seen: Seen | None
    document: ParsedDocument | None = None
    chunks: tuple[Chunk, ...] = ()


class Indexed(NamedTuple):
    """A document with its chunks, and with what is kept of the words of each; `terms` is None until they are cut."""

    document: ParsedDocument
    chunks: Sequence[Chunk]
    terms: Sequence[bytes] | None = None


class LastGeneration:
    """A verified generation, most often the published one, as far as a build takes over; a context manager."""

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        """Raises IndexStoreError when the machine cannot open it just now: its files have been verified."""
        self.manifest = manifest
        self.folder = folder
        try:
            self.records = JoinedRecords(folder, manifest)
        except (OSError, sqlite3.Error) as error:
            raise IndexStoreError(
                f"Generation {manifest.id} cannot be opened now ({error}).", remedy="Try again in a moment."
            ) from error
        self.by_path: Mapping[str, DocumentRecord] = {record.path: record for record in manifest.documents}

    def load(self, record: DocumentRecord) -> Indexed:
        """A document with all that an index of the same recipe keeps of it."""
        name = record.document_id
        return Indexed(self.records.document(name), self.records.chunks_of(name), self.records.terms_of(name))

    def files_of(self, volume: str) -> dict[str, FileSum]:
        """The files of a volume, by their place in the generation."""
        inside = f"{volumes.FOLDER}/{volume}/"
        return {name: total for name, total in self.manifest.files.items() if name.startswith(inside)}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.records.close()


class _Parsed(NamedTuple):
    """A file that has become a document, not yet cut into chunks."""

    source: Source
    seen: Seen
    document: ParsedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Gatherer:
    """Gathers files. `known` are the records by path whose documents may be taken over; `now_ns` tells the time.

    `settled` are the changed files that may be read, see `BuildRequest`. With more than one of `readers`, that many
    threads read files and call `parse`; chunks are made by the caller's.
    """

    parse: Callable[[Source, bytes], ParsedDocument]
    chunk: Callable[[ParsedDocument], list[Chunk]]
    max_document_bytes: int
    now_ns: Callable[[], int]
    stamps: Stamps = field(default_factory=Stamps)
    known: Mapping[str, DocumentRecord] = field(default_factory=dict)
    settled: Mapping[str, Stamp | None] | None = None
    readers: int = 1

    def gather(self, files: Sequence[CorpusFile], progress: Progress) -> Iterator[Gathered]:
        """Each file in turn."""
        read = self._ahead(files) if self.readers > 1 else (self._known(file) or self._read(file) for file in files)
        for position in range(len(files)):
            progress("reading", position, len(files))
            found = next(read)
            yield self._chunked(found) if isinstance(found, _Parsed) else found
        progress("reading", len(files), len(files))

    def _ahead(self, files: Sequence[CorpusFile]) -> Iterator[Gathered | _Parsed]:
        """The files in turn, while threads read those that come next; no more than a few wait to be fetched."""
        pool = ThreadPoolExecutor(self.readers, thread_name_prefix="reading")
        waiting: deque[Gathered | Future[Gathered | _Parsed]] = deque()
        try:
            for file in files:
                waiting.append(self._known(file) or pool.submit(self._read, file))
                if len(waiting) >= AHEAD * self.readers:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        finally:
            pool.shutdown(cancel_futures=True)

    def _known(self, file: CorpusFile) -> Gathered | None:
        """A file that need not be read: it is held, or its stamp says that it is as it was."""
        if self._is_held(file):
            return self._held(file)
        known = self.known.get(file.path)
        sha256 = self.stamps.sha256(file.path, file.stamp)
        if known and sha256 == known.sha256 and known.size <= self.max_document_bytes:
            return Gathered(known, self.stamps.files[file.path])
        return None

    def _read(self, file: CorpusFile) -> Gathered | _Parsed:
        known = self.known.get(file.path)
        taken_ns = self.now_ns()
        try:
            source, data, stamp = read(file, max_bytes=self.max_document_bytes)
        except DocumentError as error:
            return Gathered(_record(_unread(file), reason=str(error)), Seen(file.stamp, None, taken_ns))
        seen = Seen(stamp, source.sha256, taken_ns)
        if known and known.sha256 == source.sha256:
            return Gathered(known, seen)
        try:
            return _Parsed(source, seen, self.parse(source, data))
        except DocumentError as error:
            return Gathered(_record(source, reason=str(error)), seen)

    def _chunked(self, parsed: _Parsed) -> Gathered:
        source, seen, document = parsed
        chunks = tuple(self.chunk(document))
        return Gathered(_record(source, document=document, chunks=chunks), seen, document, chunks)

    def _is_held(self, file: CorpusFile) -> bool:
        """Whether it has changed and was not found at rest like that: it may be written to just now."""
        if self.settled is None:
            return False
        seen = self.stamps.files.get(file.path)
        if seen is not None and seen.stamp == file.stamp:
            return False
        return file.path not in self.settled or self.settled[file.path] not in (None, file.stamp)

    def _held(self, file: CorpusFile) -> Gathered:
        known = self.known.get(file.path)
        reason = f"{file.path} is still being written. It is indexed when it is complete."
        return Gathered(known or _record(_unread(file), reason=reason), None)


def _result(found: Gathered | Future[Gathered | _Parsed]) -> Gathered | _Parsed:
    if not isinstance(found, Future):
        return found
    while not found.done():
        wait([found], GLANCE_SECONDS)
    return found.result()


def check_deletions(before: Sequence[DocumentRecord], now: Sequence[DocumentRecord]) -> None:
    """Raise MassDeletion when most of the indexed documents are neither at their place nor, renamed, elsewhere."""
    readable = [record for record in now if record.sha256]
    paths, contents = {record.path for record in readable}, {record.sha256 for record in readable}
    indexed = [record for record in before if record.reason is None]
    lost = [record for record in indexed if record.path not in paths and record.sha256 not in contents]
    if len(lost) >= LEAST_LOST and 2 * len(lost) > len(indexed):
        raise MassDeletion(
            f"{len(lost)} of {len(indexed)} documents are gone from the corpus, {lost[0].path} among them.",
            remedy="If that is meant, run `qa index --allow-mass-delete`; else bring them back.",
        )


def _unread(file: CorpusFile) -> Source:
    return Source(path=file.path, media_type="application/octet-stream", size=0, sha256="")


def _record(
    source: Source, *, document: ParsedDocument | None = None, chunks: Sequence[Chunk] = (), reason: str | None = None
) -> DocumentRecord:
    reach = reach_of(document, chunks) if document else Reach(0, 0)
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
        note=document.note if document else "",
        painted=reach.characters,
        reached=reach.reached,
        sketch=sketch_of(document.text) if document else "",
    )
