"""R14: incremental builds over random edits end in the bytes of a first build, with FAISS and Tantivy."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fakes import FakeEncoder
from qa.index import build, lists
from torture.edits import edit_often

if TYPE_CHECKING:
    from qa.ports import Vectors


def test_r14_any_edits_end_in_the_bytes_of_a_first_build_and_nothing_is_encoded_twice() -> None:
    tally = edit_often(6, FakeEncoder())
    assert tally.wrong == []
    assert tally.builds > 12
    assert tally.broken_off > 0
    assert tally.with_lists > 1, "the inverted file is built, too"
    assert tally.encoded > 20


def test_the_harness_sees_what_is_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "known_vectors", lambda *_: {})
    assert any("were not all unknown" in wrong for wrong in edit_often(3, FakeEncoder()).wrong)


def test_the_harness_sees_lists_that_depend_on_more_than_the_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    learned, turn = lists.learned, iter(range(1000))

    def otherwise(sample: "Vectors", parts: "list[Vectors]") -> lists.Lists:
        return learned(np.roll(sample, next(turn), axis=0), parts)

    monkeypatch.setattr(lists, "learned", otherwise)
    assert any("dense/centroids.npy" in wrong for wrong in edit_often(6, FakeEncoder()).wrong)
