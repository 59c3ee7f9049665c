"""The fast profile's encoder: one row of numbers for every token, and no network is run.

The table beside this file was made from the packaged weights (`training/distil_static.py`). A text's vector is the sum
of its tokens' rows, scaled to length 1; rare tokens have longer rows. The rows are whole numbers, so sums are exact: a
text has the same vector to the last bit on every machine, in any company. What a word means in its sentence is lost, so
this is for finding passages beside BM25; the sentences that are read are still compared by the packaged encoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.embedding.packaged import SHA256, TOKENIZER, packaged_folder
from qa.errors import ModelUnavailable
from qa.local_models import damaged_file, file_sha256
from qa.onnx_models import read_tokenizer
from qa.ports import TextPart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors

STATIC = "static"
FOLDER = Path(__file__).parent / "weights"
TABLE = "table.npy"
"""int8, shape (30522, 256): a row for every token of the packaged tokenizer."""
STANDS_FOR_NONE = "[UNK]"
"""The token of a text that has none."""


class StaticEncoder:
    """The table as an Encoder; its files are checked and read on first use. Safe for several callers."""

    def __init__(self) -> None:
        self._loading = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Names the table and the tokenizer; raises ModelUnavailable for a table that is not the expected one."""
        _check()
        return f"{STATIC}@{file_sha256(FOLDER / TABLE)[:16]}{SHA256[TOKENIZER][:16]}"

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """float32 unit vectors of shape (len(texts), 256), of all tokens of each text, however long."""
        loaded = self._loaded
        rows = np.empty((len(texts), loaded.table.shape[1]), np.float32)
        for row, ids in zip(rows, loaded.tokens(texts), strict=True):
            row[:] = loaded.direction(ids)
        return rows

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """The vectors of the parts' own words: here a word means the same in every text."""
        return self.encode([part.span.of(part.text) for part in parts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens left out."""
        return [len(ids) for ids in self._loaded.tokens(texts)]

    @property
    def _loaded(self) -> "_Table":
        with self._loading:
            return self._read

    @cached_property
    def _read(self) -> "_Table":
        _check()
        tokenizer = read_tokenizer((packaged_folder() / TOKENIZER).read_text(encoding="utf-8"))
        return _Table(tokenizer, np.load(FOLDER / TABLE), tokenizer.token_to_id(STANDS_FOR_NONE))


def _check() -> None:
    if damaged := damaged_file(FOLDER):
        raise ModelUnavailable(
            f"A file of the static encoder ({FOLDER / damaged}) is missing or not the expected one.",
            remedy="Install Quoth again, or take the packaged encoder: leave out `encoder` in the settings file, and "
            "QA_ENCODER.",
        )


@dataclass(frozen=True, slots=True)
class _Table:
    """The rows, int8, and what cuts texts into their numbers; the row `none` stands for a text without tokens."""

    tokenizer: Any
    table: "NDArray[np.int8]"
    none: int

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def direction(self, ids: Sequence[int]) -> "NDArray[np.float64]":
        """The sum of some rows, scaled to length 1."""
        total = self.table[ids or [self.none]].sum(axis=0, dtype=np.float64)
        if not total.any():
            total = self.table[self.none].astype(np.float64)
        scaled: NDArray[np.float64] = total / np.sqrt(total @ total)
        return scaled
