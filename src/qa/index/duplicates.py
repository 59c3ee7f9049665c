"""Documents whose text is nearly that of another one, told by sketches: at a cost that grows with the texts alone.

The sketch of a text is a MinHash signature of its phrases of four words (Broder, 1997): the share of equal entries of
two sketches estimates the share of phrases that the texts have in common. Only texts that agree in a whole band of
entries are compared, so that texts are never compared all with all.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.types import DocumentRecord

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEARLY = 0.8
"""From this share of phrases in common on, a document counts as nearly the same as another."""
PHRASE = 4
"""Words of a phrase."""
BANDS, ROWS = 16, 6
"""Texts with 0.8 of their phrases in common agree in some band with probability 0.99, those with 0.3 with 0.01."""
_TOGETHER = 4096
"""Phrases that are hashed at once for all entries, which takes 3 MB."""
_ENTRY = 2  # bytes kept of each smallest hash: two differ by chance alike once in 65,536
_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]|[^\\W\u3040-\u30ff\u3400-\u9fff]+")
"""A word, or one character of a script that is written without spaces."""


def sketch_of(text: str) -> str:
    """The sketch of a text, in base64; empty for one without words. Case and punctuation do not count."""
    words = _WORD.findall(text.casefold())
    if not words:
        return ""
    codes = np.array([_code(word) for word in words], np.uint64)
    width = min(PHRASE, len(words))
    phrases = np.zeros(len(words) - width + 1, np.uint64)
    for offset in range(width):
        phrases = _mixed(phrases + codes[offset : offset + len(phrases)])
    phrases = np.unique(phrases)
    parts = (phrases[start : start + _TOGETHER] for start in range(0, len(phrases), _TOGETHER))
    least = np.min([_mixed(part ^ _keys()).min(axis=1) for part in parts], axis=0)
    return base64.b64encode((least & np.uint64(0xFFFF)).astype("<u2").tobytes()).decode()


def likeness(one: str, other: str) -> float:
    """The estimated share of phrases that the texts of two sketches have in common, from 0 to 1."""
    first, second = _entries(one), _entries(other)
    return float(np.mean(first == second)) if len(first) == len(second) > 0 else 0.0


def with_duplicates(records: Sequence[DocumentRecord]) -> tuple[DocumentRecord, ...]:
    """The records, each document marked that is nearly the same as one before it, with the most alike.

    A text that is the very same has a likeness of 1; one that only seems so has less.
    """
    texts: dict[str, str] = {}
    bands: dict[tuple[int, bytes], str] = {}
    sketches: dict[str, str] = {}
    shared = _shared_bands([record.sketch for record in records if record.reason is None and record.sketch])
    marked = []
    for record in records:
        if record.reason is not None or not record.sketch:
            marked.append(_marked(record, None, 0.0))
            continue
        same = texts.get(record.text_sha256 or "")
        if same is not None:
            marked.append(_marked(record, same, 1.0))
            continue
        own = shared.get(record.sketch, [])
        near = dict.fromkeys(bands[band] for band in own if band in bands)
        most, path = max(((likeness(record.sketch, sketches[path]), path) for path in near), default=(0.0, ""))
        alike = most >= NEARLY
        marked.append(_marked(record, path, min(round(most, 2), 0.99)) if alike else _marked(record, None, 0.0))
        if not alike:
            texts[record.text_sha256 or ""] = record.path
            sketches[record.path] = record.sketch
            for band in own:
                bands.setdefault(band, record.path)
        else:
            texts[record.text_sha256 or ""] = path
    return tuple(marked)


def _marked(record: DocumentRecord, path: str | None, alike: float) -> DocumentRecord:
    """The record with its mark; most have had the same one before."""
    if (record.duplicate_of, record.likeness) == (path, alike):
        return record
    return replace(record, duplicate_of=path, likeness=alike)


def _shared_bands(sketches: Sequence[str]) -> dict[str, list[tuple[int, bytes]]]:
    """The bands in which a sketch agrees with another one, each with its entries; most sketches have none."""
    raw = b"".join(map(base64.b64decode, sketches))
    bands = np.frombuffer(raw, f"V{_ENTRY * ROWS}").reshape(len(sketches), BANDS)
    shared: dict[str, list[tuple[int, bytes]]] = {}
    for band in range(BANDS):
        _, values, counts = np.unique(bands[:, band], return_inverse=True, return_counts=True)
        for place in np.flatnonzero(counts[values] > 1).tolist():
            shared.setdefault(sketches[place], []).append((band, bands[place, band].tobytes()))
    return shared


def _entries(sketch: str) -> "NDArray[np.uint16]":
    return np.frombuffer(base64.b64decode(sketch), "<u2")


@lru_cache(maxsize=65_536)
def _code(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _mixed(numbers: Any) -> Any:
    """Every bit of 64 spread over all (the finalizer of SplitMix64, Steele et al., 2014); overflow is meant."""
    with np.errstate(over="ignore"):
        numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return numbers ^ (numbers >> np.uint64(31))


@lru_cache(maxsize=1)
def _keys() -> "NDArray[np.uint64]":
    """One key for each entry, in a column: each makes another order of all phrases."""
    keys = _mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    return np.asarray(keys).reshape(-1, 1)
