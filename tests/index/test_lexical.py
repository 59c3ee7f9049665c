"""The Tantivy adapter: index terms, frequencies, order and bytes; its scores are checked in oracles/."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from qa.index.lexical import STOPWORDS, TantivyBackend, TantivyLexicalIndex
from qa.ports import LexicalEntry


def opened(folder: Path, entries: Sequence[LexicalEntry], boost: float = 0.5) -> TantivyLexicalIndex:
    backend = TantivyBackend(heading_boost=boost)
    backend.build(entries, folder)
    return backend.open([folder])


def joined(folder: Path, *parts: Sequence[LexicalEntry]) -> TantivyLexicalIndex:
    backend = TantivyBackend()
    folders = [folder / str(number) for number in range(len(parts))]
    for place, part in zip(folders, parts, strict=True):
        place.mkdir(parents=True)
        backend.build(part, place)
    return backend.open(folders)


def bodies(*texts: str) -> list[LexicalEntry]:
    return [LexicalEntry("", "", text) for text in texts]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> TantivyLexicalIndex:
    """Three entries."""
    entries = [
        LexicalEntry("Harbour", "Fees", "A berth costs twelve crowns."),
        LexicalEntry("Harbour", "Lights", "Green lanterns and the harbour."),
        LexicalEntry("Fees", "", "Nothing is free."),
    ]
    return opened(tmp_path_factory.mktemp("index"), entries)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("The lanterns costing crowns", ["lantern", "cost", "crown"]),
        ("crown crown", ["crown", "crown"]),
        ("Zoë’s CAFÉ", ["zoe", "cafe"]),
        ("2+2 (2018)", ["2", "2", "2018", "2x2"]),
        ("US firms trust us", ["us", "firm", "trust", "us"]),
        ("they trust us", ["trust"]),
        ("what is the", ["what", "is", "the"]),
        ("日本語 🙂", ["日本", "本語"]),
        ("x" * 300 + " end", ["x" * 300, "end"]),
        ("", []),
        ("?! 🙂", []),
    ],
)
def test_index_terms_are_folded_stemmed_and_without_stop_words(
    index: TantivyLexicalIndex, text: str, terms: list[str]
) -> None:
    assert index.terms(text) == terms


def test_stop_words_are_lower_case_words() -> None:
    assert all(word.isalpha() and word.islower() for word in STOPWORDS)


@pytest.mark.parametrize(
    ("term", "frequency"), [("crown", 1), ("harbour", 2), ("fee", 2), ("lantern", 1), ("the", 1), ("zebra", 0), ("", 0)]
)
def test_a_document_frequency_counts_the_entries_that_hold_a_term_in_any_field(
    index: TantivyLexicalIndex, term: str, frequency: int
) -> None:
    assert index.document_frequency(term) == frequency
    assert len(index) == 3


@pytest.mark.parametrize(
    ("query", "ordinals"),
    [
        ("crown", [0]),
        ("CROWNS!", [0]),
        ("lantern green", [1]),
        ("zebra", []),
        ("", []),
        ("the", [1]),
        ("the zebra", []),
    ],
)
def test_words_are_found_in_every_form(index: TantivyLexicalIndex, query: str, ordinals: list[int]) -> None:
    assert [hit.ordinal for hit in index.search(query, 10)] == ordinals


def test_limits_are_kept(index: TantivyLexicalIndex) -> None:
    assert [len(index.search("harbour fees", limit)) for limit in (0, 1, 2, 3, 100)] == [0, 1, 2, 3, 3]


def test_entries_that_score_alike_come_in_order(tmp_path: Path) -> None:
    index = opened(tmp_path, bodies(*["rare filler word", "same words here"] * 20))
    found = index.search("same", 15)
    assert [hit.ordinal for hit in found] == list(range(1, 31, 2))
    assert len({hit.score for hit in found}) == 1


def test_without_a_boost_titles_and_headings_are_not_searched(tmp_path: Path) -> None:
    index = opened(tmp_path, [LexicalEntry("alpha", "beta", "gamma")], boost=0)
    assert [len(index.search(word, 5)) for word in ("alpha", "beta", "gamma")] == [0, 0, 1]


def test_the_same_entries_give_the_same_files_and_reading_adds_none(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        opened(tmp_path / name, bodies("one two", "three", "")).search("one", 5)
        found.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert found[0] == found[1]
    assert "meta.json" in found[0]
    assert not [name for name in found[0] if name.endswith(".lock")]


def test_nothing_is_made_where_the_index_will_lie(tmp_path: Path) -> None:
    """Tantivy's lock files come and go by themselves, even after the end, and would be part of a generation."""

    def entries() -> Iterator[LexicalEntry]:
        for number in range(3):
            assert list(tmp_path.iterdir()) == []
            yield LexicalEntry("Herons", "", f"Heron {number} waits.")

    TantivyBackend().build(entries(), tmp_path)
    assert all(path.name == "meta.json" or len(path.stem) == 32 for path in tmp_path.iterdir())


def test_an_index_of_nothing_finds_nothing(tmp_path: Path) -> None:
    index = opened(tmp_path, [])
    assert (index.search("word", 5), len(index), index.document_frequency("word")) == ([], 0, 0)


def test_parts_opened_together_score_as_one_index_of_all_entries(tmp_path: Path) -> None:
    random = Random(3)
    words = "salt tide gull rope mast keel".split()
    parts = [
        bodies(*(" ".join(random.choices(words, k=random.randint(1, 9))) for _ in range(size))) for size in (4, 1, 7)
    ]
    parts += [parts[1], []]  # the same segment twice, and one that holds nothing
    many = joined(tmp_path / "many", *parts)
    one = joined(tmp_path / "one", [entry for part in parts for entry in part])
    assert len(many) == len(one) == 13
    for query in ("salt", "gull rope", "keel mast tide salt"):
        found, expected = many.search(query, 20), one.search(query, 20)
        assert [(hit.ordinal, round(hit.score, 5)) for hit in found] == [
            (hit.ordinal, round(hit.score, 5)) for hit in expected
        ]
    assert [many.document_frequency(word) for word in words] == [one.document_frequency(word) for word in words]


def test_composed_and_decomposed_letters_are_the_same_words(tmp_path: Path) -> None:
    index = opened(
        tmp_path, [LexicalEntry("", "", "Cafe\u0301s of Zoe\u0308"), LexicalEntry("", "", "Nothing of the kind")]
    )
    assert index.terms("caf\u00e9s") == index.terms("cafe\u0301s") == ["cafe"]
    for question in ("caf\u00e9s", "cafe\u0301s", "Zo\u00eb", "Zoe\u0308"):
        assert [hit.ordinal for hit in index.search(question, 5)] == [0]


def test_words_inside_unspaced_text_are_found(tmp_path: Path) -> None:
    index = opened(
        tmp_path, [LexicalEntry("", "", "桟橋は手で作られました。"), LexicalEntry("", "", "毎朝船が出ます。")]
    )
    assert [hit.ordinal for hit in index.search("桟橋", 5)] == [0]
    assert [hit.ordinal for hit in index.search("毎朝の船", 5)] == [1]


def test_plain_letters_are_cut_as_all_others_are(index: TantivyLexicalIndex) -> None:
    """Text in ASCII takes a short way; with one more letter beyond it the whole text takes the long one."""
    words = "The F-35s were NATO's 2+2 re_use, dying/skies; e.g. U.S. generously running_on 1,200 x\x1fy\x00z IT it"
    assert ["e", *index.terms(words)] == index.terms(f"é {words}")
    assert "generous" in index.terms(words)
