"""Passages lose nothing, keep to their sizes and sections, and are the same every time."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings

from qa.chunking import AT_ONCE, LONG_SENTENCE, LONGEST_WORD, WHOLE_ITEM_CHARACTERS, ChunkPolicy, chunk_document
from qa.parsing.builder import DocumentBuilder
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Span
from strategies import count_words, document_of, documents, policies, source

ALL_EXAMPLES = settings(max_examples=60, deadline=None)


def chunked(document: ParsedDocument, policy: ChunkPolicy) -> list[Chunk]:
    return chunk_document(document, count_words, policy)


def tokens(document: ParsedDocument, spans: tuple[Span, ...]) -> int:
    return sum(count_words([span.of(document.text) for span in spans]))


def positions(spans: tuple[Span, ...]) -> set[int]:
    return {position for span in spans for position in range(span.start, span.end)}


def stretches(chunk: Chunk) -> tuple[Span, ...]:
    """Its children without the last of several, which is the whole."""
    return chunk.children if len(chunk.children) == 1 else chunk.children[:-1]


@ALL_EXAMPLES
@given(documents(), policies())
def test_the_last_child_is_the_whole_passage(document: ParsedDocument, policy: ChunkPolicy) -> None:
    for chunk in chunked(document, policy):
        assert chunk.children[-1] == chunk.span
        assert len(chunk.children) != 2  # two stretches have a whole beside them, one is the whole


@ALL_EXAMPLES
@given(documents(), policies())
def test_every_character_of_the_content_is_in_a_passage_and_no_heading_of_one_is(
    document: ParsedDocument, policy: ChunkPolicy
) -> None:
    chunks = chunked(document, policy)
    borne = {document.title, *(name for chunk in chunks for name in chunk.headings)}
    headings = [block.span for block in document.blocks if block.kind is BlockKind.HEADING]
    above = [span for span in headings if span.of(document.text) in borne]
    content = positions(tuple(block.span for block in document.blocks if block.span not in above))
    ink = {position for position in content if not document.text[position].isspace()}
    assert ink <= positions(tuple(span for chunk in chunks for span in chunk.sentences))
    assert ink <= positions(tuple(span for chunk in chunks for span in chunk.children))


@ALL_EXAMPLES
@given(documents(), policies())
def test_a_passage_has_one_section_path_and_the_page_where_it_begins(
    document: ParsedDocument, policy: ChunkPolicy
) -> None:
    for chunk in chunked(document, policy):
        blocks = [block for block in document.blocks if block.span.overlaps(chunk.span)]
        assert {block.headings for block in blocks} == {chunk.headings}
        assert blocks[0].page == chunk.page


@ALL_EXAMPLES
@given(documents(), policies())
def test_passages_and_children_keep_to_their_sizes(document: ParsedDocument, policy: ChunkPolicy) -> None:
    for chunk in chunked(document, policy):
        assert count_words([chunk.span.of(document.text)])[0] <= policy.most
        for child in stretches(chunk):
            within = tuple(sentence for sentence in chunk.sentences if child.contains(sentence))
            assert tokens(document, within) <= policy.child or len(within) == 1


@ALL_EXAMPLES
@given(documents(), policies())
def test_sentences_ascend_without_overlap_and_lie_in_one_block_each(
    document: ParsedDocument, policy: ChunkPolicy
) -> None:
    for chunk in chunked(document, policy):
        assert (chunk.sentences[0].start, chunk.sentences[-1].end) == (chunk.span.start, chunk.span.end)
        for spans in (chunk.sentences, stretches(chunk)):
            assert all(before.end <= after.start for before, after in pairwise(spans))
            assert all(span.of(document.text) == span.of(document.text).strip() for span in spans)
        for sentence in chunk.sentences:
            block = document.block_at(sentence.start)
            assert block is not None
            assert block.span.contains(sentence)


@ALL_EXAMPLES
@given(documents(), policies())
def test_neighbours_share_whole_units_and_about_the_overlap(document: ParsedDocument, policy: ChunkPolicy) -> None:
    for before, after in pairwise(chunked(document, policy)):
        shared = tuple(span for span in before.sentences if span in after.sentences)
        if shared:
            assert before.sentences[-len(shared) :] == shared == after.sentences[: len(shared)]
            assert shared[0].cover(shared[-1]) == Span(after.span.start, before.span.end)
        else:
            assert not before.span.overlaps(after.span)
        assert tokens(document, shared) <= 2 * policy.overlap


@ALL_EXAMPLES
@given(documents(), policies())
def test_every_passage_says_something_that_the_one_before_does_not(
    document: ParsedDocument, policy: ChunkPolicy
) -> None:
    for before, after in pairwise(chunked(document, policy)):
        assert before.span.start < after.span.start
        assert before.span.end < after.span.end


@ALL_EXAMPLES
@given(documents(), policies())
def test_the_same_document_gives_the_same_passages(document: ParsedDocument, policy: ChunkPolicy) -> None:
    chunks = chunked(document, policy)
    assert chunks == chunked(document, policy)
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    assert {chunk.document_id for chunk in chunks} <= {document.id}


def texts(document: ParsedDocument, chunks: list[Chunk]) -> list[str]:
    return [chunk.span.of(document.text) for chunk in chunks]


def test_sentences_are_packed_and_shared_by_hand() -> None:
    document = document_of("One is one. Two is two. Six is six. Ten is ten. Nine is it.")
    chunks = chunked(document, ChunkPolicy(most=7, least=4, overlap=3, child=3))
    assert texts(document, chunks) == [
        "One is one. Two is two.",
        "Two is two. Six is six.",
        "Six is six. Ten is ten.",
        "Ten is ten. Nine is it.",
    ]
    assert chunks[0].sentences == (Span(0, 11), Span(12, 23))
    assert chunks[0].children == (Span(0, 11), Span(12, 23), Span(0, 23))
    chunks = chunked(document, ChunkPolicy(most=9, least=4, overlap=1, child=6))
    assert texts(document, chunks) == ["One is one. Two is two. Six is six.", "Ten is ten. Nine is it."]
    assert [chunk.children for chunk in chunks] == [(Span(0, 23), Span(24, 35), Span(0, 35)), (Span(36, 59),)]


def paragraphs(*parts: str, kind: BlockKind = BlockKind.PARAGRAPH) -> ParsedDocument:
    builder = DocumentBuilder(source())
    for part in parts:
        if part.startswith("#"):
            builder.heading(part.lstrip("#"), part.count("#"))
        else:
            builder.add(kind, part)
    return builder.build()


def test_a_passage_ends_at_a_paragraph_once_it_is_long_enough() -> None:
    document = paragraphs("One is one. Two is two.", "Six is six. Ten is ten.")
    at_paragraph = chunked(document, ChunkPolicy(most=10, least=6, overlap=0, child=6))
    assert texts(document, at_paragraph) == ["One is one. Two is two.", "Six is six. Ten is ten."]
    at_size = chunked(document, ChunkPolicy(most=10, least=7, overlap=0, child=6))
    assert texts(document, at_size) == ["One is one. Two is two.\n\nSix is six.", "Ten is ten."]


def test_headings_part_passages_even_when_sections_bear_one_name() -> None:
    document = paragraphs("#T", "Intro.", "##S", "One.", "##S", "Two.", "Six.")
    chunks = chunked(document, ChunkPolicy())
    assert [(chunk.headings, chunk.span.of(document.text)) for chunk in chunks] == [
        ((), "Intro."),
        (("S",), "One."),
        (("S",), "Two.\n\nSix."),
    ]


def test_what_follows_a_closed_section_is_not_filed_under_it() -> None:
    builder = DocumentBuilder(source())
    builder.heading("Label", 7)
    builder.heading("Ports", 8)
    builder.add(BlockKind.LIST_ITEM, "Under the label.")
    builder.close(7)
    builder.add(BlockKind.LIST_ITEM, "Beside the label.")
    document = builder.build()
    chunks = chunked(document, ChunkPolicy())
    assert [(chunk.headings, chunk.span.of(document.text)) for chunk in chunks] == [
        (("Ports",), "Under the label."),
        ((), "Beside the label."),
    ]


@pytest.mark.parametrize(
    ("kind", "size", "units"),
    [
        (BlockKind.PARAGRAPH, 5, 2),
        (BlockKind.CODE, 5, 2),
        (BlockKind.TABLE_ROW, 5, 1),
        (BlockKind.TABLE_ROW, 400, 1),
        (BlockKind.LIST_ITEM, 5, 1),
        (BlockKind.LIST_ITEM, WHOLE_ITEM_CHARACTERS, 2),
    ],
)
def test_rows_and_short_items_are_one_unit(kind: BlockKind, size: int, units: int) -> None:
    document = paragraphs(f"It is so. It {'x' * size} ends.", kind=kind)
    assert len(chunked(document, ChunkPolicy())[0].sentences) == units


def test_a_sentence_that_is_too_long_is_cut_between_words() -> None:
    document = document_of(" ".join(f"w{number}" for number in range(10)))
    chunks = chunked(document, ChunkPolicy(most=4, least=2, overlap=0, child=4))
    assert texts(document, chunks) == ["w0 w1 w2 w3", "w4 w5 w6 w7", "w8 w9"]


def count_letters(texts: list[str] | tuple[str, ...]) -> list[int]:
    return [len("".join(text.split())) for text in texts]


@pytest.mark.parametrize("text", ["文" * 150, "x" + " " * 70 + "文" * 150, "文" * 60 + " " * 130 + "文" * 60])
@pytest.mark.parametrize("most", [32, 64])
def test_a_script_without_spaces_keeps_to_the_size_too(text: str, most: int) -> None:
    document = document_of(text)
    policy = ChunkPolicy(most=most, least=16, overlap=8, child=16)
    chunks = chunk_document(document, lambda parts: count_letters(list(parts)), policy)
    assert max(count_letters(texts(document, chunks))) <= most
    assert positions(tuple(chunk.span for chunk in chunks)) >= {at for at, char in enumerate(text) if char == "文"}


def test_a_long_word_is_cut_to_pieces() -> None:
    document = document_of("x" * (LONGEST_WORD + 7))
    chunks = chunk_document(document, lambda parts: count_letters(list(parts)), ChunkPolicy(most=64, least=32))
    assert [chunk.span for chunk in chunks] == [Span(0, LONGEST_WORD), Span(LONGEST_WORD, LONGEST_WORD + 7)]


def test_a_run_that_the_tokenizer_takes_for_one_token_keeps_to_the_size() -> None:
    """As that of the packaged encoder does with words of over 100 characters."""

    def count(parts: Sequence[str]) -> list[int]:
        return [sum(1 if len(word) > 100 else len(word) for word in part.split()) for part in parts]

    document = document_of("x" * 500)
    chunks = chunk_document(document, count, ChunkPolicy(most=64, least=32))
    assert [len(chunk.span) for chunk in chunks] == [*[LONGEST_WORD] * 8, 20]


def test_only_so_much_is_counted_at_once() -> None:
    """The tokens of a file of many megabytes, were they made at once, would take gigabytes."""
    asked: list[tuple[int, int]] = []

    def count(parts: Sequence[str]) -> list[int]:
        asked.append((len(parts), max(map(len, parts))))
        return count_words(parts)

    document = document_of("It is so. " * 2_500 + "and so on " * 2_499 + "and so on")
    chunks = chunk_document(document, count, ChunkPolicy())
    assert max(many for many, _ in asked) == AT_ONCE
    assert max(longest for _, longest in asked) < LONG_SENTENCE
    assert max(count_words(texts(document, chunks))) == ChunkPolicy().most
    assert chunks[-1].span.end == len(document.text)


@pytest.mark.parametrize(("child", "stretched"), [(8, 1), (7, 2)])
def test_a_row_with_a_long_word_is_measured_in_pieces_and_with_the_names_of_its_columns(
    child: int, stretched: int
) -> None:
    text = f"year tons\n2018 {'x' * 130}"
    document = document_of(
        text,
        Block(kind=BlockKind.TABLE_ROW, span=Span(0, 9)),
        Block(kind=BlockKind.TABLE_ROW, span=Span(10, len(text)), header=Span(0, 9)),
    )
    (chunk,) = chunk_document(document, count_words, ChunkPolicy(most=100, least=50, overlap=0, child=child))
    # The head has 2 words; the row has 1, three pieces of at most 60 characters, and the 2 of the head: 8 with it.
    assert len(stretches(chunk)) == stretched


def test_a_long_sentence_after_a_shared_one_makes_no_passage_of_the_shared_one_alone() -> None:
    short, long = "Then " + "a " * 28 + "is.", "It " + "b " * 178 + "is."
    document = document_of(f"First {'c ' * 98}is. {short} {long}")
    chunks = chunked(document, ChunkPolicy())
    assert [chunk.span.of(document.text).split()[0] for chunk in chunks] == ["First", "It"]


def test_children_of_rows_are_measured_with_the_names_of_their_columns() -> None:
    text = "year tons\n2018 40\n2019 42\n2020 44"
    starts = [0, 10, 18, 26]
    rows = [
        Block(kind=BlockKind.TABLE_ROW, span=Span(at, text.find("\n", at) if at < 26 else len(text)), header=head)
        for at, head in zip(starts, [None, *[Span(0, 9)] * 3], strict=True)
    ]
    document = document_of(text, *rows)
    (chunk,) = chunk_document(document, count_words, ChunkPolicy(most=100, least=50, overlap=0, child=10))
    # The head has 2 words, and each row 4 with it, so two rows fit beside the head and the last is alone.
    assert [child.of(text) for child in stretches(chunk)] == ["year tons\n2018 40\n2019 42", "2020 44"]
