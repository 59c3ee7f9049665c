"""The records of all volumes of a generation as if they were one: positions run through them in order."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate, islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from qa.index import records, volumes, wording
from qa.index.manifest import Manifest
from qa.index.records import Records
from qa.index.wording import Wordings
from qa.types import Chunk, ParsedDocument

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHOLE_KEPT = 64
"""Documents kept with all of their blocks, for what is quoted and shown."""
CHARACTERS_KEPT = 8_000_000
"""Characters of the texts that passages are cut from: 8 to 32 MB by their scripts, 10,000 passages' worth."""


class JoinedRecords:
    """The open files of a generation. Safe for several threads; the documents read last are kept in memory."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        folders = [folder / volumes.FOLDER / part.name for part in manifest.volumes]
        self._parts = [Records(part / records.FILE) for part in folders]
        self._wordings = [
            Wordings(part / wording.FILE, volume.passages)
            for part, volume in zip(folders, manifest.volumes, strict=True)
        ]
        self._passages = list(accumulate((part.passages for part in manifest.volumes), initial=0))
        starts = accumulate((part.children for part in manifest.volumes), initial=0)
        edges = (np.array(part.edges[:-1], np.int64) + start for part, start in zip(self._parts, starts, strict=False))
        self._edges = np.concatenate([*edges, [sum(part.children for part in manifest.volumes)]])
        """The position of the first child of each chunk, and where the last one's end."""
        indexed = (record.document_id for record in manifest.documents if record.reason is None)
        self._places = {
            document: number
            for number, part in enumerate(manifest.volumes)
            for document in islice(indexed, part.documents)
        }
        # Of a function, not of a method: that would hold this object, so that its files stayed open after it.
        self.document = lru_cache(maxsize=WHOLE_KEPT)(partial(_document, self._parts, self._places))
        """The document of an id; raises KeyError when there is none."""
        self._texts = _Texts(CHARACTERS_KEPT, partial(_sparse, self._parts, self._places))

    def parents(self, children: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """The positions of the chunks that some children (0-based) belong to, both of shape (n,)."""
        found: NDArray[np.int64] = np.searchsorted(self._edges, children, side="right") - 1
        return found

    def children_of(self, chunk: int) -> range:
        """The positions of a chunk's children, which stand together."""
        return range(int(self._edges[chunk]), int(self._edges[chunk + 1]))

    def chunk(self, ordinal: int) -> Chunk:
        """The chunk at a position (0-based); raises KeyError when there is none."""
        number, within = self._part(ordinal)
        return self._parts[number].chunk(within)

    def terms(self, ordinals: Sequence[int]) -> list[bytes]:
        """What is kept of the words of the chunks at some positions (0-based); raises KeyError likewise."""
        return [self._wordings[number].of(within) for number, within in map(self._part, ordinals)]

    def terms_of(self, document_id: str) -> list[bytes]:
        """The same for all chunks of a document in order; none for one that is not there."""
        if document_id not in self._places:
            return []
        number = self._places[document_id]
        return list(map(self._wordings[number].of, self._parts[number].positions_of(document_id)))

    def sparse(self, document_id: str) -> ParsedDocument:
        """The document of an id with the blocks that passages need, see `Records`; raises KeyError likewise."""
        return self._texts.of(document_id)

    def chunks_of(self, document_id: str) -> list[Chunk]:
        """All chunks of a document in order; none for one that is not there."""
        if document_id not in self._places:
            return []
        return self._parts[self._places[document_id]].chunks_of(document_id)

    def digests(self) -> Iterator[list[bytes]]:
        """For each volume in turn the SHA-256 of every child's text."""
        return (part.digests() for part in self._parts)

    def close(self) -> None:
        """Close the files."""
        for part in self._parts:
            part.close()

    def _part(self, ordinal: int) -> tuple[int, int]:
        """The volume that holds the chunk at a position, and its position there."""
        if not 0 <= ordinal < self._passages[-1]:
            raise KeyError(ordinal)
        number = bisect_right(self._passages, ordinal) - 1
        return number, ordinal - self._passages[number]


def _document(parts: Sequence[Records], places: Mapping[str, int], document_id: str) -> ParsedDocument:
    return parts[places[document_id]].document(document_id)


def _sparse(parts: Sequence[Records], places: Mapping[str, int], document_id: str) -> ParsedDocument:
    return parts[places[document_id]].sparse(document_id)


class _Texts:
    """The documents that were asked for last, up to so many characters of text in all; safe for several threads."""

    def __init__(self, most: int, load: Callable[[str], ParsedDocument]) -> None:
        self._most, self._load = most, load
        self._changing = Lock()
        self._kept: OrderedDict[str, ParsedDocument] = OrderedDict()
        self._characters = 0

    def of(self, document_id: str) -> ParsedDocument:
        """The document of an id; raises what loading it raises."""
        with self._changing:
            if document_id in self._kept:
                self._kept.move_to_end(document_id)
                return self._kept[document_id]
        document = self._load(document_id)
        with self._changing:
            if document_id not in self._kept:
                self._kept[document_id] = document
                self._characters += len(document.text)
            while self._characters > self._most:
                _, oldest = self._kept.popitem(last=False)
                self._characters -= len(oldest.text)
        return document
