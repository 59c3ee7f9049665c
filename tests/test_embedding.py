"""Which weights the encoder takes, and what it says when it cannot have them."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pytest

from qa.embedding import PACKAGED_MODULE, SentenceTransformerEncoder
from qa.errors import ModelUnavailable


@pytest.fixture
def packaged() -> Path:
    """The folder of the packaged weights."""
    spec = importlib.util.find_spec(PACKAGED_MODULE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


def test_the_packaged_weights_are_the_expected_ones() -> None:
    name, _, digest = SentenceTransformerEncoder().fingerprint.partition("@")
    assert name == "packaged"
    assert len(digest) == 32


def test_other_weights_under_the_same_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / PACKAGED_MODULE
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"not the expected ones.*--force-reinstall"):
        SentenceTransformerEncoder().encode(["text"])


def test_a_model_folder_can_be_named_and_gives_the_same_vectors(tmp_path: Path, packaged: Path) -> None:
    folder = tmp_path / "my-model"
    shutil.copytree(packaged, folder)
    mine, ours = SentenceTransformerEncoder(str(folder)), SentenceTransformerEncoder()
    assert mine.fingerprint.partition("@")[2] == ours.fingerprint.partition("@")[2]
    texts = ["Gulls nest on the roof.", "The pier opened in 1902."]
    assert np.allclose(mine.encode(texts), ours.encode(texts), atol=1e-5)


def test_a_changed_weight_changes_the_fingerprint(tmp_path: Path, packaged: Path) -> None:
    folder = tmp_path / "my-model"
    shutil.copytree(packaged, folder)
    before = SentenceTransformerEncoder(str(folder)).fingerprint
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert SentenceTransformerEncoder(str(folder)).fingerprint != before


@pytest.mark.parametrize("name", ["someone/some-model", "no such folder"])
def test_a_name_that_is_not_here_is_never_fetched(name: str) -> None:
    with pytest.raises(ModelUnavailable, match=r"never downloads.*QA_ENCODER"):
        SentenceTransformerEncoder(name).encode(["text"])


def test_a_folder_that_is_no_model_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="QA_ENCODER"):
        SentenceTransformerEncoder(str(tmp_path)).encode(["text"])
