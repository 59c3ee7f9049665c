"""Tiny ONNX models written byte by byte: for each token id a start and an end logit, looked up in two tables.

Field numbers are those of ONNX's `onnx.proto3`; the `onnx` package is not needed to run Quoth, nor to test it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

_FLOAT, _INT64 = 1, 7


def write_lookup(
    path: Path,
    start: Sequence[float],
    end: Sequence[float],
    *,
    outputs: tuple[str, str] = ("start_logits", "end_logits"),
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
    wide: bool = False,
) -> None:
    """A model whose logits at a token are `start[id]` and `end[id]`; `wide` gives each twice, in one more dimension."""
    tables = [np.array(table, np.float32) for table in (start, end)]
    tables = [np.stack([table, table], axis=1) if wide else table for table in tables]
    shape = 3 if wide else 2
    graph = b"".join(
        [
            *(_field(1, _gather(f"table{n}", output)) for n, output in enumerate(outputs)),
            _field(2, b"lookup"),
            *(_field(5, _tensor(f"table{n}", table)) for n, table in enumerate(tables)),
            *(_field(11, _value(name, _INT64, 2)) for name in inputs),
            *(_field(12, _value(name, _FLOAT, shape)) for name in outputs),
        ]
    )
    path.write_bytes(_field(1, 8) + _field(8, _field(1, b"") + _field(2, 17)) + _field(7, graph))


def _gather(table: str, output: str) -> bytes:
    return _field(1, table.encode()) + _field(1, b"input_ids") + _field(2, output.encode()) + _field(4, b"Gather")


def _tensor(name: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> bytes:
    dimensions = b"".join(_field(1, size) for size in values.shape)
    return dimensions + _field(2, _FLOAT) + _field(8, name.encode()) + _field(9, values.tobytes())


def _value(name: str, kind: int, dimensions: int) -> bytes:
    shape = b"".join(_field(1, _field(2, f"d{n}".encode())) for n in range(dimensions))
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, kind) + _field(2, shape)))


def _field(number: int, value: int | bytes) -> bytes:
    """One field of a protocol buffer: a number, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
