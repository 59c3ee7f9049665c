"""What every encoder does, the real one and the fakes."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import FakeEncoder
from qa.embedding.packaged import PackagedEncoder, packaged_folder
from qa.embedding.remembering import RememberingEncoder
from qa.embedding.sentence_transformer import SentenceTransformerEncoder
from qa.embedding.static import StaticEncoder
from qa.ports import Encoder, TextPart
from qa.types import Span

if TYPE_CHECKING:
    from qa.ports import Vectors

TEXTS = [
    "The lamp hangs at the end of the pier.",
    "Boats need a pilot.",
    "The lamp hangs at the end of the pier.",
    "\U0001f600 Zoe\u0301",
    "",
]


@pytest.fixture(scope="module")
def named_encoder() -> Encoder:
    """A model that a setting names, loaded once."""
    return SentenceTransformerEncoder(str(packaged_folder()))


class EncoderContract:
    """Run by every encoder."""

    tolerance = 0.0

    @pytest.fixture
    def encoder(self) -> Encoder:
        """The encoder under test."""
        raise NotImplementedError

    @pytest.fixture
    def rows(self, encoder: Encoder) -> "Vectors":
        """Vectors of the texts."""
        return encoder.encode(TEXTS)

    def test_vectors_are_float32_unit_rows(self, rows: "Vectors") -> None:
        assert rows.dtype == np.float32
        assert rows.ndim == 2
        assert len(rows) == len(TEXTS)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)

    def test_rows_follow_the_order_of_the_texts(self, encoder: Encoder, rows: "Vectors") -> None:
        backwards = encoder.encode(TEXTS[::-1])

        np.testing.assert_allclose(backwards[::-1], rows, atol=self.tolerance)
        np.testing.assert_allclose(encoder.encode(TEXTS[1:2])[0], rows[1], atol=self.tolerance)

    def test_equal_texts_have_equal_vectors_and_others_do_not(self, rows: "Vectors") -> None:
        np.testing.assert_allclose(rows[0], rows[2], atol=self.tolerance)
        assert rows[0] @ rows[1] < 0.9

    def test_nearer_meaning_is_a_greater_product(self, encoder: Encoder, rows: "Vectors") -> None:
        (query,) = encoder.encode(["Where does the lamp hang?"])

        assert query @ rows[0] > query @ rows[1]

    def test_no_texts_give_no_rows(self, encoder: Encoder, rows: "Vectors") -> None:
        assert encoder.encode([]).shape == (0, rows.shape[1])

    def test_a_part_has_a_unit_row_in_the_order_of_the_parts(self, encoder: Encoder, rows: "Vectors") -> None:
        parts = [TextPart(text, Span(start, end)) for text in TEXTS[:2] for start, end in ((0, 5), (6, len(text)))]
        parts = [*parts[::2], *parts[1::2]]
        found = encoder.encode_parts(parts)

        assert found.dtype == np.float32
        assert found.shape == (4, rows.shape[1])
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(encoder.encode_parts(parts[::-1])[::-1], found, atol=self.tolerance)
        assert encoder.encode_parts([]).shape == (0, rows.shape[1])

    def test_tokens_are_counted_text_by_text(self, encoder: Encoder) -> None:
        assert encoder.count_tokens([]) == []
        one, three, none = encoder.count_tokens(["boats", "boats boats boats", ""])
        assert (one, three, none) == (1, 3, 0)
        assert all(type(count) is int for count in encoder.count_tokens(TEXTS))

    def test_the_fingerprint_is_fixed(self, encoder: Encoder) -> None:
        assert encoder.fingerprint == encoder.fingerprint
        assert encoder.fingerprint.strip()


class TestFake(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return FakeEncoder()


class TestRemembering(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return RememberingEncoder(FakeEncoder())

    def test_no_text_is_encoded_twice(self) -> None:
        inside = FakeEncoder()
        encoder = RememberingEncoder(inside)
        encoder.encode(TEXTS)
        encoder.encode(TEXTS[::-1])
        assert sorted(inside.encoded) == sorted(set(TEXTS))


class TestPackaged(EncoderContract):
    @pytest.fixture
    def encoder(self, packaged_encoder: PackagedEncoder) -> Encoder:
        return packaged_encoder

    def test_its_dimension_is_that_of_the_model(self, rows: "Vectors") -> None:
        assert rows.shape[1] == 384

    def test_another_instance_has_the_same_fingerprint(self, encoder: Encoder) -> None:
        assert PackagedEncoder().fingerprint == encoder.fingerprint


class TestStatic(EncoderContract):
    @pytest.fixture
    def encoder(self) -> Encoder:
        return StaticEncoder()


class TestSentenceTransformer(EncoderContract):
    tolerance = 1e-5

    @pytest.fixture
    def encoder(self, named_encoder: Encoder) -> Encoder:
        return named_encoder
