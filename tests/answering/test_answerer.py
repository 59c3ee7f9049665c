"""The Answerer decides once: the threshold, what is quoted beside the best, and what is never quoted twice."""

import math
from collections.abc import Sequence

import pytest

from fakes import FakeJudge, PlainLexicalIndex
from qa.answering import CLOSE_SCORE, Answerer
from qa.errors import CitationMismatch
from qa.ports import LexicalEntry
from qa.types import (
    Abstention,
    Answer,
    Block,
    BlockKind,
    Candidate,
    Chunk,
    ParsedDocument,
    Passage,
    RankedPassage,
    Reply,
    Source,
    Span,
)

QUESTION = "Where do gulls nest?"


class World:
    """Documents of one sentence each, all of them retrieved."""

    def __init__(self, *texts: str) -> None:
        self.documents = [
            ParsedDocument(
                source=Source(path=f"{n}.txt", media_type="text/plain", size=len(text), sha256=f"{n:064}"),
                title=f"Document {n}",
                text=text,
                blocks=(Block(kind=BlockKind.PARAGRAPH, span=Span(0, len(text)), headings=("Birds",)),),
            )
            for n, text in enumerate(texts)
        ]
        self.lexical = PlainLexicalIndex([LexicalEntry("", "", text) for text in texts])
        self.passages = [
            RankedPassage(passage=self.passage(n), score=1 / (n + 1), rank=n + 1, contributions=())
            for n in range(len(texts))
        ]

    def passage(self, number: int) -> Passage:
        """The whole of a document as one passage of one unit."""
        document = self.documents[number]
        span = Span(0, len(document.text))
        chunk = Chunk(document_id=document.id, ordinal=0, span=span, sentences=(span,), children=(span,))
        return Passage(chunk=chunk, path=document.source.path, title=document.title, text=document.text)

    def candidate(self, number: int, score: float, span: Span | None = None) -> Candidate:
        """A document's unit, or a span of it, with a score."""
        passage = self.passage(number)
        features = {"similarity": score, "coverage": score}
        return Candidate(
            passage=passage, span=span or passage.chunk.span, score=score, reader="sentence", features=features
        )

    def document(self, document_id: str) -> tuple[ParsedDocument, str]:
        """A document and the hash of its text."""
        (document,) = [document for document in self.documents if document.id == document_id]
        return document, document.text_sha256

    def reply(
        self,
        candidates: Sequence[Candidate],
        *,
        threshold: float = 0.0,
        max_citations: int = 3,
        question: str = QUESTION,
    ) -> Reply:
        """What the answerer makes of them."""
        return Answerer(judge=FakeJudge(), threshold=threshold, max_citations=max_citations).reply(
            question,
            self.passages,
            candidates,
            generation="g1",
            lexical=self.lexical,
            document=self.document,
        )

    def quotes(self, candidates: Sequence[Candidate], *, max_citations: int = 3) -> list[str]:
        """The quotations of an answer."""
        reply = self.reply(candidates, max_citations=max_citations)
        assert isinstance(reply, Answer)
        return [citation.quote for citation in reply.citations]


def test_the_threshold_decides() -> None:
    world = World("Gulls nest on the roof.")
    best = [world.candidate(0, 0.5)]

    answer = world.reply(best, threshold=0.5)
    abstention = world.reply(best, threshold=math.nextafter(0.5, 1))

    assert isinstance(answer, Answer)
    assert isinstance(abstention, Abstention)
    assert answer.confidence == abstention.confidence == 0.5
    assert answer.passages == abstention.passages == tuple(world.passages)
    assert (answer.question, abstention.question) == (QUESTION, QUESTION)
    assert (answer.generation, abstention.generation) == ("g1", "g1")


def test_without_candidates_there_is_no_answer_even_at_threshold_0() -> None:
    reply = World("Bats sleep here.").reply([])

    assert isinstance(reply, Abstention)
    assert reply.reason
    assert reply.missing == ("Where", "do", "gulls", "nest")


