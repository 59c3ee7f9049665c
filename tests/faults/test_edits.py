"""R14: incremental builds over random edits end in the bytes of a first build, with FAISS and Tantivy."""

import pytest

from fakes import FakeEncoder
from qa.index import build
from torture.edits import edit_often


def test_r14_any_edits_end_in_the_bytes_of_a_first_build_and_nothing_is_encoded_twice() -> None:
    tally = edit_often(6, FakeEncoder())
    assert tally.wrong == []
    assert tally.builds > 12
    assert tally.broken_off > 0
    assert tally.encoded > 20


def test_the_harness_sees_what_is_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "known_vectors", lambda *_: {})
    assert any("were not all unknown" in wrong for wrong in edit_often(3, FakeEncoder()).wrong)
