"""`qa.open()`: an engine over a folder of documents for Python programs, the same that all else uses.

Nothing is read from the environment or from settings files: a program says what it wants.
"""

from pathlib import Path
from typing import Any

from qa.configuration import make_settings
from qa.engine import Engine
from qa.index.build import BuildRequest
from qa.wiring import make_builder, make_encoder, make_engine


def open(corpus: str | Path, index: str | Path, *, build: bool = True, **settings: Any) -> Engine:  # noqa: A001  # qa.open
    """An engine that answers from the documents of the folder `corpus`, with its index in the folder `index`.

    The index is made if it is not there and brought up to date first, which is quick when nothing has changed; with
    `build=False` the engine answers from the index as it is. In both cases it answers from a newer one as soon as
    somebody has built one. `settings` are any of the table of settings in README.md, such as `answer_threshold=0.5`.

    The engine is safe for several threads. `ask()` gives a `Replied`, whose `reply` is an `Answer` or an `Abstention`;
    `stages()` gives the same step by step, `search()` the nearest passages, `documents()` what is indexed and what was
    skipped and why, and `document()` a document with the text that all offsets refer to (code points).

    Raises ConfigError for a setting that is unknown or impossible, CorpusError for a folder that is missing or has no
    document that can be read, IndexStoreError when there is no index (without `build`) or it cannot be used, and
    ModelUnavailable for a model that is not on this machine.
    """
    known = make_settings({"corpus": Path(corpus), "index": Path(index), **settings})
    encoder = make_encoder(known)
    if build:
        make_builder(known, encoder).build(known.corpus, _in_silence, BuildRequest(wait=True))
    engine = make_engine(known, encoder)
    engine.snapshot()  # what is wrong is said here, not at the first question
    return engine


def _in_silence(stage: str, done: int, total: int) -> None:
    """Show nothing."""
