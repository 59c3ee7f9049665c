"""Replies from memory: the same question of the same documents is read once, and never answered from older ones."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from fastapi.testclient import TestClient

from fakes import FakeReader
from library import BERTH, PENNANT, UNANSWERED, WEB, Library
from qa.conversation.referents import Exchange
from qa.conversation.rewriting import Rewritten
from qa.engine import Event, Read, Replied, Retrieved
from qa.ports import LexicalIndex
from qa.service.app import create_app
from qa.service.holdings import Collection
from qa.service.recent import Recent
from qa.types import Abstention, Candidate, RankedPassage


@dataclass
class Named:
    """An open generation, of which only the name counts."""

    generation: str


@dataclass
class Asked:
    """A choice of collections that counts what is asked; `published` comes while a question is answered."""

    names: dict[str | None, str]
    published: list[Mapping[str | None, str]] = field(default_factory=list)
    questions: list[tuple[object, ...]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    @property
    def generations(self) -> dict[str | None, Named]:
        """By the names."""
        return {name: Named(generation) for name, generation in self.names.items()}

    @property
    def together(self) -> "Asked":
        """It answers itself."""
        return self

    def ask(self, question: str, **how: object) -> Replied:
        """The last of the stages."""
        *_, last = self.stages(question, **how)
        assert isinstance(last, Replied)
        return last

    def stages(self, question: str, **how: object) -> Iterator[Event]:
        """A reply that says how often it was asked."""
        self.questions.append((question, *how.values()))
        generation = "+".join(self.names.values())
        if self.published:
            self.names.update(self.published.pop())
        reply = Abstention(
            question=question,
            reason=f"asked {len(self.questions)} times",
            confidence=0.0,
            missing=(),
            passages=(),
            generation=generation,
        )
        yield Retrieved(())
        yield Read(())
        yield Replied(reply, Rewritten(question, question), {"read": 9.0})

    def heard(self, replied: Replied) -> None:
        """Note it."""
        self.written.append(replied.reply.question)

    def heard_again(self, replied: Replied) -> None:
        """Note it, too."""
        self.heard(replied)

    def hearing(self, stages: Iterator[Event]) -> Iterator[Event]:
        """Note the last."""
        for event in stages:
            if isinstance(event, Replied):
                self.heard(event)
            yield event


def ask(
    recent: Recent,
    choice: Asked,
    question: str = "q",
    *,
    history: Sequence[Exchange] = (),
    exact: bool = False,
    top_k: int | None = None,
) -> Replied:
    return recent.ask_anew(choice, question, history, exact=exact, top_k=top_k)  # type: ignore[arg-type]  # a fake


def test_the_same_question_is_answered_from_memory_in_no_time_and_written_down_each_time() -> None:
    recent, choice = Recent(limit=9), Asked({None: "g1"})
    first, second = ask(recent, choice), ask(recent, choice)
    assert len(choice.questions) == 1
    assert second.reply is first.reply
    assert (first.timings_ms, second.timings_ms) == ({"read": 9.0}, {})
    assert choice.written == ["q", "q"]


def test_whatever_a_reply_depends_on_makes_another_question() -> None:
    recent, choice = Recent(limit=9), Asked({None: "g1"})
    ask(recent, choice)
    ask(recent, choice, "other")
    ask(recent, choice, exact=True)
    ask(recent, choice, top_k=3)
    ask(recent, choice, history=[Exchange("before", "")])
    assert len(choice.questions) == len(recent) == 5
    ask(recent, choice, top_k=3)
    assert len(choice.questions) == 5


def test_a_new_generation_of_any_collection_answers_anew_and_drops_what_was_kept() -> None:
    recent, choice = Recent(limit=9), Asked({"a": "a1", "b": "b1"})
    only_b = Asked({"b": "b1"})
    ask(recent, choice)
    ask(recent, only_b)
    assert len(recent) == 2
    choice.names["a"] = "a2"
    assert ask(recent, choice).reply.generation == "a2+b1"
    assert len(choice.questions) == 2
    assert len(recent) == 2  # that of both with a1 is gone, that of b alone is still true
    ask(recent, only_b)
    assert len(only_b.questions) == 1


def test_a_reply_is_not_kept_when_another_generation_was_published_meanwhile() -> None:
    recent, choice = Recent(limit=9), Asked({None: "g1"}, published=[{None: "g2"}])
    assert ask(recent, choice).reply.generation == "g1"
    assert len(recent) == 0
    assert ask(recent, choice).reply.generation == "g2"
    choice.published.append({None: "g3"})
    list(recent.stages(choice, "p", (), exact=False))  # type: ignore[arg-type]  # a fake
    assert len(recent) == 1


def test_what_was_not_asked_for_longest_goes_first() -> None:
    recent, choice = Recent(limit=2), Asked({None: "g1"})
    for question in ("a", "b", "a", "c"):  # b has not been asked for longest
        ask(recent, choice, question)
    assert [asked[0] for asked in choice.questions] == ["a", "b", "c"]
    ask(recent, choice, "a")
    ask(recent, choice, "b")
    assert [asked[0] for asked in choice.questions] == ["a", "b", "c", "b"]
    assert len(recent) == 2


def test_none_are_kept_where_that_is_set() -> None:
    recent, choice = Recent(limit=0), Asked({None: "g1"})
    assert ask(recent, choice) is not ask(recent, choice)
    assert len(choice.questions) == 2


def test_a_conversation_that_is_shown_again_is_neither_read_nor_written_down_again() -> None:
    recent, choice = Recent(limit=9), Asked({None: "g1"})
    events = [list(recent.stages(choice, "q", (), exact=False)) for _ in range(2)]  # type: ignore[arg-type]  # a fake
    assert [[type(event) for event in found] for found in events] == [[Retrieved, Read, Replied], [Retrieved, Replied]]
    assert choice.written == ["q"]
    assert ask(recent, choice).reply is events[0][-1].reply  # type: ignore[union-attr]  # the last has replied


class Counting(FakeReader):
    """Counts what it reads."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    def read(self, question: str, passages: Sequence[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        """Count, then read."""
        self.questions.append(question)
        return super().read(question, passages, lexical)


@pytest.mark.parametrize("remembered", [0, 5])
def test_the_service_answers_from_memory_until_the_documents_change(library: Library, remembered: int) -> None:
    library.build()
    reader = Counting()
    engine = library.engine(reader=reader)
    collection = Collection.of(engine, library.settings.corpus)
    app = create_app([collection], web=WEB, hosts=["127.0.0.1"], remembered=remembered)
    client = TestClient(app, base_url="http://127.0.0.1")
    replies = [client.post("/ask", json={"question": BERTH}).json(), client.get("/ask", params={"q": BERTH}).json()]
    assert len(reader.questions) == (1 if remembered else 2)
    first, second = ({**reply, "timings_ms": None} for reply in replies)
    assert first == second
    assert bool(replies[1]["timings_ms"]) == (remembered == 0)
    library.write("new.txt", f"{BERTH} The berth has moved to the eastern mole.")
    library.build()
    engine.refresh()
    third = client.post("/ask", json={"question": BERTH}).json()
    assert third["generation"] == library.store.current() != second["generation"]
    assert len(reader.questions) == (2 if remembered else 3)
    for question in (PENNANT, UNANSWERED):
        assert client.post("/ask", json={"question": question}).json()["question"] == question
