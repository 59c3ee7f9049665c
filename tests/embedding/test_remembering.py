"""What was encoded lately is not encoded again, what was met longest ago is forgotten first."""

import threading

import numpy as np

from fakes import FakeEncoder
from qa.embedding.remembering import RememberingEncoder


def test_no_text_is_encoded_twice() -> None:
    inside = FakeEncoder()
    encoder = RememberingEncoder(inside)
    rows = encoder.encode(["a", "b", "a"])
    assert (encoder.encode(["b", "a"]) == rows[[1, 0]]).all()
    assert inside.encoded == ["a", "b"]


def test_the_text_met_longest_ago_is_forgotten() -> None:
    inside = FakeEncoder()
    encoder = RememberingEncoder(inside, kept=2)
    encoder.encode(["a", "b"])
    encoder.encode(["a"])
    encoder.encode(["c"])  # forgets b
    encoder.encode(["a", "c"])
    assert inside.encoded == ["a", "b", "c"]
    encoder.encode(["b"])
    assert inside.encoded[-1] == "b"


def test_more_texts_than_are_kept_are_still_answered() -> None:
    encoder = RememberingEncoder(FakeEncoder(), kept=2)
    texts = ["one", "two", "three", "four"]
    assert (encoder.encode(texts) == FakeEncoder().encode(texts)).all()


def test_a_caller_that_changes_its_vectors_changes_nobody_elses() -> None:
    encoder = RememberingEncoder(FakeEncoder())
    first = encoder.encode(["gulls"])
    kept = first.copy()
    first[:] = 0
    assert (encoder.encode(["gulls"]) == kept).all()


def test_several_callers() -> None:
    encoder = RememberingEncoder(FakeEncoder(), kept=5)
    texts = [f"word{number % 9}" for number in range(90)]
    wrong = []

    def ask(offset: int) -> None:
        for start in range(offset, 80, 3):
            some = texts[start : start + 7]
            if not np.array_equal(encoder.encode(some), FakeEncoder().encode(some)):
                wrong.append(start)

    callers = [threading.Thread(target=ask, args=(offset,)) for offset in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert wrong == []
