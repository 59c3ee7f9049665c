"""Loads SQuAD 1.1 and 2.0 JSON: each article becomes a document, and all questions are asked over all articles.

The format is that of Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine Comprehension of Text" (2016) and
"Know What You Don't Know" (2018). A question marked `is_impossible`, or without answers, is unanswerable.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.files import digest, json_of, list_of, object_in, read_text, stem, text_of
from qa.evaluation.questions import Question, QuestionSet, SetDocument, Task, distinct

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
MAX_NAME_CHARACTERS = 60


def load(path: Path) -> QuestionSet:
    """The questions and articles of a file; raises QuestionSetError naming what is wrong and where."""
    text = read_text(path)
    articles = list_of(object_in(json_of(text, path), str(path)), "data", str(path))
    documents: list[SetDocument] = []
    found: list[Question] = []
    for number, article in enumerate(articles):
        place = f"{path}, data[{number}]"
        documents.append(_document(object_in(article, place), number, place))
        found += _questions(article, documents[-1].path, place)
    questions = distinct(found)
    if not questions:
        raise QuestionSetError(f"{path} holds no question.", remedy="Compare the file with the SQuAD format.")
    return QuestionSet(
        name=stem(path),
        task=Task.READING,
        sha256=digest(text),
        questions=questions,
        documents=tuple(document for document in documents if document.paragraphs),
        total=len(questions),
    )


def _document(article: Mapping[str, Any], number: int, place: str) -> SetDocument:
    title = text_of(article, "title", place, empty=True) if "title" in article else ""
    title = title.replace("_", " ").strip() or f"Article {number + 1}"
    name = _UNSAFE.sub("-", title).strip("-")[:MAX_NAME_CHARACTERS]
    paragraphs = tuple(
        text_of(object_in(paragraph, inner), "context", inner)
        for inner, paragraph in _numbered(article, "paragraphs", place)
    )
    return SetDocument(path=f"{number + 1:04d}-{name}.txt", title=title, paragraphs=paragraphs)


def _questions(article: Mapping[str, Any], path: str, place: str) -> Iterator[Question]:
    for position, (inner, paragraph) in enumerate(_numbered(article, "paragraphs", place)):
        for where, entry in _numbered(paragraph, "qas", inner):
            row = object_in(entry, where)
            yield Question(
                id=text_of(row, "id", where),
                text=text_of(row, "question", where),
                place=where,
                answers=() if row.get("is_impossible") else _answers(row, where),
                path=path,
                paragraph=position,
            )


def _answers(row: Mapping[str, Any], place: str) -> tuple[str, ...]:
    """The distinct gold answers; one that the annotators left blank counts for nothing."""
    if "answers" not in row:
        return ()
    texts = [
        text_of(object_in(answer, inner), "text", inner, empty=True)
        for inner, answer in _numbered(row, "answers", place)
    ]
    return tuple(dict.fromkeys(text for text in texts if text.strip()))


def _numbered(row: Mapping[str, Any], name: str, place: str) -> Iterator[tuple[str, Any]]:
    for number, value in enumerate(list_of(row, name, place)):
        yield f"{place}.{name}[{number}]", value
