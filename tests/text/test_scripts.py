"""The copies of a text that are searched: composed letters, and unspaced scripts in pairs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.scripts import composed, in_pairs


def test_twins_become_one() -> None:
    assert composed("Zoe\u0308") == composed("Zo\u00eb") == "Zo\u00eb"
    assert composed("\u1112\u1161\u11ab") == "\ud55c"
    assert composed("ﬁ 10⁶ ２") == "ﬁ 10⁶ ２"  # other letters, not other forms of the same


@given(st.text())
def test_composed_is_the_normal_form(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("日本語 and 灯", ["日本", "本語", "and", "灯"]),
        ("2019年に桟橋", ["2019", "年に", "に桟", "桟橋"]),
        ("한국어 부두", ["한국어", "부두"]),
        ("Zoë 🙂", ["Zoë", "🙂"]),
        ("𠮷野家", ["𠮷野", "野家"]),
    ],
)
def test_pairs_of_unspaced_scripts(text: str, words: list[str]) -> None:
    assert in_pairs(text).split() == words
