"""Milvus Lite as a server of its own on loopback, for tests: started, killed, started again on the same port.

`MILVUS_OF_TESTS=http://127.0.0.1:19530` has the tests that end no server ask that one instead. It must hold nothing
else: what they find there they remove.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import pytest

from fakes import no_progress
from qa.index.dense import FaissBackend
from qa.index.milvus import Milvus
from qa.index.remote import RemoteDenseIndex, RemoteVectors
from qa.ports import EXACT, DenseSearch

if TYPE_CHECKING:
    from qa.ports import Vectors

WHY = "pymilvus with milvus-lite is not installed: .venv/bin/python -m pip install 'pymilvus[milvus-lite]'"
PATIENCE = 60.0
ELSEWHERE = "MILVUS_OF_TESTS"


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class LiteServer:
    """A server over a folder; `port` stays the same when it is started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    elsewhere: str = ""

    @property
    def uri(self) -> str:
        """Where it answers."""
        return self.elsewhere or f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        pytest.importorskip("pymilvus", reason=WHY)
        pytest.importorskip("milvus_lite", reason=WHY)
        command = [sys.executable, "-m", "milvus_lite", "server", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--data-dir", str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.process.poll() is None, "Milvus Lite ended"
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("Milvus Lite does not listen")

    def kill(self) -> None:
        """End it as a crash would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
            self.process = None


@contextmanager
def lite_server(folder: Path) -> Iterator[LiteServer]:
    """A server for the time of a test, or of some."""
    server = LiteServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def some_server(folder: Path) -> Iterator[LiteServer]:
    """The one that the environment names, or else one for the time of some tests."""
    if os.environ.get(ELSEWHERE):
        yield LiteServer(folder, elsewhere=os.environ[ELSEWHERE])
    else:
        with lite_server(folder) as server:
            yield server


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiteServer]:
    """A server for the tests of a module, none of which ends it; a module takes it by `server = shared_server`."""
    with some_server(tmp_path_factory.mktemp("milvus")) as running:
        yield running


@dataclass
class PushingBackend:
    """A dense backend for the conformance class: what FAISS builds is put into Milvus when it is opened."""

    milvus: Milvus
    ledger: Path
    flat_up_to: int = 10**9

    def build(self, vectors: "Vectors", folder: Path) -> None:
        """What lies in the index folder is the same with Milvus and without."""
        FaissBackend().build(vectors, folder)

    def plan(self, folders: Sequence[Path], shared: Path) -> DenseSearch:
        """Milvus needs none."""
        return EXACT

    def open(
        self, folders: Sequence[Path], search: DenseSearch = EXACT, shared: Path | None = None
    ) -> RemoteDenseIndex:
        """Put it there under a new name, then open it."""
        remote = RemoteVectors(self.milvus, self.ledger, flat_up_to=self.flat_up_to)
        generation = f"000001-{token_hex(6)}"
        remote.push(generation, lambda: [FaissBackend().open([folder]).vectors() for folder in folders], no_progress)
        return remote.open(folders, search, Path(generation) / "dense")


def client_of(milvus: Milvus) -> Any:
    """The client of pymilvus itself, to look behind what is tested."""
    return milvus._connected()
