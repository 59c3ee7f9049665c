"""From the shipped int8 weights back to a folder that training can start from, for when the checkpoints are gone.

    python -m training.unpack_reader ../src/qa/reading/weights FOLDER
    python -m training.train_reader DATA OUT --init FOLDER

What rounding to int8 has lost stays lost, which costs nothing that the samples in README.md could show; the optimiser
starts anew.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

from training.model import packaged_encoder

PREFIX = "model."


def floats(graph: Any) -> dict[str, torch.Tensor]:
    """Every parameter by its name in PyTorch: linear weights as (out, in), tables and biases as they are."""
    stored = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    found = {name.removeprefix(PREFIX): value for name, value in stored.items() if value.is_floating_point()}
    for name, value in stored.items():
        if not name.endswith("_quantized"):
            continue
        base = name.removesuffix("_quantized")
        scale = stored[f"{base}_scale"]
        weight = (value.float() - stored[f"{base}_zero_point"].float()) * scale
        if base.startswith(PREFIX):
            found[base.removeprefix(PREFIX)] = weight
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            base = node.input[1].removesuffix("_quantized")
            layer = node.name.removeprefix("/model/").split("/MatMul")[0].replace("/", ".")
            weight = stored[node.input[1]].float() - stored[f"{base}_zero_point"].float()
            found[f"{layer}.weight"] = (weight * stored[f"{base}_scale"]).T.contiguous()
    return found


def unpack(packed: Path, folder: Path) -> None:
    """Write the folder; raises RuntimeError when the file lacks a parameter."""
    model = BertForQuestionAnswering(BertConfig.from_pretrained(packed))
    found = floats(onnx.load(packed / "model.onnx").graph)
    parameters = dict(model.named_parameters())
    model.load_state_dict({name: found[name] for name in parameters if name in found}, strict=False)
    missing = sorted(set(parameters) - set(found))
    if missing:
        raise RuntimeError(f"{packed / 'model.onnx'} lacks {', '.join(missing)}")
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(packaged_encoder()).save_pretrained(folder)
    shutil.copy(packed / "tokenizer.json", folder / "tokenizer.json")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packed", type=Path, help="folder with model.onnx, config.json and tokenizer.json")
    parser.add_argument("folder", type=Path, help="folder to write")
    arguments = parser.parse_args()
    unpack(arguments.packed, arguments.folder)
