"""One generation, verified and open: everything a question needs, read-only, unaffected by later builds."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from qa.errors import DocumentUnknown, IndexIncompatible, IndexMissing, IndexStoreError
from qa.index import manifest as manifests
from qa.index import vocabulary
from qa.index.joined import JoinedRecords
from qa.index.store import IndexStore
from qa.index.vocabulary import Vocabulary
from qa.index.volumes import DENSE_FOLDER, LEXICAL_FOLDER
from qa.index.volumes import FOLDER as VOLUMES_FOLDER
from qa.ports import DenseOpener, DenseSearch, Hit, LexicalBackend, Nearness, Ranking
from qa.text.places import place_of
from qa.text.tables import head_of
from qa.types import DocumentRecord, ParsedDocument, Passage

if TYPE_CHECKING:
    from qa.ports import Vectors

OPEN_ATTEMPTS = 3
LONGEST_REASON = 200
"""Characters of what a library says that are passed on; some print the whole file."""
CHILDREN_PER_PASSAGE = 6
"""So many times more children than passages are searched, since the children of one passage are pooled and only the
first third of them are surely the nearest; and again so many times more as long as they belong to too few passages."""


class Snapshot:
    """An open generation. Positions (`ordinal`) count its passages from 0."""

    def __init__(
        self,
        store: IndexStore,
        generation: str,
        dense: DenseOpener,
        lexical: LexicalBackend,
        *,
        encoder: str | None = None,
    ) -> None:
        """Verify and open; raises IndexCorrupt when a file is not what was built.

        With the fingerprint of an `encoder`, raises IndexIncompatible when another one made the vectors. Files that
        are whole and cannot be opened all the same (no descriptors, no memory, no room for a temporary folder) raise a
        plain IndexStoreError.
        """
        self.manifest = store.manifest(generation)
        if encoder not in (None, self.manifest.recipe.encoder):
            raise _made_by_another(self.manifest.recipe.encoder, encoder)
        store.check_files(self.manifest)
        self.generation = generation
        self._by_id = {record.document_id: record for record in self.manifest.documents}
        folder = store.folder(generation)
        volumes = [folder / VOLUMES_FOLDER / volume.name for volume in self.manifest.volumes]
        try:
            parts = [volume / DENSE_FOLDER for volume in volumes]
            self.dense = dense.open(parts, self.manifest.dense, folder / DENSE_FOLDER)
            self.lexical = lexical.open([volume / LEXICAL_FOLDER for volume in volumes])
            self.vocabulary = Vocabulary(volume / vocabulary.FILE for volume in volumes)
            self._records = JoinedRecords(folder, self.manifest)
        except (OSError, MemoryError, RuntimeError, ValueError, sqlite3.Error) as error:  # as each library says it
            raise IndexStoreError(
                f"Generation {generation} cannot be opened now ({str(error)[:LONGEST_REASON]}).",
                remedy="It is tried again in a moment.",
            ) from error

    def nearest(self, query: "Vectors", limit: int) -> list[Hit]:
        """The `limit` passages nearest to a query vector: each scores as its best child (max-pooling)."""
        wanted = limit * CHILDREN_PER_PASSAGE
        while True:
            children = self.dense.search(query, wanted)
            parents = self._records.parents(children.ordinals)
            first = np.sort(np.unique(parents, return_index=True)[1])[:limit]
            if len(first) == limit or len(parents) < wanted:
                break
            wanted *= CHILDREN_PER_PASSAGE
        # Children come best first, ties by ordinal, and their passages are in the same order as they are.
        return Ranking(parents[first], children.scores[first]).hits()

    def nearness(self, query: "Vectors", ordinals: Sequence[int]) -> list[Nearness]:
        """How near a query vector is to each passage by its children."""
        return self.dense.nearness(query, [self._records.children_of(ordinal) for ordinal in ordinals])

    def wordings(self, ordinals: Sequence[int]) -> list[bytes]:
        """The index terms of the passages at some positions, see `qa.text.coverage`."""
        return self._records.terms(ordinals)

    def passage(self, ordinal: int) -> Passage:
        """The passage at a position."""
        chunk = self._records.chunk(ordinal)
        document = self._records.sparse(chunk.document_id)
        headers = tuple(head_of(document, unit) for unit in chunk.sentences)
        return Passage(
            chunk=chunk,
            path=document.source.path,
            title=document.title,
            text=chunk.span.of(document.text),
            text_sha256=self.record(chunk.document_id).text_sha256 or "",
            source_sha256=document.source.sha256,
            place=place_of(document, chunk.span),
            headers=headers if any(headers) else (),
        )

    def passages(self, ordinals: Iterable[int]) -> list[Passage]:
        """The passages at several positions, in the order given."""
        return [self.passage(ordinal) for ordinal in ordinals]

    def document(self, document_id: str) -> ParsedDocument:
        """A document with its canonical text; raises DocumentUnknown."""
        try:
            return self._records.document(document_id)
        except KeyError:
            raise _unknown() from None

    def documents(self) -> tuple[DocumentRecord, ...]:
        """Every file of the corpus, indexed or skipped, by path."""
        return self.manifest.documents

    def record(self, document_id: str) -> DocumentRecord:
        """What the manifest says of a document; raises DocumentUnknown."""
        if document_id not in self._by_id:
            raise _unknown()
        return self._by_id[document_id]

    @property
    def created(self) -> str:
        """When it was built, ISO 8601."""
        return self.manifest.created

    @property
    def vectors(self) -> int:
        """How many vectors are searched."""
        return self.manifest.children

    @property
    def vector_search(self) -> DenseSearch:
        """How they are searched."""
        return self.dense.how

    @property
    def problem(self) -> str | None:
        """Why they cannot be searched now; None when they can."""
        return self.dense.problem


def _made_by_another(encoder: str, ours: str | None) -> IndexIncompatible:
    words = f"The index was built with the encoder {encoder}, this service runs {ours}."
    return IndexIncompatible(words, remedy=manifests.REBUILD)


def _unknown() -> DocumentUnknown:
    return DocumentUnknown("No indexed document has this id.", remedy="See GET /documents for the ids.")


def open_current(store: IndexStore, dense: DenseOpener, lexical: LexicalBackend, *, encoder: str) -> Snapshot:
    """Open the published generation for an encoder's fingerprint.

    A newer build may prune what `CURRENT` named a moment ago, so a missing folder is looked up again a few times.
    Raises IndexMissing, IndexCorrupt, or IndexIncompatible when another encoder made it.
    """
    for attempt in range(OPEN_ATTEMPTS):
        generation = store.current()
        if not store.folder(generation).is_dir() and attempt + 1 < OPEN_ATTEMPTS:
            continue
        try:
            return Snapshot(store, generation, dense, lexical, encoder=encoder)
        except IndexStoreError:
            if store.current() == generation or attempt + 1 == OPEN_ATTEMPTS:
                raise
    raise IndexMissing("The index keeps changing.", remedy="Try again in a moment.")


def open_other(store: IndexStore, dense: DenseOpener, lexical: LexicalBackend, *, encoder: str) -> Snapshot:
    """Open the newest generation that can be used when the published one cannot; raises IndexMissing without one."""
    for generation in store.in_order():
        try:
            return Snapshot(store, generation, dense, lexical, encoder=encoder)
        except IndexStoreError:
            continue
    raise IndexMissing("No generation of the index can be used.", remedy=manifests.REBUILD)
