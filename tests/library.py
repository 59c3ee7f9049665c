"""A corpus folder with its index, as tests use it: write files, build, ask; and a small corpus full of traps."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fastapi.testclient import TestClient

from fakes import FakeEncoder, FakeReader, RecordingObserver, no_progress
from qa.answering import Answerer
from qa.calibration import INTERCEPT, LogisticJudge
from qa.engine import Engine, Generation
from qa.errors import QAError
from qa.index.build import BuildReport, BuildRequest
from qa.index.dense import FaissBackend
from qa.index.editing import CorpusEditor
from qa.index.lexical import TantivyBackend
from qa.index.snapshot import Snapshot, open_current, open_other
from qa.index.store import IndexStore
from qa.live.follower import Follower
from qa.live.messages import Built
from qa.live.process import Builder
from qa.ports import Encoder, Observer, Progress, Reader
from qa.retrieval.hybrid import HybridRetriever
from qa.service.app import create_app
from qa.service.guards import Guards
from qa.service.holdings import Collection
from qa.service.metrics import Metrics
from qa.service.pictures import PagePictures
from qa.serving import Serving
from qa.settings import Settings
from qa.wiring import make_builder

WEB = Path(__file__).resolve().parents[1] / "web"
LOCAL = "http://127.0.0.1"

HARBOUR = """# Harbour rules

The harbour opens at six in the morning. Boats longer than forty metres need a pilot.

## Fees

- A berth costs twelve crowns a day.
- Fishing boats pay half of the fee.

| Season | Closing hour |
| ------ | ------------ |
| Winter | nineteen     |

## Lights

The green lantern marks the northern pier. The keeper of the tower writes every passing ship into a ledger that nobody
but the captain of the watch may open before the end of the season.
"""
SIGNALS = (
    "Signals \U0001f600\r\n\r\n"
    "The \U0001d52c\U0001d529\U0001d521 code \U0001f600\U0001f6a9 has three flags. "
    "Zoe\u0301 raises the red pennant \U0001f6a9 at noon, and her cafe\u0301 closes.\r\n\r\n"
    "\u05d4\u05d3\u05d2\u05dc is the Hebrew word for it.\r\n"
)
PARROT = """<script>alert('title')</script>

