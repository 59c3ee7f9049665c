"""Scores of a reader that is given the right passage: exact match and F1, and how well it tells that nothing answers.

    python -m training.evaluate_reader MODEL_FOLDER FILE [FILE ...] [--sample 1500]

MODEL_FOLDER holds either `model.safetensors` or an ONNX file (`--onnx model.int8.onnx`), with the tokenizer beside it.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoTokenizer

from qa.evaluation.confidence import auroc
from qa.evaluation.metrics import exact_match, f1
from training.data import Corpus, add_source, load_squad
from training.model import load_reader
from training.reading import Floats, Integers, Scorer, read
from training.rivals import Rivals


@dataclass(frozen=True)
class Question:
    """A question with its passage and every gold answer; none where the passage does not answer it."""

    question: str
    context: str
    golds: tuple[str, ...]


@dataclass(frozen=True)
class Contest:
    """A question with its passage and those that compete with it."""

    question: str
    passages: tuple[str, ...]


def load_questions(path: Path, sample: int | None = None, seed: int = 7) -> list[Question]:
    """All questions of a SQuAD-format file, or a fixed sample of them."""
    questions = [
        Question(" ".join(entry["question"].split()), part["context"], tuple(gold["text"] for gold in entry["answers"]))
        for article in load_squad(path)
        for part in article["paragraphs"]
        for entry in part["qas"]
    ]
    if sample is None or sample >= len(questions):
        return questions
    return random.Random(seed).sample(questions, sample)


def load_contests(path: Path, sample: int, seed: int = 5) -> list[Contest]:
    """For a fixed sample of a file's answerable questions: its passage, and the four nearest without the answer."""
    corpus = Corpus()
    add_source(corpus, load_squad(path), path.name)
    rows = [row for row in corpus.rows if row.answer]
    rows = random.Random(seed).sample(rows, min(sample, len(rows)))
    return [
        Contest(row.question, (corpus.articles[row.article][row.paragraph].text, *nearest[:4]))
        for row, nearest in zip(rows, Rivals(corpus).nearest(rows), strict=True)
    ]


def torch_scorer(model: torch.nn.Module) -> Scorer:
    """A scorer over a torch model."""
    device = next(model.parameters()).device

    def score(ids: Integers, mask: Integers, types: Integers) -> tuple[Floats, Floats]:
        with torch.inference_mode():
            out = model(
                input_ids=torch.from_numpy(ids).to(device),
                attention_mask=torch.from_numpy(mask).to(device),
                token_type_ids=torch.from_numpy(types).to(device),
            )
        return out.start_logits.float().cpu().numpy(), out.end_logits.float().cpu().numpy()

    return score


def onnx_scorer(path: Path, threads: int = 2) -> Scorer:
    """A scorer over an ONNX file."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def score(ids: Integers, mask: Integers, types: Integers) -> tuple[Floats, Floats]:
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        start, end = session.run(["start_logits", "end_logits"], feed)
        return np.asarray(start), np.asarray(end)

    return score


def evaluate(score: Scorer, tokenizer: Any, questions: Sequence[Question], max_tokens: int = 384) -> dict[str, float]:
    """EM and F1 over the answerable questions, AUROC of the margin where there are unanswerable ones too."""
    pairs = [(question.question, question.context) for question in questions]
    readings = read(score, tokenizer, pairs, max_tokens=max_tokens)
    answered = [(found, asked) for found, asked in zip(readings, questions, strict=True) if asked.golds]
    rest = [found.margin for found, asked in zip(readings, questions, strict=True) if not asked.golds]
    report = {
        "questions": float(len(questions)),
        "em": 100 * sum(exact_match(found.text, asked.golds) for found, asked in answered) / max(1, len(answered)),
        "f1": 100 * sum(f1(found.text, asked.golds) for found, asked in answered) / max(1, len(answered)),
    }
    area = auroc([found.margin for found, _ in answered], rest)
    if area is not None:
        report["auroc"] = area
    return {name: round(value, 4) for name, value in report.items()}


def right_first(score: Scorer, tokenizer: Any, contests: Sequence[Contest]) -> float:
    """The share of contests that the right passage wins by the margin of its best span over no answer."""
    pairs = [(contest.question, passage) for contest in contests for passage in contest.passages]
    margins = iter([reading.margin for reading in read(score, tokenizer, pairs)])
    drawn = [[next(margins) for _ in contest.passages] for contest in contests]
    return round(sum(own > max(others, default=-np.inf) for own, *others in drawn) / max(1, len(drawn)), 4)


def main() -> None:
    """Print one line of JSON for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--onnx", help="name of an ONNX file in the model folder")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--max-tokens", type=int, default=384)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    if arguments.onnx:
        score = onnx_scorer(arguments.model / arguments.onnx)
    else:
        score = torch_scorer(load_reader(arguments.model).train(mode=False))
    for path in arguments.files:
        questions = load_questions(path, arguments.sample)
        report = evaluate(score, tokenizer, questions, arguments.max_tokens)
        print(json.dumps({"file": path.name, **report}), flush=True)


if __name__ == "__main__":
    main()
