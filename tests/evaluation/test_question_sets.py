"""Question sets in three formats: what is read, and that every fault is named with its place and remedy."""

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from evaluation.sets import ATTIC, CORPUS, HARBOUR, LIGHTS, QUERIES, SQUAD, lines, write_beir, write_squad
from qa.errors import QuestionSetError
from qa.evaluation.question_sets import load_question_set
from qa.evaluation.questions import Task, documents_digest

ACCEPTANCE = Path(__file__).parents[1] / "acceptance" / "corpus_questions.jsonl"


def refused(path: Path, *words: str) -> None:
    """The set at the path is refused with these words, and with a remedy."""
    with pytest.raises(QuestionSetError) as caught:
        load_question_set(path)
    assert caught.value.remedy.strip()
    for word in words:
        assert word in str(caught.value)


def test_squad_articles_become_documents_and_paragraphs_keep_their_places(tmp_path: Path) -> None:
    found = load_question_set(write_squad(tmp_path))

    assert (found.name, found.task, found.total) == ("small", Task.READING, 4)
    assert [document.path for document in found.documents] == ["0001-Harbour-rules.txt", "0002-Attics.txt"]
    assert found.documents[0].content == f"# Harbour rules\n\n{HARBOUR}\n\n{LIGHTS}\n"
    berth, yacht, lantern, bats = found.questions
    assert (berth.id, berth.answers, berth.path, berth.paragraph) == (
        "berth",
        ("twelve crowns", "twelve"),
        "0001-Harbour-rules.txt",
        0,
    )
    assert yacht.answers == (), "marked as impossible"
    assert (lantern.paragraph, bats.path, bats.paragraph) == (1, "0002-Attics.txt", 0)
    assert berth.place == f"{tmp_path / 'small.json'}, data[0].paragraphs[0].qas[0]"


def test_what_is_marked_impossible_has_no_answer_whatever_is_written(tmp_path: Path) -> None:
    content = deepcopy(SQUAD)
    content["data"][0]["paragraphs"][0]["qas"][0]["is_impossible"] = True

    assert load_question_set(write_squad(tmp_path, content)).questions[0].answers == ()


@pytest.mark.parametrize("name", ["small.json.gz", "small.json"])
def test_compressed_files_are_known_by_their_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(json.dumps(SQUAD).encode()))

    found = load_question_set(path)
    assert (found.name, len(found.questions)) == ("small", 4)


def _edited(change: Callable[[Any], object]) -> Any:
    content = deepcopy(SQUAD)
    change(content)
    return content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"data": [\n}', ["small.json, line 2", "JSON"]),
        ("[" * 100_000, ["small.json", "nested"]),
        ([], ["small.json", "object"]),
        ({}, ["“data”", "list"]),
        ({"data": []}, ["no question"]),
        ({"data": [7]}, ["data[0]"]),
        (_edited(lambda c: c["data"][1].pop("paragraphs")), ["data[1]", "“paragraphs”"]),
        (_edited(lambda c: c["data"][1]["paragraphs"][0].pop("context")), ["data[1].paragraphs[0]", "“context”"]),
        (_edited(lambda c: c["data"][1]["paragraphs"][0].update(context=" ")), ["“context”", "empty"]),
        (_edited(lambda c: c["data"][0]["paragraphs"][1]["qas"][0].pop("question")), ["paragraphs[1].qas[0]"]),
        (_edited(lambda c: c["data"][0]["paragraphs"][1]["qas"][0].update(id=5)), ["qas[0]", "“id”"]),
        (
            _edited(lambda c: c["data"][0]["paragraphs"][1]["qas"][0].update(id="bats")),
            ["qas[0]: “bats”", "already", "data[1].paragraphs[0].qas[0]"],
        ),
        (_edited(lambda c: c["data"][0]["paragraphs"][1]["qas"][0].update(answers=["x"])), ["answers[0]"]),
        (_edited(lambda c: c["data"][0]["paragraphs"][1]["qas"][0].update(question="\ud800")), ["surrogate"]),
    ],
)
def test_a_faulty_squad_file_is_refused_with_the_place(tmp_path: Path, content: Any, words: list[str]) -> None:
    refused(write_squad(tmp_path, content), *words)


def test_a_beir_folder_gives_queries_that_have_a_relevant_document(tmp_path: Path) -> None:
    found = load_question_set(write_beir(tmp_path))

    assert (found.name, found.task, found.total) == ("tiny", Task.RETRIEVAL, 2)
    paths = [document.path for document in found.documents]
    assert paths == ["000001-d1.txt", "000002-d2.txt", "000003-d-3.txt", "000004-d4.txt"]
    assert [document.content for document in found.documents][1:] == [
        f"# Lights\n\n{LIGHTS}\n",
        f"{ATTIC}\n",
        "A title alone\n",
    ]
    assert [question.id for question in found.questions] == ["q1", "q2"]
    assert found.questions[0].relevant == {paths[0]: 2, paths[1]: 1, paths[3]: 0}


@pytest.mark.parametrize("name", ["qrels_test.tsv", "qrels_dev.tsv", "qrels/dev.tsv"])
def test_judgements_are_found_under_their_other_names(tmp_path: Path, name: str) -> None:
    assert load_question_set(write_beir(tmp_path, name=name)).total == 2


def test_judgements_without_a_head_and_of_unknown_documents(tmp_path: Path) -> None:
    found = load_question_set(write_beir(tmp_path, judged="q1\td1\t1\nq1\tgone\t1\n"))

    assert found.questions[0].relevant == {"000001-d1.txt": 1}
    assert found.notes == ("1 judgement left out: no such document.",)


