"""Tables as text: dialects, heads, places, and what is kept to the character."""

import pytest

from qa.errors import DocumentTooLarge, UnreadableDocument
from qa.parsing import delimited
from qa.parsing.delimited import DelimitedParser
from qa.types import ParsedDocument
from strategies import source


def parsed(text: str | bytes, path: str = "folder/ship_list.csv") -> ParsedDocument:
    return DelimitedParser().parse(source(path), text.encode() if isinstance(text, str) else text)


def rows(document: ParsedDocument) -> list[tuple[str, str | None, str | None]]:
    """Text, place and head of each block."""
    return [
        (block.span.of(document.text), block.place, block.header.of(document.text) if block.header else None)
        for block in document.blocks
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    text = f"Ship{delimiter}Tons{delimiter}Note\nGull{delimiter}40{delimiter}a, b\nHeron{delimiter}42{delimiter}c; d\n"
    text = text.replace("a, b", '"a, b"').replace("c; d", '"c; d"')
    document = parsed(text)
    assert document.title == "ship list"
    assert rows(document) == [
        ("Ship | Tons | Note", "A1:C1", None),
        ("Gull | 40 | a, b", "A2:C2", "Ship | Tons | Note"),
        ("Heron | 42 | c; d", "A3:C3", "Ship | Tons | Note"),
    ]


def test_values_are_kept_to_the_character() -> None:
    document = parsed('k,v\nformula,"=HYPERLINK(""http://a.example"",""x"")"\nzip,00501\nnumber,"1,200.50"\nminus,-3\n')
    assert [text for text, _, _ in rows(document)] == [
        "k | v", 'formula | =HYPERLINK("http://a.example","x")', "zip | 00501", "number | 1,200.50", "minus | -3"
    ]  # fmt: skip


def test_a_record_over_several_lines_is_one_row() -> None:
    document = parsed('a,b\n"one\ntwo",3\n4,5\n')
    assert [(text, place) for text, place, _ in rows(document)] == [
        ("a | b", "A1:B1"),
        ("one two | 3", "A2:B2"),
        ("4 | 5", "A3:B3"),
    ]


def test_empty_cells_and_rows_keep_the_others_in_their_place() -> None:
    document = parsed("a,b,c\n,2,\n\n,,3\n")
    assert rows(document) == [
        ("a | b | c", "A1:C1", None),
        ("| 2", "B2", "a | b | c"),
        ("|  | 3", "C4", "a | b | c"),
    ]


def test_two_columns_of_words_have_the_head_that_such_files_have() -> None:
    assert [head for _, _, head in rows(parsed("Country,Capital\nNorway,Oslo\n"))] == [None, "Country | Capital"]


def test_figures_are_no_head() -> None:
    assert [head for _, _, head in rows(parsed("1,2\n3,4\n"))] == [None, None]


def test_quotation_marks_that_do_not_fit_are_characters() -> None:
    assert [text for text, _, _ in rows(parsed('a,b\n"x" y,2\n7" pipe,3\n'))] == ["a | b", '"x" y | 2', '7" pipe | 3']


def test_an_open_quotation_mark_does_not_swallow_the_rest() -> None:
    assert [text for text, _, _ in rows(parsed('a,b\n"x,2\ny,3\n'))] == ["a | b", '"x | 2', "y | 3"]


def test_one_column_is_lines() -> None:
    assert [(text, place) for text, place, _ in rows(parsed("Oslo\nBergen\n"))] == [("Oslo", "A1"), ("Bergen", "A2")]


def test_other_files_and_endless_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableDocument, match="is a web page, not a table"):
        parsed("<!doctype html><p>x</p>")
    with pytest.raises(UnreadableDocument, match="larger than field limit"):
        parsed("a,b\n" + "x" * 200_000 + ",2\n")
    monkeypatch.setattr(delimited, "MAX_CELLS", 3)
    with pytest.raises(DocumentTooLarge, match="over 3 cells"):
        parsed("a,b\n1,2\n")
