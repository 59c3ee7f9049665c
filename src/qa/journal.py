"""What users say of answers, and, where the operator wants that, what they ask: kept in one SQLite file.

The file lies in the index folder and belongs to no generation, so builds and prunes leave it alone. What a method that
writes has returned from is on the disk: `synchronous=EXTRA` syncs the file, and the folder after the rollback journal
has gone, before a commit returns. A connection is opened for each call, so threads and processes need nothing else.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qa.errors import JournalUnavailable
from qa.types import Answer, Reply

FILE = "journal.sqlite"
FORMAT = 1
WAIT_SECONDS = 10.0
"""For another process that is writing."""
_TABLES = f"""
CREATE TABLE feedback (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, helpful INTEGER NOT NULL,
    generation TEXT NOT NULL, outcome TEXT NOT NULL, expected TEXT);
CREATE INDEX feedback_question ON feedback (question);
CREATE TABLE questions (
    question TEXT PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL, times INTEGER NOT NULL,
    generation TEXT NOT NULL, answered INTEGER NOT NULL, outcome TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE changes (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, question TEXT NOT NULL, earlier TEXT NOT NULL, later TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, UNIQUE (question, earlier, later));
PRAGMA user_version = {FORMAT};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a question was answered with: the answer, its first quotation and document; all empty for an abstention."""

    answer: str = ""
    quote: str = ""
    path: str = ""

    @classmethod
    def of(cls, reply: Reply) -> "Outcome":
        """From a reply."""
        if not isinstance(reply, Answer):
            return cls()
        first = reply.citations[0]
        return cls(answer=reply.text, quote=first.quote, path=first.path)

    @property
    def answered(self) -> bool:
        """Whether there was an answer."""
        return bool(self.quote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """The last word on a question. `expected` are the answers that would have been right; empty: there is none."""

    number: int
    at: str
    question: str
    helpful: bool
    generation: str
    outcome: Outcome
    expected: tuple[str, ...] | None = None

    def as_question(self) -> dict[str, Any] | None:
        """The line of it for `qa eval`; None while nobody has said what would have been right."""
        if self.expected is not None:
            answers = {"answers": list(self.expected)} if self.expected else {}
            return {"question": self.question, **answers}
        if not self.helpful:
            return None
        if not self.outcome.answered:
            return {"question": self.question}
        return {"question": self.question, "answers": [self.outcome.answer], "path": self.outcome.path}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that was asked, how often (0: only judged), and what came of it last."""

    question: str
    first: str
    last: str
    times: int
    generation: str
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A question whose answer differs between two generations."""

    at: str
    question: str
    earlier: str
    later: str
    before: Outcome
    after: Outcome


class Journal:
    """The journal of an index folder. Every method raises JournalUnavailable when the file cannot be used."""

    def __init__(self, index: Path) -> None:
        self.path = index / FILE

    def say(self, question: str, reply: Reply, *, helpful: bool, expected: Sequence[str] | None = None) -> Feedback:
        """Write down what a user says of a reply, and what was `expected`; the last word on a question counts.

        The question is among those that newer generations are asked again, as one that was asked 0 times.
        """
        outcome, now = Outcome.of(reply), _now()
        told = None if expected is None else json.dumps(list(expected))
        with self._writing() as database:
            database.execute(
                "INSERT INTO feedback (at, question, helpful, generation, outcome, expected) VALUES (?, ?, ?, ?, ?, ?)",
                (now, question, helpful, reply.generation, _packed(outcome), told),
            )
            database.execute(
                "INSERT OR IGNORE INTO questions VALUES (?, ?, ?, 0, ?, ?, ?)",
                (question, now, now, reply.generation, outcome.answered, _packed(outcome)),
            )
        return self.feedback(question)[0]

    def expect(self, number: int, answers: Sequence[str]) -> None:
        """Write down what would have been right, for the feedback of that number; none: there is no answer."""
        with self._writing() as database:
            database.execute("UPDATE feedback SET expected = ? WHERE number = ?", (json.dumps(list(answers)), number))

    def hear(self, question: str, reply: Reply) -> None:
        """Write down that a question was asked, and its reply."""
        outcome, now = Outcome.of(reply), _now()
        with self._writing() as database:
            database.execute(
                "INSERT INTO questions VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT (question) DO UPDATE SET "
                "last = excluded.last, times = times + 1, generation = excluded.generation, "
                "answered = excluded.answered, outcome = excluded.outcome",
                (question, now, now, reply.generation, outcome.answered, _packed(outcome)),
            )

    def asked_again(self, asked: Asked, reply: Reply) -> None:
        """Write down the reply of a newer generation to a question, and whether it is another one."""
        outcome = Outcome.of(reply)
        with self._writing() as database:
            renewed = database.execute(
                "UPDATE questions SET generation = ?, answered = ?, outcome = ? WHERE question = ? AND generation = ?",
                (reply.generation, outcome.answered, _packed(outcome), asked.question, asked.generation),
            )
            if renewed.rowcount and outcome != asked.outcome:
                told = (_now(), asked.question, asked.generation, reply.generation)
                database.execute(
                    "INSERT OR IGNORE INTO changes (at, question, earlier, later, before, after) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (*told, _packed(asked.outcome), _packed(outcome)),
                )

    def forget(self) -> None:
        """Remove the file with all that it holds."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(self.path, str(error.strerror)) from None

    def feedback(self, question: str | None = None) -> list[Feedback]:
        """The last word on every question, or on one, newest first."""
        rows = self._read(
            "SELECT number, at, question, helpful, generation, outcome, expected FROM feedback WHERE number IN "
            "(SELECT max(number) FROM feedback GROUP BY question) AND (?1 IS NULL OR question = ?1) "
            "ORDER BY number DESC",
            question,
        )
        return [
            Feedback(
                number=number,
                at=at,
                question=text,
                helpful=bool(helpful),
                generation=generation,
                outcome=_unpacked(outcome),
                expected=None if expected is None else tuple(json.loads(expected)),
            )
            for number, at, text, helpful, generation, outcome, expected in rows
        ]

    def unanswered(self) -> list[Asked]:
        """The questions whose last reply was an abstention, those asked most often first."""
        rows = self._read(
            "SELECT question, first, last, times, generation, outcome FROM questions WHERE answered = 0 "
            "ORDER BY times DESC, last DESC"
        )
        return [_asked(row) for row in rows]

    def stale(self, generation: str) -> list[Asked]:
        """Questions that another generation has replied to last, those asked last first."""
        rows = self._read(
            "SELECT question, first, last, times, generation, outcome FROM questions WHERE generation != ? "
            "ORDER BY last DESC",
            generation,
        )
        return [_asked(row) for row in rows]

    def changes(self, limit: int, later: str | None = None) -> list[Change]:
        """Answers that differ, newest first; with `later` only those that this generation has changed."""
        rows = self._read(
            "SELECT at, question, earlier, later, before, after FROM changes WHERE ?2 IS NULL OR later = ?2 "
            "ORDER BY number DESC LIMIT ?1",
            limit,
            later,
        )
        return [
            Change(at=at, question=text, earlier=earlier, later=later, before=_unpacked(before), after=_unpacked(after))
            for at, text, earlier, later, before, after in rows
        ]

    def evaluation_questions(self) -> list[dict[str, Any]]:
        """All feedback that says what is right, as `qa eval` takes it, a line each; oldest first."""
        found = (feedback.as_question() for feedback in reversed(self.feedback()))
        return [line for line in found if line]

    def _read(self, query: str, *values: Any) -> list[Any]:
        if not self.path.is_file():
            return []
        with self._opened() as database:
            return database.execute(query, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._opened() as database:
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            fresh = not self.path.exists()
            with closing(sqlite3.connect(self.path, timeout=WAIT_SECONDS, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = EXTRA")
                (version,) = database.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    _make(database)
                elif version != FORMAT:
                    raise _unavailable(self.path, f"its format is {version}")
                if fresh:
                    _sync_folder(self.path.parent)
                yield database
        except (sqlite3.Error, OSError, ValueError) as error:
            raise _unavailable(self.path, str(error)) from None


def _make(database: sqlite3.Connection) -> None:
    """Make the tables, unless another process has just done so."""
    database.execute("BEGIN IMMEDIATE")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0:
        for statement in filter(str.strip, _TABLES.split(";")):
            database.execute(statement)
    database.execute("COMMIT")


def _asked(row: Sequence[Any]) -> Asked:
    question, first, last, times, generation, outcome = row
    found = _unpacked(outcome)
    return Asked(question=question, first=first, last=last, times=times, generation=generation, outcome=found)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unavailable(path: Path, why: str) -> JournalUnavailable:
    return JournalUnavailable(
        f"The journal {path} cannot be used ({why}).",
        remedy="Make room or give write permission; if the file is damaged, move it away.",
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _packed(outcome: Outcome) -> str:
    return json.dumps(asdict(outcome), ensure_ascii=False)


def _unpacked(text: str) -> Outcome:
    return Outcome(**json.loads(text))
