"""The vectors of a build's texts: those that are known already, and the others, encoded and kept as they come."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.index import volumes
from qa.index.gather import LastGeneration
from qa.index.pending import PendingVectors
from qa.index.volumes import DENSE_FOLDER
from qa.ports import DenseBackend, Encoder, Progress

if TYPE_CHECKING:
    from qa.ports import Vectors

ENCODE_STEP = 128
"""Texts encoded between two progress reports."""


def known_vectors(last: LastGeneration, dense: DenseBackend, wanted: Collection[bytes]) -> dict[bytes, "Vectors"]:
    """Those vectors of a generation that are `wanted`, by the SHA-256 of their text."""
    known: dict[bytes, Vectors] = {}
    for volume, digests in zip(last.manifest.volumes, last.records.digests(), strict=True):
        places = {digest: place for place, digest in enumerate(digests) if digest in wanted and digest not in known}
        if places:
            vectors = dense.open([_folder(last.folder, volume.name)]).vectors()
            known.update((digest, vectors[place]) for digest, place in places.items())
    return known


def encode_missing(
    known: dict[bytes, "Vectors"],
    texts: Mapping[bytes, str],
    encoder: Encoder,
    pending: PendingVectors,
    progress: Progress,
) -> int:
    """Add the vectors of all `texts` that are not `known`, shortest first; returns how many there were."""
    order = sorted((digest for digest in texts if digest not in known), key=lambda digest: (len(texts[digest]), digest))
    for start in range(0, len(order), ENCODE_STEP):
        progress("embedding", start, len(order))
        step = order[start : start + ENCODE_STEP]
        vectors = encoder.encode([texts[digest] for digest in step])
        known.update(zip(step, vectors, strict=True))
        pending.add(step, vectors)
    progress("embedding", len(order), len(order))
    return len(order)


def in_order(known: Mapping[bytes, "Vectors"], digests: Sequence[bytes]) -> "Vectors":
    """The vectors of some texts, shape (len(digests), dimension)."""
    return np.stack([known[digest] for digest in digests])


def _folder(generation: Path, volume: str) -> Path:
    return generation / volumes.FOLDER / volume / DENSE_FOLDER
