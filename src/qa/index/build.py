"""Builds the next generation: gather the documents, embed what is new, write, publish.

The folder is the truth: a build always describes the whole corpus as it was scanned. What has not changed is taken over
from the last generation, so that the cost follows the change; the result is the same to the byte.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import CorpusEmpty, IndexCorrupt, IndexIncompatible, IndexStoreError
from qa.index import stamps, volumes
from qa.index.corpus import Stamp, scan
from qa.index.duplicates import with_duplicates
from qa.index.gather import Gathered, Gatherer, Indexed, LastGeneration, check_deletions
from qa.index.manifest import FileSum, Manifest, Recipe, Volume
from qa.index.pending import PendingVectors
from qa.index.stamps import Stamps
from qa.index.store import IndexStore
from qa.index.vectors import encode_missing, known_vectors, vector_folders
from qa.index.writing import Draft, VolumeWriter
from qa.ports import DenseBackend, DenseSearch, Encoder, LexicalBackend, Mirror, Progress
from qa.types import Chunk, DocumentRecord, ParsedDocument, Source

if TYPE_CHECKING:
    from qa.ports import StoredVectors


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildRequest:
    """What is asked of a build.

    `force` builds even when the index equals the corpus, and anew from every file; `rehash` trusts no stamp;
    `allow_mass_delete` takes out most documents without asking; `wait` waits while another process builds. `settled`
    are the changed files that may be taken, each with the stamp that it must have, or None for any; a file that has
    changed otherwise is held: it stays as the last generation has it. With None every file is taken as it is.
    """

    force: bool = False
    rehash: bool = False
    allow_mass_delete: bool = False
    settled: Mapping[str, Stamp | None] | None = None
    wait: bool = False


PLAIN = BuildRequest()
WORTH_LOOKING_FOR = 8
"""So many texts without a vector take about as long to encode as the vectors of another generation to look through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build did. `published` is False when the index already equalled the corpus.

    `embedded` counts texts that were encoded, `reused` vectors that were taken over; `damaged` are
    the generations that did not pass their check and were set aside.
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

    `volume_passages` is about how many passages a volume has, 0 for as many as fit the corpus; `release` gives back
    what `parse` holds, when all files have been read; with more than one of `readers`, so many threads call `parse` at
    once, and with more than one of `encoders`, so many call the encoder. A `mirror` has the vectors of a generation
    before that is published.
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
    volume_passages: int = 0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    release: Callable[[], None] = lambda: None
    readers: int = 1
    mirror: Mirror | None = None
    encoders: int = 1

    def build(self, corpus: Path, progress: Progress, request: BuildRequest = PLAIN) -> BuildReport:
        """Publish a generation that equals the corpus, unless the current one does.

        Raises CorpusMissing, CorpusEmpty or MassDeletion (the published generation stays), IndexBusy, IndexStoreError
        when it cannot be written, BackendUnavailable when the mirror cannot, or ModelUnavailable.
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
                    self._put_aside(last.manifest, last.folder, progress)
                return BuildReport(manifest=last.manifest, published=False)
            if all(record.reason is not None for record in now):
                raise _empty(corpus, now)
            moved = seen.root not in ("", stamps.root_of(corpus))  # the documents of another folder cannot be gone
            if not request.allow_mass_delete and not moved:
                check_deletions(before, now)
            drafts = self._drafts(found, last, anew=request.force)
            with self._writing():
                report = self._publish(now, drafts, last, progress)
                PendingVectors(self.store.root, self.recipe.encoder).clear()
                self._remember(corpus, found)
                self.store.set_aside(damaged)
                self.store.prune(self.keep_generations)
                if self.mirror is not None:
                    self.mirror.prune(self.store.generations())
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
            settled=request.settled,
            readers=self.readers,
        )

    def _remember(self, corpus: Path, found: Sequence[Gathered]) -> None:
        """Keep the stamps of what the published generation was made of."""
        seen = {item.record.path: item.seen for item in found if item.seen}
        Stamps(stamps.root_of(corpus), seen).save(self.store.root)

    def _drafts(self, found: Sequence[Gathered], last: LastGeneration | None, *, anew: bool) -> list[Draft]:
        """The volumes of the next generation: those that the last one has, too, and those that are to be written."""
        items = {item.record.document_id: item for item in found if item.record.reason is None}
        records = [item.record for item in items.values()]
        size = self.volume_passages or volumes.size_for(sum(record.passages for record in records))
        had = {volume.name: volume for volume in last.manifest.volumes} if last and not anew else {}
        drafts = []
        for run in volumes.cut(records, size):
            name = volumes.name_of(run, self.recipe)
            if name in had:
                drafts.append(Draft(name=name, taken=had[name]))
            else:
                documents = [_loaded(items[record.document_id], last) for record in run]
                drafts.append(Draft(name=name, documents=documents))
        return drafts

    def _publish(
        self,
        found: tuple[DocumentRecord, ...],
        drafts: Sequence[Draft],
        last: LastGeneration | None,
        progress: Progress,
    ) -> BuildReport:
        parts = {digest: part for draft in drafts for digest, part in draft.parts}
        pending = PendingVectors(self.store.root, self.recipe.encoder)
        same_encoder = last is not None and last.manifest.recipe.encoder == self.recipe.encoder
        known = known_vectors(last, self.dense, parts) if last and same_encoder else {}
        known.update(pending.load())
        missing = parts.keys() - known.keys()
        if len(missing) >= WORTH_LOOKING_FOR:
            known.update(self._kept_by_others(last, missing))
        embedded = encode_missing(known, parts, self.encoder, pending, progress, self.encoders)
        with self.store.staging() as staged:
            writer = VolumeWriter(dense=self.dense, lexical=self.lexical, staged=staged, last=last)
            written = []
            for position, draft in enumerate(drafts):
                progress("writing", position, len(drafts))
                written.append(writer.write(draft, known))
            manifest = self._manifest(found, written, writer.plan(written), writer.sums(drafts))
            self._put_aside(manifest, staged, progress)
            self.store.publish(staged, manifest, synced=writer.linked)
        progress("writing", len(drafts), len(drafts))
        reused = len(parts) - embedded + sum(draft.taken.children for draft in drafts if draft.taken)
        return BuildReport(manifest=manifest, published=True, embedded=embedded, reused=reused)

    def _put_aside(self, manifest: Manifest, folder: Path, progress: Progress) -> None:
        """Have the vectors of a generation, whose files lie in a folder, in the mirror as well."""

        def parts() -> list["StoredVectors"]:
            return [self.dense.open([place]).vectors() for place in vector_folders(folder, manifest)]

        if self.mirror is not None:
            self.mirror.push(manifest.id, parts, progress)

    def _kept_by_others(self, last: LastGeneration | None, wanted: Collection[bytes]) -> dict[bytes, "StoredVectors"]:
        """Those vectors of other generations that are `wanted`: what was rolled back, edited back or switched back."""
        known: dict[bytes, StoredVectors] = {}
        for name in reversed(self.store.generations()):
            if last is not None and name == last.manifest.id:
                continue
            with suppress(IndexStoreError), LastGeneration(self.store.verify(name), self.store.folder(name)) as other:
                if other.manifest.recipe.encoder == self.recipe.encoder:
                    known.update(known_vectors(other, self.dense, wanted))
        return known

    def _manifest(
        self,
        found: tuple[DocumentRecord, ...],
        written: Sequence[Volume],
        dense: DenseSearch,
        files: Mapping[str, FileSum],
    ) -> Manifest:
        return Manifest(
            number=self._next_number(),
            created=self.clock().isoformat(timespec="seconds"),
            recipe=self.recipe,
            documents=found,
            volumes=tuple(written),
            dense=dense,
            files=files,
        )

    def _next_number(self) -> int:
        names = self.store.generations()
        with suppress(IndexStoreError):
            names.append(self.store.current())  # it may be lost, and a number never comes back
        return max((int(name.partition("-")[0]) for name in names if name[:6].isdigit()), default=0) + 1


def _loaded(item: Gathered, last: LastGeneration | None) -> Indexed:
    if item.document is not None:
        return Indexed(item.document, item.chunks)
    assert last is not None, "only the last generation's documents are taken over"
    return last.load(item.record)


def _empty(corpus: Path, found: Sequence[DocumentRecord]) -> CorpusEmpty:
    if not found:
        return CorpusEmpty(f"There are no documents in {corpus}.", remedy="Put some in, then run `qa index` again.")
    return CorpusEmpty(
        f"None of the {len(found)} files in {corpus} can be indexed; the first: {found[0].reason}",
        remedy="Mend or add files, then run `qa index` again.",
    )
