"""Question sets as tests write them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HARBOUR = "The harbour opens at six in the morning. A berth costs twelve crowns a day."
LIGHTS = "The green lantern marks the northern pier. The keeper sleeps at noon."
ATTIC = "Bats nest in the attic of the customs house. Gulls nest on its roof."

SQUAD: Mapping[str, Any] = {
    "version": "v2.0",
    "data": [
        {
            "title": "Harbour_rules",
            "paragraphs": [
                {
                    "context": HARBOUR,
                    "qas": [
                        {
                            "id": "berth",
                            "question": "What does a berth cost a day?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "twelve crowns", "answer_start": 54},
                                {"text": "twelve", "answer_start": 54},
                                {"text": "twelve crowns", "answer_start": 54},
                            ],
                        },
                        {
                            "id": "yacht",
                            "question": "What does a yacht cost?",
                            "is_impossible": True,
                            "answers": [],
                            "plausible_answers": [{"text": "twelve crowns", "answer_start": 54}],
                        },
                    ],
                },
                {
                    "context": LIGHTS,
                    "qas": [
                        {
                            "id": "lantern",
                            "question": "Which pier does the green lantern mark?",
                            "answers": [{"text": "northern pier", "answer_start": 28}],
                        }
                    ],
                },
            ],
        },
        {
            "title": "Attics",
            "paragraphs": [
                {
                    "context": ATTIC,
                    "qas": [
                        {
                            "id": "bats",
                            "question": "Where do bats nest?",
                            "answers": [{"text": "in the attic", "answer_start": 10}],
                        }
                    ],
                }
            ],
        },
    ],
}

CORPUS = (
    {"_id": "d1", "title": "Harbour", "text": HARBOUR},
    {"_id": "d2", "title": "Lights", "text": LIGHTS},
    {"_id": "d/3", "title": "", "text": ATTIC},
    {"_id": "d4", "title": "A title alone", "text": ""},
)
QUERIES = (
    {"_id": "q1", "text": "berth crowns a day"},
    {"_id": "q2", "text": "bats in the attic"},
    {"_id": "q3", "text": "nothing is relevant to this"},
)
JUDGEMENTS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t1\nq1\td4\t0\nq2\td/3\t1\nq3\td1\t0\n"


def lines(rows: Sequence[Mapping[str, Any]]) -> str:
    """JSON objects, one on each line."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def write_squad(folder: Path, content: Any = SQUAD) -> Path:
    """A SQuAD file."""
    path = folder / "small.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
    return path


def write_beir(folder: Path, *, judged: str = JUDGEMENTS, name: str = "qrels/test.tsv", corpus: str = "") -> Path:
    """A BEIR folder."""
    place = folder / "tiny"
    (place / name).parent.mkdir(parents=True)
    (place / "corpus.jsonl").write_text(corpus or lines(CORPUS), encoding="utf-8")
    (place / "queries.jsonl").write_text(lines(QUERIES), encoding="utf-8")
    (place / name).write_text(judged, encoding="utf-8")
    return place
