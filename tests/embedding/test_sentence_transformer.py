"""Encoders that a setting names: what they are called, and what is said when there is none."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from qa.embedding.packaged import PackagedEncoder, packaged_folder
from qa.embedding.sentence_transformer import SentenceTransformerEncoder
from qa.errors import ModelUnavailable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder of one's own."""
    shutil.copytree(packaged_folder(), tmp_path / "my-model")
    return tmp_path / "my-model"


def test_a_model_folder_can_be_named(folder: Path, packaged_encoder: PackagedEncoder) -> None:
    mine = SentenceTransformerEncoder(str(folder))
    texts = ["Gulls nest on the roof.", "The pier opened in 1902."]
    assert np.allclose(mine.encode(texts), packaged_encoder.encode(texts), atol=1e-5)


def test_vectors_of_the_two_ways_are_not_mixed(folder: Path, packaged_encoder: PackagedEncoder) -> None:
    """They differ in the last digits, so an index belongs to one of them."""
    mine = SentenceTransformerEncoder(str(folder)).fingerprint
    assert mine.partition("@")[2] != packaged_encoder.fingerprint.partition("@")[2]


def test_a_changed_weight_changes_the_fingerprint(folder: Path) -> None:
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
    with pytest.raises(ModelUnavailable, match="leave out `encoder`"):
        SentenceTransformerEncoder(str(tmp_path)).encode(["text"])
