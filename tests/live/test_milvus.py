"""A service whose vectors are in Milvus: its answers, what is published when, and a server that dies and comes back."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from commands import Qa
from fakes import FakeEncoder, no_progress
from library import BERTH, BERTH_QUOTE, HARBOUR, HereBuilder, Library
from milvus_server import LiteServer, client_of, lite_server, shared_server
from qa.configuration import make_settings
from qa.depot.place import Depot
from qa.depot.pushing import push
from qa.embedding.packaged import PackagedEncoder
from qa.embedding.remembering import RememberingEncoder
from qa.engine import Engine
from qa.errors import BackendUnavailable, ConfigError, IndexStoreError
from qa.evaluation.question_sets import load_question_set
from qa.index import remote
from qa.index.milvus import Milvus
from qa.index.volumes import DENSE_FOLDER
from qa.settings import Settings
from qa.types import Answer
from qa.wiring import make_builder, make_engine, make_puller

QUESTIONS = Path(__file__).resolve().parents[1] / "acceptance" / "corpus_questions.jsonl"
HOSTILE = (
    '") or ordinal >= 0 //',
    "ordinal in [0, 1, 2] or 1 == 1",
    "berth'; drop collection quoth; --",
    "{ordinals} {0} %s \\",
    "berth\u202e || 1 == 1 /* [0] */",
)
PATIENCE = 30.0


server = shared_server


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[LiteServer]:
    """One of its own, which a test may end."""
    with lite_server(tmp_path / "milvus") as running:
        yield running


def with_milvus(library: Library, server: LiteServer) -> Library:
    """The same library, its vectors in Milvus."""
    return replace(library, settings=library.settings.model_copy(update={"milvus": server.uri}))


def engine_of(library: Library) -> Engine:
    """An engine as the settings wire it, which answers whenever it can."""
    return make_engine(library.settings.model_copy(update={"answer_threshold": 0.0}), library.encoder)


def collections(server: LiteServer) -> set[str]:
    return set(client_of(Milvus(uri=server.uri)).list_collections())


def aliases(library: Library) -> set[str]:
    """Under which the generations that are kept are published."""
    return {remote.alias_of(name) for name in library.store.generations()}


def test_answers_are_those_of_one_machine(
    server: LiteServer, real_settings: Settings, packaged_encoder: PackagedEncoder, tmp_path: Path
) -> None:
    """The shipped corpus, the packaged encoder and reader, questions with and without an answer, and hostile ones."""
    encoder = RememberingEncoder(packaged_encoder)
    there = real_settings.model_copy(update={"milvus": server.uri})
    make_builder(there, encoder).build(there.corpus, no_progress)
    local, distant = make_engine(real_settings, encoder), make_engine(there, encoder)
    questions = [known.text for known in load_question_set(QUESTIONS).questions]

    for question in [*questions, *HOSTILE]:
        assert distant.search(question, limit=50) == local.search(question, limit=50)
    for question in [*questions[::6], *HOSTILE[:2]]:
        assert distant.ask(question).reply == local.ask(question).reply
    (name,) = collections(server)
    assert Milvus(uri=server.uri).size(name) == local.snapshot().vectors == distant.snapshot().vectors


def test_the_files_are_those_of_a_build_without_milvus(server: LiteServer, library: Library) -> None:
    manifest = with_milvus(library, server).build().manifest
    assert library.build(force=True).manifest.files == manifest.files


def test_whoever_asks_meanwhile_gets_one_generation_whole(server: LiteServer, library: Library) -> None:
    """Six publications while two engines are asked: each reply is the one that its generation gives by itself."""
    library = with_milvus(library, server)
    prices = ["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"]
    quotes: dict[str, str] = {}

    def publish(price: str) -> None:
        library.write("harbour.md", HARBOUR.replace("twelve", price) + "\n\nA line more.\n" * prices.index(price))
        quotes[library.build().manifest.id] = BERTH_QUOTE.replace("twelve", price)

    publish(prices[0])
    stop, failures, seen = threading.Event(), [], set()
    engines = [engine_of(library), engine_of(library)]

    def ask(engine: Engine) -> None:
        while not stop.is_set():
            try:
                reply = engine.ask(BERTH).reply
                assert isinstance(reply, Answer)
                seen.add((reply.generation, reply.citations[0].quote))
            except Exception as error:  # noqa: BLE001  # told below
                failures.append(error)

    threads = [threading.Thread(target=ask, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for price in prices[1:]:
        publish(price)
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()

    assert not failures
    assert len(seen) > 2
    assert all(quotes[generation] == quote for generation, quote in seen)
    assert {name.rpartition("_")[0] for name in collections(server)} >= aliases(library)


def test_old_vectors_go_with_their_generations(server: LiteServer, library: Library, qa: Qa) -> None:
    library = with_milvus(library, server)
    before = collections(server)
    for text in ("One.", "Two.", "Three."):
        library.write("note.md", text)
        library.build()
    assert {name.rpartition("_")[0] for name in collections(server) - before} == aliases(library)
    assert len(library.store.generations()) == library.settings.keep_generations == 2

    arguments = ("index", "--index", str(library.settings.index), "--prune")
    assert qa(*arguments, QA_MILVUS=server.uri).code == 0
    assert {name.rpartition("_")[0] for name in collections(server) - before} == aliases(library)
    assert len(aliases(library)) == 1


def test_a_document_that_is_deleted_is_not_found_by_the_next_question(server: LiteServer, library: Library) -> None:
    library = with_milvus(library, server)
    library.write("octopus.md", "The octopus has three hearts.")
    library.build()
    engine = engine_of(library)
    assert "octopus.md" in [found.passage.path for found in engine.search("octopus hearts", limit=50)]

    (library.settings.corpus / "octopus.md").unlink()
    library.build()
    assert "octopus.md" not in [found.passage.path for found in engine.search("octopus hearts", limit=50)]


def test_a_dead_server_is_told_and_it_comes_back_by_itself(
    mortal: LiteServer, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed under a service: 503 with what is wrong, and probes say it; documents can be read; then it is back."""
    monkeypatch.setattr(remote, "PAUSE_SECONDS", 0.1)
    library = with_milvus(library, mortal)
    library.build()
    client = library.client(engine_of(library))
    answered = client.post("/ask", json={"question": BERTH}).json()
    assert answered["citations"][0]["quote"] == BERTH_QUOTE
    assert client.get("/readyz").status_code == 200

    mortal.kill()
    time.sleep(0.2)
    refused = client.post("/ask", json={"question": "Who writes into the ledger?"})
    assert refused.status_code == 503
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["type"] == "urn:quoth:backend-unavailable"
    assert mortal.uri in problem["detail"]
    assert problem["remedy"]
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert mortal.uri in ready.json()["problem"]
    state = client.get("/index").json()
    assert (state["state"], mortal.uri in state["reason"]) == ("failed", True)
    assert client.get("/documents").status_code == 200
    assert client.get("/livez").status_code == 200

    mortal.start()
    until = time.monotonic() + PATIENCE
    while client.get("/readyz").status_code != 200:
        assert time.monotonic() < until, client.get("/readyz").text
        time.sleep(0.1)
    assert client.post("/ask", json={"question": BERTH, "exact": True}).json()["answer"] == answered["answer"]
    assert client.get("/index").json()["state"] == "idle"


