"""What is encoded and read of a passage, where the text is odd."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest import ingest
from qa.index.parts import parts_of
from qa.ports import TextPart
from qa.text.tables import readings
from qa.types import Chunk, Span
from shelf import Shelf
from strategies import document_of


def test_a_row_whose_cells_seem_empty_is_encoded_and_read_as_it_stands(tmp_path: Path) -> None:
    """A cell that holds nothing but the bar which sets cells apart; with no words, it broke the build of the folder."""
    shelf = Shelf(tmp_path)

    done = ingest(shelf, {"ships.csv": b"Ship,Tons\n" + b"heron,heron,heron,heron\n" + b"|\n"})

    assert done.texts["ships.csv"].endswith(" | heron\n|")
    assert "|" in shelf.encoder.encoded
    opened = shelf.open()
    passages = opened.passages(range(opened.manifest.passages))
    assert "|" in [reading.text for passage in passages for reading in readings(passage)]


def test_the_last_of_several_is_the_whole_passage_under_its_title_and_headings() -> None:
    document = replace(document_of("One is one. Two is two.", path="numbers.txt"), title="Small numbers")
    chunk = Chunk(
        document_id=document.id,
        ordinal=0,
        span=Span(0, 23),
        sentences=(Span(0, 11), Span(12, 23)),
        children=(Span(0, 11), Span(12, 23), Span(0, 23)),
        headings=("Small numbers", "Even and odd"),
    )
    text = "Small numbers / Even and odd\nOne is one.\nTwo is two."
    parts = [part for _, part in parts_of(document, chunk)]
    assert [part.text for part in parts] == [text] * 3
    assert [part.span.of(text) for part in parts] == ["One is one.", "Two is two.", text]


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Small numbers", "Small numbers\nOne is one."),
        ("small numbers", "One is one."),
        ("small_numbers", "One is one."),
    ],
)
def test_a_title_that_is_the_name_of_the_file_is_left_out(title: str, text: str) -> None:
    """So a file that is renamed keeps its vectors."""
    document = replace(document_of("One is one.", path="a/small-numbers.txt"), title=title)
    only = (Span(0, 11),)
    chunk = Chunk(document_id=document.id, ordinal=0, span=Span(0, 11), sentences=only, children=only)
    assert [part for _, part in parts_of(document, chunk)] == [TextPart(text, Span(len(text) - 11, len(text)))]
