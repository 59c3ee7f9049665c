"""The packaged encoder: its files are the expected ones, and a text's vector depends on nothing but the text."""

import random
from pathlib import Path

import numpy as np
import pytest

from qa.embedding.packaged import PACKAGED_MODULE, PackagedEncoder, packaged_folder
from qa.errors import ModelUnavailable

WORDS = "gulls nest on the roof of the pier that opened in 1902 near Zoë's café".split()


def texts(seed: int, count: int) -> list[str]:
    """Texts of 0 to 300 words, many of the same length."""
    rng = random.Random(seed)
    lengths = [0, 1, 2, 7, 13, 13, 13, 40, 300]
    return [" ".join(rng.choices(WORDS, k=rng.choice(lengths))) for _ in range(count)]


def test_a_vector_is_the_same_to_the_bit_in_any_company(packaged_encoder: PackagedEncoder) -> None:
    some = texts(1, 40)
    together = packaged_encoder.encode(some)
    alone = np.concatenate([packaged_encoder.encode([text]) for text in some])
    order = random.Random(2).sample(range(len(some)), len(some))
    assert (together == alone).all()
    assert (packaged_encoder.encode([some[place] for place in order]) == together[order]).all()


def test_a_vector_is_the_same_to_the_bit_with_any_number_of_threads(packaged_encoder: PackagedEncoder) -> None:
    some = texts(3, 12)
    assert (PackagedEncoder(threads=1).encode(some) == packaged_encoder.encode(some)).all()
    assert (PackagedEncoder(threads=5).encode(some) == packaged_encoder.encode(some)).all()


def test_only_the_first_256_tokens_count(packaged_encoder: PackagedEncoder) -> None:
    """Of them two are special, so 254 words of one token each fill the length."""
    full, longer, shorter = packaged_encoder.encode(["pier " * 254, "pier " * 254 + "gull", "pier " * 253 + "gull"])
    assert (full == longer).all()
    assert (full != shorter).any()


def test_tokens_are_counted_beyond_that(packaged_encoder: PackagedEncoder) -> None:
    assert packaged_encoder.count_tokens(["pier " * 700]) == [700]


def test_the_fingerprint_names_the_recipe_beside_the_weights(
    packaged_encoder: PackagedEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = packaged_encoder.fingerprint
    other = tmp_path / "encoder.onnx"
    other.write_bytes(b"another graph")
    monkeypatch.setattr("qa.embedding.packaged.GRAPH", other)
    assert before.startswith("packaged@")
    assert PackagedEncoder().fingerprint != before


def test_other_weights_under_the_same_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / PACKAGED_MODULE
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"not the expected one.*--force-reinstall"):
        PackagedEncoder().encode(["text"])


def test_a_package_that_is_not_there_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.embedding.packaged.PACKAGED_MODULE", "no_such_package")
    with pytest.raises(ModelUnavailable, match=r"not installed.*make setup"):
        packaged_folder()