def test_a_build_publishes_nothing_that_it_cannot_put_there(mortal: LiteServer, library: Library) -> None:
    """What answers is then older than the folder, the follower says why, and builds it when the server is back."""
    library = with_milvus(library, mortal)
    before = library.build().manifest.id
    library.write("octopus.md", "The octopus has three hearts.")
    mortal.kill()
    with pytest.raises(BackendUnavailable, match=mortal.uri):
        library.build()
    assert library.store.current() == before

    follower = library.follower(HereBuilder(library))
    follower.reindex()
    follower.step()
    assert mortal.uri in str(follower.state().reason)
    assert library.store.current() == before

    mortal.start()
    until = time.monotonic() + PATIENCE
    while follower.state().reason is not None or library.store.current() == before:
        assert time.monotonic() < until, follower.state().reason
        follower.reindex()
        follower.step()
        time.sleep(0.1)
    assert engine_of(library).ask("How many hearts has the octopus?").reply.generation == library.store.current()


def test_a_generation_that_is_not_there_leaves_the_one_before_answering(server: LiteServer, library: Library) -> None:
    """Stale, with the reason; `qa index` with nothing new puts its vectors there, and it answers."""
    library = with_milvus(library, server)
    before = library.build().manifest.id
    engine = engine_of(library)
    engine.snapshot()
    library.write("octopus.md", "The octopus has three hearts.")
    now = library.build().manifest.id
    lost = next(name for name in collections(server) if name.startswith(remote.alias_of(now)))
    Milvus(uri=server.uri).drop(lost)

    client = library.client(engine)
    assert client.get("/readyz").json() | {"problem": None} == {
        **client.get("/readyz").json(), "status": "stale", "generation": before, "problem": None
    }  # fmt: skip
    assert "has no vectors of this generation" in client.get("/readyz").json()["problem"]
    assert engine.troubled()
    assert not library.build().published
    assert engine_of(library).snapshot().generation == now
    for name in collections(server):
        Milvus(uri=server.uri).drop(name)
    with pytest.raises(IndexStoreError, match="no vectors of this generation"):
        engine_of(library).snapshot()


