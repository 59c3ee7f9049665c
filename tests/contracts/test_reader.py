"""What every reader does, the real one and the fake."""

import pytest

from fakes import FakeEncoder, FakeReader, PlainLexicalIndex
from qa.ports import LexicalEntry, Reader
from qa.reading.sentence import SentenceReader
from qa.reading.span import SpanReader
from qa.reading.span_model import SpanModel
from qa.types import Chunk, Passage, RankedPassage, Span

TEXT = "A berth costs twelve crowns. The lantern is green. Gulls nest on the roof. The pilot sleeps at noon."
UNITS = (Span(0, 28), Span(29, 50), Span(51, 74), Span(75, 100))
LEXICAL = PlainLexicalIndex([LexicalEntry("Harbour", "", TEXT), LexicalEntry("Attic", "", "Bats nest in the attic.")])


def ranked(units: tuple[Span, ...], *, rank: int = 1, document: str = "d1", text: str = TEXT) -> RankedPassage:
    """A passage of some units of a text."""
    span = units[0].cover(units[-1])
    chunk = Chunk(document_id=document, ordinal=rank, span=span, sentences=units, children=(span,))
    passage = Passage(chunk=chunk, path=f"{document}.txt", title="Harbour", text=span.of(text))
    return RankedPassage(passage=passage, score=1 / rank, rank=rank, contributions=())


BOTH = [ranked(UNITS[:3]), ranked(UNITS[2:], rank=2)]


class ReaderContract:
    """Run by every reader."""

    @pytest.fixture
    def reader(self) -> Reader:
        """The reader under test."""
        raise NotImplementedError

    def test_the_units_are_sentences_of_the_text(self) -> None:
        assert [unit.of(TEXT)[-1] for unit in UNITS] == ["."] * 4

    @pytest.mark.parametrize(
        ("question", "unit"),
        [
            ("What does a berth cost?", 0),
            ("Which lantern is green?", 1),
            ("Where do gulls nest?", 2),
            ("pilot noon", 3),
        ],
    )
    def test_the_sentence_with_the_words_comes_first(self, reader: Reader, question: str, unit: int) -> None:
        best = reader.read(question, BOTH, LEXICAL)[0]

        assert UNITS[unit].contains(best.span)
        assert best.passage.slice(best.span) == best.span.of(TEXT)

    def test_candidates_lie_inside_one_unit_of_their_passage(self, reader: Reader) -> None:
        for found in reader.read("Where does the pilot nest at noon?", BOTH, LEXICAL):
            assert found.passage.chunk.span.contains(found.span)
            assert [unit for unit in found.passage.chunk.sentences if unit.contains(found.span)]

    def test_each_unit_is_proposed_at_most_once(self, reader: Reader) -> None:
        found = reader.read("Where do gulls nest?", BOTH, LEXICAL)

        places = [next(unit for unit in UNITS if unit.contains(candidate.span)) for candidate in found]
        assert len(places) == len(set(places))

    def test_equal_sentences_of_two_documents_are_two_candidates(self, reader: Reader) -> None:
        found = reader.read("berth", [ranked(UNITS[:1]), ranked(UNITS[:1], rank=2, document="d2")], LEXICAL)

        assert sorted(candidate.passage.chunk.document_id for candidate in found) == ["d1", "d2"]

    def test_the_best_come_first(self, reader: Reader) -> None:
        scores = [candidate.score for candidate in reader.read("Where do gulls nest at noon?", BOTH, LEXICAL)]

        assert len(scores) >= 2
        assert scores == sorted(scores, reverse=True)

    def test_the_same_question_gives_the_same_candidates(self, reader: Reader) -> None:
        assert reader.read("gulls at noon", BOTH, LEXICAL) == reader.read("gulls at noon", BOTH, LEXICAL)

    def test_without_passages_there_is_nothing_to_read(self, reader: Reader) -> None:
        assert reader.read("Where do gulls nest?", [], LEXICAL) == []

    def test_a_question_without_words_is_no_error(self, reader: Reader) -> None:
        for question in ("?", "\U0001f600", "zebra"):
            reader.read(question, BOTH, LEXICAL)

    def test_candidates_explain_themselves(self, reader: Reader) -> None:
        best = reader.read("Where do gulls nest?", BOTH, LEXICAL)[0]

        assert best.reader
        assert best.features
        assert all(isinstance(value, float) for value in best.features.values())


class TestSentenceReader(ReaderContract):
    @pytest.fixture
    def reader(self) -> Reader:
        return SentenceReader(encoder=FakeEncoder(dimension=256))


class TestFakeReader(ReaderContract):
    @pytest.fixture
    def reader(self) -> Reader:
        return FakeReader()


class TestSpanReader(ReaderContract):
    @pytest.fixture
    def reader(self, packaged_span_model: SpanModel) -> Reader:
        return SpanReader(model=packaged_span_model, sentences=SentenceReader(encoder=FakeEncoder(dimension=256)))

    def test_it_finds_the_words_that_answer(self, reader: Reader) -> None:
        assert reader.read("How much does a berth cost?", BOTH, LEXICAL)[0].span.of(TEXT) == "twelve crowns"
