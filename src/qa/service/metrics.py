"""Figures for Prometheus: how many requests, how long, how it was decided, and how fresh the index is.

With several workers each keeps its figures in files of a folder that all share, and whichever is asked adds them up. No
figure has a word of a question or a name of a file in it.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from qa import __version__
from qa.engine import Engine, Health
from qa.live.shared import Following
from qa.live.stepping import FollowerState

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder of several workers; the library reads it when it is imported."""
CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Served(Protocol):
    """What is told of: an index with whoever keeps it up to date."""

    @property
    def engine(self) -> Engine:
        """What answers from it; its `collection` labels the figures, if it has a name."""

    @property
    def follower(self) -> Following:
        """What keeps it up to date."""


class Metrics:
    """Counts and times. An observer of the engine, too; safe for threads."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "quoth_requests", "Requests answered or refused.", ["method", "route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "quoth_request_seconds",
            "From a request's arrival to the end of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._stages = Histogram(
            "quoth_stage_seconds", "The stages of answering.", ["stage"], buckets=_SECONDS, registry=registry
        )
        self._replies = Counter(
            "quoth_replies", "Questions answered, and abstained from.", ["outcome"], registry=registry
        )
        self._working, self._waiting = (
            Gauge(f"quoth_requests_{name}", words, registry=registry, multiprocess_mode="livesum")
            for name, words in (("working", "Requests worked on now."), ("waiting", "Requests that wait for a place."))
        )

    def stage(self, name: str, milliseconds: float) -> None:
        """A stage of answering has ended."""
        self._stages.labels(name).observe(milliseconds / 1000)

    def replied(self, *, answered: bool, confidence: float) -> None:  # noqa: ARG002  # an observer is told it
        """A question has been answered, or not."""
        self._replies.labels("answered" if answered else "abstained").inc()

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered or refused; `route` is one of few, never an address that somebody made up."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def queue(self, working: int, waiting: int) -> None:
        """How many requests this process works on, and how many wait."""
        self._working.set(working)
        self._waiting.set(waiting)

    def exposition(self, collections: Sequence[Served]) -> bytes:
        """All figures in Prometheus' text format: those counted, of all workers, and those of each index now."""
        registry = CollectorRegistry()
        if SHARED_FOLDER in os.environ:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library's has no types
        else:
            registry.register(_Counted(self._registry))
        registry.register(_OfTheIndexes(collections))
        return generate_latest(registry)


class _Counted(Collector):
    """Another registry's figures."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        """As they are."""
        return self._registry.collect()


class _OfTheIndexes(Collector):
    """What is true of the indexes when somebody asks."""

    def __init__(self, collections: Sequence[Served]) -> None:
        self._collections = collections

    def collect(self) -> Iterator[Metric]:
        """A gauge each, with the name of the collection as its label where there is one."""
        yield InfoMetricFamily("quoth", "What is running.", value={"version": __version__})
        found = [_figures(one.engine.health(), one.follower.state()) for one in self._collections]
        names = [[one.engine.collection] if one.engine.collection else [] for one in self._collections]
        for name, words in _FIGURES.items():
            gauge = GaugeMetricFamily(f"quoth_{name}", words, labels=["collection"][: len(names[0])])
            for label, figures in zip(names, found, strict=True):
                value = figures[name]
                if value is not None:
                    gauge.add_metric(label, value)
            yield gauge


_FIGURES = {
    "ready": "Whether questions can be answered.",
    "stale": "Whether the index may not equal the folder.",
    "documents": "Documents in the index.",
    "passages": "Passages in the index.",
    "skipped_files": "Files that could not be read.",
    "changed_files": "Files that have changed and are not in the index yet.",
    "index_age_seconds": "Since the index was built.",
}


def _figures(health: Health, state: FollowerState) -> dict[str, float | None]:
    """The figures of one index; None for what is not known."""
    built = datetime.fromisoformat(health.created) if health.created else None
    return {
        "ready": health.ready,
        "stale": bool(health.problem or state.reason),
        "documents": health.documents,
        "passages": health.passages,
        "skipped_files": health.skipped,
        "changed_files": state.changes,
        "index_age_seconds": max(0.0, (datetime.now(UTC) - built).total_seconds()) if built else None,
    }


def forget(folder: Path, process: int) -> None:
    """A worker has ended: what it was doing it does no more; what it has counted stays."""
    mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # the library's has no types
