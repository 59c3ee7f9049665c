"""The packaged span model: windows, offsets, and that nothing hangs on what is read together."""

import numpy as np
import pytest

from qa.reading.decode import best_in_units
from qa.reading.span_model import SpanModel
from qa.reading.windows import MAX_TOKENS, QUESTION, SHARED
from qa.types import Span

TEXT = "Ada Lovelace wrote the first program in 1843. Charles Babbage had designed the engine for it in 1837."


@pytest.fixture
def model(packaged_span_model: SpanModel) -> SpanModel:
    return packaged_span_model


def test_offsets_are_characters_of_the_text(model: SpanModel) -> None:
    text = "Zoë’s café 🎉 opened in 1999 ．"
    (window,) = model.windows("When did it open?", [text])[0]
    words = [text[start:end] for start, end in window.offsets]
    assert "1999" in words
    assert [start for start, _ in window.offsets] == sorted(start for start, _ in window.offsets)
    assert len(window.start) == len(window.end) == len(window.offsets)


def test_an_accent_stays_with_its_letter(model: SpanModel) -> None:
    text = "The cafe\u0301 closes, says Zoe\u0308."
    (window,) = model.windows("Who?", [text])[0]
    assert [text[start:end] for start, end in window.offsets] == [
        "The", "cafe\u0301", "closes", ",", "says", "Zoe\u0308", ".",
    ]  # fmt: skip


def test_it_reads(model: SpanModel) -> None:
    units = [Span(0, 45), Span(46, len(TEXT))]
    first, second = best_in_units(model.windows("Who designed the engine?", [TEXT])[0], units)
    assert first is not None
    assert second is not None
    assert second.span.of(TEXT) == "Charles Babbage"
    assert second.score > first.score


def test_a_batch_reads_like_one_at_a_time(model: SpanModel) -> None:
    texts = [TEXT, f"{TEXT} It was never built.", "Charles Babbage was born in London. " + TEXT * 3]
    together = model.windows("Who designed the engine?", texts)
    for text, windows in zip(texts, together, strict=True):
        alone = model.windows("Who designed the engine?", [text])[0]
        assert [window.offsets for window in windows] == [window.offsets for window in alone]
        # int8 activations are scaled over a whole batch, so to the bit alike means that there was none
        for window, other in zip(windows, alone, strict=True):
            assert np.array_equal(window.start, other.start)
            assert np.array_equal(window.end, other.end)
            assert window.null == other.null


def test_a_long_passage_has_overlapping_windows_that_miss_nothing(model: SpanModel) -> None:
    text = " ".join(f"word{number}" for number in range(700))
    windows = model.windows("Which word?", [text])[0]
    assert len(windows) > 1
    assert all(len(window.offsets) < MAX_TOKENS for window in windows)
    seen = {offset for window in windows for offset in window.offsets}
    assert "".join(text[start:end] for start, end in sorted(seen)) == text.replace(" ", "")
    shared = set(windows[0].offsets) & set(windows[1].offsets)
    assert len(shared) == MAX_TOKENS // SHARED == 128


def test_a_very_long_question_leaves_room_for_the_passage(model: SpanModel) -> None:
    windows = model.windows("why " * 500, [TEXT])[0]
    assert len(windows) == 1
    assert windows[0].offsets[-1][1] == len(TEXT)
    assert MAX_TOKENS // QUESTION == 64
