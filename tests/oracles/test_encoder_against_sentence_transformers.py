"""The packaged encoder against sentence-transformers with the same weights: vectors and counts of tokens."""

import random
from typing import Any

import numpy as np
import pytest

from qa.embedding.packaged import PackagedEncoder, packaged_folder

SENTENCES = [
    "Which countries has India held 2+2 meetings with?",
    "The lamp hangs at the end of the pier; boats need a pilot.",
    "E = mc², 3.14159… U.S. F-35s cost $1,200.50 (±5 %).",
]
ODD = [
    "",
    "   \t\n",
    ".",
    "a",
    "日本語の文章をここに書きます。",
    "Привет, мир! Как дела?",
    "مرحبا بالعالم",
    "नमस्ते दुनिया",
    "Zoe\u0301 and Zoë in a cafe\u0301 \U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a\x00b\u200bc\ufeffd\ufffd\u2028e\r\nf",
    "[CLS] is no text [SEP] and neither is [PAD] or [MASK] [UNK]",
    "x" * 5000,
    "supercalifragilisticexpialidocious " * 90,
    "word " * 3000,
    "日本" * 400,
]


def mixed() -> list[str]:
    """Texts of every length up to beyond the cut."""
    rng = random.Random(7)
    words = " ".join(SENTENCES).split()
    return [" ".join(rng.choices(words, k=count)) for count in (*range(0, 60, 3), 100, 170, 254, 255, 256, 400)]


@pytest.fixture(scope="module")
def theirs() -> Any:
    """The same weights in sentence-transformers."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(packaged_folder()), device="cpu", local_files_only=True)


@pytest.mark.parametrize("texts", [SENTENCES, ODD, mixed(), SENTENCES[:1]], ids=["plain", "odd", "mixed", "one"])
def test_vectors_are_the_same(packaged_encoder: PackagedEncoder, theirs: Any, texts: list[str]) -> None:
    ours = packaged_encoder.encode(texts)
    expected = theirs.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(ours, expected, atol=2e-6)
    assert ((ours * expected).sum(axis=1) > 0.99999).all()


def test_tokens_are_counted_alike(packaged_encoder: PackagedEncoder, theirs: Any) -> None:
    texts = [*SENTENCES, *ODD, *mixed()]
    expected = theirs.tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]
    assert packaged_encoder.count_tokens(texts) == [len(ids) for ids in expected]
