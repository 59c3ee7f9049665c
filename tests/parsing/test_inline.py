"""Light markup in plain text shows its words; everything else stays to the character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.parsing.inline import plain_words


@pytest.mark.parametrize(
    ("marked", "words"),
    [
        ("**bold**", "bold"),
        ("a **bold claim** here", "a bold claim here"),
        ("__init__.py and __all__", "__init__.py and __all__"),
        ("**one** and **two**", "one and two"),
        ("(**inside**), **end**.", "(inside), end."),
        ("[text](https://a.b/c)", "text"),
        ("see [the page](https://a.b/c_(d)) now", "see the page now"),
        ('[t](https://a.b "A title")', "t"),
        ("[t](<a b>)", "t"),
        ("![chart](c.png)", "chart"),
        (r"[a \[b\] c](d)", "a [b] c"),
        ("**[bold link](u)**", "bold link"),
        ("[**link bold**](u)", "link bold"),
        ("<https://a.b/c>", "https://a.b/c"),
        ("<mailto:a@b.c>", "mailto:a@b.c"),
        ("日本**太字**です", "日本**太字**です"),
    ],
)
def test_marks_are_read_as_the_words_they_show(marked: str, words: str) -> None:
    assert plain_words(marked) == words


@pytest.mark.parametrize(
    "text",
    [
        "", "plain", "2 ** 3 ** 4", "2**3**4", "snake__case__name", "__init__x", "a * b * c", "*one star*", "_one_",
        "**open only", "** spaced **", "[not a link]", "[note] (aside)", "f(x)[0]", "a < b and c > d", "<b>tag</b>",
        "<not a link>", "1 <https: 2", "`code`", r"\*\*kept\*\*", "****", "end]( here",
    ],
)  # fmt: skip
def test_everything_else_is_kept_to_the_character(text: str) -> None:
    assert plain_words(text) == text


@given(st.text())
def test_text_without_marks_is_untouched(text: str) -> None:
    if not any(mark in text for mark in ("**", "__", "](", "<")):
        assert plain_words(text) == text


@given(st.lists(st.sampled_from(["**", "__", "[", "](u)", "<", ">", " ", "a", "É", "9", "\n", "(", ")"])).map("".join))
def test_no_letter_is_lost_or_moved(text: str) -> None:
    before = [char for char in text.replace("](u)", "") if char.isalnum()]
    after = [char for char in plain_words(text).replace("](u)", "") if char.isalnum()]
    assert after == before
