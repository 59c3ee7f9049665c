"""What tests draw from: texts full of traps, documents of every shape, and small makers of values."""

from collections.abc import Sequence

from hypothesis import strategies as st

from qa.chunking import ChunkPolicy
from qa.parsing.builder import DocumentBuilder
from qa.types import Block, BlockKind, Chunk, ParsedDocument, Passage, RankedPassage, Source, Span

CONTENT = [kind for kind in BlockKind if kind is not BlockKind.HEADING]
WORDS = [
    "alpha",
    "Beta.",
    "gamma!",
    "Delta?",
    "no.",
    "Mr.",
    "U.S.",
    "3.14",
    "“so.”",
    "mu,",
    "omega",
    "é",
    "🙂",
    "終。",
    "文",
]
TRAPS = [
    "\r\n", "\n", "\t", " ", "  ", "\u00a0", "\u2003", ". ", ".\n", "? ", "!”", "。", "！", "…", "...", "1. ", "«", "“",
    "e\u0301", "🙂", "𝔬", "日本", "한국", "هل؟", "Mr. ", "J. ", "3.14", "U.S. ", "\u200d", "\ufeff", "A", "b", "Zoë",
]  # fmt: skip


def source(path: str = "notes.txt") -> Source:
    """Where a document of a test came from."""
    return Source(path=path, media_type="text/plain", size=1, sha256="0" * 64)


def count_words(texts: Sequence[str]) -> list[int]:
    """A token counter: tokens are what white space separates."""
    return [len(text.split()) for text in texts]


def shown(document: ParsedDocument) -> list[tuple[str, str, tuple[str, ...]]]:
    """Kind, text and section path of each block."""
    return [(block.kind.value, block.span.of(document.text), block.headings) for block in document.blocks]


def document_of(text: str, *blocks: Block, path: str = "notes.txt") -> ParsedDocument:
    """A document made of a text and its blocks; without any, the text is one paragraph."""
    found = blocks or (Block(kind=BlockKind.PARAGRAPH, span=Span(0, len(text))),)
    return ParsedDocument(source=source(path), title="Notes", text=text, blocks=found)


def passage_of(
    text: str,
    *,
    start: int = 0,
    path: str = "notes.txt",
    sentences: Sequence[Span] = (),
    headings: tuple[str, ...] = (),
) -> Passage:
    """A passage of a text that begins at `start` of its document; without `sentences` it is one."""
    span = Span(start, start + len(text))
    units = tuple(sentences) or (span,)
    document = document_of("x", path=path)
    chunk = Chunk(document_id=document.id, ordinal=0, span=span, sentences=units, children=(span,), headings=headings)
    return Passage(chunk=chunk, path=path, title="Notes", text=text)


def ranked(passage: Passage, *, score: float = 1.0, rank: int = 1) -> RankedPassage:
    """A passage as retrieval hands it on."""
    return RankedPassage(passage=passage, score=score, rank=rank, contributions=())


def texts() -> st.SearchStrategy[str]:
    """Texts of terminators, abbreviations, line breaks of all kinds and letters of many scripts."""
    trapped = st.lists(st.sampled_from(TRAPS), max_size=30).map("".join)
    return st.one_of(trapped, st.text(max_size=60), st.lists(st.one_of(st.sampled_from(TRAPS), st.text())).map("".join))


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    """A document of headings, sections that end without a heading, and blocks of all kinds."""
    builder = DocumentBuilder(source())
    page = 1
    for step in draw(st.lists(st.sampled_from(["heading", "close", "page", "block", "block", "block"]), max_size=12)):
        level = draw(st.integers(1, 4))
        if step == "heading":
            builder.heading(draw(st.sampled_from(["One", "Two", "Two"])), level, page=page)
        elif step == "close":
            builder.close(level)
        elif step == "page":
            page += 1
        else:
            builder.add(draw(st.sampled_from(CONTENT)), draw(_block_texts()), page=page)
    builder.add(BlockKind.PARAGRAPH, draw(_block_texts()), page=page)
    return builder.build()


def _block_texts() -> st.SearchStrategy[str]:
    long_word = st.integers(50, 130).map(lambda size: "w" * size)
    word = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), long_word)
    parts = st.lists(st.tuples(word, st.sampled_from([" ", " ", "  ", "\n"])), min_size=1, max_size=40)
    return parts.map(lambda pairs: "".join(word + space for word, space in pairs))


@st.composite
def policies(draw: st.DrawFn) -> ChunkPolicy:
    """Small sizes under the constraints that the settings check."""
    most = draw(st.integers(4, 24))
    least = draw(st.integers(2, most))
    return ChunkPolicy(
        most=most, least=least, overlap=draw(st.integers(0, (least - 1) // 2)), child=draw(st.integers(1, most))
    )
