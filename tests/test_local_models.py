"""Where a named model lies: a folder, or the local cache; never the network."""

import sys
from pathlib import Path

import huggingface_hub.constants
import pytest

from qa.errors import ModelUnavailable
from qa.local_models import damaged_file, first_line, imported_torch, model_folder
from qa.reading.onnx_network import PACKAGED_FOLDER
from tiny_models import cached


def test_a_folder_is_itself(tmp_path: Path) -> None:
    assert model_folder(str(tmp_path), role="reader") == tmp_path


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))

    assert model_folder("~/model", role="reader") == tmp_path / "model"


def test_a_cached_name_is_the_folder_of_its_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = cached(tmp_path, "someone/some-model")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    assert model_folder("someone/some-model", role="reader") == snapshot


@pytest.mark.parametrize("name", ["someone/other-model", "no such folder", "/no/such/folder", "~/no/such/folder"])
def test_a_name_that_is_not_here_is_never_fetched(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"reader.*neither.*never downloads.*set QA_READER"):
        model_folder(name, role="reader")


def test_the_packaged_weights_are_those_of_their_sums() -> None:
    """After new weights: `sha256sum config.json model.onnx tokenizer.json > SHA256SUMS` in their folder."""
    assert damaged_file(PACKAGED_FOLDER) is None


def test_a_file_that_is_not_as_its_sum_says_is_named(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"")
    (tmp_path / "two").write_bytes(b"abc")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "SHA256SUMS").write_text(f"{empty}  one\n{abc}  two\n")

    assert damaged_file(tmp_path) is None
    (tmp_path / "two").write_bytes(b"abd")
    assert damaged_file(tmp_path) == "two"
    (tmp_path / "one").unlink()
    assert damaged_file(tmp_path) == "one"
    assert damaged_file(tmp_path / "none") == "SHA256SUMS"


def test_a_set_up_without_torch_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("torch", "huggingface_hub"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    with pytest.raises(ModelUnavailable, match=r"torch is not installed.*make setup"):
        imported_torch(0)
    with pytest.raises(ModelUnavailable, match=r"huggingface_hub is not installed.*leave out `encoder`"):
        model_folder("someone/some-model", role="encoder")


def test_an_error_in_one_line() -> None:
    assert first_line(ValueError("\n  What is wrong.\nmore\n")) == "What is wrong"
    assert first_line(KeyError()) == "KeyError"
