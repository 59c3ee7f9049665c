"""What is encoded and read of a passage, where the text is odd."""

from pathlib import Path

from ingest import ingest
from qa.text.tables import readings
from shelf import Shelf


def test_a_row_whose_cells_seem_empty_is_encoded_and_read_as_it_stands(tmp_path: Path) -> None:
    """A cell that holds nothing but the bar which sets cells apart; with no words, it broke the build of the folder."""
    shelf = Shelf(tmp_path)

    done = ingest(shelf, {"ships.csv": b"Ship,Tons\n" + b"heron,heron,heron,heron\n" + b"|\n"})

    assert done.texts["ships.csv"].endswith(" | heron\n|")
    assert "|" in shelf.encoder.encoded
    opened = shelf.open()
    passages = opened.passages(range(opened.manifest.passages))
    assert "|" in [reading.text for passage in passages for reading in readings(passage)]
