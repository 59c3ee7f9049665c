"""Checks a whole generation against what it was made of: its files, the corpus, the texts, the vectors, the words.

What differs is told apart: a document is *stale* when the corpus has moved on since the build, and the generation is
*damaged* when it is not what a build of the same files would write. Nothing is written.
"""

import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qa.errors import CorpusMissing, DocumentError
from qa.index import manifest as manifests
from qa.index.build import IndexBuilder
from qa.index.comparing import widened
from qa.index.corpus import CorpusFile, read, scan
from qa.index.joined import JoinedRecords
from qa.index.manifest import Manifest, file_sum
from qa.index.parts import parts_of
from qa.index.volumes import DENSE_FOLDER, LEXICAL_FOLDER
from qa.index.volumes import FOLDER as VOLUMES_FOLDER
from qa.index.wording import wording_of
from qa.ports import EXACT, Progress, TextPart
from qa.types import Chunk, DocumentRecord, ParsedDocument

if TYPE_CHECKING:
    from qa.ports import Vectors

SAMPLE = 256
"""Texts that are encoded again unless all are asked for, evenly spread; a few seconds on two cores."""
LEAST_AGREEMENT = 0.98
"""Least cosine of a stored vector with the one computed anew. The same text in other company differs in the last bits,
and a compressed index by a few thousandths; a vector of another text is nearly always further away."""
ENCODE_STEP = 64
RECORDS, DENSE, LEXICAL = "the records", "the vectors", "the word index"
"""What a finding names that belongs to no single file."""
BROKEN = (KeyError, ValueError, TypeError, sqlite3.Error, struct.error)
"""How content that no build would write shows when it is read back."""


class Finding(NamedTuple):
    """What is amiss with a document, or with a file of the index: its path, and a sentence without its full stop."""

    path: str
    words: str


@dataclass(slots=True, kw_only=True)
class Audit:
    """What was checked, in numbers, and what was found. `agreement` is the least cosine of the vectors checked."""

    generation: str
    created: str
    files: int = 0
    documents: int = 0
    parsed: int = 0
    skipped: int = 0
    passages: int = 0
    sentences: int = 0
    children: int = 0
    encoded: int = 0
    agreement: float | None = None
    entries: int = 0
    stale: list[Finding] = field(default_factory=list)
    damaged: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """`damaged`, `stale` or `true`."""
        return "damaged" if self.damaged else "stale" if self.stale else "true"


class _Stored(NamedTuple):
    """A document as the index holds it."""

    record: DocumentRecord
    document: ParsedDocument
    chunks: Sequence[Chunk]


