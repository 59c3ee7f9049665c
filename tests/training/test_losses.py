"""The losses between passages and between readers, against values worked out by hand."""

import math

import pytest
import torch
from training.batches import collate
from training.data import Feature
from training.losses import alignment_loss, distillation_loss, rank_loss

ASKED = [0, 0, 0]
"""First token, one word of the question, separator."""


def tensors(*features: Feature) -> dict[str, torch.Tensor]:
    """The windows' arrays without the columns that only fill up."""
    named = {name: torch.from_numpy(value) for name, value in vars(collate(features)).items() if name != "examples"}
    widest = int(named["sizes"].max())
    return named | {name: named[name][:, :widest] for name in ("ids", "types")}


def feature(start: int, end: int, group: int, words: int = 2) -> Feature:
    types = [*ASKED, *[1] * words, 1]
    return Feature([1] * len(types), types, start, end, group)


def softmax_loss(answer: float, *rivals: float) -> float:
    return math.log(sum(math.exp((other - answer) / 2) for other in (answer, *rivals)))


def test_the_answer_against_all_spans_of_its_rival() -> None:
    batch = tensors(feature(3, 4, 7), feature(0, 0, 7), feature(3, 3, -1))
    start = torch.tensor([[0.5, 9, 9, 4, 0, 9], [1.0, 9, 9, 2, 3, 9], [0, 0, 0, 0, 0, 0]])
    end = torch.tensor([[0.5, 9, 9, 0, 2, 9], [0.0, 9, 9, 1, 1, 9], [0, 0, 0, 0, 0, 0]])
    answer = 4 + 2 - 0.5 - 0.5
    rival = math.log(math.exp(2) + math.exp(3)) - 1 + math.log(math.exp(1) + math.exp(1)) - 0
    assert rank_loss(start, end, batch).item() == pytest.approx(softmax_loss(answer, rival), rel=1e-6)


def test_several_rivals_and_a_shorter_one() -> None:
    batch = tensors(feature(3, 3, 0), feature(0, 0, 0), feature(0, 0, 0, words=1), feature(4, 4, 1), feature(0, 0, 1))
    start = torch.zeros(5, 6)
    start[0, 3] = 6
    start[2, 3] = 2
    start[2, 4:] = 50  # the closing separator and what fills up
    first = softmax_loss(6, 2 * math.log(2), 2)
    second = softmax_loss(0, 2 * math.log(2))
    assert rank_loss(start, torch.zeros(5, 6), batch).item() == pytest.approx((first + second) / 2, rel=1e-6)


def test_an_answer_without_a_rival_costs_nothing() -> None:
    assert rank_loss(torch.ones(2, 6), torch.ones(2, 6), tensors(feature(3, 4, -1), feature(3, 3, -1))).item() == 0


def test_distillation_is_the_cross_entropy_against_the_mean_of_the_teachers() -> None:
    certain, even = torch.tensor([[0.0, -math.inf]]), torch.tensor([[0.0, 0.0]])
    scores = torch.tensor([[math.log(0.9), math.log(0.1)]])
    expected = -(0.75 * math.log(0.9) + 0.25 * math.log(0.1))
    assert distillation_loss(scores, [certain, even]).item() == pytest.approx(expected, rel=1e-6)


def test_alignment_is_the_mean_angle_to_the_teacher_over_the_tokens_that_count() -> None:
    states = torch.tensor([[[1.0, 0.0], [0.0, 2.0], [9.0, 9.0]], [[1.0, 1.0], [5.0, 5.0], [5.0, 5.0]]])
    known = torch.tensor([[[3.0, 0.0], [4.0, 0.0], [-1.0, 0.0]], [[0.0, 7.0], [0.0, 0.0], [0.0, 0.0]]])
    found = alignment_loss(states, known, torch.tensor([2, 1]))
    assert float(found) == pytest.approx((0 + 1 + (1 - math.sqrt(0.5))) / 3)
