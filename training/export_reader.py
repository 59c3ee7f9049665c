"""From checkpoints to what is shipped: safetensors, ONNX in float32 and int8, the tokenizer, and what int8 costs.

python -m training.export_reader TRAINED [TRAINED ...] EXPORT [--weights average] [--check FILE ... --sample 1500]

TRAINED is a checkpoint, or a folder with `model.safetensors`. Of several the mean is taken (`soup.py`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from transformers import AutoTokenizer, BertForQuestionAnswering

from training.evaluate_reader import evaluate, load_questions, onnx_scorer
from training.model import packaged_encoder
from training.soup import mean_weights

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OUTPUTS = ("start_logits", "end_logits")
FLOAT_FILE, INT8_FILE = "model.onnx", "model.int8.onnx"


class Logits(torch.nn.Module):
    """The reader as a function of three arrays to two, as ONNX wants it."""

    def __init__(self, model: BertForQuestionAnswering) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Start and end scores."""
        out = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return out.start_logits, out.end_logits


def write_onnx(model: BertForQuestionAnswering, path: Path) -> None:
    """Export with batch and length left open."""
    example = torch.ones(2, 16, dtype=torch.int64)
    axes = {name: {0: "batch", 1: "length"} for name in (*INPUTS, *OUTPUTS)}
    torch.onnx.export(
        Logits(model),
        (example, example, torch.zeros_like(example)),
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    onnx.checker.check_model(str(path))


def write_int8(source: Path, target: Path) -> None:
    """Weights as int8, one scale for each output channel; activations are scaled while running."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            prepared,
            target,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )


def write_folder(trained: Sequence[Path], which: str, init: Path, folder: Path) -> list[dict[str, Any]]:
    """All files of the export."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, progress = mean_weights(trained, which)
    model = BertForQuestionAnswering.from_pretrained(init, attn_implementation="eager")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])
    model.train(mode=False).save_pretrained(folder)
    AutoTokenizer.from_pretrained(init).save_pretrained(folder)
    write_onnx(model, folder / FLOAT_FILE)
    write_int8(folder / FLOAT_FILE, folder / INT8_FILE)
    card = Path(__file__).parent / "model_card.md"
    if card.exists():
        shutil.copy(card, folder / "README.md")
    return progress


def check(folder: Path, files: list[Path], sample: int | None) -> list[dict[str, Any]]:
    """Scores of both ONNX files on the same questions."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows: list[dict[str, Any]] = []
    for path in files:
        questions = load_questions(path, sample)
        for name in (FLOAT_FILE, INT8_FILE):
            found = evaluate(onnx_scorer(folder / name), tokenizer, questions)
            rows.append({"file": path.name, "model": name, **found})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def main() -> None:
    """Export, then compare int8 with float32."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, nargs="+", help="checkpoints, or folders with model.safetensors")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", choices=("average", "weights"), default="average")
    parser.add_argument("--init", type=Path)
    parser.add_argument("--check", type=Path, nargs="*", default=[])
    parser.add_argument("--sample", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    init = arguments.init or packaged_encoder()
    progress = write_folder(arguments.trained, arguments.weights, init, arguments.folder)
    sizes = {path.name: path.stat().st_size for path in sorted(arguments.folder.iterdir())}
    scores = check(arguments.folder, arguments.check, arguments.sample)
    report = {"weights": arguments.weights, "progress": progress, "bytes": sizes, "scores": scores}
    (arguments.folder / "scores.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
