"""The vectors of a build: those that are known already, and the others, encoded and kept as they come."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.index import volumes
from qa.index.gather import GLANCE_SECONDS, LastGeneration
from qa.index.manifest import Manifest
from qa.index.pending import PendingVectors
from qa.index.volumes import DENSE_FOLDER
from qa.ports import DenseBackend, Encoder, Progress, TextPart

if TYPE_CHECKING:
    from qa.ports import StoredVectors, Vectors

    _Step = tuple[list[bytes], Vectors]

ENCODE_STEP = 64
"""Passages encoded between two progress reports."""
LEAST_STEP = 8
"""Passages in a step where several are encoded at once and there are few: then each encoder has STEPS_EACH of them."""
STEPS_EACH = 4


def known_vectors(last: LastGeneration, dense: DenseBackend, wanted: Collection[bytes]) -> dict[bytes, "StoredVectors"]:
    """Those vectors of a generation that are `wanted`, by the digest of what they are of."""
    known: dict[bytes, StoredVectors] = {}
    for volume, digests in zip(last.manifest.volumes, last.records.digests(), strict=True):
        places = {digest: place for place, digest in enumerate(digests) if digest in wanted and digest not in known}
        if places:
            vectors = dense.open([_folder(last.folder, volume.name)]).vectors()
            known.update((digest, vectors[place]) for digest, place in places.items())
    return known


def encode_missing(
    known: dict[bytes, "StoredVectors"],
    parts: Mapping[bytes, TextPart],
    encoder: Encoder,
    pending: PendingVectors,
    progress: Progress,
    encoders: int = 1,
) -> int:
    """Add the vectors of all `parts` that are not `known`, shortest texts first; returns how many there were.

    With more than one of `encoders`, so many threads call the encoder at once. Vectors are kept in `pending` as they
    come.
    """
    of_text: dict[str, list[bytes]] = {}
    for digest, part in parts.items():
        if digest not in known:
            of_text.setdefault(part.text, []).append(digest)
    order, done = sorted(of_text, key=lambda text: (len(text), text)), 0
    total, size = sum(map(len, of_text.values())), _step(len(order), encoders)
    starts = range(0, len(order), size)
    steps = ([digest for text in order[start : start + size] for digest in of_text[text]] for start in starts)
    progress("embedding", done, total)
    for step, vectors in _encoded(steps, parts, encoder, encoders):
        known.update(zip(step, vectors, strict=True))
        pending.add(step, vectors)
        done += len(step)
        progress("embedding", done, total)
    return total


def _step(texts: int, encoders: int) -> int:
    """Passages to encode in one go."""
    if encoders == 1:
        return ENCODE_STEP
    return min(ENCODE_STEP, max(LEAST_STEP, texts // (STEPS_EACH * encoders)))


def _encoded(
    steps: Iterable[list[bytes]], parts: Mapping[bytes, TextPart], encoder: Encoder, encoders: int
) -> Iterator["_Step"]:
    """Each step with its vectors, as they come; no more than two steps for each encoder are under way."""

    def encoded(step: list[bytes]) -> "_Step":
        return step, encoder.encode_parts([parts[digest] for digest in step])

    if encoders == 1:
        yield from map(encoded, steps)
        return
    pool = ThreadPoolExecutor(encoders, thread_name_prefix="encoding")
    under_way: set[Future[_Step]] = set()
    try:
        for step in steps:
            if len(under_way) == 2 * encoders:
                yield from _finished(under_way)
            under_way.add(pool.submit(encoded, step))
        while under_way:
            yield from _finished(under_way)
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(under_way: set["Future[_Step]"]) -> Iterator["_Step"]:
    """Wait for one or more, and take them out; what was encoded comes before anything that failed is raised."""
    done: set[Future[_Step]] = set()
    while not done:
        done, _ = wait(under_way, GLANCE_SECONDS, return_when=FIRST_COMPLETED)
    under_way -= done
    for future in sorted(done, key=lambda one: one.exception() is not None):
        yield future.result()


def in_order(known: Mapping[bytes, "StoredVectors"], digests: Sequence[bytes]) -> "Vectors":
    """Some vectors, shape (len(digests), dimension)."""
    return np.array([known[digest] for digest in digests], np.float32)


def vector_folders(generation: Path, manifest: Manifest) -> list[Path]:
    """Where the vectors of each volume of a generation lie."""
    return [_folder(generation, volume.name) for volume in manifest.volumes]


def _folder(generation: Path, volume: str) -> Path:
    return generation / volumes.FOLDER / volume / DENSE_FOLDER
