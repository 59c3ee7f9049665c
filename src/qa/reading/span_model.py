"""The span model behind ONNX Runtime, its only import: question and passages in, windows of logits out.

Any extractive question-answering model in the Hugging Face layout fits, exported to ONNX: inputs `input_ids`,
`attention_mask` and, if it has them, `token_type_ids`; outputs `start_logits` and `end_logits`; `tokenizer.json`
beside it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from qa.errors import ModelUnavailable
from qa.reading.decode import Window

PACKAGED_FOLDER = Path(__file__).parent / "weights"
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
MAX_TOKENS = 384
STRIDE = 128
"""Tokens that neighbouring windows over a long passage share; both as in the SQuAD recipe."""
MAX_QUESTION_TOKENS = 64
BATCH_TOKENS = 2048
"""Tokens in one run, padding counted: small batches of like length waste least on two cores."""


class SpanModel:
    """A model folder; weights are read on first use. `threads` 0 leaves the choice to ONNX Runtime."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._folder = folder
        self._threads = threads

    def windows(self, question: str, texts: Sequence[str]) -> list[list[Window]]:
        """For each text its windows in order; a text that fits into MAX_TOKENS with the question has one."""
        encodings = self._encode(question, texts)
        results: list[list[Window]] = [[] for _ in texts]
        found: dict[int, Window] = {}
        for batch in _batches([len(encoding.ids) for _, encoding in encodings]):
            found.update(zip(batch, self._run([encodings[index][1] for index in batch]), strict=True))
        for index, (text, _) in enumerate(encodings):
            results[text].append(found[index])
        return results

    def _encode(self, question: str, texts: Sequence[str]) -> list[tuple[int, Any]]:
        """The windows of all texts as token ids, each with the position of its text."""
        head = self._untruncated.encode(question, add_special_tokens=False)
        if len(head.ids) > MAX_QUESTION_TOKENS:
            question = question[: head.offsets[MAX_QUESTION_TOKENS - 1][1]]
        encodings: list[tuple[int, Any]] = []
        for position, whole in enumerate(self._tokenizer.encode_batch([(question, text) for text in texts])):
            encodings.extend((position, part) for part in (whole, *whole.overflowing))
        return encodings

    def _run(self, encodings: Sequence[Any]) -> Iterator[Window]:
        width = max(len(encoding.ids) for encoding in encodings)
        arrays = {
            "input_ids": _padded([encoding.ids for encoding in encodings], width),
            "attention_mask": _padded([encoding.attention_mask for encoding in encodings], width),
            "token_type_ids": _padded([encoding.type_ids for encoding in encodings], width),
        }
        wanted = {entry.name for entry in self._session.get_inputs()}
        starts, ends = self._session.run(
            ["start_logits", "end_logits"], {name: array for name, array in arrays.items() if name in wanted}
        )
        for start, end, encoding in zip(starts, ends, encodings, strict=True):
            inside = [index for index, part in enumerate(encoding.sequence_ids) if part == 1]
            yield Window(
                start=start[inside],
                end=end[inside],
                offsets=[encoding.offsets[index] for index in inside],
                null=float(start[0] + end[0]),
            )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the model file, shortened to 16 digits."""
        with (self._folder / MODEL_FILE).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    @cached_property
    def _untruncated(self) -> Any:
        from tokenizers import Tokenizer

        path = self._folder / TOKENIZER_FILE
        if not path.is_file():
            raise self._unavailable(f"{TOKENIZER_FILE} is missing")
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self._untruncated.to_str())
        tokenizer.enable_truncation(MAX_TOKENS, stride=STRIDE, strategy="only_second")
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self._threads
            options.log_severity_level = 3
            # Threads that spin while they wait take the core that the encoder or another caller needs.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            return onnxruntime.InferenceSession(
                str(self._folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises classes of its own that share only Exception
            raise self._unavailable(str(error).splitlines()[0]) from error

    def _unavailable(self, what: str) -> ModelUnavailable:
        return ModelUnavailable(
            f"The reader {self._folder.name!r} cannot be loaded: {what}.",
            remedy="Reinstall Quoth, or set QA_READER to a model folder, or to `sentence` to do without it.",
        )


def _padded(rows: Sequence[Sequence[int]], width: int) -> "np.ndarray[Any, np.dtype[np.int64]]":
    array = np.zeros((len(rows), width), np.int64)
    for index, row in enumerate(rows):
        array[index, : len(row)] = row
    return array


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Positions in batches of like length, each of at most BATCH_TOKENS tokens with its padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: (lengths[index], index)):
        if batch and lengths[index] * (len(batch) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
