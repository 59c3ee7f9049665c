"""The nouns of an evaluation: a question with what is known of its answer, and a set of them with its documents."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from qa.errors import QuestionSetError
from qa.evaluation.files import digest


class Task(StrEnum):
    """What a question set asks for."""

    READING = "reading"
    """Short answers, over the documents that the set brings with it (SQuAD)."""
    RETRIEVAL = "retrieval"
    """The right documents, over those that the set brings with it (BEIR)."""
    OWN = "own"
    """One's own questions, over the operator's own index (JSONL)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question. No `answers` means that the documents do not answer it; `place` is its file and line.

    `path` is the document that answers, where that is known, and `paragraph` the position (from 0) of the paragraph
    among those of that document. `kind` is a label of one's own. `relevant` maps the paths of judged documents to their
    grades (retrieval only).
    """

    id: str
    text: str
    place: str
    answers: tuple[str, ...] = ()
    path: str | None = None
    paragraph: int | None = None
    kind: str = ""
    relevant: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDocument:
    """A document that a question set brings with it: a plain text file at `path`, its title and its paragraphs."""

    path: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def content(self) -> str:
        """The text of the file. The title is marked as a heading, so that it is one at any length."""
        title = " ".join(self.title.split())
        return "\n\n".join((f"# {title}", *self.paragraphs) if title else self.paragraphs) + "\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """A named list of questions. `total` counts them before sampling; `notes` say what was left out while loading."""

    name: str
    task: Task
    sha256: str
    questions: tuple[Question, ...]
    documents: tuple[SetDocument, ...] = ()
    total: int = 0
    notes: tuple[str, ...] = ()

    def sampled(self, limit: int | None, seed: int) -> "QuestionSet":
        """The set with at most `limit` of its questions, in their order; all documents stay.

        The choice hangs on `seed` and the ids alone, so it is the same on every machine, and a smaller sample is part
        of a larger one.
        """
        if limit is None or limit >= len(self.questions):
            return self
        drawn = sorted(self.questions, key=lambda question: _lot(question.id, seed))[:limit]
        chosen = {question.id for question in drawn}
        return replace(self, questions=tuple(question for question in self.questions if question.id in chosen))


def _lot(question_id: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\n{question_id}".encode("utf-8", "surrogatepass")).hexdigest()


def documents_digest(documents: Sequence[SetDocument]) -> str:
    """Twelve hexadecimal digits that name the documents of a set by paths and content."""
    return digest(*(text for document in documents for text in (document.path, document.content)))[:12]


def distinct(questions: Iterable[Question]) -> tuple[Question, ...]:
    """The questions; raises QuestionSetError naming both places when two have one id."""
    found: dict[str, Question] = {}
    for question in questions:
        known = found.setdefault(question.id, question)
        if known is not question:
            raise QuestionSetError(
                f"{question.place}: “{question.id}” is there already ({known.place}).",
                remedy="Remove one of the two, or give each an id of its own.",
            )
    return tuple(found.values())
