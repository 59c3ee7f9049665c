"""The composition root: the only module that imports concrete adapters and puts them together."""

from collections.abc import Callable, Mapping
from pathlib import Path

from qa.answering import Answerer
from qa.answering.answerer import CLOSE_SCORE
from qa.calibration import LogisticJudge, threshold_for
from qa.chunking import LONGEST_WORD, ChunkPolicy, chunk_document
from qa.depot.pulling import Puller
from qa.depot.remedies import advising
from qa.embedding.packaged import PACKAGED, PackagedEncoder
from qa.embedding.remembering import RememberingEncoder
from qa.embedding.sentence_transformer import MODEL_SUFFIXES, SentenceTransformerEncoder
from qa.embedding.static import STATIC, StaticEncoder
from qa.engine import Engine, Generation
from qa.errors import ModelUnavailable
from qa.index.build import IndexBuilder
from qa.index.dense import FaissBackend
from qa.index.editing import CorpusEditor
from qa.index.lexical import TantivyBackend
from qa.index.manifest import Recipe
from qa.index.milvus import Milvus
from qa.index.remote import RemoteVectors
from qa.index.snapshot import Snapshot, open_current, open_other
from qa.index.store import IndexStore
from qa.local_models import model_digest, model_folder
from qa.observe import LogObserver
from qa.parsing import formats
from qa.parsing.registry import ParserRegistry
from qa.parsing.sandboxed import SandboxedParser
from qa.ports import DenseOpener, Encoder, JobRunner, Mirror, Observer, Reader
from qa.reading.depth import STAGES, Depth
from qa.reading.onnx_network import MODEL_FILE, PACKAGED_FOLDER, TOKENIZER_FILE, OnnxNetwork
from qa.reading.sentence import SentenceReader
from qa.reading.span import SpanReader
from qa.reading.span_model import SpanModel, SpanNetwork
from qa.reading.transformers_network import CONFIG_FILE, TransformersNetwork
from qa.retrieval.hybrid import HybridRetriever
from qa.sandbox.limits import Limits
from qa.sandbox.pool import Sandbox
from qa.serving import Serving, Work, at_once
from qa.settings import Settings
from qa.spelling import usual_words
from qa.types import Chunk, ParsedDocument, Source

OWN_ENCODERS = frozenset({PACKAGED, STATIC})
"""The encoders that come with Quoth and need none of the libraries that run others."""


def make_encoder(settings: Settings) -> Encoder:
    """The sentence encoder that the settings name."""
    if settings.encoder == PACKAGED:
        return PackagedEncoder(threads=settings.threads)
    if settings.encoder == STATIC:
        return StaticEncoder()
    return SentenceTransformerEncoder(settings.encoder, threads=settings.threads)


def make_reader(settings: Settings, encoder: Encoder, *, thorough: bool = False) -> Reader:
    """The reader that the settings name; a `thorough` one reads and compares what cannot be the best, too.

    Only of the packaged model it is known when other passages can be left unread. Sentences are compared by the encoder
    of the index, but beside the static one by the packaged encoder: few are, and there it matters.
    """
    if settings.encoder == STATIC:
        encoder = RememberingEncoder(PackagedEncoder(threads=settings.threads))
    sentences = SentenceReader(encoder=encoder)
    if settings.reader == "sentence":
        return sentences
    model = SpanModel(lambda: load_network(settings), name=settings.reader)
    depth = Depth(close=CLOSE_SCORE, stages=STAGES if settings.reader == PACKAGED else ())
    return SpanReader(model=model, sentences=sentences, depth=None if thorough else depth)


def load_network(settings: Settings) -> SpanNetwork:
    """The span network that the settings name, loaded: `model.onnx` where the folder has it, which is the faster.

    Raises ModelUnavailable when there is no such folder or name, or any Exception when what is there cannot be loaded.
    """
    if settings.reader == "packaged":
        return OnnxNetwork(PACKAGED_FOLDER, threads=settings.threads)
    folder = model_folder(settings.reader, role="reader")
    if (folder / MODEL_FILE).is_file():
        return OnnxNetwork(folder, threads=settings.threads)
    if (folder / CONFIG_FILE).is_file():
        return TransformersNetwork(folder, threads=settings.threads)
    raise ModelUnavailable(
        f"The reader {settings.reader!r} has neither {MODEL_FILE} nor {CONFIG_FILE}, so it is no model folder.",
        remedy="Set QA_READER to a folder that holds one of them, or unset it for the packaged reader.",
    )


def packaged_reader() -> Path:
    """The folder of the reader that Quoth ships with."""
    return PACKAGED_FOLDER


def try_reader(settings: Settings) -> None:
    """Load the reader that the settings name and let it read; raises ModelUnavailable when it cannot."""
    if settings.reader != "sentence":
        SpanModel(lambda: load_network(settings), name=settings.reader).windows("a", ["a"])


def reader_fingerprint(settings: Settings) -> str:
    """Names the reader and its weights, so that two evaluations can tell whether they used the same one."""
    if settings.reader == "sentence":
        return settings.reader
    folder = PACKAGED_FOLDER if settings.reader == "packaged" else model_folder(settings.reader, role="reader")
    return f"{settings.reader}@{model_digest(folder, (*MODEL_SUFFIXES, '.onnx'))[:32]}"


def make_parsers(sandbox: JobRunner | None = None) -> ParserRegistry:
    """All file formats; with a sandbox, every file is read in there."""
    parsers = formats.make_parsers()
    return ParserRegistry(parsers if sandbox is None else [SandboxedParser(parser, sandbox) for parser in parsers])


