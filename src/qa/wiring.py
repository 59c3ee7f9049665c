"""The composition root: the only module that imports concrete adapters and puts them together."""

from pathlib import Path

from qa.answering import Answerer
from qa.calibration import LogisticJudge
from qa.chunking import ChunkPolicy, chunk_document
from qa.embedding import SentenceTransformerEncoder
from qa.engine import Engine
from qa.index.build import IndexBuilder
from qa.index.dense import FaissBackend
from qa.index.lexical import TantivyBackend
from qa.index.manifest import Recipe
from qa.index.snapshot import Snapshot, open_current
from qa.index.store import IndexStore
from qa.observe import LogObserver
from qa.parsing.docx import DocxParser
from qa.parsing.html import HtmlParser
from qa.parsing.markdown import MarkdownParser
from qa.parsing.pdf.parser import PdfParser
from qa.parsing.plain import PlainTextParser
from qa.parsing.registry import ParserRegistry
from qa.ports import Encoder, Observer, Reader
from qa.reading.sentence import SentenceReader
from qa.reading.span import SpanReader
from qa.reading.span_model import PACKAGED_FOLDER, SpanModel
from qa.retrieval.hybrid import HybridRetriever
from qa.settings import Settings
from qa.types import Chunk, ParsedDocument, Source


def make_encoder(settings: Settings) -> SentenceTransformerEncoder:
    """The sentence encoder that the settings name."""
    return SentenceTransformerEncoder(settings.encoder, threads=settings.threads)


def make_reader(settings: Settings, encoder: Encoder) -> Reader:
    """The reader that the settings name."""
    sentences = SentenceReader(encoder=encoder)
    if settings.reader == "sentence":
        return sentences
    folder = PACKAGED_FOLDER if settings.reader == "packaged" else Path(settings.reader)
    return SpanReader(model=SpanModel(folder, threads=settings.threads), sentences=sentences)


def make_parsers() -> ParserRegistry:
    """All file formats."""
    return ParserRegistry([PlainTextParser(), MarkdownParser(), PdfParser(), HtmlParser(), DocxParser()])


def make_builder(settings: Settings, encoder: Encoder) -> IndexBuilder:
    """A builder for the settings' index folder."""
    parsers = make_parsers()
    policy = ChunkPolicy(
        most=settings.passage_tokens,
        least=settings.passage_tokens_min,
        overlap=settings.overlap_tokens,
        child=settings.child_tokens,
    )

    def parse(source: Source, data: bytes) -> ParsedDocument:
        return parsers.for_path(source.path).parse(source, data)

    def chunk(document: ParsedDocument) -> list[Chunk]:
        return chunk_document(document, encoder.count_tokens, policy)

    sizes = (("most", policy.most), ("least", policy.least), ("overlap", policy.overlap), ("child", policy.child))
    return IndexBuilder(
        store=IndexStore(settings.index),
        parse=parse,
        chunk=chunk,
        encoder=encoder,
        dense=FaissBackend(),
        lexical=TantivyBackend(heading_boost=settings.heading_boost),
        recipe=Recipe(encoder=encoder.fingerprint, parsers=parsers.versions, chunking=sizes),
        max_document_bytes=int(settings.max_document_megabytes * 1e6),
        keep_generations=settings.keep_generations,
    )


def make_engine(settings: Settings, encoder: Encoder, *, observer: Observer | None = None) -> Engine:
    """An engine over the settings' index folder; the index is opened by the first question."""
    store = IndexStore(settings.index)
    dense = FaissBackend()
    lexical = TantivyBackend(heading_boost=settings.heading_boost)

    def opened() -> Snapshot:
        return open_current(store, dense, lexical, encoder=encoder.fingerprint)

    return Engine(
        retriever=HybridRetriever(encoder=encoder, depth=settings.depth),
        reader=make_reader(settings, encoder),
        answerer=Answerer(
            judge=LogisticJudge(), threshold=settings.answer_threshold, max_citations=settings.max_citations
        ),
        current=store.current,
        open_current=opened,
        observer=observer or LogObserver(),
        top_k=settings.top_k,
        max_question_characters=settings.max_question_characters,
    )
