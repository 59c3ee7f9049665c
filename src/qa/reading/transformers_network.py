"""A span network in transformers and torch: any question-answering model in the Hugging Face layout.

The folder holds `config.json`, the weights (safetensors, or a `.bin` of tensors alone) and a tokenizer. Nothing in it
is run as code and nothing is fetched. A model without trained weights for its answer layer is refused, since
transformers would fill them with random numbers.
"""

import inspect
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.local_models import imported_torch
from qa.reading.windows import TokenLayout

if TYPE_CHECKING:
    from qa.reading.span_model import Logits
    from qa.reading.windows import Inputs

CONFIG_FILE = "config.json"
TOKENIZER_FILE = "tokenizer.json"
LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


class TransformersNetwork:
    """A model folder, loaded; `threads` 0 leaves the number to torch. What is amiss raises any Exception."""

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        self._torch = imported_torch(threads)
        self._model = _model(folder, self._torch)
        self._accepted = set(inspect.signature(self._model.forward).parameters)
        self.layout = _layout(folder, self._model)

    def logits(self, inputs: "Inputs") -> "Logits":
        """Start and end logits, both of the inputs' shape."""
        tensors = {name: self._torch.from_numpy(array) for name, array in inputs.items() if name in self._accepted}
        with self._torch.inference_mode():
            found = self._model(**tensors)
        return np.asarray(found.start_logits, np.float32), np.asarray(found.end_logits, np.float32)


def _model(folder: Path, torch: Any) -> Any:
    """The model in float32; raises ValueError when a weight is missing, of another size, or more than numbers."""
    from transformers import AutoModelForQuestionAnswering
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # silences a table of what is said below in a line
    try:
        model, report = AutoModelForQuestionAnswering.from_pretrained(
            folder,
            weights_only=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # refused below, in words
            output_loading_info=True,
            **LOCAL,
        )
    except UnpicklingError:
        raise ValueError("its weights are pickled objects, which may run code; save them as safetensors") from None
    finally:
        logging.set_verbosity(before)
    missing = sorted(report["missing_keys"])
    body = f"{model.base_model_prefix}."
    if any(not name.startswith(body) for name in missing):
        raise ValueError("it is no question-answering model, as it has no trained weights for marking an answer")
    if missing:
        raise ValueError(f"{len(missing)} of its weights are missing, such as {missing[0]}")
    if report["mismatched_keys"]:
        name, found, wanted = min(report["mismatched_keys"])
        raise ValueError(f"its weight {name} has shape {tuple(found)} where {CONFIG_FILE} asks for {tuple(wanted)}")
    return model.eval()


def _layout(folder: Path, model: Any) -> TokenLayout:
    """The layout of the tokenizer that transformers makes of the folder.

    Raises ValueError when it has no offsets, or when its files are missing: transformers would go on without words.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
    if not tokenizer.is_fast:
        raise ValueError("its tokenizer is not a fast one, so it cannot tell the places of the tokens in a text")
    names = [name for name in tokenizer.vocab_files_names.values() if name != TOKENIZER_FILE]
    if not (folder / TOKENIZER_FILE).is_file() and not (names and all((folder / name).is_file() for name in names)):
        raise ValueError(f"it has no tokenizer: {TOKENIZER_FILE} is missing")
    declared = {
        "model_max_length": tokenizer.model_max_length,
        "max_position_embeddings": _positions(model),
        "pad_token_id": tokenizer.pad_token_id,
        "padding_side": tokenizer.padding_side,
        "cls_token": tokenizer.cls_token,
        "bos_token": tokenizer.bos_token,
        "model_input_names": tokenizer.init_kwargs.get(
            "model_input_names"
        ),  # the classes' own are not what was trained
        "type_vocab_size": getattr(model.config, "type_vocab_size", None),
    }
    return TokenLayout.of(tokenizer.backend_tokenizer.to_str(), declared)


def _positions(model: Any) -> int | None:
    """How many tokens have a position. Where one position stands for padding (RoBERTa), those up to it are not used."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and hasattr(module, "num_embeddings"):
            unused = 0 if module.padding_idx is None else module.padding_idx + 1
            return int(module.num_embeddings) - unused
    positions: int | None = getattr(model.config, "max_position_embeddings", None)
    return positions
