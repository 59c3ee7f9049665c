"""Spans and scores of the reader against transformers itself, decoded by plain loops over all pairs of tokens.

transformers 5 has no pipeline for question answering any more, so its recipe is written out here: its tokenizer cuts
the windows and finds the offsets, its model gives the logits, and every pair of tokens is looked at.
"""

import re
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer, PreTrainedTokenizerFast

import tiny_models
from qa.reading.decode import best_in_units
from qa.reading.onnx_network import PACKAGED_FOLDER, OnnxNetwork
from qa.reading.span_model import SpanModel
from qa.reading.transformers_network import TransformersNetwork
from qa.types import Span

LONGEST = 30
Score = Callable[[dict[str, Any]], tuple[Any, Any]]
"""From the tokenizer's arrays to start and end logits of shape (windows, tokens)."""

SHORT = "The pier opened in 1902. Gulls nest on the roof."
ASTRAL = (
    "Who 😀 is Zoe\u0308? The cafe\u0301 🎉🎉 opened in 𝟙902 with a naïve band. 漢字 is green, e\u0323\u0301 is not."
)
LONG = " ".join(f"Gull {number} did nest on the {'green ' * (number % 7)}roof." for number in range(60))
UNENDING = "a band with a green lantern, " * 40 + "in 1902."
TEXTS = [SHORT, ASTRAL, LONG, UNENDING]
QUESTION = "When?"
"""Short enough for a sixth of the smallest window, whatever the tokens."""


def units_of(text: str) -> list[Span]:
    """Sentences, as far as a test needs them."""
    return [Span(*match.span()) for match in re.finditer(r"\S[^.?]*[.?]", text)]


def expected(
    tokenizer: Any, score: Score, text: str, *, size: int, token_types: bool
) -> list[tuple[tuple[int, int], float]]:
    """For each unit the best span's characters and its score over that of no answer."""
    first = tokenizer.padding_side == "right"
    encoded = tokenizer(
        *((QUESTION, text) if first else (text, QUESTION)), truncation="only_second" if first else "only_first",
        max_length=size, stride=size // 3, return_overflowing_tokens=True, return_offsets_mapping=True,
        padding="longest", padding_side="right", return_tensors="np", return_token_type_ids=token_types,
    )  # fmt: skip
    side = 1 if first else 0
    offsets = encoded.pop("offset_mapping").tolist()
    encoded.pop("overflow_to_sample_mapping")
    # One window at a time: int8 logits depend on what is in the batch, padding included.
    sizes = encoded["attention_mask"].sum(axis=1)
    alone = [{name: rows[row : row + 1, :used] for name, rows in encoded.items()} for row, used in enumerate(sizes)]
    starts, ends = zip(*((start[0], end[0]) for start, end in map(score, alone)), strict=True)
    found = []
    for unit in units_of(text):
        seen: list[tuple[set[tuple[int, int]], float, tuple[int, int]]] = []
        for row, places in enumerate(offsets):
            null = encoded["input_ids"][row].tolist().index(tokenizer.cls_token_id)
            tokens = {
                i: widened(text, *places[i])
                for i, sequence in enumerate(encoded.sequence_ids(row))
                if sequence == side and text[slice(*places[i])].strip()
            }
            tokens = {i: place for i, place in tokens.items() if unit.start <= place[0] and place[1] <= unit.end}
            order = {i: number for number, i in enumerate(tokens)}
            pairs = [(i, j) for i, j in product(tokens, tokens) if order[i] <= order[j] < order[i] + LONGEST]
            none = starts[row][null] + ends[row][null]
            best = max(((starts[row][i] + ends[row][j] - none, i, j) for i, j in pairs), default=None)
            if best:
                seen.append((set(tokens.values()), best[0], (tokens[best[1]][0], tokens[best[2]][1])))
        whole = [entry for entry in seen if entry[0] == set().union(*(tokens for tokens, _, _ in seen))]
        _, margin, place = max(whole or seen, key=lambda entry: entry[1])
        found.append((place, float(margin)))
    return found


def widened(text: str, start: int, end: int) -> tuple[int, int]:
    """Without blanks at its ends, with all marks of the characters at its ends."""
    part = text[start:end]
    start, end = start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
    while re.match("[\u0300-\u036f]", text[start]):
        start -= 1
    marks = re.compile("[\u0300-\u036f]*").match(text, end)
    assert marks
    return start, marks.end()


def check(
    model: SpanModel, tokenizer: Any, score: Score, texts: Sequence[str], *, size: int, token_types: bool
) -> None:
    """All texts at once through the reader, one by one through the oracle."""
    for text, windows in zip(texts, model.windows(QUESTION, texts), strict=True):
        by_hand = expected(tokenizer, score, text, size=size, token_types=token_types)
        found = best_in_units(windows, units_of(text))
        assert len(by_hand) >= 1
        assert [best and (best.span.start, best.span.end) for best in found] == [place for place, _ in by_hand]
        assert [best and best.score for best in found] == pytest.approx([margin for _, margin in by_hand], abs=1e-3)


@pytest.mark.parametrize(
    ("write", "token_types"),
    [
        (tiny_models.write_bert, True),
        (tiny_models.write_distilbert, False),
        (tiny_models.write_roberta, False),
        (tiny_models.write_xlnet, True),
    ],
    ids=["bert", "distilbert", "roberta", "xlnet"],
)
def test_spans_and_scores_are_those_of_transformers(
    write: Callable[[Path], Path], tmp_path: Path, *, token_types: bool
) -> None:
    folder = write(tmp_path)
    reference = AutoModelForQuestionAnswering.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def score(arrays: dict[str, Any]) -> tuple[Any, Any]:
        with torch.inference_mode():
            out = reference(**{name: torch.from_numpy(np.asarray(array)) for name, array in arrays.items()})
        return out.start_logits.numpy(), out.end_logits.numpy()

    model = SpanModel(lambda: TransformersNetwork(folder), name="tiny")
    assert len(model.windows(QUESTION, [LONG])[0]) > 3
    check(model, tokenizer, score, TEXTS, size=tiny_models.POSITIONS, token_types=token_types)


@pytest.mark.parametrize("text", TEXTS, ids=["short", "astral", "long", "unending"])
def test_the_packaged_reader_decodes_its_int8_logits_rightly(text: str) -> None:
    """One text at a time, since int8 activations are scaled over the whole batch."""
    session = onnxruntime.InferenceSession(str(PACKAGED_FOLDER / "model.onnx"), providers=["CPUExecutionProvider"])
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # transformers leaves it so
        tokenizer_file=str(PACKAGED_FOLDER / "tokenizer.json"), cls_token="[CLS]", pad_token="[PAD]"
    )

    def score(arrays: dict[str, Any]) -> tuple[Any, Any]:
        return tuple(session.run(["start_logits", "end_logits"], arrays))

    model = SpanModel(lambda: OnnxNetwork(PACKAGED_FOLDER), name="packaged")
    check(model, tokenizer, score, [text], size=384, token_types=True)
