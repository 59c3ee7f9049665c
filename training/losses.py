"""What the reader is trained to make small, beside the usual cross-entropy of start and end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.nn.functional import cross_entropy

HIDDEN = -1e4
"""The score of a token that cannot be chosen."""


def rank_loss(start: torch.Tensor, end: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """How far the answer is from standing above all that its rivals offer, by the score that ranks passages; 0 to any.

    The cross-entropy of a choice among the windows of a question by half of their margins over "no answer": that of the
    right span for the window that holds it, of the soft maximum over the spans for each rival. `start` and `end` have
    shape (windows, tokens). After the objectives over several paragraphs of Clark and Gardner, "Simple and effective
    multi-paragraph reading comprehension" (2018).
    """
    groups = batch["groups"]
    if not len(groups):
        return start.new_zeros(())
    tokens = torch.arange(start.shape[1], device=start.device)
    outside = (batch["types"] == 0) | (tokens >= batch["sizes"][:, None] - 1)
    null = start[:, 0] + end[:, 0]
    offered = sum(side.masked_fill(outside, HIDDEN).logsumexp(dim=1) for side in (start, end)) - null
    right = groups[:, 0]
    answer = start[right, batch["starts"][right]] + end[right, batch["ends"][right]] - null[right]
    rivals = offered[groups[:, 1:]].masked_fill(groups[:, 1:] < 0, HIDDEN)
    margins = torch.cat([answer[:, None], rivals], dim=1) / 2
    return cross_entropy(margins, torch.zeros_like(right))


def distillation_loss(scores: torch.Tensor, teachers: Sequence[torch.Tensor]) -> torch.Tensor:
    """Cross-entropy of the distribution over tokens against the mean of the teachers' (Hinton et al. 2015)."""
    aim = torch.stack([teacher.softmax(dim=1) for teacher in teachers]).mean(dim=0)
    return -(aim * scores.log_softmax(dim=1)).sum(dim=1).mean()


def alignment_loss(states: torch.Tensor, known: torch.Tensor, sizes: torch.Tensor) -> torch.Tensor:
    """How far each token's states, brought to the teacher's width, point from the teacher's: the mean of 1 - cosine.

    Both have shape (windows, tokens, width); `sizes` (windows,) says how many tokens of each count. Learning a layer's
    states beside the scores is from TinyBERT (Jiao et al. 2020), there with squared differences.
    """
    apart = 1 - torch.cosine_similarity(states.float(), known.float(), dim=2)
    held = torch.arange(states.shape[1], device=states.device) < sizes[:, None]
    return apart[held].mean()
