"""Keeps the vectors of a build that has not published yet, so that a build that is broken off need not embed again.

One file beside the generations: a line that names the encoder, then one record a text (its SHA-256, the vector, a
CRC-32 of both). What a crash has torn is at the end, fails its check, and is cut off.
"""

import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from qa.ports import Vectors

FILE = "embedded.part"
_DIGEST, _CHECK = 32, 4


class PendingVectors:
    """The file in an index folder, for one encoder; used under the builder's lock."""

    def __init__(self, index: Path, encoder: str) -> None:
        self._path = index / FILE
        self._encoder = encoder

    def load(self) -> dict[bytes, "Vectors"]:
        """The vectors that were kept, by the SHA-256 of their text; none of another encoder."""
        try:
            data = self._path.read_bytes()
            head, _, _ = data.partition(b"\n")
            described = json.loads(head)
            dimension = int(described["dimension"]) if described["encoder"] == self._encoder else 0
        except (OSError, ValueError, KeyError, TypeError):
            dimension = 0
        if dimension <= 0:
            self.clear()
            return {}
        found: dict[bytes, Vectors] = {}
        place, size = len(head) + 1, _DIGEST + 4 * dimension + _CHECK
        while place + size <= len(data):
            body, check = data[place : place + size - _CHECK], data[place + size - _CHECK : place + size]
            if zlib.crc32(body).to_bytes(_CHECK, "little") != check:
                break
            found[body[:_DIGEST]] = np.frombuffer(body, "<f4", offset=_DIGEST)
            place += size
        with self._path.open("r+b") as file:
            file.truncate(place)
        return found

    def add(self, digests: Sequence[bytes], vectors: "Vectors") -> None:
        """Keep the vectors of some texts, shape (len(digests), dimension)."""
        with self._path.open("ab") as file:
            if file.tell() == 0:
                head = {"encoder": self._encoder, "dimension": vectors.shape[1]}
                file.write(json.dumps(head).encode() + b"\n")
            for digest, vector in zip(digests, vectors, strict=True):
                body = digest + vector.astype("<f4").tobytes()
                file.write(body + zlib.crc32(body).to_bytes(_CHECK, "little"))

    def clear(self) -> None:
        """Forget them: they are published, or of no use."""
        self._path.unlink(missing_ok=True)
