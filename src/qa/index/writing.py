"""Writes the volumes of a generation that is being built, and takes over those that the last one has, too."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from qa.index import records, vocabulary, volumes, wording
from qa.index.gather import Indexed, LastGeneration
from qa.index.manifest import FileSum, Volume, file_sum
from qa.index.parts import parts_of
from qa.index.vectors import in_order
from qa.index.volumes import DENSE_FOLDER, LEXICAL_FOLDER
from qa.index.wording import wording_of, write_wordings
from qa.ports import DenseBackend, DenseSearch, LexicalBackend, LexicalEntry, TextPart
from qa.text.tables import heads_above

if TYPE_CHECKING:
    from qa.ports import StoredVectors


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A volume to come: `taken` from the last generation as it is, or to be written from its `documents`."""

    name: str
    taken: Volume | None = None
    documents: Sequence[Indexed] = field(default=())

    @cached_property
    def parts(self) -> list[tuple[bytes, TextPart]]:
        """All that needs a vector, after its digest, in the order of the index; nothing of one that is taken."""
        chunks = ((item.document, chunk) for item in self.documents for chunk in item.chunks)
        return [part for document, chunk in chunks for part in parts_of(document, chunk)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeWriter:
    """Writes into the folder of a generation that is `staged`; `last` is the one that volumes are taken from.

    `linked` are the files that both then have.
    """

    dense: DenseBackend
    lexical: LexicalBackend
    staged: Path
    last: LastGeneration | None
    linked: set[str] = field(default_factory=set)

    def write(self, draft: Draft, vectors: Mapping[bytes, "StoredVectors"]) -> Volume:
        """Write a volume with the `vectors` of its parts, by their digests."""
        if draft.taken is not None:
            assert self.last is not None, "a volume is only taken from the last generation"
            self.linked.update(volumes.take_over(self.last.folder, self.staged, self._taken(draft)))
            return draft.taken
        folder = self.staged / volumes.FOLDER / draft.name
        for name in (DENSE_FOLDER, LEXICAL_FOLDER):
            (folder / name).mkdir(parents=True)
        digests = [digest for digest, _ in draft.parts]
        records.write_records(folder / records.FILE, (item[:2] for item in draft.documents), iter(digests))
        write_wordings(folder / wording.FILE, [terms for item in draft.documents for terms in self._terms(item)])
        with _written_by_a_library():
            self.dense.build(in_order(vectors, digests), folder / DENSE_FOLDER)
            self.lexical.build(_entries(draft), folder / LEXICAL_FOLDER)
        vocabulary.write_words(_spoken(draft), folder / vocabulary.FILE)
        return Volume(
            name=draft.name,
            documents=len(draft.documents),
            passages=sum(len(chunks) for _, chunks, _ in draft.documents),
            children=len(digests),
        )

    def plan(self, written: Sequence[Volume]) -> DenseSearch:
        """How the vectors of all volumes are to be searched; what that needs is written beside them."""
        folders = [self.staged / volumes.FOLDER / volume.name / DENSE_FOLDER for volume in written]
        with _written_by_a_library():
            return self.dense.plan(folders, self.staged / DENSE_FOLDER)

    def sums(self, drafts: Sequence[Draft]) -> dict[str, FileSum]:
        """The sums of all files that are staged; those of files that were taken over are known."""
        known = {name: total for draft in drafts if draft.taken for name, total in self._taken(draft).items()}
        paths = {path.relative_to(self.staged).as_posix(): path for path in self.staged.rglob("*") if path.is_file()}
        return {name: known.get(name) or file_sum(path) for name, path in sorted(paths.items())}

    def _terms(self, item: Indexed) -> Sequence[bytes]:
        if item.terms is not None:
            return item.terms
        return [wording_of(item.document, chunk, self.lexical.terms) for chunk in item.chunks]

    def _taken(self, draft: Draft) -> Mapping[str, FileSum]:
        return self.last.files_of(draft.name) if self.last else {}


@contextmanager
def _written_by_a_library() -> Iterator[None]:
    """FAISS says that a disk is full by a RuntimeError, Tantivy by a ValueError."""
    try:
        yield
    except (RuntimeError, ValueError) as error:
        raise OSError(str(error)) from error


def _entries(draft: Draft) -> Iterator[LexicalEntry]:
    for document, chunks, _ in draft.documents:
        for chunk in chunks:
            above = (*chunk.headings, *heads_above(document, chunk.span))
            yield LexicalEntry(document.title, " / ".join(above), chunk.span.of(document.text))


def _spoken(draft: Draft) -> Iterator[str]:
    for document, _, _ in draft.documents:
        yield document.title
        yield document.text