def test_a_service_starts_before_milvus_does(mortal: LiteServer, library: Library) -> None:
    library = with_milvus(library, mortal)
    library.build()
    mortal.kill()
    engine = engine_of(library)

    engine.warm()
    assert not engine.health().ready
    assert mortal.uri in str(engine.health().problem)
    mortal.start()
    until = time.monotonic() + PATIENCE
    while not engine.health().ready:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert isinstance(engine.ask(BERTH).reply, Answer)


def test_a_replica_holds_no_vectors(server: LiteServer, library: Library, tmp_path: Path) -> None:
    """What it pulls are records and words; it answers as the machine does that built them."""
    library = with_milvus(library, server)
    library.build()
    depot = Depot(str(tmp_path / "depot"))
    push(library.store, depot, no_progress, keep=2)
    settings = library.settings.model_copy(update={"index": tmp_path / "replica", "corpus": tmp_path / "none"})
    replica = replace(library, settings=settings)
    pulled = make_puller(settings, library.encoder).pull(depot, no_progress)

    assert pulled.files > 3
    assert not [path for path in settings.index.rglob("*") if DENSE_FOLDER in path.parts]
    assert engine_of(replica).ask(BERTH).reply == engine_of(library).ask(BERTH).reply
    assert make_puller(settings).pull(depot, no_progress, check=True).files == 0
    with pytest.raises(IndexStoreError):
        make_engine(settings.model_copy(update={"milvus": ""}), FakeEncoder()).snapshot()


def test_a_file_of_milvus_lite_is_enough_for_one_process(library: Library, tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed")
    settings = library.settings.model_copy(update={"milvus": str(tmp_path / "lite.db")})
    library = replace(library, settings=settings)
    library.build()
    assert isinstance(engine_of(library).ask(BERTH).reply, Answer)

    program = f"from qa.index.milvus import Milvus; Milvus(uri={settings.milvus!r}).is_ready('any')"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "one process at a time" in other.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "uri",
    ["milvus:19530", "ftp://host", "http://", "http://user:secret@host:19530", "/some/folder", "'; drop", "http:/x"],
)
def test_an_address_that_cannot_be_is_refused(uri: str) -> None:
    with pytest.raises(ConfigError, match="milvus") as refused:
        make_settings({"milvus": uri})
    assert "secret" not in str(refused.value)


def test_addresses_and_tokens(tmp_path: Path) -> None:
    assert make_settings({"milvus": "~/lite.db"}).milvus == str(Path.home() / "lite.db")
    for uri in ("http://127.0.0.1:19530", "https://milvus.example/database", ""):
        assert make_settings({"milvus": uri}).milvus == uri
    settings = make_settings({"milvus": "http://host:1", "milvus_token": "root:secret"})
    assert "secret" not in repr(settings)
    assert "secret" not in repr(Milvus(uri=settings.milvus, token=settings.milvus_token))
