"""How far reading must go: what a passage is taken to gain by being read, tried over questions with a thorough reader.

    python -m training.fit_depth SET... [--count 150] [--seed 6] [--span 9 12 15 18]

Each SET is a question set with its documents, of which so many questions are asked. For each value of the span in
`qa.reading.depth.UNREAD` it prints how many passages would be read on average, how often the first candidate would be
another than that of reading all, and how often that would lose or win a right one. Needed again whenever the reader's
weights or the weights of its ranking have changed.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa.engine import Engine, Read, Retrieved
from qa.evaluation.corpus import laid_out
from qa.evaluation.judging import RIGHT_F1
from qa.evaluation.metrics import f1
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import Question, QuestionSet
from qa.reading.depth import STAGES, UNREAD, Depth, may_be_better
from qa.reading.span import WEIGHTS
from qa.settings import Settings
from qa.types import Candidate
from qa.wiring import make_builder, make_encoder, make_engine
from training.fit_decision import show_progress


@dataclass(frozen=True, slots=True)
class Case:
    """A question with all candidates of every passage, in the order in which passages are read."""

    question: Question
    groups: Sequence[Sequence[Candidate]]

    def first(self, passages: int) -> Candidate:
        """The best candidate of the first passages."""
        found = [candidate for group in self.groups[:passages] for candidate in group]
        return min(found, key=lambda one: (-one.score, one.passage.path, one.span))

    def read(self, unread: Mapping[str, float]) -> int:
        """How many passages would be read."""
        last = 0
        for _, last in Depth(close=0.0, stages=STAGES).parts(len(self.groups)):
            rest = [candidate for group in self.groups[last:] for candidate in group]
            if not may_be_better(self.first(last), rest, WEIGHTS, unread):
                break
        return last

    def is_right(self, candidate: Candidate) -> bool:
        """Whether its words overlap with an answer."""
        return f1(candidate.passage.slice(candidate.span), self.question.answers) >= RIGHT_F1


def collect(engine: Engine, questions: Sequence[Question]) -> list[Case]:
    """Ask all of them."""
    cases = []
    for number, question in enumerate(questions):
        show_progress("asked", number, len(questions))
        groups: dict[str, list[Candidate]] = {}
        for event in engine.stages(question.text, exact=True):
            if isinstance(event, Retrieved):
                groups = {ranked.passage.chunk.id: [] for ranked in event.passages}
            if isinstance(event, Read):
                for candidate in event.candidates:
                    groups[candidate.passage.chunk.id].append(candidate)
        if kept := [group for group in groups.values() if group]:
            cases.append(Case(question, kept))
    return cases


def asked(question_set: QuestionSet, count: int, seed: int, keep: Path) -> list[Case]:
    """The cases of some questions of a set, over all of its documents."""
    with laid_out(question_set, keep) as place:
        settings = Settings(corpus=place.corpus, index=place.index, log="off")
        encoder = make_encoder(settings)
        make_builder(settings, encoder).build(place.corpus, show_progress)
        return collect(make_engine(settings, encoder, thorough=True), question_set.sampled(count, seed).questions)


def tried(cases: Sequence[Case], span: float) -> str:
    """What a value would do."""
    counts = [case.read({**UNREAD, "span": span}) for case in cases]
    pairs = [(case, case.first(len(case.groups)), case.first(n)) for case, n in zip(cases, counts, strict=True)]
    others = [(case.is_right(whole), case.is_right(part)) for case, whole, part in pairs if whole != part]
    lost, won = (sum(pair == outcome for pair in others) for outcome in ((True, False), (False, True)))
    read = sum(counts) / len(counts)
    return (
        f"span {span:g}: {read:.2f} passages read, {len(others)} of {len(cases)} others first, {lost} lost, {won} won"
    )


def main() -> None:
    """Ask and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--span", type=float, nargs="+", default=[9, 12, 15, 18])
    parser.add_argument("--keep", type=Path, help="folder of corpora and indexes, kept for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for path in options.sets:
            cases = asked(load_question_set(path), options.count, options.seed, options.keep or Path(scratch))
            print(f"{path.name}:", *(tried(cases, span) for span in options.span), sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
