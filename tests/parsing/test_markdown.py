"""Markdown as its words are shown: hand-computed canonical texts, and nothing lost in deep nesting."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import DocumentError, NoText
from qa.parsing.markdown import MarkdownParser
from qa.types import BlockKind, ParsedDocument
from strategies import shown, source


def parsed(text: str) -> ParsedDocument:
    return MarkdownParser().parse(source("page.md"), text.encode())


PAGE = """# The *title*

A **bold** claim with a [link](http://a.b "t"), `code`,
a soft break and\x20\x20
a hard one<br>here.

## Points & more

- first &amp; best
  second line
- second
  1. inner
  2. other

> said so

| a | b |
|---|---|
| 1 | **2** |
|   | 3 |

```python
x = 1  # kept

y = 2
```

***

![a chart](c.png) <b>tag</b> \\*star\\*
"""


def test_the_canonical_text_is_what_a_reader_sees() -> None:
    document = parsed(PAGE)
    assert document.title == "The title"
    assert document.text == (
        "The title\n\nA bold claim with a link, code, a soft break and\na hard one\nhere.\n\nPoints & more\n\n"
        "first & best second line\nsecond\ninner\nother\n\nsaid so\n\na | b\n1 | 2\n| 3\n\n"
        "x = 1  # kept\n\ny = 2\n\na chart tag *star*"
    )
    section = ("Points & more",)
    assert shown(document) == [
        ("heading", "The title", ()),
        ("paragraph", "A bold claim with a link, code, a soft break and\na hard one\nhere.", ()),
        ("heading", "Points & more", ()),
        ("list_item", "first & best second line", section),
        ("list_item", "second", section),
        ("list_item", "inner", section),
        ("list_item", "other", section),
        ("quote", "said so", section),
        ("table_row", "a | b", section),
        ("table_row", "1 | 2", section),
        ("table_row", "| 3", section),
        ("code", "x = 1  # kept\n\ny = 2", section),
        ("paragraph", "a chart tag *star*", section),
    ]
    assert [block.level for block in document.blocks if block.kind is BlockKind.LIST_ITEM] == [1, 1, 2, 2]


def test_line_breaks_of_every_system_give_the_same_text() -> None:
    assert parsed(PAGE.replace("\n", "\r\n")).text == parsed(PAGE).text
    assert parsed(PAGE.replace("\n", "\r")).text == parsed(PAGE).text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_front_matter_is_kept_as_code_and_makes_no_heading(end: str) -> None:
    document = parsed(end.join(["---", "author: me", "---", "# Title", "", "Text."]))
    assert shown(document) == [("code", "author: me", ()), ("heading", "Title", ()), ("paragraph", "Text.", ())]
    assert document.title == "Title"


def test_labels_of_nested_lists_open_sections_that_end_with_the_item() -> None:
    document = parsed("# T\n\n## S\n\n- **Sea:**\n  - ships\n  - **Ports:**\n    - east\n  - crews\n- land\n\nAfter.\n")
    assert [row for row in shown(document) if row[0] != "heading"] == [
        ("list_item", "ships", ("S", "Sea")),
        ("list_item", "east", ("S", "Sea", "Ports")),
        ("list_item", "crews", ("S", "Sea")),
        ("list_item", "land", ("S",)),
        ("paragraph", "After.", ("S",)),
    ]
    assert "Sea\n\nships\n\nPorts\n\neast" in document.text


def test_a_label_with_nothing_under_it_is_an_item() -> None:
    assert [row[0] for row in shown(parsed("- Sea:\n- land\n"))] == ["list_item", "list_item"]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>one</p>", "one"),
        ("<div>one<br/>two</div>", "one two"),
        ("<!-- hidden\n -->\n<p>seen</p>", "seen"),
        ("<p>salt &amp; pepper</p>", "salt & pepper"),
        ("<div>if 1 < 2 and 3 > 2</div>", "if 1 < 2 and 3 > 2"),
    ],
)
def test_html_shows_its_words(html: str, words: str) -> None:
    assert parsed(html).text.split() == words.split()


@pytest.mark.parametrize("indent", ["  ", "   "])
def test_lists_nested_forty_deep_lose_nothing(indent: str) -> None:
    document = parsed("\n".join(f"{indent * depth}- item{depth} ends" for depth in range(40)))
    assert document.text == "\n".join(f"item{depth} ends" for depth in range(40))
    assert [block.level for block in document.blocks] == list(range(1, 41))


@pytest.mark.parametrize(
    "text", ["\n".join("  " * depth + f"- word{depth}" for depth in range(60)), "Before.\n\n" + "> " * 120 + "word0"]
)
def test_deeper_nesting_is_kept_or_refused_but_never_dropped_in_silence(text: str) -> None:
    try:
        document = parsed(text)
    except NoText:
        raise
    except DocumentError:
        return
    assert re.findall(r"word\d+", document.text) == re.findall(r"word\d+", text)


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading", "<!-- only a remark -->", "[ref]: http://a.b"])
def test_a_page_without_text_is_refused(text: str) -> None:
    with pytest.raises(NoText):
        parsed(text)


PLAIN_LINES = st.lists(st.sampled_from(["one", "two", "Zoë", "🙂", "日本", "x9", "e\u0301"]), min_size=1).map(" ".join)
STARTS = st.sampled_from(["", "- ", "  - ", "1. ", "> ", "# ", "### ", "> - ", "    "])


@given(st.lists(st.tuples(STARTS, PLAIN_LINES, st.sampled_from(["\n", "\n\n", "\r\n"])), min_size=1, max_size=12))
def test_no_word_is_lost_and_every_block_slices_the_text(lines: list[tuple[str, str, str]]) -> None:
    text = "".join(start + words + end for start, words, end in lines)
    try:
        document = parsed(text)
    except NoText:
        assert all(start in ("# ", "### ") for start, _, _ in lines)
        return
    words = [word for _, line, _ in lines for word in line.split()]
    blocks = [block.span.of(document.text) for block in document.blocks]
    assert [word for block in blocks for word in block.split()] == words
    assert document.text.split() == words


def calls(text: str) -> int:
    """How many functions are called to parse a text: a measure of its cost that no busy machine disturbs."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        parsed(text)
    finally:
        sys.setprofile(None)
    return count


def test_the_cost_grows_with_the_length_only() -> None:
    text = "".join(f"- item {number:05}\n" for number in range(4_000))
    assert calls(text) < 9 * calls(text[: len(text) // 8])


@pytest.mark.parametrize("mark", ["[", "!["])
def test_a_bracket_costs_little_however_many_are_open(mark: str) -> None:
    assert calls(mark * 4_000) < 100 * 4_000


def test_links_in_brackets_are_read_up_to_a_depth_and_then_shown_as_they_are_written() -> None:
    link = "[pier](pier.md)"
    assert parsed("[" * 31 + link + "]" * 31).text == "[" * 31 + "pier" + "]" * 31
    assert parsed("[" * 32 + link + "]" * 32).text == "[" * 32 + link + "]" * 32


def test_rows_know_the_head_of_their_table() -> None:
    document = parsed("| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n\nText.\n")
    assert [block.header and block.header.of(document.text) for block in document.blocks] == [
        None,
        "a | b",
        "a | b",
        None,
    ]