The parrot says <script>alert("text")</script> & squawks <b onclick='x'>loudly</b> at "night".
"""
PARROT_PATH = "<img src=x onerror=alert(1)>.txt"

FILES: Mapping[str, bytes] = {
    "harbour.md": HARBOUR.encode(),
    "letters/caf\u00e9 signals.txt": SIGNALS.encode(),
    PARROT_PATH: PARROT.encode(),
    "latin.txt": b"caf\xe9 is no UTF-8",
    "sheet.xyz": b"no parser reads this",
}
SKIPPED = {"latin.txt", "sheet.xyz"}

BERTH = "What does a berth cost a day?"
BERTH_QUOTE = "A berth costs twelve crowns a day."
PENNANT = "Who raises the red pennant at noon?"
PENNANT_QUOTE = "Zoe\u0301 raises the red pennant \U0001f6a9 at noon, and her cafe\u0301 closes."
SQUAWK = "What does the parrot say?"
SQUAWK_QUOTE = 'The parrot says <script>alert("text")</script> & squawks <b onclick=\'x\'>loudly</b> at "night".'
UNANSWERED = "Zebras graze where?"
JUDGEMENT = {reader: {INTERCEPT: -2.0, "coverage": 5.0} for reader in ("fake", "liar")}


@dataclass
class HereBuilder:
    """A follower's builder that builds in this process; `errors` are raised first, one a build."""

    library: "Library"
    requests: list[BuildRequest] = field(default_factory=list)
    errors: list[QAError] = field(default_factory=list)
    prepared: int = 0

    def __post_init__(self) -> None:
        self._builder = make_builder(self.library.settings, self.library.encoder)

    def build(self, request: BuildRequest, progress: Progress) -> Built:
        """Build with the library's encoder."""
        self.requests.append(request)
        if self.errors:
            raise self.errors.pop(0)
        return Built.of(self._builder.build(self.library.settings.corpus, progress, request))

    def prepare(self) -> None:
        """Nothing to make ready, so it is counted."""
        self.prepared += 1

    def rest(self) -> None:
        """Nothing to give back."""

    def stop(self) -> None:
        """Nothing to stop."""

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, kw_only=True)
class Library:
    """`settings` say where corpus and index lie; `encoder` both builds and asks."""

    settings: Settings
    encoder: Encoder = field(default_factory=FakeEncoder)

    @classmethod
    def at(cls, folder: Path, files: Mapping[str, bytes] = FILES, *, encoder: Encoder | None = None) -> "Library":
        """A corpus of small passages under `folder`, not yet indexed; one child process is enough to read it."""
        sizes = {"passage_tokens": 32, "passage_tokens_min": 16, "overlap_tokens": 7, "child_tokens": 16}
        settings = Settings.model_validate(
            {
                "corpus": folder / "corpus",
                "index": folder / "index",
                "reader": "sentence",
                "parser_processes": 1,
                **sizes,
            }
        )
        library = cls(settings=settings, encoder=encoder or FakeEncoder())
        settings.corpus.mkdir(parents=True)
        for path, content in files.items():
            library.write(path, content)
        return library

    @property
    def store(self) -> IndexStore:
        """The index folder."""
        return IndexStore(self.settings.index)

    def write(self, path: str, content: str | bytes) -> None:
        """Put a file into the corpus."""
        target = self.settings.corpus / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def build(self, *, force: bool = False) -> BuildReport:
        """Index the corpus."""
        builder = make_builder(self.settings, self.encoder)
        return builder.build(self.settings.corpus, no_progress, BuildRequest(force=force))

    def spoil(self) -> None:
        """Damage the published generation, as a bad disk would."""
        folder = self.store.folder(self.store.current())
        path = folder / min(self.store.manifest(folder.name).files)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)

    def engine(
        self,
        *,
        reader: Reader | None = None,
        observer: Observer | None = None,
        threshold: float = 0.0,
        opened: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        collection: str | None = None,
    ) -> Engine:
        """An engine that answers whenever its reader has a candidate; `opened` hears each opening of an index."""

        def current() -> str:
            return self.store.current()

        def open_newest() -> Snapshot:
            opened()
            return open_current(self.store, FaissBackend(), TantivyBackend(), encoder=self.encoder.fingerprint)

        def open_another() -> Snapshot:
            return open_other(self.store, FaissBackend(), TantivyBackend(), encoder=self.encoder.fingerprint)

        settings = self.settings
        serving: Serving[Generation] = Serving(
            current=current, open_current=open_newest, open_other=open_another, collection=collection, clock=clock
        )
        return Engine(
            retriever=HybridRetriever(encoder=self.encoder, depth=settings.depth),
            reader=reader or FakeReader(),
            answerer=Answerer(
                judge=LogisticJudge(weights=JUDGEMENT), threshold=threshold, max_citations=settings.max_citations
            ),
            serving=serving,
            observer=observer or RecordingObserver(),
            top_k=settings.top_k,
            max_question_characters=settings.max_question_characters,
        )

    def follower(
        self,
        builder: Builder | None = None,
        *,
        watch: bool = True,
        clock: Callable[[], float] = time.monotonic,
        refresh: Callable[[], object] = lambda: None,
        troubled: Callable[[], bool] = lambda: False,
    ) -> Follower:
        """A follower that builds in this process; it has not been started."""
        settings = self.settings.model_copy(update={"watch": watch})
        return Follower(settings, builder or HereBuilder(self), clock=clock, refresh=refresh, troubled=troubled)

    def client(
        self,
        engine: Engine | None = None,
        follower: Follower | None = None,
        pictures: PagePictures | None = None,
        editor: CorpusEditor | None = None,
        *,
        recording: bool = False,
        replica: bool = False,
        guards: Guards | None = None,
        metrics: Metrics | None = None,
    ) -> TestClient:
        """A browser for the service over an engine of this library; errors come as responses."""
        engine = engine or self.engine()
        collection = Collection.of(
            engine,
            self.settings.corpus,
            self.settings.index,
            follower=follower or self.follower(),
            pictures=pictures,
            editor=editor,
            recording=recording,
            replica=replica,
        )
        app = create_app([collection], web=WEB, hosts=["127.0.0.1"], guards=guards, metrics=metrics)
        return TestClient(app, base_url=LOCAL, raise_server_exceptions=False)
