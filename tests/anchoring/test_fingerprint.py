"""Fingerprints: the same as a sum by hand, and found at every place at which a plain search finds the words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.anchoring import fingerprint as module
from qa.anchoring.fingerprint import BASE, fingerprint, places

SHORT = st.text(alphabet="ab🙂\n", max_size=30)


def by_hand(text: str) -> int:
    total: int = sum(ord(letter) * BASE**place for place, letter in enumerate(text))
    return total % 2**64


@given(st.text(alphabet=st.characters(), max_size=40))
def test_a_fingerprint_is_the_sum_over_the_code_points(text: str) -> None:
    assert fingerprint(text) == by_hand(text)


@given(SHORT, st.integers(1, 8), st.integers(1, 5))
def test_every_place_is_found_wherever_the_steps_fall(text: str, length: int, step: int) -> None:
    wanted = text[-length:] if len(text) >= length else "x" * length
    expected = [start for start in range(len(text)) if text[start : start + length] == wanted]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "STEP", step)
        assert list(places(text, length, fingerprint(wanted))) == expected


def test_a_stretch_longer_than_the_text_is_nowhere() -> None:
    assert list(places("abc", 4, fingerprint("abcd"))) == []
    assert list(places("", 1, fingerprint("a"))) == []
