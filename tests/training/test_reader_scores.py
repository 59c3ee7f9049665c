"""The pure parts of the reader's training and evaluation: figures, spans, windows and the schedule."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from training.fit_decision import operating_points
from training.model import PooledDropout, plain_attention
from training.reading import Reading, best_span, better, by_length, pad
from training.trainer import Progress, rate_at


@pytest.mark.parametrize("longest", [1, 3, 20])
def test_best_span_is_the_best_of_all(longest: int) -> None:
    generator = np.random.default_rng(longest)
    start, end = generator.normal(size=(2, 20)).astype(np.float32)
    spans = [(a, b) for a in range(20) for b in range(a, min(20, a + longest))]
    expected = max(spans, key=lambda span: start[span[0]] + end[span[1]])
    assert best_span(start, end, longest)[:2] == expected


def test_better_keeps_the_best_span_and_the_lowest_null() -> None:
    one, two = Reading("a", 3.0, 1.0), Reading("b", 2.0, -1.0)
    assert better(None, one) == one
    assert better(one, two) == better(two, one) == Reading("a", 3.0, -1.0)


def test_groups_by_length_keep_the_budget() -> None:
    lengths = [9, 3, 7, 30, 4, 8]
    groups = list(by_length(lengths, 20))
    assert sorted(itertools.chain(*groups)) == list(range(6))
    assert all(len(group) == 1 or len(group) * max(lengths[index] for index in group) <= 20 for group in groups)


def test_pad_fills_with_zeros() -> None:
    assert pad([[1, 2, 3], [4]]).tolist() == [[1, 2, 3], [4, 0, 0]]


def test_rate_warms_up_stays_and_decays() -> None:
    assert rate_at(Progress(examples=499), 1.0, 1000, 0) == pytest.approx(0.5)
    assert rate_at(Progress(examples=90_000), 1.0, 1000, 0) == 1.0
    assert rate_at(Progress(examples=1500, decay_from=1000), 1.0, 1, 1000) == pytest.approx(0.5)
    assert rate_at(Progress(examples=2500, decay_from=1000), 1.0, 1, 1000) == 0.0


def test_plain_attention_is_attention() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 7, 8)
    mask = torch.zeros(2, 1, 7, 7)
    mask[1, :, :, 5:] = -1e9
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    found, _ = plain_attention(torch.nn.Identity(), query, key, value, mask)
    assert torch.allclose(found.transpose(1, 2), expected, atol=1e-5)


def test_pooled_dropout_keeps_the_mean_and_rests_outside_training() -> None:
    torch.manual_seed(0)
    layer = PooledDropout(0.1)
    states = torch.ones(64, 500)
    dropped = layer(states)
    assert float((dropped == 0).float().mean()) == pytest.approx(0.1, abs=0.01)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)
    assert torch.equal(layer.eval()(states), states)


def test_an_operating_point_is_the_higher_of_hindsight_and_expectation() -> None:
    probability = np.array([0.95, 0.9, 0.6, 0.4, 0.2])
    right = np.array([True, True, True, False, False])
    points = operating_points(probability, right, np.ones(5))
    # From 0.4 on 3 of 4 are right; the mean confidence is .82 from 0.6 on and .71 from 0.4 on.
    assert points["0.75"] == [0.6, 0.6]
    assert points["0.95"] == [0.95, 0.2]
