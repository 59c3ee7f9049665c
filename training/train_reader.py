"""Train the span reader, in as many stretches as it takes.

    python -m training.train_reader DATA OUTPUT                                   # start, or go on where it stopped
    python -m training.train_reader DATA OUTPUT2 --resume OUTPUT/checkpoint.pt --decay 60000     # finish

The rate is constant after a warm-up, and an average of the weights is kept beside them, so training may stop at any
moment: SIGTERM saves and exits, a file named PAUSE in the output folder makes it wait. `--decay N` takes the rate to
zero over N examples. Everything is counted in examples, never in minutes.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import torch

from training.batches import Recipe, stream
from training.evaluate_reader import load_contests, load_questions
from training.mixture import Mix, load_corpus
from training.model import packaged_encoder
from training.rivals import Rivals
from training.trainer import Trainer

ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
    "OMP_WAIT_POLICY": "passive",
}
"""Read once when a process starts: memory is kept instead of returned, and threads do not spin beside other jobs."""


def return_memory() -> None:
    """Give the holes between kept blocks back to the system, where the C library can."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Run:
    """The loop around the trainer: when to log, to score, to save and to end."""

    def __init__(self, trainer: Trainer, arguments: argparse.Namespace) -> None:
        self.trainer, self.arguments, self.progress = trainer, arguments, trainer.progress
        sample = arguments.dev_sample
        self.sets = {
            path.name.split(".")[0]: (load_questions(path, sample), load_contests(path, sample))
            for path in arguments.dev
        }
        self.losses: list[torch.Tensor] = []
        self.logged = self.scored = self.progress.examples
        self.begun = self.saved = time.time()
        self.stopping = False
        arguments.output.mkdir(parents=True, exist_ok=True)

    def stop(self, *_: Any) -> None:
        """Save after the batch in hand and end."""
        self.stopping = True

    def write(self, **entry: Any) -> None:
        """One line of JSON in the log."""
        with (self.arguments.output / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")

    def wait(self) -> None:
        """Rest as long as the file PAUSE stands in the output folder."""
        while (self.arguments.output / "PAUSE").exists() and not self.stopping:
            time.sleep(1)
            self.begun += 1

    def report(self) -> None:
        """Loss and speed since the last report."""
        seconds = time.time() - self.begun
        self.progress.seconds += seconds
        self.write(
            examples=self.progress.examples,
            loss=round(float(torch.stack(self.losses).mean()), 4),
            rate=round(self.trainer.optimiser.param_groups[0]["lr"], 8),
            speed=round((self.progress.examples - self.logged) / seconds, 1),
            elapsed=round(self.progress.seconds),
            epoch=self.progress.epoch,
        )
        self.begun, self.logged, self.losses = time.time(), self.progress.examples, []

    def score(self, *, final: bool) -> None:
        """Development scores of the average; at the end also of the weights themselves."""
        paused = time.time()
        self.write(examples=self.progress.examples, average=self.trainer.score(self.trainer.average, self.sets))
        if final:
            self.write(examples=self.progress.examples, weights=self.trainer.score(self.trainer.masters, self.sets))
        self.scored = self.progress.examples
        self.begun += time.time() - paused

    def done(self) -> bool:
        """Whether the decay, or the number of examples asked for, is complete."""
        decayed = self.progress.decay_from >= 0
        decayed = decayed and self.progress.examples >= self.progress.decay_from + self.arguments.decay
        return bool(decayed or 0 < self.arguments.until <= self.progress.examples)

    def save(self) -> None:
        """Write the checkpoint and note when."""
        self.trainer.save()
        self.saved = time.time()

    def loop(self, recipe: Recipe) -> None:
        """Batches until told to stop or done."""
        progress, arguments = self.progress, self.arguments
        for batch, following in stream(recipe, progress.position, arguments.workers):
            self.wait()
            self.losses.append(self.trainer.step(batch))
            progress.examples += batch.examples
            progress.epoch, progress.chunk, progress.batch = following.epoch, following.chunk, following.batch
            done = self.done()
            if progress.steps % 10 == 0 and arguments.device == "cpu":
                return_memory()
            if progress.steps % 50 == 0:
                self.report()
            if done or self.stopping or time.time() - self.saved > 60 * arguments.save_minutes:
                self.save()
            if self.stopping:
                return
            if done or progress.examples - self.scored >= arguments.evaluate_every:
                self.score(final=done)
            if done:
                return


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with the training files")
    parser.add_argument("output", type=Path, help="folder for the checkpoint and the log")
    parser.add_argument("--init", type=Path, help="folder with the first weights (the packaged all-MiniLM-L6-v2)")
    parser.add_argument("--tokenizer", type=Path, help="folder of the reader's tokenizer, for a teacher (--init)")
    parser.add_argument("--resume", type=Path, help="checkpoint to go on from (the one in the output folder)")
    parser.add_argument("--dev", type=Path, nargs="*", default=[], help="SQuAD-format files for the regular scores")
    parser.add_argument("--copy-to", type=Path, nargs="*", default=[], help="more folders for the latest checkpoint")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--warm-up", type=int, default=8000, help="examples")
    parser.add_argument("--decay", type=int, default=0, help="take the rate to zero over this many examples and end")
    parser.add_argument("--until", type=int, default=0, help="end after this many examples in all")
    parser.add_argument("--tokens", type=int, default=6144, help="tokens in a batch")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--dev-sample", type=int, default=400)
    parser.add_argument("--evaluate-every", type=int, default=25_000, help="examples")
    parser.add_argument("--rivals", type=float, default=0.0, help="share of answered examples shown with rivals")
    parser.add_argument("--rival-count", type=int, default=3, help="rivals of each")
    parser.add_argument("--same-article", type=float, default=Mix.same_article, help="share of questions shown with it")
    parser.add_argument("--perturbed", type=float, default=Mix.perturbed, help="share of questions that are changed")
    parser.add_argument("--rank", type=float, default=0.5, help="weight of the loss between an answer and its rivals")
    parser.add_argument("--teachers", type=Path, nargs="*", default=[], help="checkpoints to learn from as well")
    parser.add_argument("--taught", type=float, default=0.7, help="share of the loss that is learnt from teachers")
    parser.add_argument("--teacher-init", type=Path, help="folder that tells what network the teachers are (--init)")
    parser.add_argument("--teacher-width", type=int, default=768, help="of the teacher's states")
    parser.add_argument(
        "--aligned", type=float, default=0.0, help="weight of the loss between its states and a teacher's"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches ahead")
    parser.add_argument("--save-minutes", type=float, default=8)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Train until stopped."""
    if any(name not in os.environ for name in ENVIRONMENT):
        command = [sys.executable, "-m", "training.train_reader", *sys.argv[1:]]
        os.execve(sys.executable, command, {**ENVIRONMENT, **os.environ})
    arguments = parse()
    arguments.init = arguments.init or packaged_encoder()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    torch.set_num_threads(2)
    torch.set_flush_denormal(True)
    trainer = Trainer(arguments)
    resume = arguments.resume or arguments.output / "checkpoint.pt"
    if arguments.resume or resume.exists():
        trainer.load(resume)
    if arguments.decay and trainer.progress.decay_from < 0:
        trainer.progress.decay_from = trainer.progress.examples
    run = Run(trainer, arguments)
    signal.signal(signal.SIGTERM, run.stop)
    corpus = load_corpus(arguments.data)
    rivals = Rivals(corpus) if arguments.rivals else None
    mix = Mix(
        same_article=arguments.same_article,
        perturbed=arguments.perturbed,
        rivals=arguments.rivals,
        rival_count=arguments.rival_count,
    )
    run.loop(Recipe(corpus, trainer.tokenizer, arguments.seed, arguments.tokens, mix, rivals))


if __name__ == "__main__":
    main()
