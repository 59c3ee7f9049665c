"""What makes a passage gold and a citation valid, one condition at a time."""

from dataclasses import replace

import pytest

from library import BERTH, Library
from qa.engine import Engine
from qa.evaluation.judging import Judging, is_gold
from qa.evaluation.questions import Question, Task
from qa.types import Answer, Chunk, Citation, Passage, Span

TEXT = "A berth costs twelve crowns. The fee is twelve crowns too."


def passage(start: int, end: int) -> Passage:
    """A stretch of a document."""
    span = Span(start, end)
    chunk = Chunk(document_id="d", ordinal=0, span=span, sentences=(), children=())
    return Passage(chunk=chunk, path="a.txt", title="A", text=span.of(TEXT))


def question(path: str | None = None, paragraph: int | None = None) -> Question:
    """A question of which something is known."""
    return Question(id="q", text="What?", place="", answers=("twelve crowns",), path=path, paragraph=paragraph)


FIRST, SECOND = passage(0, 28), passage(29, 58)


def test_a_gold_passage_holds_an_answer() -> None:
    assert is_gold(FIRST, question(), None)
    assert not is_gold(passage(0, 13), question(), None)


def test_a_gold_passage_is_of_the_right_document() -> None:
    assert is_gold(FIRST, question(path="a.txt"), None)
    assert not is_gold(FIRST, question(path="b.txt"), None)


def test_a_gold_passage_overlaps_the_right_paragraph() -> None:
    paragraph = Span(29, 58)

    assert is_gold(SECOND, question(path="a.txt", paragraph=1), paragraph)
    assert not is_gold(FIRST, question(path="a.txt", paragraph=1), paragraph)
    assert not is_gold(SECOND, question(path="a.txt", paragraph=1), None), "it is not in the index"


@pytest.fixture(scope="module")
def citation(engine: Engine) -> Citation:
    """A citation that holds."""
    reply = engine.ask(BERTH).reply
    assert isinstance(reply, Answer)
    return reply.citations[0]


@pytest.mark.parametrize("with_files", [False, True])
def test_a_citation_is_valid_when_all_of_it_holds(
    engine: Engine, shared_library: Library, citation: Citation, *, with_files: bool
) -> None:
    corpus = shared_library.settings.corpus if with_files else None
    judging = Judging(engine=engine, task=Task.OWN, threshold=0.5, corpus=corpus)

    assert judging.is_valid(citation)
    assert not judging.is_valid(replace(citation, quote=citation.quote.upper()))
    assert not judging.is_valid(replace(citation, span=citation.span.shift(1)))
    assert not judging.is_valid(replace(citation, text_sha256="0" * 64))
    assert not judging.is_valid(replace(citation, source_sha256="0" * 64))
