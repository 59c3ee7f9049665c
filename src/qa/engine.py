"""The engine: one pipeline of stages from a question to a reply, over the generation that is published.

`stages` is the primitive: it yields what each stage found; `ask` returns the last event's reply. A question keeps the
generation that it started with, whatever is published meanwhile. A follow-up is made self-contained first; from then on
nothing knows of the conversation, so the same self-contained question gets the same reply with and without one.
"""

import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from qa.answering import Answerer
from qa.asking import checked, cleaned
from qa.conversation.referents import Exchange
from qa.conversation.rewriting import Rewritten, rewrite
from qa.errors import BackendUnavailable, IndexStoreError, InvalidQuestion
from qa.ports import EXACT, DenseSearch, Observer, Reader
from qa.retrieval.hybrid import HybridRetriever, Searchable, in_reading_order
from qa.serving import Serving
from qa.spelling import EitherOf, Speller, corrected
from qa.types import Answer, Candidate, DocumentRecord, ParsedDocument, RankedPassage, Reply


class Generation(Searchable, Protocol):
    """What the engine needs of an open snapshot."""

    @property
    def generation(self) -> str:
        """Its name."""

    @property
    def created(self) -> str:
        """When it was built, ISO 8601."""

    @property
    def vectors(self) -> int:
        """How many vectors are searched."""

    @property
    def vector_search(self) -> DenseSearch:
        """How they are searched."""

    @property
    def problem(self) -> str | None:
        """Why they cannot be searched now; None when they can."""

    @property
    def vocabulary(self) -> Speller:
        """The words of its documents."""

    def document(self, document_id: str) -> ParsedDocument:
        """A document with its text; raises DocumentUnknown."""

    def documents(self) -> Sequence[DocumentRecord]:
        """Every file of the corpus, by path."""

    def record(self, document_id: str) -> DocumentRecord:
        """What the manifest says of a document; raises DocumentUnknown."""


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages are found, in the collection of that name (None where there is only one, without a name)."""

    passages: tuple[RankedPassage, ...]
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """The passages are read: candidates, best first."""

    candidates: tuple[Candidate, ...]
    collection: str | None = None


@dataclass(frozen=True, slots=True)
class Replied:
    """The decision on the question as it was asked, with the milliseconds of every stage."""

    reply: Reply
    question: Rewritten
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    collection: str | None = None


Event = Retrieved | Read | Replied


@dataclass(frozen=True, slots=True)
class Health:
    """Whether questions can be answered, from what, and what is wrong if not (or not quite)."""

    ready: bool
    generation: str | None = None
    created: str | None = None
    documents: int = 0
    passages: int = 0
    skipped: int = 0
    vectors: int = 0
    vector_search: DenseSearch = EXACT
    problem: str | None = None


class Engine:
    """Answers questions. Safe for several threads."""

    def __init__(
        self,
        *,
        retriever: HybridRetriever,
        reader: Reader,
        answerer: Answerer,
        serving: Serving[Generation],
        observer: Observer,
        top_k: int,
        max_question_characters: int,
        usual_words: Container[str] = (),
    ) -> None:
        """`serving` holds an open `Generation`; `usual_words` are never taken for misspelt."""
        self.collection = serving.collection
        self._retriever = retriever
        self._reader = reader
        self._answerer = answerer
        self._serving = serving
        self._observer = observer
        self._top_k = top_k
        self.max_question_characters = max_question_characters
        self._usual_words = usual_words

    def ask(
        self, question: str, *, history: Sequence[Exchange] = (), exact: bool = False, top_k: int | None = None
    ) -> Replied:
        """The reply to a question; raises InvalidQuestion, or an IndexStoreError when there is nothing to ask.

        `history` has the earlier questions with their answers, oldest first, to make a follow-up self-contained.
        Misspelt words are mended. An `exact` question is asked just as it stands.
        """
        for event in self.stages(question, history=history, exact=exact, top_k=top_k):
            if isinstance(event, Replied):
                return event
        raise AssertionError("stages() ends with Replied")

    def stages(
        self,
        question: str,
        *,
        history: Sequence[Exchange] = (),
        exact: bool = False,
        top_k: int | None = None,
        passages: Sequence[RankedPassage] | None = None,
        known: Container[str] = (),
    ) -> Iterator[Event]:
        """Retrieved, Read, Replied, each as soon as it is known. `top_k` passages are read and returned.

        Given `passages` of the published generation are read as they are, and nothing is searched. Words that are
        `known` (in lower case) are not taken for misspelt, whatever these documents hold.
        """
        rewritten = self._rewritten(question, () if exact else history)
        snapshot = self.snapshot()
        if not exact:
            usual = EitherOf(known, self._usual_words)
            mended = corrected(rewritten.asked, snapshot.lexical, snapshot.vocabulary, usual)
            rewritten = replace(rewritten, asked=mended)
        question = rewritten.asked
        timings: dict[str, float] = {}
        with self._timed("retrieve", timings):
            if passages is None:
                passages = self._retriever.retrieve(question, snapshot, top_k or self._top_k)
        yield Retrieved(tuple(passages), self.collection)
        with self._timed("read", timings):
            candidates = self._reader.read(question, passages, snapshot.lexical)
        yield Read(tuple(candidates), self.collection)

        def document(document_id: str) -> tuple[ParsedDocument, str]:
            return snapshot.document(document_id), snapshot.record(document_id).text_sha256 or ""

        with self._timed("decide", timings):
            reply = self._answerer.reply(
                question,
                in_reading_order(passages, candidates),
                candidates,
                generation=snapshot.generation,
                lexical=snapshot.lexical,
                document=document,
            )
        self.observed(reply)
        yield Replied(reply, rewritten, timings, self.collection)

    def observed(self, reply: Reply) -> None:
        """Tell the observer of a reply; for one that comes from memory, those who keep it do."""
        self._observer.replied(answered=isinstance(reply, Answer), confidence=reply.confidence)

    def search(self, question: str, *, limit: int | None = None) -> list[RankedPassage]:
        """The nearest passages, best first, without reading them."""
        return self._retriever.retrieve(self.checked(question), self.snapshot(), limit or self._top_k)

    def holds(self, word: str) -> bool:
        """Whether a document holds the word, in any of its forms."""
        lexical = self.snapshot().lexical
        return any(map(lexical.document_frequency, lexical.terms(word)))

    def documents(self) -> Sequence[DocumentRecord]:
        """Every file of the corpus, indexed or skipped."""
        return self.snapshot().documents()

    def document(self, document_id: str) -> ParsedDocument:
        """A document with its canonical text; raises DocumentUnknown."""
        return self.snapshot().document(document_id)

    def record(self, document_id: str) -> DocumentRecord:
        """What the index says of a document; raises DocumentUnknown."""
        return self.snapshot().record(document_id)

    def refresh(self) -> None:
        """Open a newer generation now, if there is one, so that no question has to; raises as `snapshot` does."""
        self._serving.newest()

    def warm(self) -> None:
        """Open the index and load all models, so that the first question does not wait, and nothing fails late."""
        snapshot = self.snapshot()
        passages: list[RankedPassage] = []
        with suppress(BackendUnavailable):  # it may come later than this service, and `health` tells of it
            passages = self._retriever.retrieve("warm", snapshot, 1)
        self._reader.read("warm", passages, snapshot.lexical)

    def checked(self, question: str) -> str:
        """The question as it is answered; raises InvalidQuestion when it is empty, too long or not text."""
        return checked(question, self.max_question_characters)

    def _rewritten(self, question: str, history: Sequence[Exchange]) -> Rewritten:
        """The question as it is asked; one that would grow over the limit stays as it was typed."""
        typed = self.checked(question)
        try:
            told = [Exchange(self.checked(exchange.question), cleaned(exchange.answer)) for exchange in history]
        except InvalidQuestion as error:
            raise InvalidQuestion(f"In the history: {error.message}", remedy=error.remedy) from None
        rewritten = rewrite(typed, told)
        return rewritten if len(rewritten.asked) <= self.max_question_characters else Rewritten(typed, typed)

    @property
    def threshold(self) -> float:
        """The least confidence for an answer."""
        return self._answerer.threshold

    @property
    def problem(self) -> str | None:
        """Why an older generation answers than the published one; None when that answers."""
        return self._serving.problem

    def troubled(self) -> bool:
        """Whether the published generation cannot be used."""
        return self.problem is not None

    def snapshot(self) -> Generation:
        """The generation that answers; raises an IndexStoreError when there is none."""
        return self._serving.held()

    def health(self) -> Health:
        """The state of the service; never raises an IndexStoreError."""
        try:
            snapshot = self.snapshot()
        except IndexStoreError as error:
            return Health(ready=False, problem=str(error))
        records = snapshot.documents()
        unsearchable = snapshot.problem
        return Health(
            ready=unsearchable is None,
            generation=snapshot.generation,
            created=snapshot.created,
            documents=sum(record.reason is None for record in records),
            passages=sum(record.passages for record in records),
            skipped=sum(record.reason is not None for record in records),
            vectors=snapshot.vectors,
            vector_search=snapshot.vector_search,
            problem=unsearchable or self._serving.problem,
        )

    def _timed(self, name: str, timings: dict[str, float]) -> "_Stage":
        return _Stage(name, timings, self._observer)


class _Stage:
    """Times a stage and tells the observer."""

    def __init__(self, name: str, timings: dict[str, float], observer: Observer) -> None:
        self._name, self._timings, self._observer = name, timings, observer
        self._start = 0.0

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        milliseconds = (time.perf_counter() - self._start) * 1000
        self._timings[self._name] = round(milliseconds, 2)
        self._observer.stage(self._name, milliseconds)
