"""Another encoder that remembers the vectors of the texts that it met last: questions, and sentences that were read."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from qa.ports import Encoder, TextPart

if TYPE_CHECKING:
    from qa.ports import Vectors

KEPT = 4096
"""Texts remembered: some 6 MB of vectors of 384 numbers, and the sentences of about 70 questions."""


class RememberingEncoder:
    """Encodes only what it has not met lately; safe for several callers."""

    def __init__(self, encoder: Encoder, *, kept: int = KEPT) -> None:
        self._encoder = encoder
        self._kept = kept
        self._changing = Lock()
        self._known: OrderedDict[str, Vectors] = OrderedDict()

    @property
    def fingerprint(self) -> str:
        """That of the encoder inside."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """float32 unit vectors of shape (len(texts), dimension); each distinct text is encoded once at most."""
        found = self._recalled(texts)
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new or not texts:
            rows = self._encoder.encode(new)
            if not texts:
                return rows
            fresh = dict(zip(new, (row.copy() for row in rows), strict=True))
            found.update(fresh)
            self._remember(fresh)
        return np.stack([found[text] for text in texts])

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """Those of the encoder inside; a build keeps what it encodes itself."""
        return self._encoder.encode_parts(parts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Those of the encoder inside."""
        return self._encoder.count_tokens(texts)

    def _recalled(self, texts: Sequence[str]) -> "dict[str, Vectors]":
        with self._changing:
            found = {text: self._known[text] for text in texts if text in self._known}
            for text in found:
                self._known.move_to_end(text)
        return found

    def _remember(self, fresh: "dict[str, Vectors]") -> None:
        with self._changing:
            self._known.update(fresh)
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
