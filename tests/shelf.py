"""A corpus folder with its index and the cheap fakes around it: write files, build, open."""

import codecs
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fakes import FakeEncoder, NumpyDenseBackend, PlainLexicalBackend, no_progress
from qa.chunking import ChunkPolicy, chunk_document
from qa.index.build import BuildReport, BuildRequest, IndexBuilder
from qa.index.dense import FaissBackend
from qa.index.lexical import TantivyBackend
from qa.index.manifest import Recipe
from qa.index.snapshot import Snapshot, open_current
from qa.index.store import IndexStore
from qa.parsing.markdown import MarkdownParser
from qa.parsing.plain import PlainTextParser
from qa.parsing.registry import ParserRegistry
from qa.ports import DenseBackend, LexicalBackend
from qa.types import Chunk, ParsedDocument, Source
from strategies import count_words

if TYPE_CHECKING:
    from qa.ports import Vectors

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SMALL = ChunkPolicy(most=24, least=12, overlap=4, child=8)
PARSERS = ParserRegistry([PlainTextParser(), MarkdownParser()])
VERSIONS = PARSERS.versions  # asked for once, as packages may lie where only their owner can look
NOBODY = 65534

FILES: Mapping[str, str] = {
    "birds.md": "# Birds\n\nThe heron stands in the shallow water. It waits.\n\n## Nests\n\n- Storks nest on roofs.\n",
    "sea/tides.txt": "The tide rises twice a day.\r\n\r\nThe moon pulls the water, and 🌊 follows.",
    "stones.txt": "Granite is hard. Slate splits into plates.",
}


@dataclass
class Shelf:
    """`real` takes FAISS and Tantivy for the fakes; few `volume_passages` make many volumes.

    `faiss` is the backend then.
    """

    root: Path
    encoder: FakeEncoder = field(default_factory=FakeEncoder)
    real: bool = False
    faiss: FaissBackend = field(default_factory=FaissBackend)
    max_document_bytes: int = 100_000
    keep: int = 2
    volume_passages: int = 0
    clock: Callable[[], datetime] = lambda: NOON

    @property
    def corpus(self) -> Path:
        """Folder of documents."""
        return self.root / "corpus"

    @property
    def store(self) -> IndexStore:
        """Folder of the index."""
        return IndexStore(self.root / "index")

    @property
    def dense(self) -> DenseBackend:
        """FAISS or NumPy."""
        return self.faiss if self.real else NumpyDenseBackend()

    @property
    def lexical(self) -> LexicalBackend:
        """Tantivy or plain lines."""
        return TantivyBackend() if self.real else PlainLexicalBackend()

    def write(self, files: Mapping[str, str | bytes] = FILES) -> "Shelf":
        """Put files into the corpus."""
        self.corpus.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            path = self.corpus / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def builder(self) -> IndexBuilder:
        """A builder of the index over the real parsers."""

        def parse(origin: Source, data: bytes) -> ParsedDocument:
            return PARSERS.for_path(origin.path).parse(origin, data)

        def chunk(document: ParsedDocument) -> list[Chunk]:
            return chunk_document(document, count_words, SMALL)

        return IndexBuilder(
            store=self.store,
            parse=parse,
            chunk=chunk,
            encoder=self.encoder,
            dense=self.dense,
            lexical=self.lexical,
            recipe=Recipe(encoder=self.encoder.fingerprint, parsers=VERSIONS, chunking=(("most", SMALL.most),)),
            max_document_bytes=self.max_document_bytes,
            keep_generations=self.keep,
            volume_passages=self.volume_passages,
            clock=self.clock,
        )

    def build(self, *, force: bool = False) -> BuildReport:
        """Bring the index up to date; what was embedded for it is in `encoder.encoded`."""
        self.encoder.encoded.clear()
        return self.builder().build(self.corpus, no_progress, BuildRequest(force=force))

    def open(self) -> Snapshot:
        """The published generation."""
        return open_current(self.store, self.dense, self.lexical, encoder=self.encoder.fingerprint)

    def generation_files(self) -> dict[str, bytes]:
        """Every file of the published generation with its bytes."""
        folder = self.store.folder(self.store.current())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def make_deep(folder: Path) -> str:
    """Make folders in one another, too deep to be named by a path, with a file at the end; returns their one name."""
    name = "n" * 250
    handle = os.open(folder, os.O_RDONLY)
    for _ in range(20):  # a path has at most 4,096 bytes
        os.mkdir(name, dir_fd=handle)
        below = os.open(name, os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = below
    os.close(os.open("deepest.txt", os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)
    return name


@contextmanager
def without_privileges() -> Iterator[None]:
    """File permissions apply inside, also when the tests run as root."""
    if os.geteuid():
        yield
        return
    for codec in ("utf-16-le", "utf-16-be"):  # loaded on first use from a place that may be the user's own
        codecs.lookup(codec)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that is also within reach `without_privileges`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


def vector_volumes(folder: Path, rows: "Vectors", *cuts: int) -> list[Path]:
    """Vectors as FAISS has them on the disk, cut into several volumes before these rows."""
    folders = []
    for number, part in enumerate(np.split(rows, cuts)):
        folders.append(folder / str(number))
        folders[-1].mkdir()
        FaissBackend().build(part, folders[-1])
    return folders
