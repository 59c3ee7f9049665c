"""What training holds and does with one batch: weights, their average, the optimiser, checkpoints."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from transformers import AutoTokenizer

from training.batches import Batch, Position
from training.evaluate_reader import Contest, Question, evaluate, right_first, torch_scorer
from training.losses import HIDDEN, alignment_loss, distillation_loss, rank_loss
from training.model import load_reader

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


class Trainer:
    """Weights, their average and the optimiser in float32; a bfloat16 copy of the network does the work."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.device = torch.device(arguments.device)
        self.progress = Progress()
        torch.manual_seed(arguments.seed)
        self.tokenizer = AutoTokenizer.from_pretrained(arguments.tokenizer or arguments.init)
        model: Any = load_reader(arguments.init, arguments.dropout, self.device)
        if arguments.aligned:
            model.aligner = nn.Linear(model.config.hidden_size, arguments.teacher_width, bias=False, device=self.device)
        self.names = [name for name, _ in model.named_parameters()]
        self.masters = [weight.detach().clone() for weight in model.parameters()]
        self.average = [weight.clone() for weight in self.masters]
        decayed = [weight for weight in self.masters if weight.dim() > 1]
        plain = [weight for weight in self.masters if weight.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=arguments.rate, betas=(0.9, 0.98), fused=True)
        self.model: Any = model.bfloat16().train()
        self.weights = [weight.detach() for weight in self.model.parameters()]
        self.teachers = [self.teacher(path) for path in arguments.teachers]

    def teacher(self, checkpoint: Path) -> nn.Module:
        """A network with the averaged weights of a checkpoint, to be learnt from."""
        model = load_reader(self.arguments.teacher_init or self.arguments.init, 0.0, self.device)
        state = torch.load(checkpoint, weights_only=True, map_location=self.device)
        torch._foreach_copy_([weight.detach() for weight in model.parameters()], state["average"])
        model.bfloat16().train(mode=False)
        return model

    def scores(self, model: nn.Module, batch: Mapping[str, torch.Tensor], **more: bool) -> tuple[torch.Tensor, ...]:
        """Scores of every token as start and end in float32, and its last states; what fills up cannot win."""
        mask = torch.arange(batch["ids"].shape[1], device=self.device) < batch["sizes"][:, None]
        out = model(input_ids=batch["ids"], token_type_ids=batch["types"], attention_mask=mask.long(), **more)
        start, end = out.start_logits.float(), out.end_logits.float()
        states = out.hidden_states[-1] if more else getattr(out, "states", start)
        return start.masked_fill(~mask, HIDDEN), end.masked_fill(~mask, HIDDEN), states

    def step(self, arrays: Batch) -> torch.Tensor:
        """One update; returns the loss."""
        named = {name: value for name, value in vars(arrays).items() if name != "examples"}
        batch = {name: torch.from_numpy(value).to(self.device, non_blocking=True) for name, value in named.items()}
        more = {"output_hidden_states": True} if self.arguments.aligned else {}
        start, end, states = self.scores(self.model, batch, **more)
        loss: torch.Tensor = (cross_entropy(start, batch["starts"]) + cross_entropy(end, batch["ends"])) / 2
        if self.teachers:
            with torch.no_grad():
                known = [self.scores(teacher, batch) for teacher in self.teachers]
            taught = distillation_loss(start, [first for first, _, _ in known])
            taught = (taught + distillation_loss(end, [last for _, last, _ in known])) / 2
            loss = (1 - self.arguments.taught) * loss + self.arguments.taught * taught
            if self.arguments.aligned:
                aligned = alignment_loss(self.model.aligner(states), known[0][2], batch["sizes"])
                loss = loss + self.arguments.aligned * aligned
        loss = loss + self.arguments.rank * rank_loss(start, end, batch)
        torch.autograd.backward(loss)
        self.update()
        return loss.detach()

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
        state = torch.load(path, weights_only=True, map_location=self.device)
        torch._foreach_copy_(self.masters, state["weights"])
        torch._foreach_copy_(self.average, state["average"])
        torch._foreach_copy_(self.weights, self.masters)
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"].cpu())
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

    def score(
        self, weights: list[torch.Tensor], sets: Mapping[str, tuple[list[Question], list[Contest]]]
    ) -> dict[str, float]:
        """Scores of some weights on the development samples; the training copy is put back afterwards."""
        torch._foreach_copy_(self.weights, weights)
        self.model.eval()
        report: dict[str, float] = {}
        for name, (questions, contests) in sets.items():
            found = evaluate(torch_scorer(self.model), self.tokenizer, questions)
            found["first"] = right_first(torch_scorer(self.model), self.tokenizer, contests)
            report |= {f"{name}_{key}": value for key, value in found.items() if key != "questions"}
        self.model.train()
        torch._foreach_copy_(self.weights, self.masters)
        return report