class Auditor:
    """Checks the published generation; `builder` is what would build it anew, and `sample` None encodes every text."""

    def __init__(self, builder: IndexBuilder, corpus: Path, progress: Progress, *, sample: int | None = SAMPLE) -> None:
        self._builder = builder
        self._corpus = corpus
        self._progress = progress
        self._sample = sample

    def audit(self) -> Audit:
        """The whole check. Raises IndexMissing, or IndexCorrupt when not even the manifest can be used.

        A generation with a damaged file is not read any further.
        """
        builder = self._builder
        name = builder.store.current()
        manifest, folder = builder.store.manifest(name), builder.store.folder(name)
        audit = Audit(generation=name, created=manifest.created)
        self._check_files(audit, manifest, folder)
        if audit.damaged:
            return audit
        try:
            with closing(JoinedRecords(folder, manifest)) as stored:
                parts = self._check_documents(audit, manifest, stored)
        except BROKEN as error:
            audit.damaged.append(Finding(RECORDS, f"cannot be read back ({error})"))
            return audit
        finally:
            builder.release()
        self._check_words(audit, manifest, folder)
        self._check_vectors(audit, manifest, folder, parts)
        return audit

    def _check_files(self, audit: Audit, manifest: Manifest, folder: Path) -> None:
        for position, (name, expected) in enumerate(sorted(manifest.files.items())):
            self._progress("checksums", position, len(manifest.files))
            try:
                if file_sum(folder / name) != expected:
                    audit.damaged.append(Finding(name, "is not as it was built"))
            except OSError as error:
                audit.damaged.append(Finding(name, f"cannot be read ({error.strerror})"))
            audit.files += 1
        self._progress("checksums", len(manifest.files), len(manifest.files))
        there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
        for name in sorted(there - {*manifest.files, manifests.FILE}):
            audit.damaged.append(Finding(name, "does not belong to the generation"))

    def _check_documents(self, audit: Audit, manifest: Manifest, stored: JoinedRecords) -> Mapping[int, TextPart]:
        """Every document in turn; returns the parts to encode again by the position of their vectors."""
        listed = self._listed(audit)
        digests = enumerate(chain.from_iterable(stored.digests()))
        parts: dict[int, TextPart] = {}
        step = 1 if self._sample is None else max(1, -(-manifest.children // self._sample))
        for position, record in enumerate(manifest.documents):
            self._progress("documents", position, len(manifest.documents))
            if listed is not None:
                self._check_source(audit, manifest, stored, record, listed.get(record.path))
            if record.reason is not None:
                audit.skipped += 1
                continue
            checked = self._check_stored(audit, stored, record, digests)
            parts.update((number, part) for number, part in checked if number % step == 0)
        self._progress("documents", len(manifest.documents), len(manifest.documents))
        new = sorted((listed or {}).keys() - {record.path for record in manifest.documents})
        audit.stale.extend(Finding(path, "is new") for path in new)
        if next(digests, None) is not None:
            audit.damaged.append(Finding(RECORDS, "hold spans of no document"))
        if (audit.passages, audit.children) != (manifest.passages, manifest.children):
            audit.damaged.append(
                Finding(manifests.FILE, "does not name the numbers of passages and spans that there are")
            )
        return parts

    def _listed(self, audit: Audit) -> dict[str, CorpusFile] | None:
        """The files of the corpus by path; None when there is no such folder."""
        try:
            return {file.path: file for file in scan(self._corpus, without=self._builder.store.root)}
        except CorpusMissing as error:
            audit.stale.append(Finding(str(self._corpus), error.message.rstrip(".")))
            return None

    def _check_source(
        self, audit: Audit, manifest: Manifest, stored: JoinedRecords, record: DocumentRecord, file: CorpusFile | None
    ) -> None:
        """The file itself: the same bytes, and the same document and passages when it is parsed again."""
        if file is None:
            audit.stale.append(Finding(record.path, "is no longer in the corpus"))
            return
        try:
            source, data, _ = read(file, max_bytes=self._builder.max_document_bytes)
        except DocumentError as error:
            if record.reason is None:
                audit.stale.append(Finding(record.path, f"cannot be read now: {error.message.rstrip('.')}"))
            return
        if source.sha256 != record.sha256:
            audit.stale.append(Finding(record.path, "has changed"))
            return
        recipe = self._builder.recipe
        if record.reason is not None or manifest.recipe.parsers != recipe.parsers:
            return
        try:
            document = self._builder.parse(source, data)
        except DocumentError as error:
            audit.damaged.append(Finding(record.path, f"cannot be parsed again: {error.message.rstrip('.')}"))
            return
        audit.parsed += 1
        if document != stored.document(record.document_id):
            audit.damaged.append(Finding(record.path, "gives another text or other blocks when it is parsed again"))
        elif manifest.recipe == recipe and self._builder.chunk(document) != stored.chunks_of(record.document_id):
            audit.damaged.append(Finding(record.path, "gives other passages when it is cut again"))

    def _check_stored(
        self, audit: Audit, stored: JoinedRecords, record: DocumentRecord, digests: Iterator[tuple[int, bytes]]
    ) -> Iterator[tuple[int, TextPart]]:
        """What the index holds of a document: hashes, and every span; yields the position of each child, and itself."""
        document, chunks = stored.document(record.document_id), stored.chunks_of(record.document_id)
        found = _Stored(record, document, chunks)
        audit.documents += 1
        kept = stored.terms(range(audit.passages, audit.passages + len(chunks)))
        audit.passages += len(chunks)
        audit.sentences += sum(len(chunk.sentences) for chunk in chunks)
        audit.damaged.extend(Finding(record.path, words) for words in _amiss(found))
        for chunk, terms in zip(chunks, kept, strict=True):
            if terms != wording_of(document, chunk, self._builder.lexical.terms):
                audit.damaged.append(Finding(record.path, f"is weighed by other words at {chunk.span.start}"))
        for chunk in chunks:
            for span, (wanted, part) in zip(chunk.children, parts_of(document, chunk), strict=True):
                audit.children += 1
                number, digest = next(digests, (0, b""))
                if digest != wanted:
                    audit.damaged.append(Finding(record.path, f"has a vector at {span.start} that is of other words"))
                yield number, part

    def _check_words(self, audit: Audit, manifest: Manifest, folder: Path) -> None:
        audit.entries = len(self._builder.lexical.open(_parts(folder, manifest, LEXICAL_FOLDER)))
        if audit.entries != manifest.passages:
            words = f"holds {audit.entries} entries for {manifest.passages} passages"
            audit.damaged.append(Finding(LEXICAL, words))

    def _check_vectors(self, audit: Audit, manifest: Manifest, folder: Path, parts: Mapping[int, TextPart]) -> None:
        """As many vectors as children, and those of some parts (or all) encoded again."""
        rows = self._builder.dense.open(_parts(folder, manifest, DENSE_FOLDER)).vectors()
        if len(rows) != manifest.children:
            audit.damaged.append(Finding(DENSE, f"are {len(rows)} for {manifest.children} texts"))
            return
        numbers = sorted(parts)
        self._check_search(audit, manifest, folder, widened(rows[numbers]))
        recipe = self._builder.recipe
        if manifest.recipe != recipe:
            audit.stale.append(Finding("the whole index", "was built with another encoder, parser or passage size"))
        if manifest.recipe.encoder != recipe.encoder:
            return
        for first in range(0, len(numbers), ENCODE_STEP):
            self._progress("vectors", first, len(numbers))
            step = numbers[first : first + ENCODE_STEP]
            anew = self._builder.encoder.encode_parts([parts[number] for number in step])
            for number, agreement in zip(step, (anew * rows[step]).sum(axis=1).tolist(), strict=True):
                audit.agreement = agreement if audit.agreement is None else min(audit.agreement, agreement)
                if not agreement >= LEAST_AGREEMENT:  # also for what is no number
                    audit.damaged.append(Finding(DENSE, f"hold another than that of its text at {number}"))
            audit.encoded += len(step)
        self._progress("vectors", len(numbers), len(numbers))

    def _check_search(self, audit: Audit, manifest: Manifest, folder: Path, rows: "Vectors") -> None:
        """What chooses vectors to compare, if not all are, leads to them: each finds one as near to it as itself."""
        if manifest.dense == EXACT:
            return
        try:
            places = _parts(folder, manifest, DENSE_FOLDER)
            index = self._builder.dense.open(places, manifest.dense, folder / DENSE_FOLDER)
        except (OSError, *BROKEN) as error:
            audit.damaged.append(Finding(DENSE, f"cannot be searched as the manifest says ({error})"))
            return
        lost = sum(float(index.search(row, 1).scores[0]) < LEAST_AGREEMENT for row in rows)
        if lost:
            audit.damaged.append(Finding(DENSE, f"are not found by themselves: {lost} of {len(rows)} that were tried"))


def _parts(folder: Path, manifest: Manifest, name: str) -> list[Path]:
    """The folder of that name in every volume."""
    return [folder / VOLUMES_FOLDER / volume.name / name for volume in manifest.volumes]


def _amiss(found: _Stored) -> Iterator[str]:
    """What is wrong with a document in itself."""
    record, document, chunks = found
    source = document.source
    if (source.path, source.size, source.sha256) != (record.path, record.size, record.sha256):
        yield "is stored as another file than the manifest names"
    if document.text_sha256 != record.text_sha256 or len(document.text) != record.characters:
        yield "is stored with another text than the manifest names"
    if len(chunks) != record.passages or [chunk.ordinal for chunk in chunks] != list(range(len(chunks))):
        yield "is stored with other passages than the manifest counts"
    for chunk in chunks:
        if chunk.span.end > len(document.text):
            yield f"has a passage at {chunk.span.start} that leaves its text"
