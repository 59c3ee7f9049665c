"""The documents of a question set as a temporary corpus: written as files, indexed, and its paragraphs found again.

Gold paragraphs are known by their place in the file; the product knows places in the canonical text that its parser
makes. `located` maps the one to the other by letters and digits alone: a parser drops none but those of list markers.
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
ANCHOR = 40
"""Letters of a paragraph's head and tail that tell where it stands."""
MOST_MARKER_LETTERS = 4
"""Letters of a list marker, as in "123." or "b)", that a parser may drop before a paragraph."""
LEAST_KEPT = 0.9
"""A stretch that is shorter than this share of the paragraph is another one with the same head."""


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
        found = _found(_letters(paragraph)[0], letters, cursor)
        if found is None:
            spans.append(None)
            continue
        cursor = found.end
        spans.append(_to_white_space(text, offsets[found.start], offsets[found.end - 1] + 1))
    return spans


def _found(wanted: str, letters: str, cursor: int) -> Span | None:
    """Where a paragraph's letters stand; else where its head and its tail do, since parsers drop list markers."""
    if not wanted:
        return None
    start = letters.find(wanted, cursor)
    if start >= 0:
        return Span(start, start + len(wanted))
    tail = wanted[-ANCHOR:]
    for dropped in range(1, MOST_MARKER_LETTERS + 1):
        head = wanted[dropped : dropped + ANCHOR]
        start = letters.find(head, cursor) if head else -1
        last = letters.rfind(tail[-len(head) :], start, start + len(wanted)) if start >= 0 else -1
        end = last + len(tail[-len(head) :])
        if last >= 0 and end - start >= LEAST_KEPT * (len(wanted) - dropped):
            return Span(start, end)
    return None


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
