"""The documents of a question set as a temporary corpus: written as files, indexed, and its paragraphs found again.

Gold paragraphs are known by their place in the file; the product knows places in the canonical text that its parser
makes. `located` maps the one to the other by letters and digits alone, which no parser changes.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qa.errors import EvaluationError
from qa.evaluation.questions import QuestionSet, documents_digest
from qa.types import Span

CORPUS, INDEX = "corpus", "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a temporary corpus and its index lie."""

    corpus: Path
    index: Path


@contextmanager
def laid_out(question_set: QuestionSet, keep: Path | None) -> Iterator[Place]:
    """The set's documents as files, with a folder for their index.

    With `keep` they stay in a folder of that folder named by their content, and a later run finds the index built;
    else they are removed at the end. Raises EvaluationError when they cannot be written.
    """
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="quoth-eval-") as folder:
            yield _written(question_set, Path(folder))
    else:
        yield _written(question_set, keep / f"{question_set.name}-{documents_digest(question_set.documents)}")


def _written(question_set: QuestionSet, folder: Path) -> Place:
    place = Place(corpus=folder / CORPUS, index=folder / INDEX)
    try:
        place.corpus.mkdir(parents=True, exist_ok=True)
        for document in question_set.documents:
            (place.corpus / document.path).write_text(document.content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EvaluationError(
            f"{folder} cannot be written ({error.strerror or error}).", remedy="Name another folder, or make room."
        ) from None
    return place


def located(text: str, paragraphs: Sequence[str]) -> list[Span | None]:
    """The span of each paragraph in the canonical text, or None where it is not there; they come in order."""
    letters, offsets = _letters(text)
    spans: list[Span | None] = []
    cursor = 0
    for paragraph in paragraphs:
        wanted, _ = _letters(paragraph)
        start = letters.find(wanted, cursor) if wanted else -1
        if start < 0:
            spans.append(None)
            continue
        cursor = start + len(wanted)
        spans.append(_to_white_space(text, offsets[start], offsets[cursor - 1] + 1))
    return spans


def _letters(text: str) -> tuple[str, list[int]]:
    """The letters and digits of a text, and the offset of each."""
    offsets = [offset for offset, character in enumerate(text) if character.isalnum()]
    return "".join(text[offset] for offset in offsets), offsets


def _to_white_space(text: str, start: int, end: int) -> Span:
    """The span with the punctuation that clings to its ends."""
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return Span(start, end)
