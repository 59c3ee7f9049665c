"""Run as a program: `qa serve` in this process, with the fake encoder here and in the process that builds.

Arguments: `serve`, `worker`, `child` or `mcp`, the folder of the library and, for `serve` and `mcp`, settings as JSON
(with over one worker it is the supervisor). While a file `slow` lies in
the folder, each embedding step of the child takes a minute.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fakes import FakeEncoder, no_progress
from qa import cli_depot, cli_mcp, wiring
from qa.index.build import BuildRequest
from qa.live import child
from qa.service import run as service_run
from qa.service import worker
from qa.service.workers import run_workers
from qa.settings import Settings

if TYPE_CHECKING:
    from qa.ports import Encoder, Vectors

ROOT = Path(__file__).resolve().parents[1]


class ServedEncoder(FakeEncoder):
    """The fake one, which does not note every text: a service that is watched for what it holds must not hold these."""

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """As the fake one."""
        rows = super().encode(texts)
        self.encoded.clear()
        return rows


class SlowEncoder(ServedEncoder):
    """Waits while the file is there."""

    def __init__(self, flag: Path) -> None:
        super().__init__()
        self._flag = flag

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """As the fake one, later."""
        for _ in range(600):
            if not self._flag.exists():
                break
            time.sleep(0.1)
        return super().encode(texts)


def serve(folder: Path, values: str) -> None:
    """Build, then serve until the process is ended."""
    settings = Settings.model_validate(json.loads(values))

    def prepare(encoder: "Encoder") -> None:
        if settings.follow:
            cli_depot.prepare(settings)
            return
        for own in settings.each().values():
            wiring.make_builder(own, encoder).build(own.corpus, no_progress, BuildRequest(wait=True))

    def fake(_: Settings) -> "Encoder":
        return ServedEncoder()

    service_run.make_encoder = fake  # type: ignore[attr-defined,assignment]  # no model is loaded in a test
    here = (sys.executable, str(Path(__file__)))
    builder, one = (*here, "child", str(folder)), (*here, "worker", str(folder))
    if settings.workers > 1:
        run_workers(settings, prepare=lambda: prepare(ServedEncoder()), worker=one, builder=builder)
    else:
        service_run.run(settings, prepare=prepare, command=builder)


def work() -> None:
    """One of several web processes."""

    def fake(_: Settings) -> "Encoder":
        return ServedEncoder()

    worker.make_encoder = fake  # type: ignore[attr-defined,assignment]  # no model is loaded in a test
    worker.main()


def build(folder: Path) -> None:
    """The process that builds."""

    def slow(_: Settings) -> "Encoder":
        return SlowEncoder(folder / "slow")

    child.make_encoder = slow  # type: ignore[attr-defined,assignment]  # no model is loaded in a test
    child.main()


def answer_agents(values: str) -> None:
    """`qa mcp`."""

    def fake(_: Settings) -> "Encoder":
        return ServedEncoder()

    wiring.make_encoder = fake  # type: ignore[assignment]  # no model is loaded in a test
    cli_mcp.mcp(Settings.model_validate_json(values), argparse.Namespace(collection=None))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(Path(sys.argv[2]), sys.argv[3])
    elif sys.argv[1] == "mcp":
        answer_agents(sys.argv[3])
    elif sys.argv[1] == "worker":
        work()
    else:
        build(Path(sys.argv[2]))
