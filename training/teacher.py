"""A larger reader to learn from: MPNet, which cuts words as the reader's BERT does, so that both score the same tokens.

MPNet's table of words is BERT's uncased one with four entries put before it; the passages need not be cut anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import MPNetConfig, MPNetForQuestionAnswering

BERT_PAD, BERT_CLS, BERT_SEP = 0, 101, 102
MPNET_START, MPNET_PAD, MPNET_END = 0, 1, 2
SHIFT = 4
"""How many entries MPNet's table of words has before BERT's."""


@dataclass(frozen=True)
class Scores:
    """Scores of every token as start and end, of shape (windows, tokens), and what the last layer says of it."""

    start_logits: torch.Tensor
    end_logits: torch.Tensor
    states: torch.Tensor


def mpnet_ids(ids: torch.Tensor) -> torch.Tensor:
    """BERT's token ids as MPNet's."""
    moved = ids + SHIFT
    for bert, mpnet in ((BERT_PAD, MPNET_PAD), (BERT_CLS, MPNET_START), (BERT_SEP, MPNET_END)):
        moved = moved.masked_fill(ids == bert, mpnet)
    return moved


class Teacher(nn.Module):
    """MPNet with a layer for spans. It takes what the reader takes; token types, which it does not know, are ignored.

    The biases of relative positions are computed once for all layers and stay as they are: fused attention passes no
    gradient on to them cheaply.
    """

    def __init__(self, folder: Path, dropout: float) -> None:
        super().__init__()
        config = MPNetConfig.from_pretrained(folder, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0)
        self.network: Any = MPNetForQuestionAnswering.from_pretrained(folder, config=config)
        self.network.mpnet.encoder.relative_attention_bias.requires_grad_(requires_grad=False)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, **_: torch.Tensor) -> Scores:
        """Scores of the windows."""
        mpnet = self.network.mpnet
        states = mpnet.embeddings(mpnet_ids(input_ids))
        with torch.no_grad():
            bias = mpnet.encoder.compute_position_bias(states[:1])
            hidden = (attention_mask == 0)[:, None, None, :]
            bias = bias.expand(len(states), -1, -1, -1).masked_fill(hidden, -1e4)
        for layer in mpnet.encoder.layer:
            states = self.attend(layer.attention, states, bias)
            states = layer.output(layer.intermediate(states), states)
        start, end = self.network.qa_outputs(states).unbind(dim=-1)
        return Scores(start, end, states)

    @staticmethod
    def attend(layer: Any, states: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """One layer's attention, fused."""
        inner = layer.attn
        shape = (*states.shape[:2], inner.num_attention_heads, inner.attention_head_size)
        query, key, value = (part(states).view(shape).transpose(1, 2) for part in (inner.q, inner.k, inner.v))
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=bias)
        mixed = inner.o(mixed.transpose(1, 2).flatten(2))
        fused: torch.Tensor = layer.LayerNorm(layer.dropout(mixed) + states)
        return fused
