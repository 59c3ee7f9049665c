"""The mean of the weights of several runs that began with the same ones.

It generalises better than each of them, at no cost (Wortsman et al., "Model soups", 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file


def named_weights(trained: Path, which: str) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The weights of a checkpoint, or their average, by name, and how far it was trained; those of a folder, and {}."""
    if trained.is_dir():
        return load_file(trained / "model.safetensors"), {}
    state = torch.load(trained, weights_only=True, map_location="cpu")
    return dict(zip(state["names"], state[which], strict=True)), dict(state["progress"])


def mean_weights(trained: Sequence[Path], which: str) -> tuple[dict[str, torch.Tensor], list[dict[str, Any]]]:
    """The mean of the weights that all have, by name; and how far each was trained.

    What only some have (the layer that brings a pupil's states to its teacher's width) is no part of the reader.
    """
    found = [named_weights(one, which) for one in trained]
    shared = set.intersection(*(set(named) for named, _ in found))
    names = [name for name in found[0][0] if name in shared]
    means = {name: torch.stack([named[name].float() for named, _ in found]).mean(dim=0) for name in names}
    return means, [progress for _, progress in found]
