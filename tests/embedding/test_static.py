"""The static encoder: a text's vector is the sum of its tokens' rows, exactly, and its file is the expected one."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from qa.embedding import static
from qa.embedding.packaged import PackagedEncoder, packaged_folder
from qa.embedding.remembering import RememberingEncoder
from qa.embedding.static import FOLDER, TABLE, StaticEncoder
from qa.errors import ModelUnavailable
from qa.onnx_models import read_tokenizer
from qa.reading.sentence import SentenceReader
from qa.reading.span import SpanReader
from qa.settings import Settings
from qa.wiring import make_encoder, make_reader

TEXTS = ["The pier opened in 1902.", "Gulls nest on the roof of Zoë's café.", "pier", "the pier of the gulls " * 300]


@pytest.fixture(scope="module")
def encoder() -> StaticEncoder:
    """Its table, read once."""
    return StaticEncoder()


def test_a_vector_is_the_sum_of_the_rows_of_its_tokens_at_length_1(encoder: StaticEncoder) -> None:
    tokenizer = read_tokenizer((packaged_folder() / "tokenizer.json").read_text(encoding="utf-8"))
    table = np.load(FOLDER / TABLE)
    assert (table.dtype, table.shape) == (np.int8, (tokenizer.get_vocab_size(), 256))
    for text, found in zip(TEXTS, encoder.encode(TEXTS), strict=True):
        total = sum(table[token].astype(float) for token in tokenizer.encode(text, add_special_tokens=False).ids)
        np.testing.assert_allclose(found, total / np.sqrt((total**2).sum()), rtol=1e-6)


def test_a_vector_is_the_same_to_the_bit_in_any_company_and_order_of_words(encoder: StaticEncoder) -> None:
    together = encoder.encode(TEXTS)
    for text, found in zip(TEXTS, together, strict=True):
        assert (encoder.encode([text])[0] == found).all()
    one, other, twice = encoder.encode(
        ["gulls on the pier", "the pier on gulls", "gulls on the pier gulls on the pier"]
    )
    assert (one == other).all()
    assert (one == twice).all()


def test_no_text_is_cut_and_none_is_without_a_direction(encoder: StaticEncoder) -> None:
    long, longer = encoder.encode(["pier " * 3000, "pier " * 3000 + "gull " * 3000])
    assert long @ longer < 0.9
    assert np.load(FOLDER / TABLE).any(axis=1).all()


def test_a_part_has_the_vector_of_its_words(encoder: StaticEncoder) -> None:
    from qa.ports import TextPart
    from qa.types import Span

    (part,) = encoder.encode_parts([TextPart("The pier. Gulls nest.", Span(10, 21))])
    assert (part == encoder.encode(["Gulls nest."])[0]).all()


def test_what_is_near_in_meaning_is_near(encoder: StaticEncoder) -> None:
    physician, doctor, granite = encoder.encode(["a physician", "the doctors", "a block of granite"])
    assert physician @ doctor > physician @ granite + 0.2


def test_a_damaged_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "weights")
    data = bytearray((tmp_path / "weights" / TABLE).read_bytes())
    data[-1] ^= 1
    (tmp_path / "weights" / TABLE).write_bytes(data)
    monkeypatch.setattr(static, "FOLDER", tmp_path / "weights")
    with pytest.raises(ModelUnavailable, match=r"table\.npy"):
        StaticEncoder().encode(["pier"])
    with pytest.raises(ModelUnavailable, match=r"table\.npy"):  # and not taken for another encoder
        _ = StaticEncoder().fingerprint
    (tmp_path / "weights" / TABLE).unlink()
    with pytest.raises(ModelUnavailable, match=r"table\.npy"):
        _ = StaticEncoder().fingerprint


def test_the_setting_takes_it_for_the_index_and_the_packaged_one_for_what_is_read() -> None:
    settings = Settings(encoder="static")
    encoder = make_encoder(settings)
    assert isinstance(encoder, StaticEncoder)
    reader = make_reader(settings, encoder)
    assert isinstance(reader, SpanReader)
    assert isinstance(reader.sentences, SentenceReader)
    assert isinstance(reader.sentences.encoder, RememberingEncoder)
    assert reader.sentences.encoder.fingerprint == PackagedEncoder().fingerprint
    with pytest.raises(ModelUnavailable, match="'statics' is neither a folder"):
        _ = make_encoder(Settings(encoder="statics")).fingerprint