def test_the_answer_is_the_best_span_inside_its_whole_sentence() -> None:
    world = World("Gulls nest on the roof.")

    reply = world.reply([world.candidate(0, 0.9, Span(14, 22))])

    assert isinstance(reply, Answer)
    assert reply.text == "the roof"
    assert (reply.citations[0].quote, reply.citations[0].span) == ("Gulls nest on the roof.", Span(0, 23))
    assert reply.citations[0].headings == ("Birds",)
    assert reply.citations[0].title == "Document 0"


def test_what_says_the_same_is_quoted_once() -> None:
    world = World("Gulls nest on the roof.", "gulls  nest on\nthe ROOF.", "Gulls nest in the attic.")

    quoted = world.quotes([world.candidate(n, 0.9) for n in range(3)])

    assert quoted == ["Gulls nest on the roof.", "Gulls nest in the attic."]


def test_two_spans_of_one_sentence_are_one_quotation() -> None:
    world = World("Gulls nest on the roof.")

    assert world.quotes([world.candidate(0, 0.9, Span(14, 22)), world.candidate(0, 0.8, Span(0, 5))]) == [
        "Gulls nest on the roof."
    ]


@pytest.mark.parametrize("most", [1, 2, 3, 9])
def test_no_more_than_max_citations_are_quoted(most: int) -> None:
    world = World(*(f"Gulls nest on roof {n}." for n in range(5)))

    assert len(world.quotes([world.candidate(n, 0.9) for n in range(5)], max_citations=most)) == min(most, 5)


def test_repeats_do_not_use_up_the_citations() -> None:
    world = World("Gulls nest here.", "Gulls nest here.", "Gulls nest there.")

    assert world.quotes([world.candidate(n, 0.9) for n in range(3)], max_citations=2) == [
        "Gulls nest here.",
        "Gulls nest there.",
    ]


def test_only_what_is_close_to_the_best_is_quoted() -> None:
    world = World("Gulls nest here.", "Gulls nest there.", "Gulls fly.")
    scores = [2.0, 2.0 - CLOSE_SCORE / 2, 2.0 - CLOSE_SCORE * 2]

    assert world.quotes([world.candidate(n, score) for n, score in enumerate(scores)]) == [
        "Gulls nest here.",
        "Gulls nest there.",
    ]


def test_a_text_that_is_not_the_indexed_one_is_never_quoted() -> None:
    world = World("Gulls nest on the roof.")
    best = [world.candidate(0, 0.9)]
    world.documents[0] = World("Gulls nest on the moon.").documents[0]

    with pytest.raises(CitationMismatch, match=r"0\.txt"):
        world.reply(best)


def test_a_text_with_another_hash_than_the_index_recorded_is_never_quoted() -> None:
    world = World("Gulls nest on the roof.")
    answerer = Answerer(judge=FakeJudge(), threshold=0.0, max_citations=3)

    with pytest.raises(CitationMismatch, match=r"0\.txt"):
        answerer.reply(
            QUESTION,
            world.passages,
            [world.candidate(0, 0.9)],
            generation="g1",
            lexical=world.lexical,
            document=lambda document_id: (world.documents[0], "0" * 64),
        )


def test_what_differs_in_punctuation_only_is_quoted_once() -> None:
    world = World("Gulls nest here, on the roof.", "Gulls nest here on the roof", "Gulls nest there.")

    assert world.quotes([world.candidate(n, 0.9) for n in range(3)]) == [
        "Gulls nest here, on the roof.",
        "Gulls nest there.",
    ]


def test_the_form_of_the_question_decides_how_much_is_the_answer() -> None:
    world = World("Gulls nest on the roof.")
    best = [world.candidate(0, 0.9, Span(14, 22))]

    for question, text in (
        ("Where do gulls nest?", "the roof"),
        ("Why do gulls nest?", "Gulls nest on the roof."),
        ("Do gulls nest on the roof?", "Gulls nest on the roof."),
        ("What is a gull?", "Gulls nest on the roof."),
    ):
        reply = world.reply(best, question=question)
        assert isinstance(reply, Answer)
        assert reply.text == text
        assert reply.citations[0].quote == "Gulls nest on the roof."
        assert (reply.left_out, reply.rival) == (0, None)


