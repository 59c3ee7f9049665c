"""Tells the formats of question sets apart and loads them: SQuAD (`.json`), one's own (`.jsonl`), BEIR (a folder)."""

from pathlib import Path

from qa.errors import QuestionSetError
from qa.evaluation import beir, own, squad
from qa.evaluation.files import COMPRESSED
from qa.evaluation.questions import QuestionSet


def load_question_set(path: Path) -> QuestionSet:
    """The question set at a path; raises QuestionSetError with file, line and remedy when it cannot be used."""
    if path.is_dir():
        return beir.load(path)
    if not path.exists():
        raise QuestionSetError(f"There is no file {path}.", remedy="Check its name.")
    name = path.name.lower().removesuffix(COMPRESSED)
    if name.endswith(".jsonl"):
        return own.load(path)
    if name.endswith(".json"):
        return squad.load(path)
    raise QuestionSetError(
        f"{path} is no question set that is known.",
        remedy="Name a .jsonl file of your own questions, a SQuAD .json file or a BEIR folder; each may end in .gz.",
    )
