"""Plain text as people paste it: hand-computed canonical texts, and no word lost whatever the layout."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import NoText, UnreadableDocument
from qa.parsing.plain import PlainTextParser
from qa.types import BlockKind, ParsedDocument
from strategies import shown, source


def parsed(text: str | bytes) -> ParsedDocument:
    return PlainTextParser().parse(source("page.txt"), text.encode() if isinstance(text, str) else text)


NOTES = """\
Harbour dialogue\r
\r
What is the harbour dialogue?\r
\r
The harbour dialogue is a yearly meeting of **two towns** that share\r
one harbour and want to keep\r
\r
their ships apart in fog.\r
\r
▪ It began in 2018, see [the minutes](https://example.org/a_(b)).\r
▪ **Fees:** twelve crowns a day,\r
  half of it for fishing boats.\r
- A dash works too.\r
\r
Who takes part?\r
\r
Source: the town archive\r
\r
- **Towns:**\r
  - Westport\r
  - Eastport\r
- The pilots\r
\r
Everyone may listen.\r
"""


def test_bold_that_a_blank_line_tore_apart_is_words_and_its_sentence_goes_on() -> None:
    assert parsed("It is **the\n\nlarge pier**\n\nof the town, [which\n\nis](old.md)\n\nold.\n\nit is").text == (
        "It is the large pier of the town, which is old.\n\nit is"
    )


def test_notes_with_bullets_bold_links_questions_and_a_torn_paragraph() -> None:
    document = parsed(NOTES)
    assert document.title == "Harbour dialogue"
    assert document.text == (
        "Harbour dialogue\n\nWhat is the harbour dialogue?\n\n"
        "The harbour dialogue is a yearly meeting of two towns that share one harbour and want to keep"
        " their ships apart in fog.\n\n"
        "It began in 2018, see the minutes.\nFees: twelve crowns a day, half of it for fishing boats.\n"
        "A dash works too.\n\nWho takes part?\n\nSource: the town archive\n\n"
        "Towns\n\nWestport\nEastport\nThe pilots\n\nEveryone may listen."
    )
    what, who = ("What is the harbour dialogue?",), ("Who takes part?",)
    assert shown(document)[2:] == [
        (
            "paragraph",
            (
                "The harbour dialogue is a yearly meeting of two towns that share one harbour and want to keep"
                " their ships apart in fog."
            ),
            what,
        ),
        ("list_item", "It began in 2018, see the minutes.", what),
        ("list_item", "Fees: twelve crowns a day, half of it for fishing boats.", what),
        ("list_item", "A dash works too.", what),
        ("heading", "Who takes part?", ()),
        ("paragraph", "Source: the town archive", who),
        ("heading", "Towns", who),
        ("list_item", "Westport", (*who, "Towns")),
        ("list_item", "Eastport", (*who, "Towns")),
        ("list_item", "The pilots", who),
        ("paragraph", "Everyone may listen.", who),
    ]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("one line only", [("paragraph", "one line only")]),
        ("# Title\n## Part ##\ntext.", [("heading", "Title"), ("heading", "Part"), ("paragraph", "text.")]),
        ("Title\n=====\ntext.", [("heading", "Title"), ("paragraph", "text.")]),
        ("First.\n\nPart\n----\ntext.", [("paragraph", "First."), ("heading", "Part"), ("paragraph", "text.")]),
        ("Title\n\nIt is so.", [("heading", "Title"), ("paragraph", "It is so.")]),
        ("It ends.\n\nIt is so.", [("paragraph", "It ends."), ("paragraph", "It is so.")]),
        ("Source: PIB\n\nIt is so.", [("paragraph", "Source: PIB"), ("paragraph", "It is so.")]),
        ("Chapter 1: Sea\n\nIt is so.", [("heading", "Chapter 1: Sea"), ("paragraph", "It is so.")]),
        ("1 2 3\n\nIt is so.", [("paragraph", "1 2 3"), ("paragraph", "It is so.")]),
        ("Mill Lane 1\n\nWestport\n\nThe north\n\nIt is so.", [("paragraph", "Mill Lane 1"), ("paragraph", "Westport"),
                                                             ("paragraph", "The north"), ("paragraph", "It is so.")]),
        ("Roses\nViolets\nthe end.", [("paragraph", "Roses\nViolets\nthe end.")]),
        ("▪ a\n• b\n* c\n1. d\n2) e\na) f", [("list_item", letter) for letter in "abcdef"]),
        ("- one\n  two\n\n- three", [("list_item", "one two"), ("list_item", "three")]),
        ("It stops here.\n\nand goes on.", [("paragraph", "It stops here."), ("paragraph", "and goes on.")]),
        ("It was torn,\n\nand goes on.", [("paragraph", "It was torn, and goes on.")]),
        ("\u65e5\u672c\u3002\n\n\U0001f642 is here.", [("paragraph", "日本。"), ("paragraph", "🙂 is here.")]),
    ],
)  # fmt: skip
def test_blocks_by_hand(text: str, blocks: list[tuple[str, str]]) -> None:
    assert [(kind, words) for kind, words, _ in shown(parsed(text))] == blocks


def test_a_rule_of_dashes_ends_the_paragraph_above_it() -> None:
    lines = ["This line was broken by the width of the page, not", "by its author, and it ends here."]
    document = parsed("\n".join([*lines, "-----", "Another paragraph begins below the rule."]))
    assert [words for _, words, _ in shown(document)] == [" ".join(lines), "Another paragraph begins below the rule."]


def test_a_number_that_a_line_break_put_first_is_not_taken_for_a_list_marker() -> None:
    document = parsed(
        "In the second year the whole fishing fleet had grown to\n50. It shrank to half of that later on."
    )
    assert document.text == (
        "In the second year the whole fishing fleet had grown to 50. It shrank to half of that later on."
    )


def test_levels_of_list_items_are_their_indents() -> None:
    document = parsed("Text.\n\n- a\n    - b\n\t- c\n")
    assert [block.level for block in document.blocks if block.kind is BlockKind.LIST_ITEM] == [0, 4, 4]


@pytest.mark.parametrize("data", [b"", b" \r\n\t\n", b"-----\n=====\n", b"# Only a heading\n"])
def test_a_file_without_text_is_refused(data: bytes) -> None:
    with pytest.raises(NoText):
        parsed(data)


def test_a_file_that_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableDocument):
        parsed(b"caf\xe9")


def test_line_breaks_of_every_system_give_the_same_document() -> None:
    text = NOTES.replace("\r\n", "\n")
    assert parsed(text) == parsed(NOTES) == parsed(text.replace("\n", "\r"))


LETTERS = st.text(st.characters(categories=["L", "So"]), min_size=2, max_size=6)
WORD = st.one_of(LETTERS, st.sampled_from(["Zoë", "2018", "3.14", "U.S.", "end.", "so:", "why?", "x,", "日本。"]))
LINE = st.lists(WORD, min_size=1, max_size=12).map(" ".join)
STARTS = st.sampled_from(["", "", "", "- ", "  ▪ ", "• ", "# ", "    "])
ENDS = st.sampled_from(["\n", "\n", "\n\n", "\r\n", "\r", "\n---\n", "\n \n\n", "\u2028"])


@given(st.lists(st.tuples(STARTS, LINE, ENDS), min_size=1, max_size=12))
def test_no_word_is_lost_or_moved_and_every_block_slices_the_text(lines: list[tuple[str, str, str]]) -> None:
    text = "".join(start + words + end for start, words, end in lines)
    try:
        document = parsed(text)
    except NoText:
        assert all(start == "# " or end == "\n---\n" for start, _, end in lines)
        return
    words = re.findall(r"\w+", text)
    assert re.findall(r"\w+", document.text) == words
    assert [word for _, block, _ in shown(document) for word in re.findall(r"\w+", block)] == words
