"""Texts that are nearly the same are told by their sketches, close to the true share of phrases."""

import random
from dataclasses import replace

import pytest

from qa.index.duplicates import PHRASE, likeness, sketch_of, with_duplicates
from qa.types import DocumentRecord, document_id, text_sha256

WORDS = [f"word{number}" for number in range(3000)]


def text_of(seed: int, length: int = 600) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)  # no secret


def changed(words: list[str], every: int) -> list[str]:
    return [f"other{place}" if place % every == 0 else word for place, word in enumerate(words)]


def in_common(one: list[str], other: list[str]) -> float:
    """The true share of phrases."""
    first, second = ({tuple(w[at : at + PHRASE]) for at in range(len(w) - PHRASE + 1)} for w in (one, other))
    return len(first & second) / len(first | second)


def record(path: str, text: str, reason: str | None = None) -> DocumentRecord:
    return DocumentRecord(
        document_id=document_id(path), path=path, title=path, media_type="text/plain", size=1, sha256="0" * 64,
        text_sha256=text_sha256(text), characters=len(text), passages=1, reason=reason, sketch=sketch_of(text),
    )  # fmt: skip


@pytest.mark.parametrize("every", [300, 60, 20, 8, 4])
def test_the_likeness_is_near_the_true_share_of_phrases(every: int) -> None:
    """Four standard errors of 96 entries."""
    for seed in range(5):
        words = text_of(seed)
        other = changed(words, every)
        true = in_common(words, other)
        error = 4 * (true * (1 - true) / 96) ** 0.5 + 0.01
        assert likeness(sketch_of(" ".join(words)), sketch_of(" ".join(other))) == pytest.approx(true, abs=error)


def test_case_punctuation_and_line_breaks_do_not_count_but_words_do() -> None:
    plain = sketch_of("The pier is long, and the gate is wide.")
    assert plain == sketch_of("the PIER is\nlong and the gate - is wide")
    assert plain != sketch_of("The pier is long, and the gate is narrow.")
    assert sketch_of(" \n . ") == ""
    assert likeness("", "") == 0
    assert sketch_of("港は北にある。") != sketch_of("港は南にある。")


def test_copies_and_near_copies_are_marked_with_the_first_of_them() -> None:
    words = text_of(1)
    copy, near, other = " ".join(words), " ".join(changed(words, 100)), " ".join(text_of(2))
    marked = with_duplicates(
        [
            record("a.txt", " ".join(words)),
            record("b.txt", other),
            record("c.txt", near),
            record("d.txt", copy),
            record("e.txt", near),
            record("f.txt", other, reason="It was skipped."),
        ]
    )
    assert [one.duplicate_of for one in marked] == [None, None, "a.txt", "a.txt", "a.txt", None]
    assert [one.likeness for one in marked[:2]] == [0, 0]
    assert 0.8 <= marked[2].likeness < 1
    assert marked[3].likeness == 1


def test_a_text_that_only_seems_the_same_is_never_called_the_same() -> None:
    words = text_of(3, 4000)
    one = record("a.txt", " ".join(words))
    other = replace(record("b.txt", " ".join([*words[:-1], "end"])), sketch=one.sketch)
    (_, marked) = with_duplicates([one, other])
    assert (marked.duplicate_of, marked.likeness) == ("a.txt", 0.99)


def test_marks_of_an_older_state_are_taken_back() -> None:
    stale = replace(record("b.txt", " ".join(text_of(4))), duplicate_of="gone.txt", likeness=0.9)
    assert with_duplicates([stale])[0].duplicate_of is None


def test_texts_that_share_a_form_are_not_compared_all_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of ten words are the same in all of them."""
    form = text_of(0, 180)
    records = [record(f"{number:03}.txt", " ".join([*form, *text_of(number + 10, 420)])) for number in range(200)]
    compared: list[str] = []

    def counted(one: str, other: str) -> float:
        compared.append(other)
        return likeness(one, other)

    monkeypatch.setattr("qa.index.duplicates.likeness", counted)
    with_duplicates(records)
    assert len(compared) < 4 * len(records)