def pier(*years: int) -> tuple[World, list[Candidate]]:
    """Documents that date the opening of one pier, and their candidates, further and further from the best."""
    world = World(*(f"The pier was opened in {year}." for year in years))
    return world, [world.candidate(n, 2.0 - n, Span(23, 27)) for n in range(len(years))]


def test_a_contradiction_is_quoted_second_however_far_its_score_and_whatever_the_limit() -> None:
    world, candidates = pier(1902, 1902, 1905)

    for most in (1, 2, 3):
        reply = world.reply(candidates, question="When was the pier opened?", max_citations=most)
        assert isinstance(reply, Answer)
        assert [citation.quote for citation in reply.citations] == [
            "The pier was opened in 1902.",
            "The pier was opened in 1905.",
        ]
        assert reply.text == "1902"
        assert reply.rival == Span(23, 27)
        assert reply.citations[1].words(reply.rival) == "1905"


def test_without_a_contradiction_there_is_no_rival() -> None:
    world, candidates = pier(1902, 1902)

    reply = world.reply(candidates, question="When was the pier opened?")

    assert isinstance(reply, Answer)
    assert reply.rival is None
    assert len(reply.citations) == 1


class Notice:
    """One document: a lead-in and three items, each a quotable unit of one passage."""

    TEXT = "The rules are:\n\nRing the bell.\nShut the gate.\nPay the keeper."
    UNITS = (Span(0, 14), Span(16, 30), Span(31, 45), Span(46, 61))

    def __init__(self, lead: str = TEXT) -> None:
        kinds = (BlockKind.PARAGRAPH, *(BlockKind.LIST_ITEM,) * 3)
        self.world = World("unused")
        self.world.documents = [
            ParsedDocument(
                source=Source(path="notice.txt", media_type="text/plain", size=1, sha256="0" * 64),
                title="Notice",
                text=lead,
                blocks=tuple(Block(kind=kind, span=span) for kind, span in zip(kinds, self.UNITS, strict=True)),
            )
        ]
        self.world.lexical = PlainLexicalIndex([LexicalEntry("Notice", "", lead)])
        document = self.world.documents[0]
        chunk = Chunk(document_id=document.id, ordinal=0, span=Span(0, 61), sentences=self.UNITS, children=self.UNITS)
        self.passage = Passage(chunk=chunk, path="notice.txt", title="Notice", text=lead)

    def reply(self, question: str, *units: int) -> Answer:
        """The answer from some units, the best first."""
        candidates = [
            Candidate(passage=self.passage, span=self.UNITS[unit], score=2.0 - n / 10, reader="test", features={})
            for n, unit in enumerate(units)
        ]
        reply = self.world.reply(candidates, question=question)
        assert isinstance(reply, Answer)
        return reply


def test_a_list_is_one_quotation_and_its_items_are_not_quoted_again() -> None:
    for units in ((0, 1, 2), (2, 0, 3)):
        reply = Notice().reply("What are the rules?", *units)
        assert [citation.quote for citation in reply.citations] == [Notice.TEXT]
        assert reply.text == Notice.TEXT


def test_several_items_of_a_list_stand_in_its_order() -> None:
    lead = Notice.TEXT.replace("The rules are:", "Welcome to us.")
    reply = Notice(lead).reply("Which duties has a guest?", 3, 1)

    assert [citation.quote for citation in reply.citations] == ["Ring the bell.", "Pay the keeper."]
    assert reply.text == "Ring the bell."


def test_several_citations_of_another_form_stay_ordered_by_score() -> None:
    lead = Notice.TEXT.replace("The rules are:", "Welcome to us.")
    reply = Notice(lead).reply("Why ring?", 3, 1)

    assert [citation.quote for citation in reply.citations] == ["Pay the keeper.", "Ring the bell."]
    assert reply.text == "Pay the keeper."
