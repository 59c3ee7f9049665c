"""What training holds and does with one batch: weights, their average, the optimiser, checkpoints."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy, softplus
from transformers import AutoTokenizer

from training.data import Feature
from training.evaluate_reader import Question, evaluate, torch_scorer
from training.mixture import Position
from training.model import load_reader
from training.reading import pad

EMA_EVERY = 4


@dataclass
class Progress:
    """How far training is."""

    examples: int = 0
    steps: int = 0
    seconds: float = 0.0
    decay_from: int = -1
    epoch: int = 0
    chunk: int = 0
    batch: int = 0

    @property
    def position(self) -> Position:
        """The next batch."""
        return Position(self.epoch, self.chunk, self.batch)


def rate_at(progress: Progress, rate: float, warm_up: int, decay: int) -> float:
    """The learning rate: linear warm-up, constant, and linear to zero in the decay."""
    now = rate * min(1.0, (progress.examples + 1) / warm_up)
    if progress.decay_from >= 0:
        now *= max(0.0, 1 - (progress.examples - progress.decay_from) / decay)
    return now


def rank_loss(batch: Sequence[Feature], start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """How far the answer is from standing above all that its rival offers, by the score that ranks passages; 0 to any.

    The logistic loss of the difference of two scores over "no answer", each taken from its own window: that of the
    right span, and the soft maximum over the rival's spans. `start` and `end` have shape (features, tokens). After the
    objectives over several paragraphs of Clark and Gardner, "Simple and effective multi-paragraph reading
    comprehension" (2018).
    """
    right = {feature.group: row for row, feature in enumerate(batch) if feature.group >= 0 and feature.end > 0}
    rival = {feature.group: row for row, feature in enumerate(batch) if feature.group >= 0 and feature.end == 0}
    groups = [group for group in right if group in rival]
    if not groups:
        return start.new_zeros(())
    rows = torch.tensor([right[group] for group in groups])
    others = torch.tensor([rival[group] for group in groups])
    firsts = torch.tensor([batch[right[group]].start for group in groups])
    lasts = torch.tensor([batch[right[group]].end for group in groups])
    theirs = torch.tensor([[0] * start.shape[1]] * len(groups), dtype=torch.bool)
    for line, group in enumerate(groups):
        types = batch[rival[group]].types
        theirs[line, types.index(1) : len(types) - 1] = True
    answer = start[rows, firsts] + end[rows, lasts] - start[rows, 0] - end[rows, 0]
    offered = sum(side[others].masked_fill(~theirs, -1e4).logsumexp(dim=1) - side[others, 0] for side in (start, end))
    return softplus((offered - answer) / 2).mean()


class Trainer:
    """Weights, their average and the optimiser in float32; a bfloat16 copy of the network does the work."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.progress = Progress()
        torch.manual_seed(arguments.seed)
        self.tokenizer = AutoTokenizer.from_pretrained(arguments.init)
        model = load_reader(arguments.init, arguments.dropout)
        self.names = [name for name, _ in model.named_parameters()]
        self.masters = [weight.detach().clone() for weight in model.parameters()]
        self.average = [weight.clone() for weight in self.masters]
        decayed = [weight for weight in self.masters if weight.dim() > 1]
        plain = [weight for weight in self.masters if weight.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=arguments.rate, betas=(0.9, 0.98), fused=True)
        self.model = model.bfloat16().train()
        self.weights = [weight.detach() for weight in self.model.parameters()]

    def step(self, batch: Sequence[Feature]) -> float:
        """One update; returns the loss."""
        ids = torch.from_numpy(pad([feature.ids for feature in batch]))
        types = torch.from_numpy(pad([feature.types for feature in batch]))
        mask = torch.from_numpy(pad([[1] * len(feature.ids) for feature in batch]))
        out = self.model(input_ids=ids, token_type_ids=types, attention_mask=mask)
        hidden = mask == 0
        start = out.start_logits.float().masked_fill(hidden, -1e4)
        end = out.end_logits.float().masked_fill(hidden, -1e4)
        first = torch.tensor([feature.start for feature in batch])
        last = torch.tensor([feature.end for feature in batch])
        loss = (cross_entropy(start, first) + cross_entropy(end, last)) / 2
        loss = loss + self.arguments.rank * rank_loss(batch, start, end)
        loss.backward()
        self.update()
        return float(loss.detach())

    def update(self) -> None:
        """Clip, step the float32 weights, refresh the copy and the average."""
        for master, weight in zip(self.masters, self.model.parameters(), strict=True):
            master.grad = None if weight.grad is None else weight.grad.float()
        torch.nn.utils.clip_grad_norm_(self.masters, 1.0)
        rate = rate_at(self.progress, self.arguments.rate, self.arguments.warm_up, self.arguments.decay)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.step()
        torch._foreach_copy_(self.weights, self.masters)
        self.model.zero_grad(set_to_none=True)
        self.progress.steps += 1
        if self.progress.steps % EMA_EVERY == 0:
            keep = min(self.arguments.ema**EMA_EVERY, (1 + self.progress.steps) / (10 + self.progress.steps))
            torch._foreach_lerp_(self.average, self.masters, 1 - keep)

    def state(self) -> dict[str, Any]:
        """All that is needed to go on."""
        return {
            "names": self.names,
            "weights": self.masters,
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
            "progress": asdict(self.progress),
        }

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        torch._foreach_copy_(self.masters, state["weights"])
        torch._foreach_copy_(self.average, state["average"])
        torch._foreach_copy_(self.weights, self.masters)
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        self.progress = Progress(**state["progress"])

    def save(self) -> None:
        """Write the checkpoint beside its final name, then rename it; copy it to the second folder."""
        for folder in [self.arguments.output, *self.arguments.copy_to]:
            folder.mkdir(parents=True, exist_ok=True)
            part = folder / "checkpoint.part"
            if folder == self.arguments.output:
                torch.save(self.state(), part)
            else:
                shutil.copy(self.arguments.output / "checkpoint.pt", part)
            part.replace(folder / "checkpoint.pt")

    def score(self, weights: list[torch.Tensor], sets: dict[str, list[Question]]) -> dict[str, float]:
        """Scores of some weights on the development samples; the training copy is put back afterwards."""
        torch._foreach_copy_(self.weights, weights)
        self.model.eval()
        report: dict[str, float] = {}
        for name, questions in sets.items():
            found = evaluate(torch_scorer(self.model), self.tokenizer, questions)
            report |= {f"{name}_{key}": value for key, value in found.items() if key != "questions"}
        self.model.train()
        torch._foreach_copy_(self.weights, self.masters)
        return report
