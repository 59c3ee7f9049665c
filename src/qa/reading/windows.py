"""From question and passages to windows of tokens, and to the padded arrays that a network takes.

One recipe for every model, that of SQuAD with BERT (Devlin et al., 2019): at most 384 tokens a window, a third of them
shared with the next one, at most 64 of them for the question. A model that holds fewer tokens has them in proportion.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.onnx_models import read_tokenizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Inputs = Mapping[str, NDArray[np.int64]]

MAX_TOKENS = 384
MIN_TOKENS = 32
"""With fewer, hardly a sentence fits beside the question."""
SHARED = 3
"""Neighbouring windows share one part of this many: 128 of 384 tokens."""
QUESTION = 6
"""A question may take one part of this many: 64 of 384 tokens; what is longer is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLayout:
    """How a model wants its tokens. `tokenizer` is the text of a `tokenizer.json`.

    `null_token` is the one whose logits stand for "no answer", None for the first special token. `token_types` is false
    for a model that takes only zeros there. With `passage_first` the passage comes before the question.
    """

    tokenizer: str
    max_tokens: int = MAX_TOKENS
    pad_id: int = 0
    null_token: str | None = None
    token_types: bool = True
    passage_first: bool = False

    @classmethod
    def of(cls, tokenizer: str, declared: Mapping[str, Any]) -> "TokenLayout":
        """From what `config.json` and `tokenizer_config.json` declare, by their names; all of it may be missing."""
        limits = [declared.get("model_max_length"), declared.get("max_position_embeddings")]
        inputs = declared.get("model_input_names") or ["token_type_ids"]
        null = declared.get("cls_token") or declared.get("bos_token")
        return cls(
            tokenizer=tokenizer,
            max_tokens=min([MAX_TOKENS, *(int(limit) for limit in limits if limit and limit > 0)]),
            pad_id=declared.get("pad_token_id") or 0,
            null_token=null.get("content") if isinstance(null, dict) else null,
            token_types=declared.get("type_vocab_size") != 1 and "token_type_ids" in inputs,
            # Models that pad on the left were trained so, since their last tokens see the most (Yang et al., "XLNet").
            passage_first=declared.get("padding_side") == "left",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenWindow:
    """One window over the text at position `text`.

    `inside` are the positions of the passage's tokens and `offsets` the characters of each, both ascending; `null` is
    the position of "no answer".
    """

    text: int
    ids: Sequence[int]
    type_ids: Sequence[int]
    inside: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    null: int


class Windower:
    """Cuts texts into windows by one model's layout; raises ValueError for a layout that cannot be."""

    def __init__(self, layout: TokenLayout) -> None:
        if layout.max_tokens < MIN_TOKENS:
            raise ValueError(f"it reads only {layout.max_tokens} tokens at a time")
        self._alone = read_tokenizer(layout.tokenizer)
        self._pair = read_tokenizer(layout.tokenizer)
        for tokenizer in (self._alone, self._pair):
            tokenizer.encode_special_tokens = True  # a document that spells [SEP] is text, not structure
        self._pair.enable_truncation(
            layout.max_tokens,
            stride=layout.max_tokens // SHARED,
            strategy="only_first" if layout.passage_first else "only_second",
        )
        self._layout = layout
        self._null_id = self._alone.token_to_id(layout.null_token) if layout.null_token else None

    @property
    def highest_id(self) -> int:
        """The highest token id that a text can get."""
        return max(self._alone.get_vocab(with_added_tokens=True).values(), default=0)

    def cut(self, question: str, texts: Sequence[str]) -> list[TokenWindow]:
        """All windows, those of one text in order; a text that fits with the question has one."""
        head = self._alone.encode(question, add_special_tokens=False)
        most = self._layout.max_tokens // QUESTION
        if len(head.ids) > most:
            question = question[: head.offsets[most - 1][1]]
        pairs = [(text, question) if self._layout.passage_first else (question, text) for text in texts]
        windows: list[TokenWindow] = []
        for position, whole in enumerate(self._pair.encode_batch(pairs)):
            windows.extend(self._window(position, texts[position], part) for part in (whole, *whole.overflowing))
        return windows

    def padded(self, windows: Sequence[TokenWindow]) -> "Inputs":
        """Arrays of shape (windows, longest).

        They are filled up on the right for every model: there, padding moves no token from its position, and no token
        of a model that only looks back sees it.
        """
        width = max(len(window.ids) for window in windows)
        shape = (len(windows), width)
        ids = np.full(shape, self._layout.pad_id, np.int64)
        mask, types = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, window in enumerate(windows):
            size = len(window.ids)
            ids[row, :size] = window.ids
            mask[row, :size] = 1
            if self._layout.token_types:
                types[row, :size] = window.type_ids
        return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}

    def _window(self, position: int, text: str, encoding: Any) -> TokenWindow:
        side = 0 if self._layout.passage_first else 1
        inside: list[int] = []
        offsets: list[tuple[int, int]] = []
        for index, sequence in enumerate(encoding.sequence_ids):
            if sequence == side:
                start, end = _seen(text, *encoding.offsets[index])
                if start < end:
                    inside.append(index)
                    offsets.append((start, end))
        special = [index for index, sequence in enumerate(encoding.sequence_ids) if sequence is None]
        null = [index for index in special if encoding.ids[index] == self._null_id]
        return TokenWindow(
            text=position,
            ids=encoding.ids,
            type_ids=encoding.type_ids,
            inside=inside,
            offsets=offsets,
            null=next(iter(null or special), 0),
        )


def _seen(text: str, start: int, end: int) -> tuple[int, int]:
    """A token's characters without white space around them, and with the accents that combine with them.

    Some tokenizers count the blank before a word as part of it, and some leave accents out.
    """
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if start < end:
        while start > 0 and _combines(text[start]):
            start -= 1
        while end < len(text) and _combines(text[end]):
            end += 1
    return start, end


def _combines(character: str) -> bool:
    return character > "\u02ff" and unicodedata.category(character).startswith("M")