def make_sandbox(settings: Settings) -> Sandbox:
    """The child processes in which files are read, under the settings' limits; the first job starts them."""
    limits = Limits(
        memory_bytes=settings.parser_memory_megabytes << 20,
        cpu_seconds=settings.parser_cpu_seconds,
        wall_seconds=settings.parser_seconds,
        open_files=settings.parser_open_files,
    )
    return Sandbox(limits, processes=settings.parser_processes, jobs_each=settings.parser_files)


def make_editor(settings: Settings) -> CorpusEditor | None:
    """What puts files into the corpus and takes them out, or None when the settings do not allow it."""
    if not settings.changes_allowed():
        return None
    return CorpusEditor(
        settings.corpus,
        index=settings.index,
        check=make_parsers().for_path,
        most_bytes=int(settings.max_document_megabytes * 1e6),
    )


def make_builder(settings: Settings, encoder: Encoder, *, sandbox: JobRunner | None = None) -> IndexBuilder:
    """A builder for the settings' index folder. Its child processes live as long as a build reads files.

    With a `sandbox` of another kind, files are read there.
    """
    sandbox = sandbox or make_sandbox(settings)
    parsers = make_parsers(sandbox)
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

    sizes = (
        ("most", policy.most),
        ("least", policy.least),
        ("overlap", policy.overlap),
        ("child", policy.child),
        ("word", LONGEST_WORD),
    )
    return IndexBuilder(
        store=IndexStore(settings.index),
        parse=parse,
        release=sandbox.close,
        chunk=chunk,
        encoder=encoder,
        dense=FaissBackend(),
        lexical=TantivyBackend(heading_boost=settings.heading_boost),
        recipe=Recipe(encoder=encoder.fingerprint, parsers=parsers.versions, chunking=sizes),
        max_document_bytes=int(settings.max_document_megabytes * 1e6),
        keep_generations=settings.keep_generations,
        readers=sandbox.processes,
        mirror=make_mirror(settings),
    )


def make_store(settings: Settings) -> IndexStore:
    """The index folder as questions need it; a build takes care of all that is in there."""
    return IndexStore(settings.index, vectors_elsewhere=bool(settings.milvus))


def make_mirror(settings: Settings) -> Mirror | None:
    """Where else the vectors of what is built are put, if anywhere."""
    return _remote(settings) if settings.milvus else None


def _dense(settings: Settings) -> DenseOpener:
    """Where vectors are searched."""
    return _remote(settings) if settings.milvus else FaissBackend()


def _remote(settings: Settings) -> RemoteVectors:
    return RemoteVectors(Milvus(uri=settings.milvus, token=settings.milvus_token), settings.index)


def make_puller(
    settings: Settings, encoder: Encoder | None = None, *, waiting: Callable[[], object] = lambda: None
) -> Puller:
    """What pulls generations into the settings' index folder; with an `encoder`, only those that it can ask."""
    return Puller(
        store=make_store(settings),
        keep=settings.keep_generations,
        encoder=lambda: encoder.fingerprint if encoder else None,
        waiting=waiting,
    )


def open_index(settings: Settings) -> Snapshot:
    """The published generation, for what needs no encoder: its documents and their texts."""
    store = make_store(settings)
    return Snapshot(store, store.current(), _dense(settings), TantivyBackend(heading_boost=settings.heading_boost))


def answer_threshold(settings: Settings) -> float:
    """The least confidence for an answer: as set, or from the target precision."""
    if settings.target_precision is None:
        return settings.answer_threshold
    return threshold_for(settings.target_precision)


def make_engine(
    settings: Settings,
    encoder: Encoder,
    *,
    observer: Observer | None = None,
    opening: Callable[[Work], None] = at_once,
    thorough: bool = False,
) -> Engine:
    """An engine over the settings' index folder; the index is opened by the first question.

    `opening` is how a question that finds a newer generation has it opened; a `thorough` one reads everything.
    """
    encoder = RememberingEncoder(encoder)
    reader = make_reader(settings, encoder, thorough=thorough)
    return _engine(None, settings, encoder, reader, observer or LogObserver(), opening)


def make_engines(
    settings: Mapping[str | None, Settings],
    encoder: Encoder,
    *,
    observer: Observer | None = None,
    opening: Callable[[Work], None] = at_once,
) -> list[Engine]:
    """An engine for each collection, by the settings of each, with one encoder and one reader for all."""
    shared = RememberingEncoder(encoder)
    reader = make_reader(next(iter(settings.values())), shared)
    return [_engine(name, own, shared, reader, observer or LogObserver(), opening) for name, own in settings.items()]


def _engine(
    name: str | None,
    settings: Settings,
    encoder: Encoder,
    reader: Reader,
    observer: Observer,
    opening: Callable[[Work], None],
) -> Engine:
    store = make_store(settings)
    dense = _dense(settings)
    lexical = TantivyBackend(heading_boost=settings.heading_boost)
    replica = bool(settings.follow)

    def current() -> str:
        with advising(replica=replica):
            return store.current()

    def published() -> Snapshot:
        with advising(replica=replica):
            return open_current(store, dense, lexical, encoder=encoder.fingerprint)

    def other() -> Snapshot:
        with advising(replica=replica):
            return open_other(store, dense, lexical, encoder=encoder.fingerprint)

    serving: Serving[Generation] = Serving(
        current=current, open_current=published, open_other=other, collection=name, opening=opening
    )
    return Engine(
        retriever=HybridRetriever(encoder=encoder, depth=settings.depth),
        reader=reader,
        answerer=Answerer(
            judge=LogisticJudge(), threshold=answer_threshold(settings), max_citations=settings.max_citations
        ),
        serving=serving,
        observer=observer,
        top_k=settings.top_k,
        max_question_characters=settings.max_question_characters,
        usual_words=usual_words(PACKAGED_FOLDER / TOKENIZER_FILE),
    )
