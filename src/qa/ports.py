"""The Protocols between the stages and the libraries: what a parser, an encoder, an index and a reader must do.

Each has at most three methods; `tests/contracts/` holds one conformance class a port, which every adapter and every
fake passes. Only `wiring.py` chooses the adapters.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from qa.types import Candidate, ParsedDocument, RankedPassage, Source, Span, Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    StoredVectors = NDArray[np.float16] | Vectors

TokenCounter = Callable[[Sequence[str]], list[int]]
"""Counts the encoder's tokens of each text, special tokens left out."""


class Hit(NamedTuple):
    """One entry found: its position in the order it was indexed (from 0), and the index's own score."""

    ordinal: int
    score: float


class Ranking(NamedTuple):
    """Entries found, best first: their positions and the index's own scores, both of shape (n,)."""

    ordinals: "NDArray[np.int64]"
    scores: "Vectors"

    def hits(self) -> list[Hit]:
        """The same one by one."""
        return list(map(Hit, self.ordinals.tolist(), self.scores.tolist()))


class TextPart(NamedTuple):
    """A stretch of a text that needs a vector of its own, in the light of the whole text."""

    text: str
    span: Span


class LexicalEntry(NamedTuple):
    """What BM25 indexes of a passage: three fields, each with its own length statistics."""

    title: str
    headings: str
    body: str


class Parser(Protocol):
    """Reads one file format. `version` changes whenever the same bytes may give another canonical text."""

    @property
    def suffixes(self) -> frozenset[str]:
        """File name endings that it reads, lower case with the dot."""

    @property
    def version(self) -> str:
        """Name and version, as the manifest records them."""

    def parse(self, source: Source, data: bytes) -> ParsedDocument:
        """Turn bytes into canonical text and blocks; raises a `DocumentError` when the file cannot be used."""


class JobRunner(Protocol):
    """Runs named pure functions on bytes of strangers where they can do no harm; for any number of threads."""

    @property
    def processes(self) -> int:
        """How many it runs at a time."""

    def run(self, job: str, arguments: Mapping[str, Any], data: bytes, *, name: str) -> tuple[Any, bytes]:
        """What `job` (`module:function`) gives for plain arguments and bytes: plain values and bytes, to be checked.

        `name` is the file's, for messages. Raises a `DocumentError` that the job raised or that says how it failed.
        """

    def close(self) -> None:
        """Give back what it holds; the next job takes it anew."""


