"""Windows of tokens: what a model's declarations mean, which characters a token has, and how arrays are filled."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from qa.reading.windows import TokenLayout, Windower

HUGE = 10**30
"""What transformers says where a tokenizer declares no length."""


def characters(*, first: str = "[CLS] $A [SEP] $B:1 [SEP]:1") -> str:
    """A tokenizer of single characters, blanks among them."""
    vocabulary = {token: index for index, token in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *" abcdefgh?"])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A", pair=first, special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    text: str = tokenizer.to_str()
    return text


@pytest.mark.parametrize(
    ("declared", "most"),
    [
        ({}, 384),
        ({"model_max_length": 512, "max_position_embeddings": 514}, 384),
        ({"model_max_length": 128}, 128),
        ({"model_max_length": HUGE, "max_position_embeddings": 256}, 256),
        ({"model_max_length": None, "max_position_embeddings": -1}, 384),
    ],
)
def test_a_window_is_as_long_as_the_recipe_or_the_model(declared: dict[str, Any], most: int) -> None:
    assert TokenLayout.of("", declared).max_tokens == most


@pytest.mark.parametrize(
    ("declared", "null"),
    [
        ({}, None),
        ({"cls_token": "[CLS]", "bos_token": "<s>"}, "[CLS]"),
        ({"cls_token": None, "bos_token": "<s>"}, "<s>"),
        ({"cls_token": {"content": "<s>", "lstrip": False}}, "<s>"),
    ],
)
def test_the_token_for_no_answer(declared: dict[str, Any], null: str | None) -> None:
    assert TokenLayout.of("", declared).null_token == null


@pytest.mark.parametrize(
    ("declared", "token_types"),
    [
        ({}, True),
        ({"type_vocab_size": 2}, True),
        ({"type_vocab_size": 1}, False),
        ({"type_vocab_size": 2, "model_input_names": ["input_ids", "attention_mask"]}, False),
        ({"type_vocab_size": None, "model_input_names": None}, True),
    ],
)
def test_token_types_are_for_models_that_have_them(declared: dict[str, Any], *, token_types: bool) -> None:
    assert TokenLayout.of("", declared).token_types is token_types


def test_windows_and_arrays_by_hand() -> None:
    windower = Windower(TokenLayout(tokenizer=characters(), pad_id=7))
    long, short = windower.cut("ab", ["c d", "e"])

    assert (long.ids, long.inside, long.offsets) == ([2, 5, 6, 3, 7, 4, 8, 3], [4, 6], [(0, 1), (2, 3)])
    assert (long.text, short.text, long.null, short.null) == (0, 1, 0, 0)
    arrays = windower.padded([long, short])
    assert arrays["input_ids"].tolist() == [[2, 5, 6, 3, 7, 4, 8, 3], [2, 5, 6, 3, 9, 3, 7, 7]]
    assert arrays["attention_mask"].tolist() == [[1] * 8, [1] * 6 + [0] * 2]
    assert arrays["token_type_ids"].tolist() == [[0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 1, 1, 0, 0]]
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.int64)}


def test_a_model_without_token_types_gets_zeros() -> None:
    windower = Windower(TokenLayout(tokenizer=characters(), token_types=False))

    assert not windower.padded(windower.cut("ab", ["c d"]))["token_type_ids"].any()


def test_the_passage_comes_first_where_the_model_was_trained_so() -> None:
    layout = TokenLayout(tokenizer=characters(first="$A [SEP] $B [CLS]"), passage_first=True, null_token="[CLS]")
    (window,) = Windower(layout).cut("ab", ["cde"])

    assert window.ids == [7, 8, 9, 3, 5, 6, 2]
    assert (window.inside, window.null) == ([0, 1, 2], 6)


@pytest.mark.parametrize("passage_first", [False, True])
def test_neighbouring_windows_share_a_third(*, passage_first: bool) -> None:
    layout = TokenLayout(tokenizer=characters(), max_tokens=48, passage_first=passage_first)
    windows = Windower(layout).cut("?", ["abcdefgh" * 20])

    assert max(len(window.ids) for window in windows) == 48
    places = [set(window.offsets) for window in windows]
    assert all(len(one & two) == 16 for one, two in pairwise(places))
    assert set().union(*places) == {(n, n + 1) for n in range(160)}


def test_a_long_question_is_cut_to_a_sixth() -> None:
    (window,) = Windower(TokenLayout(tokenizer=characters(), max_tokens=48)).cut("a" * 1000, ["b"])

    assert window.ids == [2, *[5] * 8, 3, 6, 3]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a b", [(0, 1), (2, 3)]),
        ("e\u0301a", [(0, 2), (0, 2), (2, 3)]),
        ("ae\u0323\u0301", [(0, 1), (1, 4), (1, 4), (1, 4)]),
        ("🎉a", [(0, 1), (1, 2)]),
        (" \u00a0\u2003\n", []),
        ("", []),
    ],
)
def test_a_token_is_whole_characters_without_blanks(text: str, seen: list[tuple[int, int]]) -> None:
    (window,) = Windower(TokenLayout(tokenizer=characters())).cut("a", [text])

    assert window.offsets == seen
    assert len(window.inside) == len(seen)


@pytest.mark.parametrize(
    ("layout", "said"),
    [
        (TokenLayout(tokenizer="{}"), "cannot be read"),
        (TokenLayout(tokenizer=characters(), max_tokens=31), "31 tokens"),
    ],
)
def test_a_layout_that_cannot_be_is_refused(layout: TokenLayout, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Windower(layout)


def test_the_highest_id_counts_tokens_that_were_added() -> None:
    tokenizer = Tokenizer.from_str(characters())
    tokenizer.add_tokens(["added"])

    assert Windower(TokenLayout(tokenizer=tokenizer.to_str())).highest_id == tokenizer.token_to_id("added") == 14
