"""What a check looks at and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from qa.index.build import IndexBuilder
from qa.index.manifest import Manifest
from qa.index.store import IndexStore
from qa.ports import Encoder
from qa.settings import Settings


class State(StrEnum):
    """`fail` keeps something from working, `warn` is worth knowing, `skipped` could not be looked at."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Outcome(NamedTuple):
    """What a check found, in a sentence, and what to do about it when it is not well."""

    state: State
    words: str
    remedy: str = ""


class Finding(NamedTuple):
    """The outcome of a check under its name."""

    name: str
    state: State
    words: str
    remedy: str


@dataclass(frozen=True)
class Patient:
    """What is looked at. `builder` is what would build the index, `web` has the templates; the rest is the machine."""

    settings: Settings
    encoder: Encoder
    builder: Callable[[], IndexBuilder]
    web: Callable[[], Path]
    reader_weights: Path
    proc: Path = Path("/proc")
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    @cached_property
    def store(self) -> IndexStore:
        """The index folder."""
        return IndexStore(self.settings.index, vectors_elsewhere=bool(self.settings.milvus))

    @cached_property
    def manifest(self) -> Manifest:
        """The manifest of the published generation; raises an IndexStoreError."""
        return self.store.manifest(self.store.current())


@dataclass(frozen=True, slots=True)
class Check:
    """`look` is made when the checks that it `needs` are well; of errors only OSError may escape it."""

    name: str
    look: Callable[[Patient], Outcome]
    needs: tuple[str, ...] = ()


def well(words: str) -> Outcome:
    """Nothing is amiss."""
    return Outcome(State.OK, words)
