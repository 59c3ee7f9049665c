"""Milvus, the only import of pymilvus: collections of vectors on another machine, and what is done to them.

A collection has a row for each vector: its ordinal, which is the key, and the vector. A question goes there as a
vector, rows are named by their keys, which are numbers, and collections by names that are made of generations. No
filter is ever written, so nothing that anybody types can be part of one. (Milvus Lite, and servers before 2.5, know no
filters with parameters.)
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from qa.errors import BackendUnavailable, ModelUnavailable, QAError
from qa.index.comparing import widened
from qa.ports import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import StoredVectors, Vectors

FLAT, HNSW = "FLAT", "HNSW"
"""Kinds of index: every vector is compared, or a graph leads to some of them."""
PARAMETERS: dict[str, dict[str, int]] = {FLAT: {}, HNSW: {"M": 32, "efConstruction": 360}}
LEAST_BREADTH = 1024
"""Vectors that a search in a graph keeps in view (`ef`), or twice as many as are wanted."""
MOST = 16_384
"""Rows that Milvus gives at once (`topk`)."""
BATCH = 2_000
"""Rows that are sent at once: 3 MB of 384 numbers each, where a server takes 64."""
CHANNEL = {
    "grpc.initial_reconnect_backoff_ms": 500,
    "grpc.max_reconnect_backoff_ms": 2_000,
    "grpc.keepalive_time_ms": 300_000,
    "grpc.keepalive_permit_without_calls": False,
}
"""gRPC itself would wait for up to two minutes before it tries a server again that was away for long; and pymilvus
would ask every ten seconds whether a silent server is still there, whereupon servers hang up (“too many pings”)."""
SECONDS = 5.0
"""So long a question waits for Milvus."""
STAGE = "sending"
_ORDINAL, _VECTOR = "ordinal", "vector"
_REACH = "See that it runs and can be reached; it is tried again by itself."
_ONE_AT_A_TIME = "Such a file is for one process at a time: end the other one, or run Milvus as a server."
_INSTALL = "Install it beside Quoth: `.venv/bin/python -m pip install 'quoth[milvus]'`."


class Found(NamedTuple):
    """The nearest rows: their `ordinals` of shape (n,), and `vectors` of shape (n, dimension)."""

    ordinals: "NDArray[np.int64]"
    vectors: "Vectors"


@dataclass(kw_only=True)
class Milvus:
    """One server, or a file of Milvus Lite (`….db`), which one process at a time can use. Safe for several threads.

    Nothing is connected before it is first used. Each method raises BackendUnavailable when Milvus does not answer, or
    not as it should, and ModelUnavailable when pymilvus is not installed. What serves questions gives up after so many
    `seconds`; what fills a collection waits as long as it takes.
    """

    uri: str
    token: str = field(default="", repr=False)
    seconds: float = SECONDS
    _client: Any = field(default=None, init=False, repr=False)
    _connecting: Lock = field(default_factory=Lock, init=False, repr=False)
    _refused: tuple[int, str] = field(default=(0, ""), init=False, repr=False)

    def is_ready(self, name: str) -> bool:
        """Have a collection, or what an alias stands for, loaded if it is there; whether it is."""
        with self._told() as client:
            there: bool = client.has_collection(name, timeout=self.seconds)
            if there:
                client.load_collection(name, timeout=self.seconds)
            return there

    def size(self, name: str) -> int:
        """How many rows a collection has that is ready."""
        with self._told() as client:
            counted = client.query(
                name, filter="", output_fields=["count(*)"], consistency_level="Strong", timeout=self.seconds
            )
            return int(counted[0]["count(*)"])

    def kind(self, name: str) -> str:
        """The kind of its index."""
        with self._told() as client:
            return str(client.describe_index(name, _VECTOR, timeout=self.seconds)["index_type"])

    def dimension(self, name: str) -> int:
        """How many numbers a vector has."""
        with self._told() as client:
            fields = client.describe_collection(name, timeout=self.seconds)["fields"]
            return next(int(one["params"]["dim"]) for one in fields if one["name"] == _VECTOR)

    def nearest(self, name: str, query: "Vectors", limit: int) -> Found:
        """The `limit` rows (`MOST` at the most) of the largest inner products with a query of shape (dimension,)."""
        limit = min(limit, MOST)
        with self._told() as client:
            (hits,) = client.search(
                name,
                data=[query],
                limit=limit,
                output_fields=[_ORDINAL, _VECTOR],
                search_params={"metric_type": "IP", "params": {"ef": max(LEAST_BREADTH, 2 * limit)}},
                timeout=self.seconds,
            )
            return _found([hit["entity"] for hit in hits], len(query))

    def rows(self, name: str, ordinals: "NDArray[np.int64]") -> "Vectors":
        """The vectors at some ordinals (distinct ones), in that order, of shape (n, dimension)."""
        with self._told() as client:
            given: list[dict[str, Any]] = []
            for first in range(0, len(ordinals), MOST):
                keys = ordinals[first : first + MOST].tolist()
                given.extend(client.get(name, keys, output_fields=[_ORDINAL, _VECTOR], timeout=self.seconds))
            found = _found(given, 0)
            order = np.argsort(found.ordinals)
            places = np.searchsorted(found.ordinals, ordinals, sorter=order)
            if len(given) != len(ordinals) or not np.array_equal(found.ordinals[order[places]], ordinals):
                raise ValueError(f"{name} lacks some of {len(ordinals)} rows that it should have")
            return found.vectors[order[places]]

    def fill(self, name: str, parts: "Sequence[StoredVectors]", kind: str, progress: Progress) -> None:
        """Make a collection of all rows of some parts, each of shape (n, dimension), with an index, and load it."""
        types = _pymilvus().DataType
        total, done = sum(map(len, parts)), 0
        with self._told() as client:
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field(_ORDINAL, types.INT64, is_primary=True)
            schema.add_field(_VECTOR, types.FLOAT_VECTOR, dim=parts[0].shape[1])
            client.create_collection(name, schema=schema)
            for part in parts:
                for first in range(0, len(part), BATCH):
                    progress(STAGE, done, total)
                    rows = widened(part[first : first + BATCH])
                    client.insert(name, [{_ORDINAL: done + i, _VECTOR: row} for i, row in enumerate(rows)])
                    done += len(rows)
            progress(STAGE, total, total)
            client.flush(name)
            self._index(client, name, kind)

    def index_anew(self, name: str, kind: str) -> None:
        """Give a collection that is loaded an index of another kind."""
        with self._told() as client:
            client.release_collection(name)
            client.drop_index(name, _VECTOR)
            self._index(client, name, kind)

    def point(self, alias: str, name: str) -> None:
        """Have an alias stand for a collection from now on, in one step."""
        with self._told() as client:
            switch = client.alter_alias if client.has_collection(alias) else client.create_alias
            switch(name, alias)

    def drop(self, name: str) -> None:
        """Remove a collection, if it is there, with the aliases that stand for it."""
        with self._told() as client:
            if client.has_collection(name):
                for alias in client.list_aliases(name)["aliases"]:
                    client.drop_alias(alias)
                client.drop_collection(name)

    def close(self) -> None:
        """Give the connection back; the next use makes another one."""
        with self._connecting:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _index(self, client: Any, name: str, kind: str) -> None:
        parameters = client.prepare_index_params()
        parameters.add_index(_VECTOR, index_type=kind, metric_type="IP", params=PARAMETERS[kind])
        client.create_index(name, parameters)
        client.load_collection(name)

    def _connected(self) -> Any:
        """The client. Of several threads one connects; when it cannot, the others do not try it one after another."""
        make, before = _pymilvus().MilvusClient, self._refused[0]
        with self._connecting:
            if self._client is None:
                count, why = self._refused
                if count != before:
                    raise self._unavailable(why)
                try:
                    self._client = make(self.uri, token=self.token, timeout=self.seconds, grpc_options=CHANNEL)
                except Exception as error:  # whatever it is, those who wait are told the same
                    self._refused = (count + 1, _said_by(error))
                    raise
            return self._client

    @contextlib.contextmanager
    def _told(self) -> Iterator[Any]:
        """The client; what it raises is told here, and nowhere else."""
        try:
            yield self._connected()
        except QAError:
            raise
        except Exception as error:  # noqa: BLE001  # pymilvus and gRPC have no base in common
            raise self._unavailable(_said_by(error)) from None

    def _unavailable(self, why: str) -> BackendUnavailable:
        return BackendUnavailable(
            f"Milvus at {self.uri} does not answer as it should ({why}).",
            remedy=_ONE_AT_A_TIME if self.uri.endswith(".db") else _REACH,
        )


def _said_by(error: Exception) -> str:
    """What an error of pymilvus or gRPC says, in one line."""
    details = getattr(error, "details", None)  # gRPC's own errors have their words there
    said = getattr(error, "message", None) or (details() if callable(details) else None) or str(error)
    return (str(said) or type(error).__name__).splitlines()[0][:200]


def _found(rows: Sequence[Any], dimension: int) -> Found:
    ordinals = np.array([row[_ORDINAL] for row in rows], np.int64)
    vectors = np.array([row[_VECTOR] for row in rows], np.float32)
    return Found(ordinals, vectors if len(rows) else vectors.reshape(0, dimension))


def _pymilvus() -> Any:
    try:
        import pymilvus
    except ImportError:
        raise ModelUnavailable(
            "The setting `milvus` needs pymilvus, which is not installed.", remedy=_INSTALL
        ) from None
    for library in ("pymilvus", "milvus_lite"):  # they print what they raise, too
        logging.getLogger(library).setLevel(logging.CRITICAL)
    return pymilvus
