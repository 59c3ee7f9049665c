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

    def reply(self, candidates: Sequence[Candidate], *, threshold: float = 0.0, max_citations: int = 3) -> Reply:
        """What the answerer makes of them."""
        return Answerer(judge=FakeJudge(), threshold=threshold, max_citations=max_citations).reply(
            QUESTION,
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
