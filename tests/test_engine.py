"""The engine: one pipeline, one generation a question, and a state that can always be asked for."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Barrier

import pytest

from fakes import FakeReader, RecordingObserver
from library import BERTH, BERTH_QUOTE, PENNANT, SQUAWK, UNANSWERED, Library
from qa.conversation.referents import Exchange
from qa.engine import Engine, Read, Replied, Retrieved
from qa.errors import CitationMismatch, DocumentUnknown, IndexCorrupt, IndexIncompatible, IndexMissing, InvalidQuestion
from qa.ports import LexicalIndex
from qa.types import Abstention, Answer, Candidate, RankedPassage, Span


def test_stages_come_in_order_and_ask_returns_the_last(engine: Engine) -> None:
    events = list(engine.stages(BERTH, top_k=3))

    assert [type(event) for event in events] == [Retrieved, Read, Replied]
    retrieved, read, replied = events
    assert isinstance(retrieved, Retrieved)
    assert isinstance(read, Read)
    assert isinstance(replied, Replied)
    assert len(retrieved.passages) == 3
    assert [ranked.rank for ranked in retrieved.passages] == [1, 2, 3]
    assert replied.reply.passages == retrieved.passages
    assert isinstance(replied.reply, Answer)
    assert replied.reply.span == read.candidates[0].span
    assert engine.ask(BERTH, top_k=3).reply == replied.reply


def test_replies_are_answers_or_abstentions(engine: Engine) -> None:
    answer, abstention = engine.ask(BERTH).reply, engine.ask(UNANSWERED).reply

    assert isinstance(answer, Answer)
    assert answer.citations[0].quote == BERTH_QUOTE
    assert answer.text in BERTH_QUOTE
    assert isinstance(abstention, Abstention)
    assert abstention.missing == ("Zebras", "graze")


def test_the_observer_hears_every_stage_and_reply(shared_library: Library) -> None:
    observer = RecordingObserver()
    engine = shared_library.engine(observer=observer)

    answered, abstained = engine.ask(BERTH), engine.ask(UNANSWERED)

    assert [name for name, _ in observer.stages] == ["retrieve", "read", "decide"] * 2
    assert observer.replies == [(True, answered.reply.confidence), (False, abstained.reply.confidence)]
    assert list(answered.timings_ms) == ["retrieve", "read", "decide"]
    for (_, heard), told in zip(observer.stages, answered.timings_ms.values(), strict=False):
        assert told == pytest.approx(heard, abs=0.006)


def test_a_question_keeps_the_generation_it_started_with(built: Library) -> None:
    engine = built.engine()
    events = engine.stages(BERTH)
    next(events)
    first = built.store.current()

    for number in range(3):  # more than are kept
        built.write("harbour.md", f"Nothing is left of edition {number}.\n")
        built.build()
    assert not built.store.folder(first).exists()

    *_, last = events
    assert isinstance(last, Replied)
    assert isinstance(last.reply, Answer)
    assert (last.reply.generation, last.reply.citations[0].quote) == (first, BERTH_QUOTE)
    assert engine.ask("Which edition is left?").reply.generation == built.store.current()


def test_the_index_is_opened_once(built: Library) -> None:
    opened: list[None] = []
    engine = built.engine(opened=lambda: opened.append(None))
    assert opened == []
    engine.warm()

    for _ in range(3):
        engine.ask(BERTH)
        engine.health()
        engine.documents()

    assert len(opened) == 1


def test_many_first_questions_at_once_open_it_once(built: Library) -> None:
    opened: list[None] = []
    engine = built.engine(opened=lambda: opened.append(None))
    start = Barrier(8)

    def ask(question: str) -> str:
        start.wait()
        reply = engine.ask(question).reply
        assert isinstance(reply, Answer)
        return reply.citations[0].quote

    with ThreadPoolExecutor(8) as pool:
        quotes = list(pool.map(ask, [BERTH, PENNANT] * 4))

    assert len(opened) == 1
    assert quotes == [quotes[0], quotes[1]] * 4
    assert quotes[0] == BERTH_QUOTE


@pytest.mark.parametrize("question", ["", " \n\t", "\0", "a" * 2001, "\ud800", "x\udfff"])
def test_what_is_no_question_is_refused(engine: Engine, question: str) -> None:
    with pytest.raises(InvalidQuestion) as caught:
        engine.ask(question)
    assert caught.value.remedy
    str(caught.value).encode()
    with pytest.raises(InvalidQuestion):
        engine.search(question)


def test_a_question_is_trimmed_and_otherwise_kept(engine: Engine) -> None:
    assert engine.ask(f"\n  {BERTH}\0 ").reply.question == BERTH
    assert engine.checked("a" * 2000 + "  ") == "a" * 2000
    assert engine.checked("Zoe\u0301 \U0001f600") == "Zoe\u0301 \U0001f600"


PARROT = Exchange("Where does the parrot live?", "on the quay")


def test_a_follow_up_is_made_self_contained_before_anything_is_retrieved(engine: Engine) -> None:
    events = list(engine.stages("what does it say?", history=[PARROT], top_k=3))

    assert [type(event) for event in events] == [Retrieved, Read, Replied]
    replied = events[-1]
    assert isinstance(replied, Replied)
    assert (replied.question.typed, replied.question.asked) == ("what does it say?", SQUAWK)
    assert replied.question.changed
    assert replied.reply.question == SQUAWK


@pytest.mark.parametrize("question", [BERTH, PENNANT, SQUAWK, UNANSWERED])
@pytest.mark.parametrize("history", [[PARROT], [Exchange(UNANSWERED), PARROT], [Exchange(BERTH, BERTH_QUOTE)] * 9])
def test_the_same_self_contained_question_gets_the_same_reply(
    engine: Engine, question: str, history: list[Exchange]
) -> None:
    with_history, alone = engine.ask(question, history=history), engine.ask(question)

    assert with_history.reply == alone.reply
    assert not with_history.question.changed


def test_a_follow_up_gets_the_reply_of_its_self_contained_form(engine: Engine) -> None:
    followed = engine.ask("and what does it say?", history=[PARROT])

    assert followed.question.changed
    assert followed.reply == engine.ask(followed.question.asked).reply


def test_a_follow_up_that_would_grow_over_the_limit_stays_as_it_was_typed(built: Library) -> None:
    engine = built.engine()
    engine.max_question_characters = len("Where does the parrot live?")

    assert engine.ask("what does it say?", history=[PARROT]).question.asked == SQUAWK
    assert not engine.ask("so what does it really say?", history=[PARROT]).question.changed


@pytest.mark.parametrize("earlier", ["", " ", "a" * 2001, "\ud800"])
def test_a_history_that_cannot_be_is_refused(engine: Engine, earlier: str) -> None:
    with pytest.raises(InvalidQuestion, match="In the history") as caught:
        engine.ask(BERTH, history=[Exchange(earlier)])
    str(caught.value).encode()


def test_odd_characters_in_an_earlier_answer_do_no_harm(engine: Engine) -> None:
    history = [Exchange("Which bird says it?", "the \ud800 \0 parrot")]

    assert engine.ask("what does it say?", history=history).reply.question.encode()


def test_misspelt_words_are_mended_and_shown(engine: Engine) -> None:
    mended = engine.ask("Who raises the red penant at noon?")

    assert mended.question.asked == PENNANT
    assert mended.question.changed
    assert mended.reply == engine.ask(PENNANT).reply
    assert not engine.ask(PENNANT).question.changed


def test_an_exact_question_is_asked_just_as_it_stands(engine: Engine) -> None:
    for question in ("Who raises the red penant at noon?", "what does it say?"):
        exact = engine.ask(question, history=[PARROT], exact=True)

        assert (exact.question.asked, exact.reply.question) == (question, question)
        assert not exact.question.changed


def test_search_is_the_first_stage(engine: Engine) -> None:
    first = next(iter(engine.stages(PENNANT, top_k=2)))

    assert isinstance(first, Retrieved)
    assert tuple(engine.search(PENNANT, limit=2)) == first.passages


def test_documents_by_id(engine: Engine) -> None:
    for record in engine.documents():
        if record.reason is None:
            assert engine.document(record.document_id).text_sha256 == record.text_sha256
        assert engine.record(record.document_id) == record
    for lookup in (engine.document, engine.record):
        with pytest.raises(DocumentUnknown):
            lookup("0" * 16)


def test_without_an_index_there_is_nothing_to_ask(library: Library) -> None:
    engine = library.engine()

    with pytest.raises(IndexMissing):
        engine.ask(BERTH)
    health = engine.health()
    assert (health.ready, health.generation, health.documents) == (False, None, 0)
    assert "qa index" in (health.problem or "")
    library.build()
    assert engine.health().ready


def test_the_first_index_must_be_whole_and_of_the_same_encoder(built: Library) -> None:
    from fakes import FakeEncoder

    with pytest.raises(IndexIncompatible, match=r"fake@1.*other@2"):
        Library(settings=built.settings, encoder=FakeEncoder("other@2")).engine().ask(BERTH)
    built.spoil()
    with pytest.raises(IndexCorrupt):
        built.engine().ask(BERTH)


def test_a_problem_with_a_newer_index_is_logged_once(built: Library) -> None:
    engine = built.engine()
    engine.ask(BERTH)
    built.write("more.txt", "The octopus sleeps under the bridge.\n")
    built.build()
    built.spoil()
    log = StringIO()
    logging.getLogger("qa").addHandler(logging.StreamHandler(log))

    for _ in range(3):
        assert isinstance(engine.ask(BERTH).reply, Answer)

    assert log.getvalue().count("newest index") == 1
    assert engine.health().ready
    assert "not as it was built" in (engine.health().problem or "")


class LyingReader(FakeReader):
    """Proposes a span that is not where the passage stands."""

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        chunk = passages[0].passage.chunk
        outside = Span(chunk.span.end, chunk.span.end + 5)
        return [Candidate(passage=passages[0].passage, span=outside, score=1.0, reader="liar")]


def test_a_span_outside_its_passage_is_never_answered(shared_library: Library) -> None:
    with pytest.raises((CitationMismatch, ValueError)):
        shared_library.engine(reader=LyingReader()).ask(BERTH)
