"""Canonical text grows in one place: hand-computed texts, spans and section paths."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.chunking import ChunkPolicy, chunk_document
from qa.errors import NoText
from qa.parsing.builder import MAX_HEADING_CHARACTERS, DocumentBuilder, clean
from qa.types import BlockKind, ParsedDocument
from strategies import count_words, documents, shown, source


def test_blocks_are_set_apart_by_blank_lines_and_list_items_and_rows_by_line_breaks() -> None:
    builder = DocumentBuilder(source())
    builder.add(BlockKind.PARAGRAPH, " One. ")
    builder.add(BlockKind.LIST_ITEM, "a", level=1)
    builder.add(BlockKind.LIST_ITEM, "b", level=2)
    builder.add(BlockKind.TABLE_ROW, "1 | 2")
    builder.add(BlockKind.TABLE_ROW, "3 | 4", page=7)
    builder.add(BlockKind.QUOTE, "🙂")
    document = builder.build()
    assert document.text == "One.\n\na\nb\n\n1 | 2\n3 | 4\n\n🙂"
    assert [(b.span.start, b.span.end) for b in document.blocks] == [
        (0, 4),
        (6, 7),
        (8, 9),
        (11, 16),
        (17, 22),
        (24, 25),
    ]
    assert [(block.level, block.page) for block in document.blocks[1:5]] == [(1, None), (2, None), (0, None), (0, 7)]


def test_headings_make_the_section_path_and_the_first_is_the_title() -> None:
    builder = DocumentBuilder(source())
    builder.heading("  The\n title ", 1)
    builder.add(BlockKind.PARAGRAPH, "p0")
    builder.heading("A", 2)
    builder.heading("B", 3)
    builder.add(BlockKind.PARAGRAPH, "p1")
    builder.heading("C", 3)
    builder.add(BlockKind.PARAGRAPH, "p2")
    builder.close(3)
    builder.add(BlockKind.PARAGRAPH, "p3")
    builder.heading("D", 2)
    builder.add(BlockKind.PARAGRAPH, "p4")
    document = builder.build()
    assert document.title == "The title"
    assert document.text == "The title\n\np0\n\nA\n\nB\n\np1\n\nC\n\np2\n\np3\n\nD\n\np4"
    paths = [(text, path) for kind, text, path in shown(document) if kind == "paragraph"]
    assert paths == [("p0", ()), ("p1", ("A", "B")), ("p2", ("A", "C")), ("p3", ("A",)), ("p4", ("D",))]
    assert {block.level for block in document.blocks if block.kind is BlockKind.HEADING} == {1, 2, 3}


def test_a_heading_after_front_matter_is_the_title_and_one_after_text_is_not() -> None:
    front, late = DocumentBuilder(source("my_own-notes.txt")), DocumentBuilder(source("a/my_own-notes.txt"))
    front.add(BlockKind.CODE, "author: me")
    front.heading("Title", 1)
    front.add(BlockKind.PARAGRAPH, "text")
    late.add(BlockKind.PARAGRAPH, "text")
    late.heading("Late", 1)
    late.add(BlockKind.PARAGRAPH, "more")
    assert front.build().title == "Title"
    assert front.build().blocks[-1].headings == ()
    assert late.build().title == "my own notes"
    assert late.build().blocks[-1].headings == ("Late",)


@pytest.mark.parametrize(("path", "title"), [("a/b.c.md", "b.c"), ("Makefile", "Makefile"), ("x/__.txt", "x/__.txt")])
def test_without_a_heading_the_title_is_the_file_name(path: str, title: str) -> None:
    builder = DocumentBuilder(source(path))
    builder.add(BlockKind.PARAGRAPH, "text")
    assert builder.build().title == title


def test_a_long_heading_stands_whole_in_the_text_and_cut_in_the_path() -> None:
    builder = DocumentBuilder(source())
    builder.heading("T", 1)
    builder.heading("h" * 300, 2)
    builder.add(BlockKind.PARAGRAPH, "text")
    document = builder.build()
    assert document.blocks[-1].headings == ("h" * MAX_HEADING_CHARACTERS,)
    assert "h" * 300 in document.text


@pytest.mark.parametrize("opens", [True, False])
def test_a_long_title_stands_whole_in_the_text_and_cut_as_the_name(*, opens: bool) -> None:
    builder = DocumentBuilder(source())
    if opens:
        builder.heading("t" * 199 + " " + "t" * 100, 1)
    builder.add(BlockKind.PARAGRAPH, "text")
    document = builder.build("" if opens else "t" * 300)
    assert document.title == ("t" * 199 if opens else "t" * MAX_HEADING_CHARACTERS)
    chunks = chunk_document(document, count_words, ChunkPolicy())
    assert "".join(chunk.span.of(document.text) for chunk in chunks) == document.text


def test_empty_blocks_and_headings_leave_no_trace() -> None:
    builder = DocumentBuilder(source())
    builder.heading("Title", 1)
    builder.heading(" \n ", 1)
    builder.add(BlockKind.PARAGRAPH, " \t\x00 ")
    builder.add(BlockKind.PARAGRAPH, "text")
    assert builder.build().text == "Title\n\ntext"


@pytest.mark.parametrize("headings", [[], ["Only"], ["Two", "headings"]])
def test_a_document_without_text_is_refused(headings: list[str]) -> None:
    builder = DocumentBuilder(source("empty.md"))
    for heading in headings:
        builder.heading(heading, 1)
    with pytest.raises(NoText, match=r"empty\.md holds no text"):
        builder.build()


def test_clean_keeps_every_letter_as_it_is() -> None:
    kept = "ﬁ e\u0301 é \u00ad\u200d\ufeff\u00a0 “” ‐–— 𝔬 🙂 日本\tend\n"
    assert clean(kept) == kept
    assert clean("a\r\nb\rc\u2028d\u2029e") == "a\nb\nc\nd\ne"
    assert clean("a\x00b\x07c\x1bd\x7fe\ud800f") == "abcdef"


@pytest.mark.parametrize("space", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85"])
def test_clean_never_joins_words_that_a_control_character_sets_apart(space: str) -> None:
    assert clean(f"page one{space}page two").split() == ["page", "one", "page", "two"]


@given(st.text())
def test_clean_is_done_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert all(char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") for char in once)


@given(documents())
def test_every_block_is_a_trimmed_slice_and_the_text_has_nothing_but_blocks(document: ParsedDocument) -> None:
    rest, at = [], 0
    for block in document.blocks:
        text = block.span.of(document.text)
        assert text == text.strip() != ""
        rest.append(document.text[at : block.span.start])
        at = block.span.end
    assert rest[0] == ""
    assert set(rest[1:]) <= {"\n", "\n\n"}
    assert at == len(document.text)


def test_a_title_from_elsewhere_names_what_does_not_open_with_a_heading() -> None:
    builder = DocumentBuilder(source("a_file.pdf"))
    builder.add(BlockKind.PARAGRAPH, "Text.")
    assert builder.build(" The\n book ").title == "The book"
    assert builder.build("\x07").title == "a file"
    opened = DocumentBuilder(source())
    opened.heading("Opens", 1)
    opened.add(BlockKind.PARAGRAPH, "Text.")
    assert opened.build("Other").title == "Opens"
