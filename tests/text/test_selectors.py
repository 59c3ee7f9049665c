"""Context and UTF-16 offsets name the very same stretch of the text."""

from hypothesis import given
from hypothesis import strategies as st

from qa.text.selectors import CONTEXT, around, in_utf16
from qa.types import Span

TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("🙂𝔬e\u0301\u05d4")), min_size=1)


def spans(data: st.DataObject, text: str) -> Span:
    start = data.draw(st.integers(0, len(text) - 1))
    return Span(start, data.draw(st.integers(start + 1, len(text))))


@given(TEXTS, st.data())
def test_slicing_by_utf16_units_gives_the_same_characters(text: str, data: st.DataObject) -> None:
    span = spans(data, text)
    units = text.encode("utf-16-le")
    utf16 = in_utf16(text, span)
    assert units[2 * utf16.start : 2 * utf16.end].decode("utf-16-le") == span.of(text)


@given(TEXTS, st.data())
def test_prefix_quote_and_suffix_stand_together_in_the_text(text: str, data: st.DataObject) -> None:
    span = spans(data, text)
    prefix, suffix = around(text, span)
    assert text.startswith(prefix + span.of(text) + suffix, span.start - len(prefix))
    assert len(prefix) == min(CONTEXT, span.start)
    assert len(suffix) == min(CONTEXT, len(text) - span.end)


def test_a_known_case() -> None:
    text = "a🙂b" + "x" * 40
    assert in_utf16(text, Span(2, 3)) == Span(3, 4)
    assert in_utf16("plain", Span(1, 3)) == Span(1, 3)
    assert around(text, Span(2, 3)) == ("a🙂", "x" * 32)
