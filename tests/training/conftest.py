"""A small article to train on, and a tokenizer of whole words."""

from typing import Any

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from training.data import Corpus, add_source

ARTICLE = {
    "title": "Bridges",
    "paragraphs": [
        {
            "context": "The stone bridge was built in 1851. It spans the river Elm. Anna Berg drew the plans.",
            "qas": [
                {"question": "When was the stone bridge built?", "answers": [{"text": "1851", "answer_start": 30}]},
                {"question": "Who sold the bridge?", "answers": []},
                {"question": "Who ate the cake?", "answers": [{"text": "Anna Berg", "answer_start": 60}]},
                {"question": "Who drew the bridge?", "answers": [{"text": "Anna Berg", "answer_start": 3}]},
            ],
        },
        {"context": "The wooden bridge burned down when it was struck by lightning.", "qas": []},
        {"context": "Trains reached the town late.", "qas": []},
    ],
}


@pytest.fixture
def corpus() -> Corpus:
    """One article; only its first two questions can be used."""
    made = Corpus()
    add_source(made, [ARTICLE], "squad_v1.1_train")
    return made


class WordTokenizer:
    """The part of a fast tokenizer's call that the features need, over words."""

    def __init__(self) -> None:
        vocabulary = {"[PAD]": 0, "[CLS]": 1, "[SEP]": 2, "[UNK]": 3}
        self.inner = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
        self.inner.pre_tokenizer = pre_tokenizers.Whitespace()
        self.inner.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 1), ("[SEP]", 2)],
        )

    def __call__(self, left: list[str], right: list[str], **options: Any) -> dict[str, Any]:
        self.inner.enable_truncation(options["max_length"], stride=4, strategy="only_second")
        encoded = self.inner.encode_batch(list(zip(left, right, strict=True)))
        windows = [(index, part) for index, whole in enumerate(encoded) for part in (whole, *whole.overflowing)]
        return {
            "input_ids": [part.ids for _, part in windows],
            "token_type_ids": [part.type_ids for _, part in windows],
            "offset_mapping": [part.offsets for _, part in windows],
            "overflow_to_sample_mapping": [index for index, _ in windows],
        }


@pytest.fixture
def tokenizer() -> WordTokenizer:
    """Words and the marks between them."""
    return WordTokenizer()
