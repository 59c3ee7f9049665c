"""Builds the next generation: gather the documents, embed what is new, write, publish.

The folder is the truth: a build always describes the whole corpus as it was scanned. What has not changed is taken over
from the last generation, so that the cost follows the change; the result is the same to the byte.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.errors import CorpusEmpty, IndexCorrupt, IndexIncompatible, IndexStoreError
from qa.index import records, stamps, vocabulary
from qa.index.corpus import scan
from qa.index.duplicates import with_duplicates
from qa.index.gather import Gathered, Gatherer, LastGeneration, check_deletions
from qa.index.manifest import Manifest, Recipe, file_sum
from qa.index.pending import PendingVectors
from qa.index.snapshot import DENSE_FOLDER, LEXICAL_FOLDER
from qa.index.stamps import Stamps
from qa.index.store import IndexStore
from qa.ports import DenseBackend, Encoder, LexicalBackend, LexicalEntry, Progress
from qa.text.tables import heads_above, searched
from qa.types import Chunk, DocumentRecord, ParsedDocument, Source

if TYPE_CHECKING:
    from qa.ports import Vectors

ENCODE_STEP = 128
"""Texts embedded between two progress reports."""
Documents = Sequence[tuple[ParsedDocument, Sequence[Chunk]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What is asked of a build.

    `force` builds even when the index equals the corpus, and anew from every file; `rehash` trusts no stamp;
    `allow_mass_delete` takes out most documents without asking; `held` are paths that stay as the last generation has
    them; `wait` waits while another process builds.
    """

    force: bool = False
    rehash: bool = False
    allow_mass_delete: bool = False
    held: frozenset[str] = frozenset()
    wait: bool = False