class Encoder(Protocol):
    """Turns texts into unit vectors."""

    @property
    def fingerprint(self) -> str:
        """Identifies weights and pooling: equal fingerprints give equal vectors for equal texts."""

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """float32 array of shape (len(texts), dimension), rows of length 1, in the order of `texts`."""

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """Likewise a row for every part, of shape (len(parts), dimension); parts of one text are best given together.

        An encoder that cannot tell what its tokens mean in their text encodes the words of the part alone.
        """

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, special tokens left out."""


@dataclass(frozen=True, slots=True)
class DenseSearch:
    """How the vectors of a generation are searched.

    Every vector is compared (`rescored` is None), or a compressed copy chooses `rescored` of them (more when more are
    asked for), which are then compared. With `probes` the copy is in so many `lists` of like vectors, and only the
    `probes` that are nearest to a query are looked into. `recall` is the share of the ten nearest that all this finds,
    over a sample of the vectors as queries.
    """

    rescored: int | None = None
    recall: float = 1.0
    lists: int | None = None
    probes: int | None = None


EXACT = DenseSearch()


class Nearness(NamedTuple):
    """How near a question is to a passage: the cosine of the best of its children's vectors, and that of the last one.

    The first is high where one place says what is asked, the second, that of the passage as a whole (`Chunk.children`),
    where all of it is about that. Both are -1 for a passage without children.
    """

    best: float
    whole: float


class DenseIndex(Protocol):
    """Searches vectors by inner product."""

    @property
    def how(self) -> DenseSearch:
        """How they are searched."""

    @property
    def problem(self) -> str | None:
        """Why they cannot be searched now; None when they can. Tries it, if nobody has done so lately."""

    def search(self, query: "Vectors", limit: int) -> Ranking:
        """The `limit` nearest of a query of shape (dimension,), best first, ties by ordinal."""

    def nearness(self, query: "Vectors", groups: Sequence[Sequence[int]]) -> list[Nearness]:
        """How near a query of shape (dimension,) is to each group of vectors, named by their ordinals."""

    def vectors(self) -> "StoredVectors":
        """All vectors in index order as they are kept, shape (size, dimension)."""


class DenseOpener(Protocol):
    """Opens the dense index of a generation."""

    def open(self, folders: Sequence[Path], search: DenseSearch = EXACT, shared: Path | None = None) -> DenseIndex:
        """Open what `DenseBackend.build` wrote into one or more folders; ordinals run through them in this order.

        A `search` that `plan` chose needs what that wrote into `shared`. Only `search()` may miss anything, and only
        when the choice says so; what it finds has its exact score.
        """


class DenseBackend(DenseOpener, Protocol):
    """Makes dense indexes in folders of a generation, a volume each, and opens several as one."""

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """Write the `vectors` (n, dimension) of a volume into the existing, empty folder."""

    def plan(self, folders: Sequence[Path], shared: Path) -> DenseSearch:
        """Choose how the vectors in one or more folders are to be searched together, by their number and by trying.

        What that needs and belongs to none of them alone is written into the folder `shared`, which is made when there
        is such a thing. The same folders give the same choice and the same bytes.
        """


class Mirror(Protocol):
    """A place beside the index folder where the vectors of generations are, for machines that do not hold them."""

    def push(self, generation: str, parts: Callable[[], "Sequence[StoredVectors]"], progress: "Progress") -> None:
        """Have all vectors of a generation there, whole or not at all; nothing is done when they are.

        `parts` gives them in the order of their ordinals, each part of shape (n, dimension). Raises
        BackendUnavailable when they cannot be put there.
        """

    def prune(self, kept: Collection[str]) -> None:
        """Remove what was put there for generations that are not among the `kept` ones."""


class LexicalIndex(Protocol):
    """Searches words by BM25."""

    def search(self, query: str, limit: int) -> list[Hit]:
        """The `limit` best entries, best first, ties by ordinal; a query without known terms finds nothing."""

    def terms(self, text: str) -> list[str]:
        """The index terms of a text (folded and stemmed), in order, repeats included."""

    def document_frequency(self, term: str) -> int:
        """In how many entries the index term occurs, in any field."""

    def __len__(self) -> int:
        """The number of entries."""


class LexicalBackend(Protocol):
    """Makes lexical indexes in folders of a generation, a volume each, and opens several as one."""

    def terms(self, text: str) -> list[str]:
        """The index terms of a text, as an index that it opens gives them."""

    def build(self, entries: Iterable[LexicalEntry], folder: Path) -> None:
        """Write an index over `entries` of a volume into the existing, empty folder."""

    def open(self, folders: Sequence[Path]) -> LexicalIndex:
        """Open what `build` wrote into one or more folders; ordinals run through them in this order.

        Scores are as if all entries were in one index.
        """


class Reader(Protocol):
    """Finds the spans that answer a question inside retrieved passages."""

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """Candidates over all passages, best first; at most one for each quotable unit."""


class Judge(Protocol):
    """Decides from the whole candidate set how probable it is that the best candidate answers."""

    def judge(
        self,
        question: str,
        passages: Sequence[RankedPassage],
        candidates: Sequence[Candidate],
        lexical: LexicalIndex,
    ) -> Verdict:
        """The verdict; confidence 0 when there is no candidate."""


class Observer(Protocol):
    """Hears what happens, for logs and metrics."""

    def stage(self, name: str, milliseconds: float) -> None:
        """A stage of answering has ended."""

    def replied(self, *, answered: bool, confidence: float) -> None:
        """A question has been answered, or not."""


class Progress(Protocol):
    """Hears how far long work has come."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` units of the named stage are finished."""
