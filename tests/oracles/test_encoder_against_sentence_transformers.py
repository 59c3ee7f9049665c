"""The packaged encoder against sentence-transformers with the same weights: vectors and counts of tokens."""

import random
from typing import Any

import numpy as np
import pytest

from qa.embedding.packaged import PackagedEncoder, packaged_folder
from qa.ports import TextPart
from qa.types import Span

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


def test_a_part_lies_halfway_between_its_words_alone_and_in_the_whole_text(
    packaged_encoder: PackagedEncoder, theirs: Any
) -> None:
    text = " ".join(SENTENCES) + " Zoe\u0301 and 日本語 \U0001f600 end."
    spans = [Span(0, 20), Span(50, 96), Span(103, 140), Span(len(text) - 20, len(text))]
    states = theirs.encode([text], output_value="token_embeddings", show_progress_bar=False)[0].numpy()
    offsets = theirs.tokenizer(text, return_offsets_mapping=True)["offset_mapping"]
    found = packaged_encoder.encode_parts([TextPart(text, span) for span in spans])
    for row, span in zip(found, spans, strict=True):
        inside = [place for place, (start, end) in enumerate(offsets) if start < span.end and end > span.start]
        mean = states[inside].mean(axis=0)
        alone = theirs.encode([span.of(text)], normalize_embeddings=True, show_progress_bar=False)[0]
        both = mean / np.linalg.norm(mean) + alone
        np.testing.assert_allclose(row, both / np.linalg.norm(both), atol=2e-6)


def test_a_part_beyond_what_is_read_of_its_text_counts_alone(packaged_encoder: PackagedEncoder) -> None:
    text = "word " * 252 + "The lamp hangs at the end of the pier."
    far, near = Span(252 * 5, len(text)), Span(0, 4)
    alone, inside, without = packaged_encoder.encode_parts(
        [TextPart(text, far), TextPart(text, near), TextPart("\u200b\u200b and more", Span(0, 2))]
    )
    np.testing.assert_array_equal(alone, packaged_encoder.encode([far.of(text)])[0])
    assert not np.allclose(inside, packaged_encoder.encode(["word"])[0], atol=0.01)
    np.testing.assert_array_equal(without, packaged_encoder.encode(["\u200b\u200b"])[0])


def test_a_part_does_not_depend_on_what_is_encoded_beside_it(packaged_encoder: PackagedEncoder) -> None:
    parts = [TextPart(text, Span(0, max(1, len(text) // 2))) for text in mixed() if text]
    together = packaged_encoder.encode_parts(parts)
    for row, part in zip(together, parts, strict=True):
        np.testing.assert_array_equal(row, packaged_encoder.encode_parts([part])[0])
