"""The order of batches, what stands together in them, and their arrays."""

import itertools
import random
from typing import Any

import numpy as np
import pytest
from training.batches import Batch, Position, Recipe, collate, stream, token_batches
from training.data import Corpus, Feature
from training.mixture import Mix
from training.rivals import Rivals

ANSWERS_ONLY = Mix(other_article=0, same_article=0, perturbed=0, rivals=1)


def same(left: Batch, right: Batch) -> bool:
    return all(np.array_equal(vars(left)[name], vars(right)[name]) for name in vars(left))


def some(recipe: Recipe, count: int, position: Position, workers: int = 0) -> list[tuple[Batch, Position]]:
    return list(itertools.islice(stream(recipe, position, workers), count))


@pytest.fixture
def recipe(corpus: Corpus, tokenizer: Any) -> Recipe:
    """Two questions, many times, in batches of some ten windows."""
    corpus.rows *= 40
    return Recipe(corpus, tokenizer, 5, 200, ANSWERS_ONLY, Rivals(corpus))


def test_token_batches_keep_the_budget_and_every_feature() -> None:
    rng = random.Random(3)
    features = [Feature([1] * rng.randrange(5, 60), [], 0, 0) for _ in range(200)]
    batches = token_batches([[feature] for feature in features], 300, rng)
    assert all(len(batch) * max(len(feature.ids) for feature in batch) <= 300 for batch in batches)
    assert sorted(id(item) for batch in batches for item in batch) == sorted(map(id, features))


def test_collate_pads_and_lists_who_competes() -> None:
    alone, right, rival = (
        Feature([1, 7, 2], [0, 0, 1], 0, 0),
        Feature([1, 8], [0, 1], 1, 1, 4),
        Feature([9], [0], 0, 0, 4),
    )
    batch = collate([alone, right, rival])
    assert batch.ids.shape == batch.types.shape == (3, 16)
    assert batch.ids[:, :3].tolist() == [[1, 7, 2], [1, 8, 0], [9, 0, 0]]
    assert batch.types[:, :3].tolist() == [[0, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert not batch.ids[:, 3:].any()
    assert not batch.types[:, 3:].any()
    assert (batch.sizes.tolist(), batch.starts.tolist(), batch.ends.tolist()) == ([3, 2, 1], [0, 1, 0], [0, 1, 0])
    assert batch.groups.tolist() == [[1, 2]]
    assert batch.examples == 2


def test_rivals_stand_in_the_batch_of_the_window_that_answers(recipe: Recipe) -> None:
    competing = [(batch, row) for batch, _ in some(recipe, 25, Position()) for row in batch.groups]
    assert len(competing) > 20
    for batch, (right, *rivals) in competing:
        assert batch.ends[right] > 0
        assert {int(batch.ends[rival]) for rival in rivals if rival >= 0} == {0}


def test_stream_goes_on_where_it_stopped(recipe: Recipe) -> None:
    whole = some(recipe, 25, Position())
    _, position = whole[9]
    rest = some(recipe, 15, position)
    assert [place for _, place in rest] == [place for _, place in whole[10:]]
    assert all(same(found, expected) for (found, _), (expected, _) in zip(rest, whole[10:], strict=True))
    assert position.epoch == 0
    assert whole[-1][1].epoch > 0


def test_other_processes_make_the_same_batches(recipe: Recipe) -> None:
    own, theirs = some(recipe, 12, Position()), some(recipe, 12, Position(), workers=2)
    assert all(same(found, expected) for (found, _), (expected, _) in zip(theirs, own, strict=True))


def test_the_nearest_lack_the_answer_and_are_not_the_own_passage(corpus: Corpus) -> None:
    built, _ = corpus.rows
    nearest = Rivals(corpus).nearest([built])[0]
    assert nearest == ["The wooden bridge burned down when it was struck by lightning."]
    drew = type(built)(built.source, 0, 1, "Which bridge spans the river?", "lightning", 50)
    assert Rivals(corpus).nearest([drew])[0] == [corpus.articles[0][0].text]
    spanned = type(built)(built.source, 0, 1, "Which bridge spans the river?", "Elm", 50)
    assert Rivals(corpus).nearest([spanned])[0] == []
