"""One evaluation from a question set to its report: lay the corpus out, have it indexed, ask, gather."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.engine import Engine
from qa.evaluation.asking import Asking
from qa.evaluation.corpus import laid_out
from qa.evaluation.questions import QuestionSet, Task
from qa.evaluation.report import Report, versions
from qa.ports import Progress
from qa.text.words import counted

OpenCorpus = Callable[[Path, Path], Engine]
"""Brings the index in the second folder up to date with the corpus in the first one, and opens an engine over it."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What an evaluation needs from outside, and how it is made.

    `open_own` opens the operator's own index. All engines answer at threshold 0, so that every best answer is seen, and
    count as answering from `threshold` on. `about` describes settings, encoder and reader for the report. `keep` is
    a folder where the indexes of the sets' documents stay for the next run. `limit` questions are drawn by `seed`.
    With `gold_passage`, the reader gets a SQuAD question's own paragraph instead of what is found.
    """

    open_own: Callable[[], Engine]
    open_corpus: OpenCorpus
    about: Mapping[str, Any]
    threshold: float
    limit: int | None = None
    seed: int = 0
    gold_passage: bool = False
    keep: Path | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def report(self, question_set: QuestionSet, progress: Progress) -> Report:
        """Ask a set, or a sample of it; raises QuestionSetError where a question cannot be asked."""
        sample = question_set.sampled(self.limit, self.seed)
        if question_set.task is Task.OWN:
            return self._asked(Asking(self.open_own(), sample, threshold=self.threshold), sample, progress)
        with laid_out(question_set, self.keep) as place:
            engine = self.open_corpus(place.corpus, place.index)
            gold_passage = self.gold_passage and sample.task is Task.READING
            asking = Asking(engine, sample, threshold=self.threshold, corpus=place.corpus, gold_passage=gold_passage)
            return self._asked(asking, sample, progress)

    def _asked(self, asking: Asking, sample: QuestionSet, progress: Progress) -> Report:
        rows = tuple(asking.rows(progress))
        return Report(
            name=sample.name,
            task=sample.task,
            about={
                "created": self.clock().isoformat(timespec="seconds"),
                "set": {
                    "sha256": sample.sha256,
                    "total": sample.total,
                    "seed": self.seed if len(sample.questions) < sample.total else None,
                    "gold_passage": asking.gold_passage,
                },
                "threshold": self.threshold,
                "generation": asking.engine.snapshot().generation,
                **self.about,
                "versions": versions(),
            },
            rows=rows,
            notes=(*sample.notes, *_unlocated(asking.unlocated, left_out=asking.gold_passage)),
        )


def _unlocated(number: int, *, left_out: bool) -> tuple[str, ...]:
    if not number:
        return ()
    what = "left out" if left_out else "counted as not found"
    return (f"{counted(number, 'question')}: the paragraph is not in the index as it was, {what}.",)
