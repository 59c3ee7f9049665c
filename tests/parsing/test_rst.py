"""reStructuredText: titles by their adornment in the order of their first use, tables, and marks that are no text."""

import pytest

from qa.parsing.rst import RstParser
from qa.types import ParsedDocument
from strategies import shown, source


def parsed(text: str) -> ParsedDocument:
    return RstParser().parse(source("folder/pier.rst"), text.encode())


def test_titles_lists_and_paragraphs() -> None:
    document = parsed(
        "========\nThe pier\n========\n\nIt was *built* by **hand**, see :ref:`the plan <plan>` and ``a_b``.\n\n"
        "Posts\n-----\n\n- Oak\n- `Iron <http://a.example>`_\n\nDeep\n~~~~\n\nShort line\n\nOthers\n------\n\nEnd.\n"
    )
    assert document.title == "The pier"
    assert shown(document) == [
        ("heading", "The pier", ()),
        ("paragraph", "It was built by hand, see the plan and a_b.", ()),
        ("heading", "Posts", ()),
        ("list_item", "Oak", ("Posts",)),
        ("list_item", "Iron", ("Posts",)),
        ("heading", "Deep", ("Posts",)),
        ("paragraph", "Short line", ("Posts", "Deep")),
        ("heading", "Others", ()),
        ("paragraph", "End.", ("Others",)),
    ]


def test_of_a_note_only_the_mark_is_left_out() -> None:
    document = parsed(".. note:: Two lines.\n\n.. Warning::\n\n   Ice.\n\n.. image:: note::\n\nSee .. note:: x.\n")
    assert document.text.split("\n\n") == ["Two lines.", "Ice.", ".. image:: note::", "See .. note:: x."]


SIMPLE = """
=====  ============
Year   Tons of rope
=====  ============
2018   40
2019   42, of which
       2 were lost
=====  ============
"""
GRID = """
+------+--------------+
| Year | Tons of rope |
+======+==============+
| 2018 | 40           |
+------+--------------+
| 2019 | 42, of which |
|      | 2 were lost  |
+------+--------------+
"""


@pytest.mark.parametrize("table", [SIMPLE, GRID])
def test_tables(table: str) -> None:
    document = parsed(f"Before.\n{table}\nAfter.\n")
    assert [row[:2] for row in shown(document)] == [
        ("paragraph", "Before."),
        ("table_row", "Year | Tons of rope"),
        ("table_row", "2018 | 40"),
        ("table_row", "2019 | 42, of which 2 were lost"),
        ("paragraph", "After."),
    ]
    assert [block.header and block.header.of(document.text) for block in document.blocks] == [
        None, None, "Year | Tons of rope", "Year | Tons of rope", None
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "Words\n--\n",
        "  Indented\n--------\n\nText.\n",
        "a\n\n====  ====\n",
        "+---+\n",
        "Too long a title\n===\n\nText.",
    ],
)
def test_what_only_looks_like_a_title_or_table_is_text(text: str) -> None:
    words = {word for word in text.split() if word.isalpha()}
    assert words <= set(parsed(text).text.split())


def test_directives_keep_their_words() -> None:
    assert "Mind the gap." in parsed(".. note:: Mind the gap.\n\n.. code::\n\n   x = 1\n").text
