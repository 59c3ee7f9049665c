"""Loads a folder in the layout of BEIR: `corpus.jsonl`, `queries.jsonl` and relevance judgements; retrieval only.

The layout is that of Thakur et al., "BEIR: A Heterogenous Benchmark for Zero-shot Evaluation of Information Retrieval
Models" (2021). Only queries with a relevant document are asked.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from qa.errors import QuestionSetError
from qa.evaluation.files import digest, existing, json_lines, read_text, text_of
from qa.evaluation.questions import Question, QuestionSet, SetDocument, Task, distinct
from qa.text.words import counted

CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"
_UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")
MAX_NAME_CHARACTERS = 60


def load(folder: Path) -> QuestionSet:
    """The queries and documents of a folder; raises QuestionSetError naming what is wrong and where."""
    corpus_path, queries_path, judged_path = existing(folder, CORPUS), existing(folder, QUERIES), _judgements(folder)
    corpus, queries, judged = read_text(corpus_path), read_text(queries_path), read_text(judged_path)
    documents = _documents(corpus, corpus_path)
    grades = _grades(judged, judged_path)
    questions = []
    strangers = 0
    for place, row in json_lines(queries, queries_path):
        query = text_of(row, "_id", place)
        known = {name: grade for name, grade in grades.get(query, {}).items() if name in documents}
        strangers += len(grades.get(query, {})) - len(known)
        if any(grade > 0 for grade in known.values()):
            relevant = {documents[name].path: grade for name, grade in known.items()}
            questions.append(Question(id=query, text=text_of(row, "text", place), place=place, relevant=relevant))
    if not questions:
        raise QuestionSetError(
            f"No query of {queries_path} has a relevant document in {judged_path}.",
            remedy="Check that the ids of the three files belong together.",
        )
    return QuestionSet(
        name=folder.resolve().name,
        task=Task.RETRIEVAL,
        sha256=digest(corpus, queries, judged),
        questions=distinct(questions),
        documents=tuple(documents.values()),
        total=len(questions),
        notes=(f"{counted(strangers, 'judgement')} left out: no such document.",) if strangers else (),
    )


def _judgements(folder: Path) -> Path:
    """The test judgements; without such a file, the only one there is."""
    for name in ("qrels/test.tsv", "qrels_test.tsv"):
        path = existing(folder, name)
        if path.is_file():
            return path
    found = sorted(path for path in (*folder.glob("qrels_*.tsv*"), *folder.glob("qrels/*.tsv*")) if path.is_file())
    if len(found) == 1:
        return found[0]
    what = f"has {len(found)} files of judgements and none for the test" if found else "has no relevance judgements"
    raise QuestionSetError(f"{folder} {what}.", remedy="Put them into qrels/test.tsv or qrels_test.tsv.")


def _documents(text: str, path: Path) -> dict[str, SetDocument]:
    documents: dict[str, SetDocument] = {}
    for number, (place, row) in enumerate(json_lines(text, path), start=1):
        name = text_of(row, "_id", place)
        if name in documents:
            raise QuestionSetError(f"{place}: the id “{name}” is there twice.", remedy="Give every document its own.")
        title = text_of(row, "title", place, empty=True).strip() if row.get("title") else ""
        body = text_of(row, "text", place, empty=True).strip()
        documents[name] = SetDocument(
            path=f"{number:06d}-{_UNSAFE.sub('-', name)[:MAX_NAME_CHARACTERS]}.txt",
            title=title if body else "",
            paragraphs=(body or title,),  # a title alone is the text, or there would be nothing to find
        )
    return documents


def _grades(text: str, path: Path) -> Mapping[str, dict[str, int]]:
    """Query to document to grade."""
    grades: dict[str, dict[str, int]] = {}
    for place, cells in _rows(text, path):
        query, document, grade = cells
        try:
            grades.setdefault(query, {})[document] = int(grade)
        except ValueError:
            raise QuestionSetError(f"{place}: the grade “{grade}” is no number.", remedy="Write 0, 1, 2 …") from None
    return grades


def _rows(text: str, path: Path) -> Iterator[tuple[str, tuple[str, str, str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t")
        head = number == 1 and len(cells) == 3 and not cells[2].strip().lstrip("-").isdigit()
        if head or not line.strip():
            continue
        if len(cells) != 3:
            raise QuestionSetError(
                f"{path}, line {number}: {counted(len(cells), 'cell')} instead of 3.",
                remedy="Write query, document and grade, with tabs between them.",
            )
        yield f"{path}, line {number}", (cells[0].strip(), cells[1].strip(), cells[2].strip())
