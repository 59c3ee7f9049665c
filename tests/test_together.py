"""Several collections asked as one: the best reply is the reply, and what is said for all is true of all."""

from pathlib import Path

import pytest

from library import BERTH, BERTH_QUOTE, UNANSWERED, Library
from qa.conversation.rewriting import Rewritten
from qa.engine import Replied
from qa.errors import IndexMissing
from qa.together import Together, best_of
from qa.types import Abstention, Answer


def abstained(name: str, confidence: float, *missing: str) -> Replied:
    """An abstention of a collection."""
    reply = Abstention(
        question="q", reason=f"Of {name}.", confidence=confidence, missing=missing, passages=(), generation=name
    )
    return Replied(reply, Rewritten("q", "q"), {"read": 1.5}, name)


@pytest.fixture
def two(tmp_path: Path) -> dict[str, Library]:
    """Two corpora with an index each."""
    notes = {"a.txt": b"The tapir sleeps in the orangery.\n", "b.txt": b"Every borth is painted green.\n"}
    found = {"rules": Library.at(tmp_path / "rules"), "notes": Library.at(tmp_path / "notes", notes)}
    for library in found.values():
        library.build()
    return found


def test_the_nearest_abstention_speaks_for_all_and_says_whose_it_is() -> None:
    best = best_of([abstained("a", 0.1, "zebra", "gnu"), abstained("b", 0.2, "gnu", "yak")])

    assert isinstance(best.reply, Abstention)
    assert (best.collection, best.reply.missing) == ("b", ("gnu",))
    assert best.reply.reason == "Nearest came the collection “b”: Of b."
    assert best.timings_ms == {"read": 3.0}


def test_of_equals_the_first_counts_and_one_alone_is_as_it_is() -> None:
    first, second = abstained("a", 0.1), abstained("b", 0.1)
    assert best_of([first, second]).collection == "a"
    assert best_of([second]) is second


def test_an_answer_goes_before_an_abstention(two: dict[str, Library]) -> None:
    engines = [library.engine(collection=name, threshold=0.5) for name, library in two.items()]
    replied = Together(engines[::-1]).ask(BERTH)
    assert isinstance(replied.reply, Answer)
    assert (replied.collection, replied.reply.citations[0].quote) == ("rules", BERTH_QUOTE)
    assert isinstance(Together(engines).ask(UNANSWERED).reply, Abstention)


def test_an_answer_goes_before_an_abstention_that_is_surer_of_what_it_found(two: dict[str, Library]) -> None:
    answer = two["rules"].engine(collection="rules", threshold=0.0).ask(BERTH)
    surer = abstained("notes", answer.reply.confidence + 0.01)
    assert isinstance(answer.reply, Answer)
    assert best_of([surer, answer]).reply is answer.reply


def test_passages_of_all_come_best_first_with_ranks_of_their_own(two: dict[str, Library]) -> None:
    engines = [library.engine(collection=name) for name, library in two.items()]
    query = "The tapir sleeps in the orangery."
    for order in (engines, engines[::-1]):
        found = Together(order).search(query, limit=3)
        apart = sorted((one.score for engine in engines for one in engine.search(query, limit=3)), reverse=True)
        assert [one.passage.score for one in found] == apart[:3]
        assert [one.passage.rank for one in found] == [1, 2, 3]
        assert found[0].collection == "notes"


def test_a_word_that_one_collection_has_is_no_slip_in_another(two: dict[str, Library]) -> None:
    """The rules know “berth”, which is near; the notes have the word itself."""
    rules, notes = (two[name].engine(collection=name) for name in ("rules", "notes"))
    question = "Is every borth green?"
    assert "berth" in rules.ask(question).question.asked
    together = Together([rules, notes]).ask(question)
    assert (together.question.asked, together.collection) == (question, "notes")


def test_where_one_cannot_be_asked_nothing_is_said_for_all(two: dict[str, Library], tmp_path: Path) -> None:
    empty = Library.at(tmp_path / "empty")
    with pytest.raises(IndexMissing):
        Together([two["rules"].engine(), empty.engine(collection="empty")]).ask(BERTH)