PLAIN = BuildRequest()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did. `published` is False when the index already equalled the corpus.

    `damaged` are the generations that did not pass their check and were set aside.
    """

    manifest: Manifest
    published: bool
    embedded: int = 0
    reused: int = 0
    damaged: tuple[str, ...] = ()

    @property
    def skipped(self) -> tuple[DocumentRecord, ...]:
        """The files that could not be indexed, each with its reason."""
        return tuple(record for record in self.manifest.documents if record.reason is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexBuilder:
    """All that a build needs, given from outside: `parse` and `chunk` are the stages before it.

    `release` gives back what `parse` holds; it is called when all files of a build have been read.
    """

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
    release: Callable[[], None] = lambda: None

    def build(self, corpus: Path, progress: Progress, request: BuildRequest = PLAIN) -> BuildReport:
        """Publish a generation that equals the corpus, unless the current one does.

        Raises CorpusMissing, CorpusEmpty or MassDeletion (the published generation stays), IndexBusy, IndexStoreError
        when it cannot be written, or ModelUnavailable.
        """
        waiting = (lambda: progress("waiting", 0, 1)) if request.wait else None
        with self.store.lock(waiting=waiting), self._last() as (last, damaged):
            seen = stamps.load(self.store.root, corpus)
            gatherer = self._gatherer(request, seen, last)
            found = self._gathered(gatherer, corpus, progress)
            now = with_duplicates([item.record for item in found])
            before = last.manifest.documents if last else ()
            equal = last is not None and last.manifest.recipe == self.recipe and now == before
            if last and equal and not request.force and self._is_published(last):
                with self._writing():
                    self._remember(corpus, found)
                return BuildReport(manifest=last.manifest, published=False)
            if all(record.reason is not None for record in now):
                raise _empty(corpus, now)
            moved = seen.root not in ("", stamps.root_of(corpus))  # the documents of another folder cannot be gone
            if not request.allow_mass_delete and not moved:
                check_deletions(before, now)
            documents = [_loaded(item, last) for item in found if item.record.reason is None]
            with self._writing():
                report = self._publish(now, documents, last, progress)
                PendingVectors(self.store.root, self.recipe.encoder).clear()
                self._remember(corpus, found)
                self.store.set_aside(damaged)
                self.store.prune(self.keep_generations)
            return replace(report, damaged=tuple(damaged))

    def _gathered(self, gatherer: Gatherer, corpus: Path, progress: Progress) -> list[Gathered]:
        try:
            return list(gatherer.gather(scan(corpus, without=self.store.root), progress))
        finally:
            self.release()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Say what it means when the index folder cannot be written."""
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            raise IndexStoreError(
                f"The index in {self.store.root} cannot be written ({why}).",
                remedy="Make room or give write permission, then run `qa index` again.",
            ) from error

    @contextmanager
    def _last(self) -> Iterator[tuple[LastGeneration | None, list[str]]]:
        """The newest generation that passes its check, if any, and the names of those passed over as damaged."""
        damaged: list[str] = []
        for name in self.store.in_order():
            try:
                manifest = self.store.verify(name)
            except IndexCorrupt:
                damaged.append(name)
            except IndexIncompatible:
                continue  # of another version: not damaged, and of no use
            else:
                with LastGeneration(manifest, self.store.folder(name)) as last:
                    yield last, damaged
                return
        yield None, damaged

    def _is_published(self, last: LastGeneration) -> bool:
        """Whether that is what `CURRENT` names; an index that had to fall back is published anew."""
        try:
            return self.store.current() == last.manifest.id
        except IndexStoreError:
            return False

    def _gatherer(self, request: BuildRequest, seen: Stamps, last: LastGeneration | None) -> Gatherer:
        reusable = last and last.manifest.recipe == self.recipe and not request.force
        return Gatherer(
            parse=self.parse,
            chunk=self.chunk,
            max_document_bytes=self.max_document_bytes,
            now_ns=lambda: int(self.clock().timestamp() * 1e9),
            stamps=Stamps() if request.rehash or request.force else seen,
            known=last.by_path if last and reusable else {},
            held=request.held,
        )

    def _remember(self, corpus: Path, found: Sequence[Gathered]) -> None:
        """Keep the stamps of what the published generation was made of."""
        seen = {item.record.path: item.seen for item in found if item.seen}
        Stamps(stamps.root_of(corpus), seen).save(self.store.root)

    def _publish(
        self,
        found: tuple[DocumentRecord, ...],
        documents: Documents,
        last: LastGeneration | None,
        progress: Progress,
    ) -> BuildReport:
        texts = [
            searched(document, child) for document, chunks in documents for chunk in chunks for child in chunk.children
        ]
        digests = [hashlib.sha256(text.encode("utf-8")).digest() for text in texts]
        vectors, embedded = self._vectors(texts, digests, self._known_vectors(last), progress)
        progress("writing", 0, 1)
        with self.store.staging() as staged:
            self._write(staged, documents, digests, vectors)
            manifest = self._manifest(staged, found, documents)
            self.store.publish(staged, manifest)
        progress("writing", 1, 1)
        return BuildReport(manifest=manifest, published=True, embedded=embedded, reused=len(set(digests)) - embedded)

    def _write(self, staged: Path, documents: Documents, digests: Sequence[bytes], vectors: "Vectors") -> None:
        records.write_records(staged / records.FILE, documents, iter(digests))
        for name in (DENSE_FOLDER, LEXICAL_FOLDER):
            (staged / name).mkdir()
        with _written_by_a_library():
            self.dense.build(vectors, staged / DENSE_FOLDER)
            self.lexical.build(_entries(documents), staged / LEXICAL_FOLDER)
        vocabulary.write_words(_spoken(documents), staged / vocabulary.FILE)

    def _manifest(self, staged: Path, found: tuple[DocumentRecord, ...], documents: Documents) -> Manifest:
        files = {
            path.relative_to(staged).as_posix(): file_sum(path) for path in sorted(staged.rglob("*")) if path.is_file()
        }
        return Manifest(
            number=self._next_number(),
            created=self.clock().isoformat(timespec="seconds"),
            recipe=self.recipe,
            documents=found,
            passages=sum(len(chunks) for _, chunks in documents),
            children=sum(len(chunk.children) for _, chunks in documents for chunk in chunks),
            files=files,
        )

    def _vectors(
        self, texts: Sequence[str], digests: Sequence[bytes], known: dict[bytes, "Vectors"], progress: Progress
    ) -> tuple["Vectors", int]:
        """A vector for each text, every distinct text embedded at most once; and how many were embedded."""
        pending = PendingVectors(self.store.root, self.recipe.encoder)
        known.update(pending.load())
        new = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        order = sorted(new, key=lambda digest: (len(new[digest]), digest))
        for start in range(0, len(order), ENCODE_STEP):
            progress("embedding", start, len(order))
            step = order[start : start + ENCODE_STEP]
            vectors = self.encoder.encode([new[digest] for digest in step])
            known.update(zip(step, vectors, strict=True))
            pending.add(step, vectors)
        progress("embedding", len(order), len(order))
        return np.stack([known[digest] for digest in digests]), len(order)

    def _known_vectors(self, last: LastGeneration | None) -> dict[bytes, "Vectors"]:
        """Vectors of the last generation by the hash of their text, if the same encoder made them."""
        if last is None or last.manifest.recipe.encoder != self.recipe.encoder:
            return {}
        digests = [child.sha256 for child in last.records.children()]
        return dict(zip(digests, self.dense.open(last.folder / DENSE_FOLDER).vectors(), strict=True))

    def _next_number(self) -> int:
        names = self.store.generations()
        with suppress(IndexStoreError):
            names.append(self.store.current())  # it may be lost, and a number never comes back
        return max((int(name.partition("-")[0]) for name in names if name[:6].isdigit()), default=0) + 1


@contextmanager
def _written_by_a_library() -> Iterator[None]:
    """FAISS says that a disk is full by a RuntimeError, Tantivy by a ValueError."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise OSError(str(error)) from error


def _loaded(item: Gathered, last: LastGeneration | None) -> tuple[ParsedDocument, Sequence[Chunk]]:
    if item.document is not None:
        return item.document, item.chunks
    assert last is not None, "only the last generation's documents are taken over"
    return last.load(item.record)


def _entries(documents: Documents) -> Iterator[LexicalEntry]:
    for document, chunks in documents:
        for chunk in chunks:
            above = (*chunk.headings, *heads_above(document, chunk.span))
            yield LexicalEntry(document.title, " / ".join(above), chunk.span.of(document.text))


def _spoken(documents: Documents) -> Iterator[str]:
    for document, _ in documents:
        yield document.title
        yield document.text


def _empty(corpus: Path, found: Sequence[DocumentRecord]) -> CorpusEmpty:
    if not found:
        return CorpusEmpty(f"There are no documents in {corpus}.", remedy="Put some in, then run `qa index` again.")
    return CorpusEmpty(
        f"None of the {len(found)} files in {corpus} can be indexed; the first: {found[0].reason}",
        remedy="Mend or add files, then run `qa index` again.",
    )
