"""Every character of every document is reached by some passage, whatever the parser; and a loss is seen."""

from dataclasses import replace

from hypothesis import given, settings

from qa.chunking import ChunkPolicy, chunk_document
from qa.index.reach import Reach, reach_of
from qa.parsing.builder import DocumentBuilder
from qa.types import BlockKind, ParsedDocument
from strategies import count_words, document_of, documents, policies, source


def reach(document: ParsedDocument, policy: ChunkPolicy | None = None) -> Reach:
    return reach_of(document, chunk_document(document, count_words, policy or ChunkPolicy()))


@settings(max_examples=100, deadline=None)
@given(documents(), policies())
def test_nothing_of_a_document_is_lost(document: ParsedDocument, policy: ChunkPolicy) -> None:
    painted = sum(not character.isspace() for character in document.text)
    assert reach(document, policy) == (painted, painted)


def test_headings_with_nothing_under_them_are_content() -> None:
    builder = DocumentBuilder(source())
    builder.heading("Title", 1)
    builder.heading("Call Ann Lee", 2)
    builder.heading("Call Bo Day", 2)
    builder.heading("Rules", 2)
    builder.heading("Quiet", 3)
    builder.heading("Fees", 2)
    builder.add(BlockKind.PARAGRAPH, "A berth costs twelve crowns.")
    builder.heading("x" * 201, 2)
    builder.add(BlockKind.PARAGRAPH, "End.")
    document = builder.build()
    chunks = chunk_document(document, count_words, ChunkPolicy())
    assert [(chunk.headings, chunk.span.of(document.text)) for chunk in chunks] == [
        ((), "Call Ann Lee\n\nCall Bo Day"),
        (("Rules",), "Quiet"),
        (("Fees",), "A berth costs twelve crowns."),
        ((), "x" * 201),
        (("x" * 200,), "End."),
    ]
    assert reach_of(document, chunks).reached == reach_of(document, chunks).characters


def test_a_loss_is_counted_without_white_space() -> None:
    document = document_of("One is one. Two is two. Six is six.")
    chunks = chunk_document(document, count_words, ChunkPolicy(most=3, least=1, overlap=0, child=3))
    assert [chunk.span.of(document.text) for chunk in chunks] == ["One is one.", "Two is two.", "Six is six."]
    assert reach_of(document, chunks) == Reach(27, 27)
    assert reach_of(document, chunks[::2]) == Reach(27, 18)
    assert reach_of(document, [chunks[0], replace(chunks[0])]) == Reach(27, 9)
    assert reach_of(document, []) == Reach(27, 0)
