"""Loads one's own questions: a JSON object on each line, asked on the operator's own index.

`{"question": "…", "answers": ["…", "…"], "path": "file.md"}`: without `answers` the documents do not answer it; `path`
is the document that does, where that matters. `id` and `kind` may be given too. Other names are refused, so that a
misspelt “answers” never turns a question into one without an answer.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.files import digest, json_lines, list_of, read_text, stem, text_of
from qa.evaluation.questions import Question, QuestionSet, Task, distinct

NAMES = ("question", "answers", "path", "id", "kind")


def load(path: Path) -> QuestionSet:
    """The questions of a file; raises QuestionSetError naming what is wrong and where."""
    text = read_text(path)
    questions = distinct(_question(row, place) for place, row in json_lines(text, path))
    if not questions:
        raise QuestionSetError(f"{path} holds no question.", remedy='Write lines such as {"question": "…"}.')
    return QuestionSet(name=stem(path), task=Task.OWN, sha256=digest(text), questions=questions, total=len(questions))


def _question(row: Mapping[str, Any], place: str) -> Question:
    for name in row:
        if name not in NAMES:
            raise QuestionSetError(
                f"{place}: there is no field “{name}”.",
                remedy=f"The fields are {', '.join(NAMES)}; check the spelling.",
            )
    text = text_of(row, "question", place)
    answers = list_of(row, "answers", place) if row.get("answers") is not None else []
    for answer in answers:
        text_of({"answers": answer}, "answers", place)
    return Question(
        id=text_of(row, "id", place) if "id" in row else text,
        text=text,
        place=place,
        answers=tuple(dict.fromkeys(answers)),
        path=text_of(row, "path", place) if row.get("path") is not None else None,
        kind=text_of(row, "kind", place) if "kind" in row else "",
    )
