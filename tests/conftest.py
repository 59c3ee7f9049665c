"""Fixtures: a small corpus, its index with the fake encoder, an engine and a client; the shipped corpus for real."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from commands import Qa, Ran
from fakes import FakeEncoder, no_progress
from library import Library
from qa import wiring
from qa.cli import main
from qa.embedding.packaged import PackagedEncoder
from qa.embedding.remembering import RememberingEncoder
from qa.engine import Engine
from qa.reading.onnx_network import PACKAGED_FOLDER, OnnxNetwork
from qa.reading.span_model import SpanModel
from qa.service import run as service_run
from qa.settings import Settings
from qa.wiring import make_builder, make_engine

ROOT = Path(__file__).resolve().parents[1]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell, and so for all that is started
    signal.signal(signal.SIGINT, signal.default_int_handler)

for _profile, _fixed in (("fixed", True), ("explore", False)):
    hypothesis_settings.register_profile(
        _profile, derandomize=_fixed, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
"""The same examples in every run, so that a red test is the fault of the change at hand; `make torture` has others.

How long an example takes is no ground for failing: that is the machine's doing as much as the code's.
"""


@pytest.fixture(autouse=True)
def _logger_as_it_was() -> Iterator[None]:
    """Put the product's logger back, whatever a test configures."""
    logger = logging.getLogger("qa")
    before = (logger.handlers[:], logger.propagate, logger.level)
    yield
    logger.handlers[:], logger.propagate, logger.level = before


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """The small corpus, not yet indexed; a test may change it."""
    return Library.at(tmp_path / "library")


@pytest.fixture
def built(library: Library) -> Library:
    """The small corpus, indexed; a test may change it."""
    library.build()
    return library


@pytest.fixture(scope="session")
def shared_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The small corpus, indexed once; tests only read it."""
    library = Library.at(tmp_path_factory.mktemp("shared") / "library")
    library.build()
    return library


@pytest.fixture(scope="session")
def engine(shared_library: Library) -> Engine:
    """An engine over the shared library."""
    return shared_library.engine()


@pytest.fixture(scope="session")
def client(shared_library: Library, engine: Engine) -> TestClient:
    """A client of the service over the shared engine."""
    return shared_library.client(engine)


@pytest.fixture(scope="session")
def packaged_encoder() -> PackagedEncoder:
    """The encoder that Quoth ships with."""
    return PackagedEncoder()


@pytest.fixture(scope="session")
def packaged_span_model() -> SpanModel:
    """The span model that Quoth ships with."""
    return SpanModel(lambda: OnnxNetwork(PACKAGED_FOLDER), name="packaged")


@pytest.fixture(scope="session")
def real_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped corpus with an index of its own, all other settings at their defaults."""
    return Settings.model_validate({"corpus": ROOT / "corpus", "index": tmp_path_factory.mktemp("real") / "index"})


@pytest.fixture(scope="session")
def real_engine(real_settings: Settings, packaged_encoder: PackagedEncoder) -> Engine:
    """The product as it is wired, over the shipped corpus; no text is embedded twice."""
    encoder = RememberingEncoder(packaged_encoder)
    make_builder(real_settings, encoder).build(real_settings.corpus, no_progress)
    return make_engine(real_settings, encoder)


@pytest.fixture
def qa(library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Qa:
    """Runs a command in the library's folder, with the fake encoder and the reader that needs no model."""
    for name in [name for name in os.environ if name.startswith("QA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("QA_READER", "sentence")
    monkeypatch.chdir(library.settings.corpus.parent)
    monkeypatch.setattr(wiring, "make_encoder", lambda settings: FakeEncoder())
    monkeypatch.setattr(service_run, "make_encoder", lambda settings: FakeEncoder())

    def ran(*arguments: str, **environment: str) -> Ran:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            code = main(arguments)
        written = capsys.readouterr()
        return Ran(code, written.out, written.err)

    return ran
