"""A span model in the Hugging Face layout: what is taken, and every way in which a folder is refused."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import tiny_models
from qa.errors import ModelUnavailable
from qa.reading.decode import best_in_units
from qa.reading.span_model import SpanModel
from qa.reading.transformers_network import TransformersNetwork
from qa.types import Span

TEXT = "The pier opened in 1902. Gulls nest on the roof."
LAYOUTS = {
    "bert": (tiny_models.write_bert, 0, "[CLS]", True, False),
    "distilbert": (tiny_models.write_distilbert, 0, "[CLS]", True, False),
    "roberta": (tiny_models.write_roberta, 1, "<s>", False, False),
    "xlnet": (tiny_models.write_xlnet, 5, "<cls>", True, True),
}


def model(folder: Path) -> SpanModel:
    return SpanModel(lambda: TransformersNetwork(folder, threads=1), name="mine")


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_is_the_one_that_the_model_was_made_for(name: str, tmp_path: Path) -> None:
    write, pad_id, null_token, token_types, passage_first = LAYOUTS[name]

    layout = TransformersNetwork(write(tmp_path)).layout

    assert layout.max_tokens == tiny_models.POSITIONS
    assert (layout.pad_id, layout.null_token) == (pad_id, null_token)
    assert (layout.token_types, layout.passage_first) == (token_types, passage_first)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_batch_reads_like_one_at_a_time(name: str, tmp_path: Path) -> None:
    reader = model(LAYOUTS[name][0](tmp_path))
    texts = [TEXT, "Gulls.", TEXT * 9, "in a band"]

    together = reader.windows("Who?", texts)

    for text, windows in zip(texts, together, strict=True):
        for window, alone in zip(windows, reader.windows("Who?", [text])[0], strict=True):
            assert window.offsets == alone.offsets
            assert np.allclose(window.start, alone.start, atol=1e-4)
            assert np.allclose(window.end, alone.end, atol=1e-4)
            assert window.null == pytest.approx(alone.null, abs=1e-4)


def test_the_number_of_threads_is_heeded(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    try:
        TransformersNetwork(tiny_models.write_bert(tmp_path), threads=before + 1)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_weights_of_half_the_precision_are_read_in_full(tmp_path: Path) -> None:
    folder = tiny_models.write_bert(tmp_path)
    path = folder / "model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path, metadata={"format": "pt"})
    change(folder / "config.json", dtype="float16")

    assert {weight.dtype for weight in TransformersNetwork(folder)._model.parameters()} == {torch.float32}
    assert model(folder).windows("Who?", [TEXT])[0][0].start.dtype == np.float32


def test_weights_in_a_bin_file_of_tensors_are_the_same(tmp_path: Path) -> None:
    folder = tiny_models.write_bert(tmp_path)
    expected = model(folder).windows("Who?", [TEXT])[0][0]
    as_bin(folder)

    (window,) = model(folder).windows("Who?", [TEXT])[0]

    assert not (folder / "model.safetensors").exists()
    assert np.array_equal(window.start, expected.start)


def test_the_words_of_a_marked_character_are_whole(tmp_path: Path) -> None:
    text = "cafe\u0301 Zoe\u0308."
    windows = model(tiny_models.write_bert(tmp_path)).windows("Who?", [text])[0]

    for unit in (Span(0, 5), Span(6, 10)):
        (found,) = best_in_units(windows, [unit])
        assert found is not None
        assert found.span.of(text)[-1] in "\u0301\u0308" or len(text) > found.span.end
        assert found.span.end == len(text) or text[found.span.end] not in "\u0301\u0308"
    assert (0, 5) in windows[0].offsets


def as_bin(folder: Path) -> None:
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Trap(folder / "sprung"), protocol=2))


def pickled_in_an_archive(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Trap(folder / "sprung")}, folder / "pytorch_model.bin")


def code_of_its_own(folder: Path) -> None:
    change(
        folder / "config.json",
        model_type="own",
        auto_map={"AutoConfig": "own.Config", "AutoModelForQuestionAnswering": "own.Model"},
    )
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(folder / 'sprung')!r})\n")


def code_in_the_tokenizer(folder: Path) -> None:
    change(folder / "tokenizer_config.json", tokenizer_class="Own", auto_map={"AutoTokenizer": ["own.Own", "own.Own"]})
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(folder / 'sprung')!r})\n")


def change(path: Path, **values: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def without(*names: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "model.safetensors"
        left = {name: tensor for name, tensor in load_file(path).items() if name not in names}
        save_file(left, path, metadata={"format": "pt"})

    return spoil


def another_head(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path) | {"qa_outputs.weight": torch.ones(3, 16), "qa_outputs.bias": torch.ones(3)}
    save_file(tensors, path, metadata={"format": "pt"})


def larger_vocabulary(folder: Path) -> None:
    with (folder / "vocab.txt").open("a") as file:
        file.write("\nbeyond")


def cut_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "another task": (tiny_models.write_headless_bert, "no trained weights for marking an answer"),
    "half of the head": (without("qa_outputs.bias"), "no trained weights for marking an answer"),
    "a layer missing": (without("bert.encoder.layer.1.output.dense.weight"), "1 of its weights are missing, such as"),
    "another head": (another_head, r"qa_outputs.bias has shape \(3,\) where config.json asks for \(2,\)"),
    "no weights": (lambda at: (at / "model.safetensors").unlink(), "cannot be loaded"),
    "empty weights": (lambda at: (at / "model.safetensors").write_bytes(b""), "cannot be loaded"),
    "cut weights": (cut_weights, "cannot be loaded"),
    "pickled weights": (pickled, "pickled objects"),
    "weights with pickled objects": (pickled_in_an_archive, "pickled objects"),
    "code of its own": (code_of_its_own, "cannot be loaded"),
    "code in the tokenizer": (code_in_the_tokenizer, "cannot be loaded"),
    "empty configuration": (lambda at: (at / "config.json").write_text(""), "cannot be loaded"),
    "no such kind of model": (lambda at: change(at / "config.json", model_type="nothing"), "cannot be loaded"),
    "no question-answering kind": (lambda at: change(at / "config.json", model_type="vit"), "cannot be loaded"),
    "no tokenizer": (lambda at: (at / "vocab.txt").unlink(), "it has no tokenizer"),
    "slow tokenizer": (
        lambda at: change(at / "tokenizer_config.json", tokenizer_class="CanineTokenizer"),
        "tokenizer is not a fast one",
    ),
    "ids out of range": (larger_vocabulary, r"out of range.*belong together\?"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_folder_is_refused_at_once_with_a_remedy(
    tmp_path: Path, case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    spoil, said = BAD[case]
    tiny_models.write_bert(tmp_path)
    spoil(tmp_path)
    capfd.readouterr()

    with pytest.raises(ModelUnavailable, match=f"'mine'.*{said}") as refused:
        model(tmp_path).windows("Who?", [])

    assert "QA_READER" in refused.value.remedy
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "sprung").exists()
    assert capfd.readouterr().err == ""
