"""Fixtures: a small corpus, its index with the fake encoder, an engine and a client; the shipped corpus for real."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fakes import RememberingEncoder, no_progress
from library import Library
from qa.embedding import SentenceTransformerEncoder
from qa.engine import Engine
from qa.settings import Settings
from qa.wiring import make_builder, make_engine

ROOT = Path(__file__).resolve().parents[1]


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
def packaged_encoder() -> SentenceTransformerEncoder:
    """The encoder that Quoth ships with."""
    return SentenceTransformerEncoder()


@pytest.fixture(scope="session")
def real_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The shipped corpus with an index of its own, all other settings at their defaults."""
    return Settings(corpus=ROOT / "corpus", index=tmp_path_factory.mktemp("real") / "index")


@pytest.fixture(scope="session")
def real_engine(real_settings: Settings, packaged_encoder: SentenceTransformerEncoder) -> Engine:
    """The product as it is wired, over the shipped corpus; no text is embedded twice."""
    encoder = RememberingEncoder(packaged_encoder)
    make_builder(real_settings, encoder).build(real_settings.corpus, no_progress)
    return make_engine(real_settings, encoder)
