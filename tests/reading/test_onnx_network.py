"""A span model in ONNX: a lookup whose logits are known by hand, and every way in which a folder can be bad."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from onnx_bytes import write_lookup
from qa.errors import ModelUnavailable
from qa.reading.decode import best_in_units
from qa.reading.onnx_network import PACKAGED_FOLDER, OnnxNetwork
from qa.reading.span_model import SpanModel
from qa.types import Span

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "gulls", "nest", "roof", "."]
START = [9.0, 0.0, 0.5, 9.0, 2.0, 1.0, 3.0, 0.0]
END = [9.0, 0.0, 0.25, 9.0, 1.0, 0.0, 4.0, 2.5]
TEXT = "gulls nest . roof"


def write_tokenizer(path: Path, words: list[str]) -> None:
    """One token a word, `[CLS]` question `[SEP]` passage `[SEP]`."""
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.add_special_tokens(words[:4])
    tokenizer.save(str(path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good one."""
    write_tokenizer(tmp_path / "tokenizer.json", VOCABULARY)
    write_lookup(tmp_path / "model.onnx", START, END)
    return tmp_path


def model(folder: Path) -> SpanModel:
    return SpanModel(lambda: OnnxNetwork(folder, threads=1), name="mine")


def test_logits_spans_and_scores_by_hand(folder: Path) -> None:
    (window,) = model(folder).windows("roof", [TEXT])[0]

    assert window.offsets == [(0, 5), (6, 10), (11, 12), (13, 17)]
    assert window.start.tolist() == [2, 1, 0, 3]
    assert window.end.tolist() == [1, 0, 2.5, 4]
    assert window.null == 0.5 + 0.25
    found = best_in_units([window], [Span(0, 12), Span(13, 17)])
    assert [(best.span, best.score) for best in found if best] == [(Span(0, 12), 3.75), (Span(13, 17), 6.25)]


def test_a_token_that_is_declared_stands_for_no_answer(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text(json.dumps({"cls_token": {"content": "[SEP]"}}))

    assert model(folder).windows("roof", [TEXT])[0][0].null == 18


def test_a_document_that_spells_a_special_token_is_text(folder: Path) -> None:
    (window,) = model(folder).windows("roof", ["[SEP] nest"])[0]

    assert 9.0 not in window.start.tolist()
    assert window.start.tolist()[-1] == 1


def test_texts_and_windows_come_back_in_order(folder: Path) -> None:
    texts = ["nest " * 1000, "roof", "gulls " * 300, "", "roof nest"]

    found = model(folder).windows("roof", texts)

    assert [len(windows) for windows in found] == [4, 1, 1, 1, 1]
    assert [windows[0].start.tolist()[:1] for windows in found] == [[1], [3], [2], [], [3]]
    assert [windows[-1].offsets[-1:] for windows in found] == [[(4995, 4999)], [(0, 4)], [(1794, 1799)], [], [(5, 9)]]


def test_the_number_of_threads_is_heeded() -> None:
    session = OnnxNetwork(PACKAGED_FOLDER, threads=3)._session

    assert session.get_session_options().intra_op_num_threads == 3


def larger_vocabulary(folder: Path) -> None:
    write_tokenizer(folder / "tokenizer.json", [*VOCABULARY, "beyond"])


def nothing_in_the_text(folder: Path) -> None:
    described = json.loads((folder / "tokenizer.json").read_text())
    described["normalizer"] = {"type": "Replace", "pattern": {"String": "a"}, "content": ""}
    (folder / "tokenizer.json").write_text(json.dumps(described))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "no model": (lambda at: (at / "model.onnx").unlink(), "cannot be loaded"),
    "empty model": (lambda at: (at / "model.onnx").write_bytes(b""), "cannot be loaded"),
    "truncated model": (
        lambda at: (at / "model.onnx").write_bytes((PACKAGED_FOLDER / "model.onnx").read_bytes()[:1_000_000]),
        "cannot be loaded",
    ),
    "other outputs": (
        lambda at: write_lookup(at / "model.onnx", START, END, outputs=("a", "b")),
        "gives a, b where start_logits and end_logits are needed",
    ),
    "other inputs": (
        lambda at: write_lookup(at / "model.onnx", START, END, inputs=("input_ids", "position_ids")),
        "position_ids",
    ),
    "another shape": (lambda at: write_lookup(at / "model.onnx", START, END, wide=True), r"shape \(1, 384, 2\)"),
    "no numbers": (lambda at: write_lookup(at / "model.onnx", [math.nan] * 8, END), "not finite"),
    "no tokenizer": (lambda at: (at / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    "empty tokenizer": (lambda at: (at / "tokenizer.json").write_text(""), "tokenizer cannot be read"),
    "no text": (lambda at: (at / "tokenizer.json").write_bytes(b"\xff\xfe"), "tokenizer.json is not UTF-8"),
    "ids out of range": (larger_vocabulary, r"idx=8.*belong together\?"),
    "no offsets": (nothing_in_the_text, "gives no offsets"),
    "no room": (lambda at: (at / "tokenizer_config.json").write_text('{"model_max_length": 16}'), "only 16 tokens"),
    "broken configuration": (lambda at: (at / "config.json").write_text("{"), "config.json is not JSON"),
    "bad configuration": (lambda at: (at / "config.json").write_text("[]"), "config.json is not an object"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_folder_is_refused_at_once_with_a_remedy(
    folder: Path, case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    spoil, said = BAD[case]
    spoil(folder)

    with pytest.raises(ModelUnavailable, match=f"(?s)'mine'.*{said}") as refused:
        model(folder).windows("roof", [])  # no passage yet, as when the service warms up

    assert "QA_READER" in refused.value.remedy
    assert "\n" not in str(refused.value)
    assert capfd.readouterr().err == ""


def test_a_model_that_failed_is_tried_anew(folder: Path) -> None:
    good = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(b"")
    reader = model(folder)
    with pytest.raises(ModelUnavailable):
        reader.windows("roof", [TEXT])
    (folder / "model.onnx").write_bytes(good)

    assert len(reader.windows("roof", [TEXT])) == 1


def test_reading_with_the_packaged_weights_loads_neither_torch_nor_transformers() -> None:
    program = (
        "import sys\n"
        "from qa.reading.onnx_network import PACKAGED_FOLDER, OnnxNetwork\n"
        "from qa.reading.span import SpanReader\n"
        "from qa.reading.span_model import SpanModel\n"
        "import qa.wiring\n"
        "SpanModel(lambda: OnnxNetwork(PACKAGED_FOLDER), name='packaged').windows('Who?', ['Zoe.'])\n"
        "print(sorted({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules)), 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[] True"


def test_logits_are_single_precision(folder: Path) -> None:
    inputs = {"input_ids": np.array([[4, 6]]), "attention_mask": np.ones((1, 2), np.int64)}

    assert {logits.dtype.name for logits in OnnxNetwork(folder).logits(inputs)} == {"float32"}
