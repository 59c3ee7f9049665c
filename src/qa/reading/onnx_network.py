"""A span network in ONNX Runtime: the packaged reader, or any question-answering model exported.

The folder holds `model.onnx` (inputs `input_ids`, `attention_mask` and, if it has them, `token_type_ids`; outputs
`start_logits` and `end_logits`) and `tokenizer.json`; `config.json` and `tokenizer_config.json` are heeded if there.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.onnx_models import open_session
from qa.reading.windows import TokenLayout

if TYPE_CHECKING:
    from qa.reading.span_model import Logits
    from qa.reading.windows import Inputs

PACKAGED_FOLDER = Path(__file__).parent / "weights"
MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
OUTPUTS = ("start_logits", "end_logits")


class OnnxNetwork:
    """A model folder, loaded; `threads` 0 leaves the number to ONNX Runtime. What is amiss raises any Exception."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        if not (folder / TOKENIZER_FILE).is_file():
            raise ValueError(f"{TOKENIZER_FILE} is missing")
        declared = _declared(folder / "config.json") | _declared(folder / "tokenizer_config.json")
        self.layout = TokenLayout.of(_text(folder / TOKENIZER_FILE), declared)
        self._session = open_session(folder / MODEL_FILE, threads=threads)
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        outputs = [entry.name for entry in self._session.get_outputs()]
        if not set(OUTPUTS) <= set(outputs):
            raise ValueError(f"{MODEL_FILE} gives {', '.join(outputs)} where {' and '.join(OUTPUTS)} are needed")

    def logits(self, inputs: "Inputs") -> "Logits":
        """Start and end logits, both of the inputs' shape."""
        start, end = self._session.run(
            list(OUTPUTS), {name: array for name, array in inputs.items() if name in self._inputs}
        )
        return np.asarray(start, np.float32), np.asarray(end, np.float32)


def _declared(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(_text(path)) if path.is_file() else {}
    except json.JSONDecodeError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from None
    if not isinstance(values, dict):
        raise TypeError(f"{path.name} is not an object")
    return values


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not UTF-8 text") from None
