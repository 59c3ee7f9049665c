"""Any other sentence encoder, through sentence-transformers, whose only home this is: a folder, or a cached name."""

from collections.abc import Sequence
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from qa.errors import ModelUnavailable
from qa.local_models import first_line, imported_torch, model_digest, model_folder
from qa.ports import TextPart

if TYPE_CHECKING:
    from qa.ports import Vectors

ROLE = "encoder"
BATCH = 32
MODEL_SUFFIXES = (".safetensors", ".bin", ".json", ".txt")


class SentenceTransformerEncoder:
    """A sentence-transformers model as an Encoder; the weights are read on first use.

    `name` is a folder or a cached model name; `threads` 0 leaves torch's default.
    """

    def __init__(self, name: str, *, threads: int = 0) -> None:
        self.name = name
        self._threads = threads
        self._lock = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Name of the model and SHA-256 over its weights and configuration files."""
        return f"{self.name}@{model_digest(model_folder(self.name, role=ROLE), MODEL_SUFFIXES)[:32]}"

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

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """The vectors of the parts' own words: not every model has a vector that is the mean of its tokens."""
        return self.encode([part.span.of(part.text) for part in parts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens left out."""
        if not texts:
            return []
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    @cached_property
    def _model(self) -> Any:
        folder = model_folder(self.name, role=ROLE)
        imported_torch(self._threads)
        from sentence_transformers import SentenceTransformer

        try:
            return SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise ModelUnavailable(
                f"The encoder in {folder} cannot be loaded: {first_line(error)}.",
                remedy="Check that the folder is a complete sentence-transformers model, or leave out `encoder`.",
            ) from error
