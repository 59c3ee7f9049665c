"""The pure parts of the reader's training data: cleaning, cropping and negatives."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import pytest
from training.data import (
    Corpus,
    Example,
    Row,
    content_words,
    detokenise,
    featurise,
    load_squad,
    locate,
    valid_answer,
)
from training.mixture import Mix, crop, hard_negative, join_neighbour, make_example
from training.perturb import Case, names, swap_number, swap_opposite, unanswerable


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Paris , France .", "Paris, France."),
        ("the bank -LRB- est . 1851 -RRB- of Elm 's town", "the bank (est. 1851) of Elm's town"),
        ("`` yes '' he did n't say", '"yes" he didn\'t say'),
        ("it cost $ 5 and 10 % more", "it cost $5 and 10% more"),
        ("untouched text, as it is.", "untouched text, as it is."),
    ],
)
def test_detokenise(text: str, clean: str) -> None:
    assert detokenise(text)[0] == clean


@pytest.mark.parametrize("answer", ["Berlin , Germany", "-LRB- est . 1851 -RRB-", "of Elm", "1851"])
def test_detokenise_keeps_the_answer(answer: str) -> None:
    text = "In Berlin , Germany , the bank -LRB- est . 1851 -RRB- of Elm 's town ."
    clean, kept, start = detokenise(text, answer, text.index(answer))
    assert clean[start : start + len(kept)] == kept == detokenise(answer)[0]


def test_content_words_drop_stop_words_and_endings() -> None:
    assert content_words("What was the Building?") == content_words("buildings")


def test_valid_answer_needs_its_text_at_the_offset() -> None:
    answers = [{"text": "sea", "answer_start": 0}, {"text": " wide sea", "answer_start": 3}]
    assert valid_answer("the wide sea", answers, 5) == ("wide sea", 4)
    assert valid_answer("the wide sea", answers, 1) is None


def test_only_usable_rows_are_kept(corpus: Corpus) -> None:
    assert [(row.question, row.answer) for row in corpus.rows] == [
        ("When was the stone bridge built?", "1851"),
        ("Who sold the bridge?", ""),
    ]


def test_locate_covers_the_answer_and_rejects_other_windows() -> None:
    offsets = [(0, 0), (0, 2), (0, 0), (0, 3), (4, 8), (9, 12), (0, 0)]
    assert locate(offsets, 3, 5, Example("q", "the wide sea", 4, 12)) == (4, 5)
    assert locate(offsets, 3, 4, Example("q", "the wide sea", 4, 12)) == (0, 0)
    assert locate(offsets, 3, 5, Example("q", "the wide sea")) == (0, 0)


def test_featurise_windows_hold_the_answer_or_none(tokenizer: Any) -> None:
    context = " ".join(f"w{number}" for number in range(30))
    start = context.index("w20")
    windows = featurise(tokenizer, [Example("what ?", context, start, start + 7)], max_tokens=16)[0]
    answered = [window for window in windows if window.end > 0]
    assert len(windows) > 1
    assert answered
    assert all(window.end - window.start == 1 for window in answered)


@pytest.mark.parametrize("limit", [10, 40, 70, 200])
def test_crop_keeps_whole_sentences_and_the_answer(limit: int) -> None:
    text = "One is here. Two is there. Three is far. Four is near. Five is gone."
    start = text.index("Three")
    for seed in range(20):
        left, right = crop(text, start, start + 5, limit, random.Random(seed))
        assert left <= start < right
        assert text[left:].startswith(("One", "Two", "Three"))
        assert text[left:right].rstrip().endswith(".")
        assert right - left <= max(limit, len("Three is far. "))


def test_hard_negative_is_the_like_paragraph(corpus: Corpus) -> None:
    found = {hard_negative(corpus, corpus.rows[0], random.Random(seed)) for seed in range(20)}
    assert found == {1, 2}


def test_join_neighbour_moves_the_answer(corpus: Corpus) -> None:
    row = Row("any", 0, 1, "What burned?", "wooden bridge", 4)
    example = Example(row.question, corpus.articles[0][1].text, 4, 17)
    for seed in range(8):
        joined = join_neighbour(corpus, row, example, random.Random(seed))
        assert joined.context[joined.start : joined.end] == "wooden bridge"
        assert len(joined.context) > len(example.context)


def test_examples_hold_their_answer(corpus: Corpus) -> None:
    for seed in range(200):
        example = make_example(corpus, corpus.rows[0], Mix(other_article=0, cropped=0.5), random.Random(seed))
        assert example.start < 0 or example.context[example.start : example.end] == "1851"


def test_names_leave_out_the_start_of_a_sentence() -> None:
    assert names("What did Anna Berg draw in Elm?") == ["Anna Berg", "Elm"]


def test_swapped_questions_differ_in_one_place() -> None:
    rng = random.Random(0)
    assert swap_opposite(Case("Which is the largest bridge?", "", "", "x"), rng) == "Which is the smallest bridge?"
    assert swap_number(Case("What fell in 1851?", "In 1851 and 1907.", "", "x"), rng) == "What fell in 1907?"
    assert unanswerable(Case("Why so?", "No reason.", "None.", "x"), rng) is None


def test_plain_and_gzipped_files_are_read(tmp_path: Path) -> None:
    plain, packed = tmp_path / "one.json", tmp_path / "one.json.gz"
    plain.write_text('{"data": [{"paragraphs": []}]}')
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert load_squad(plain) == load_squad(packed) == [{"paragraphs": []}]
