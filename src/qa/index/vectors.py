"""The vectors of a build: those that are known already, and the others, encoded and kept as they come."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from qa.index import volumes
from qa.index.gather import LastGeneration
from qa.index.manifest import Manifest
from qa.index.pending import PendingVectors
from qa.index.volumes import DENSE_FOLDER
from qa.ports import DenseBackend, Encoder, Progress, TextPart

if TYPE_CHECKING:
    from qa.ports import Vectors

ENCODE_STEP = 64
"""Passages encoded between two progress reports."""


def known_vectors(last: LastGeneration, dense: DenseBackend, wanted: Collection[bytes]) -> dict[bytes, "Vectors"]:
    """Those vectors of a generation that are `wanted`, by the digest of what they are of."""
    known: dict[bytes, Vectors] = {}
    for volume, digests in zip(last.manifest.volumes, last.records.digests(), strict=True):
        places = {digest: place for place, digest in enumerate(digests) if digest in wanted and digest not in known}
        if places:
            vectors = dense.open([_folder(last.folder, volume.name)]).vectors()
            known.update((digest, vectors[place]) for digest, place in places.items())
    return known


def encode_missing(
    known: dict[bytes, "Vectors"],
    parts: Mapping[bytes, TextPart],
    encoder: Encoder,
    pending: PendingVectors,
    progress: Progress,
) -> int:
    """Add the vectors of all `parts` that are not `known`, shortest texts first; returns how many there were."""
    of_text: dict[str, list[bytes]] = {}
    for digest, part in parts.items():
        if digest not in known:
            of_text.setdefault(part.text, []).append(digest)
    order, done = sorted(of_text, key=lambda text: (len(text), text)), 0
    total = sum(map(len, of_text.values()))
    for start in range(0, len(order), ENCODE_STEP):
        progress("embedding", done, total)
        step = [digest for text in order[start : start + ENCODE_STEP] for digest in of_text[text]]
        vectors = encoder.encode_parts([parts[digest] for digest in step])
        known.update(zip(step, vectors, strict=True))
        pending.add(step, vectors)
        done += len(step)
    progress("embedding", total, total)
    return total


def in_order(known: Mapping[bytes, "Vectors"], digests: Sequence[bytes]) -> "Vectors":
    """Some vectors, shape (len(digests), dimension)."""
    return np.stack([known[digest] for digest in digests])


def vector_folders(generation: Path, manifest: Manifest) -> list[Path]:
    """Where the vectors of each volume of a generation lie."""
    return [_folder(generation, volume.name) for volume in manifest.volumes]


def _folder(generation: Path, volume: str) -> Path:
    return generation / volumes.FOLDER / volume / DENSE_FOLDER