@pytest.mark.parametrize(
    ("judged", "corpus", "words"),
    [
        ("q1\td1\n", "", ["test.tsv, line 1", "2 cells"]),
        ("a\tb\tc\nq1\td1\thigh\n", "", ["test.tsv, line 2", "“high”"]),
        ("q1\tgone\t1\n", "", ["No query", "relevant"]),
        ("q1\td1\t1\n", lines([*CORPUS, CORPUS[0]]), ["corpus.jsonl, line 5", "“d1”", "twice"]),
        ("q1\td1\t1\n", '{"_id": "d1", "text": 5}\n', ["corpus.jsonl, line 1", "“text”"]),
        ("q1\td1\t1\n", '{"_id": "d1"\n', ["corpus.jsonl, line 1", "JSON"]),
    ],
)
def test_a_faulty_beir_folder_is_refused_with_the_place(
    tmp_path: Path, judged: str, corpus: str, words: list[str]
) -> None:
    refused(write_beir(tmp_path, judged=judged, corpus=corpus), *words)


def test_a_beir_folder_must_say_which_judgements_count(tmp_path: Path) -> None:
    folder = write_beir(tmp_path, name="qrels_a.tsv")
    (folder / "qrels_b.tsv").write_text("q1\td1\t1\n")
    refused(folder, "2 files of judgements", "qrels/test.tsv")
    for name in ("qrels_a.tsv", "qrels_b.tsv"):
        (folder / name).unlink()
    refused(folder, "no relevance judgements")
    (folder / "qrels_test.tsv").write_text("q1\td1\t1\n")
    (folder / "queries.jsonl").unlink()
    refused(folder, "queries.jsonl", "cannot be read")


def test_a_query_that_is_there_twice_is_named(tmp_path: Path) -> None:
    folder = write_beir(tmp_path)
    (folder / "queries.jsonl").write_text(lines([*QUERIES, QUERIES[1]]), encoding="utf-8")

    refused(folder, "queries.jsonl, line 4", "“q2”", "queries.jsonl, line 2")


def test_own_questions(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(
        '\ufeff{"question": "What?", "answers": ["this", "that", "this"], "path": "a/b.md", "id": "w", "kind": "x"}\n\n'
        '{"question": "Who?", "answers": []}\n{"question": "Why?", "answers": null}\n',
        encoding="utf-8",
    )

    found = load_question_set(path)

    assert (found.name, found.task, found.total, found.documents) == ("mine", Task.OWN, 3, ())
    what, who, why = found.questions
    assert (what.id, what.text, what.answers, what.path, what.kind) == ("w", "What?", ("this", "that"), "a/b.md", "x")
    assert (who.id, who.answers, why.answers) == ("Who?", (), ())
    assert who.place == f"{path}, line 3"


def test_the_questions_of_the_acceptance_test_have_this_format() -> None:
    found = load_question_set(ACCEPTANCE)

    assert sum(bool(question.answers) for question in found.questions) == 48
    assert found.total == 64


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no question"]),
        ('{"question": "a"}\n{"question" "b"}\n', ["line 2", "JSON"]),
        ("5\n", ["line 1", "object"]),
        ('{"question": ""}\n', ["line 1", "“question”", "empty"]),
        ('{"answers": ["a"]}\n', ["line 1", "“question”"]),
        ('{"question": "a", "answer": ["b"]}\n', ["line 1", "“answer”", "answers", "spelling"]),
        ('{"question": "a", "answers": "b"}\n', ["line 1", "“answers”", "list"]),
        ('{"question": "a", "answers": [1]}\n', ["line 1", "“answers”"]),
        ('{"question": "a", "answers": [" "]}\n', ["line 1", "“answers”", "empty"]),
        ('{"question": "a", "path": 1}\n', ["line 1", "“path”"]),
        ('{"question": "a"}\n{"question": "b"}\n{"question": "a"}\n', ["line 3", "“a”", "line 1"]),
    ],
)
def test_a_faulty_line_of_ones_own_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(text, encoding="utf-8")

    refused(path, "mine.jsonl", *words)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b'{"question": "a"}\n{"question": "\xe9"}\n')
    refused(path, "line 2", "UTF-8")
    path.write_bytes(gzip.compress(b'{"question": "a"}\n')[:-6])
    refused(path, "unpacked")


def test_a_file_of_no_known_kind_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n")

    refused(tmp_path / "x.csv", "x.csv", ".jsonl")
    refused(tmp_path / "none.json", "no file")


def test_a_sample_is_drawn_by_the_seed_and_grows_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text(lines([{"question": f"Question {number}?"} for number in range(50)]))
    found = load_question_set(path)
    order = [question.id for question in found.questions]

    five, ten = ([question.id for question in found.sampled(limit, 1).questions] for limit in (5, 10))

    assert len(five) == 5
    assert set(five) < set(ten)
    assert ten == sorted(ten, key=order.index)
    assert ten != [question.id for question in found.sampled(10, 2).questions]
    assert found.sampled(50, 1) == found.sampled(None, 1) == found
    assert found.sampled(5, 1).total == 50


def test_the_digest_of_documents_follows_their_content(tmp_path: Path) -> None:
    first = load_question_set(write_squad(tmp_path)).documents
    second = load_question_set(write_squad(tmp_path, json.loads(json.dumps(SQUAD).replace("berth", "bed")))).documents

    assert documents_digest(first) == documents_digest(first)
    assert documents_digest(first) != documents_digest(second)
