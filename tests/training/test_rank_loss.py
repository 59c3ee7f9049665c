"""The loss between an answer and its rival, against values worked out by hand."""

import math

import pytest
import torch
from training.data import Feature
from training.trainer import rank_loss

ASKED = [0, 0, 0]
"""First token, one word of the question, separator."""


def feature(start: int, end: int, group: int, words: int = 2) -> Feature:
    types = [*ASKED, *[1] * words, 1]
    return Feature([1] * len(types), types, start, end, group)


def test_the_answer_against_all_spans_of_its_rival() -> None:
    batch = [feature(0, 0, 7), feature(3, 4, 7), feature(3, 3, -1)]
    start = torch.tensor([[1.0, 9, 9, 2, 3, 9], [0.5, 9, 9, 4, 0, 9], [0, 0, 0, 0, 0, 0]])
    end = torch.tensor([[0.0, 9, 9, 1, 1, 9], [0.5, 9, 9, 0, 2, 9], [0, 0, 0, 0, 0, 0]])
    answer = 4 + 2 - 0.5 - 0.5
    rival = math.log(math.exp(2) + math.exp(3)) - 1 + math.log(math.exp(1) + math.exp(1)) - 0
    expected = math.log(1 + math.exp((rival - answer) / 2))
    assert rank_loss(batch, start, end).item() == pytest.approx(expected, rel=1e-6)


def test_an_answer_without_a_rival_costs_nothing() -> None:
    batch = [feature(3, 4, -1), feature(3, 3, 2)]
    assert rank_loss(batch, torch.ones(2, 6), torch.ones(2, 6)).item() == 0
