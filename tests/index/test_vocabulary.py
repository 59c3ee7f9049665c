"""The words of a corpus, and which of them a misspelt one most likely is; distances counted by hand."""

from pathlib import Path

import pytest

from qa.index.vocabulary import Vocabulary, write_words

TEXT = "The ministers of Jaishankar signed the agreement. Ministers wait; the heron, the herons and a Heron. F35 ab"


@pytest.fixture
def vocabulary(tmp_path: Path) -> Vocabulary:
    write_words([TEXT, "Ocean"], tmp_path / "words.txt")
    return Vocabulary([tmp_path / "words.txt"])


def test_words_are_written_in_order_with_their_counts(tmp_path: Path) -> None:
    write_words(["Herons, herons and Öl; F35", "and öl"], tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_text(encoding="utf-8") == "and 2\nherons 2\n"
    write_words(["Straße straße"], tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_text(encoding="utf-8") == "straße 2\n"


def test_words_are_looked_for_in_all_files_by_their_first_letter(tmp_path: Path) -> None:
    for number, text in enumerate(["apple zebra", "", "zebra zelda öland", "zebru zebru zebru ölund", "straße"]):
        write_words([text], tmp_path / f"{number}.txt")
    vocabulary = Vocabulary(tmp_path / f"{number}.txt" for number in range(5))
    assert vocabulary.nearest("zebro") == "zebru"  # three times, and zebra twice
    assert vocabulary.nearest("zelde") == "zelda"
    assert vocabulary.nearest("Ölond") == "öland"  # as often as ölund, and before it
    assert vocabulary.nearest("appl") is None  # too short
    assert vocabulary.nearest("appla") == "apple"
    assert vocabulary.nearest("quote") is None  # no word begins so
    assert vocabulary.nearest("strafe") == "straße"
    write_words(["stand stork stump under"], tmp_path / "many.txt")
    many = Vocabulary([tmp_path / "many.txt"])
    assert [many.nearest(word) for word in ("stant", "stonk", "stumb")] == [
        "stand",
        "stork",
        "stump",
    ]  # all that begin so


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("minsters", "ministers"),  # one letter less
        ("Minister", "ministers"),  # one letter more
        ("agreemnet", "agreement"),  # two neighbours swapped
        ("agremnet", None),  # two edits, but only eight letters
        ("agremnets", None),  # three edits
        ("Jaishanka", "jaishankar"),
        ("Jaishnaka", "jaishankar"),  # two edits, nine letters
        ("Ocean", None),
        ("Oceana", "ocean"),  # no ending that makes a word
        ("Oceanly", None),
        ("agreementn", None),  # an ending of two letters' reach
        ("signe", None),  # signed is made of it
        ("hiron", "heron"),
        ("herone", "heron"),  # heron and herons are both one edit away; heron is more frequent
        ("biron", None),
        ("deron", None),  # another first letter
        ("hern", None),  # too short
        ("ministers", None),  # known
        ("Ocaen", "ocean"),
        ("f35xx", None),
        ("", None),
    ],
)
def test_nearest(vocabulary: Vocabulary, word: str, meant: str | None) -> None:
    assert vocabulary.nearest(word) == meant
