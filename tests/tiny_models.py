"""Tiny question-answering models with fixed random weights and their tokenizers, in the Hugging Face layout."""

import json
import string
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    PreTrainedModel,
    RobertaConfig,
    RobertaForQuestionAnswering,
    XLNetConfig,
    XLNetForQuestionAnsweringSimple,
)

POSITIONS = 64
"""Tokens that each of the models can read at a time."""
WORDS = "the pier opened in with a band gull gulls nest on roof who what when how many did it cafe zoe lantern is green"
_BYTES = pre_tokenizers.ByteLevel.alphabet()


def write_bert(folder: Path) -> Path:
    """Token types, `[CLS]`, padding id 0, WordPiece in lower case without accents; only the old `vocab.txt`."""
    _write(folder, BertForQuestionAnswering(_bert_config()))
    return _bert_tokenizer(folder)


def write_headless_bert(folder: Path) -> Path:
    """The same network, trained for something else than answering questions."""
    _write(folder, BertForMaskedLM(_bert_config()))
    return _bert_tokenizer(folder)


def write_distilbert(folder: Path) -> Path:
    """No token types."""
    config = DistilBertConfig(
        vocab_size=len(_pieces()), dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=POSITIONS,
        initializer_range=0.5,
    )  # fmt: skip
    _write(folder, DistilBertForQuestionAnswering(config))
    return _bert_tokenizer(folder)


def write_roberta(folder: Path) -> Path:
    """Byte-level tokens, `<s>`, padding id 1, positions from 2 on, one token type; only the two old files."""
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(_BYTES), "Ġt", "th", "Ġth", "he"]
    config = RobertaConfig(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=POSITIONS + 2, type_vocab_size=1, initializer_range=0.5, pad_token_id=1,
    )  # fmt: skip
    _write(folder, RobertaForQuestionAnswering(config))
    _json(folder / "vocab.json", {token: index for index, token in enumerate(vocabulary)})
    (folder / "merges.txt").write_text("#version: 0.2\nĠ t\nt h\nĠ th\nh e\n", encoding="utf-8")
    _json(folder / "tokenizer_config.json", {"tokenizer_class": "RobertaTokenizer"})
    return folder


def write_xlnet(folder: Path) -> Path:
    """Passage first, `<cls>` at the end, padding id 5 on the left, three token types, blanks counted as word starts."""
    vocabulary = ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "▁", *(f"▁{word}" for word in WORDS.split())]
    vocabulary += [*string.ascii_letters, *string.digits, *".?, "]
    config = XLNetConfig(
        vocab_size=len(vocabulary), d_model=16, n_layer=2, n_head=2, d_inner=32, initializer_range=0.5, pad_token_id=5
    )
    _write(folder, XLNetForQuestionAnsweringSimple(config))
    tokenizer = Tokenizer(models.Unigram([(token, -1.0) for token in vocabulary], unk_id=0))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A:0 <sep>:0 <cls>:2",
        pair="$A:0 <sep>:0 $B:1 <sep>:1 <cls>:2",
        special_tokens=[("<sep>", 4), ("<cls>", 3)],
    )
    tokenizer.add_special_tokens(vocabulary[:6])
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"cls_token": "<cls>", "sep_token": "<sep>", "pad_token": "<pad>", "unk_token": "<unk>"}
    declared = {"tokenizer_class": "PreTrainedTokenizerFast", "padding_side": "left", "model_max_length": POSITIONS}
    _json(folder / "tokenizer_config.json", declared | special)
    return folder


def cached(cache: Path, name: str) -> Path:
    """An empty snapshot in a cache, as huggingface_hub lays it out."""
    repository = cache / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / ("1" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("1" * 40)
    return snapshot


def _bert_config() -> BertConfig:
    return BertConfig(
        vocab_size=len(_pieces()), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=POSITIONS, initializer_range=0.5,
    )  # fmt: skip


def _pieces() -> list[str]:
    letters = string.ascii_lowercase + string.digits
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return list(dict.fromkeys([*special, *WORDS.split(), *letters, *(f"##{c}" for c in letters), *".?,"]))


def _bert_tokenizer(folder: Path) -> Path:
    (folder / "vocab.txt").write_text("\n".join(_pieces()), encoding="utf-8")
    _json(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "do_lower_case": True})
    return folder


def _write(folder: Path, model: PreTrainedModel) -> None:
    """The model with weights drawn from a fixed seed."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)


def _json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
