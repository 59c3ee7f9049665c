"""The journal keeps what it has acknowledged, whatever happens next, and says what differs between generations."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

import qa
from library import BERTH, PENNANT, SQUAWK, UNANSWERED, Library
from qa.errors import JournalUnavailable
from qa.evaluation import own
from qa.journal import FILE, Journal, Outcome
from qa.types import Abstention, Reply

ABSTENTION = Abstention(question="q", reason="r", confidence=0.1, missing=(), passages=(), generation="000001-a")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


@pytest.fixture(scope="module")
def answer(shared_library: Library) -> Reply:
    return shared_library.engine().ask(BERTH).reply


def write_lines(path: Path, journal: Journal) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in journal.evaluation_questions()), encoding="utf-8")


def test_nothing_is_there_before_something_is_said(journal: Journal) -> None:
    assert [*journal.feedback(), *journal.unanswered(), *journal.stale("x"), *journal.changes(9)] == []
    assert journal.evaluation_questions() == []
    assert not journal.path.exists()


def test_the_last_word_counts(journal: Journal, answer: Reply) -> None:
    journal.say(BERTH, answer, helpful=False)
    journal.say(PENNANT, ABSTENTION, helpful=True)
    journal.say(BERTH, answer, helpful=True)

    first, second = journal.feedback()
    assert (first.question, first.helpful, first.generation) == (BERTH, True, answer.generation)
    assert first.outcome == Outcome.of(answer)
    assert (second.question, second.helpful, second.outcome) == (PENNANT, True, Outcome())
    assert [one.question for one in journal.feedback(PENNANT)] == [PENNANT]
    assert journal.feedback("nobody asked") == []


def test_feedback_becomes_questions_that_an_evaluation_reads(journal: Journal, answer: Reply, tmp_path: Path) -> None:
    journal.say(BERTH, answer, helpful=True)
    journal.say(UNANSWERED, ABSTENTION, helpful=True)
    journal.say(PENNANT, answer, helpful=False)
    journal.say(SQUAWK, ABSTENTION, helpful=False)
    path = tmp_path / "questions.jsonl"
    write_lines(path, journal)
    assert [question.text for question in own.load(path).questions] == [BERTH, UNANSWERED]

    wrong, nothing = (journal.feedback(text)[0].number for text in (PENNANT, SQUAWK))
    journal.expect(wrong, ["Zoe\u0301", 'the "captain"'])
    journal.expect(nothing, [])
    write_lines(path, journal)

    questions = {question.text: (question.answers, question.path) for question in own.load(path).questions}
    outcome = Outcome.of(answer)
    assert questions == {
        BERTH: ((outcome.answer,), "harbour.md"),
        UNANSWERED: ((), None),
        PENNANT: (("Zoe\u0301", 'the "captain"'), None),
        SQUAWK: ((), None),
    }


def test_a_later_word_takes_back_what_was_said_to_be_right(journal: Journal, answer: Reply) -> None:
    journal.say(BERTH, answer, helpful=False)
    journal.expect(journal.feedback()[0].number, ["thirteen"])
    journal.say(BERTH, answer, helpful=False)

    assert journal.evaluation_questions() == []


def test_what_was_asked_is_counted_and_what_has_no_answer_is_listed(journal: Journal, answer: Reply) -> None:
    for _ in range(3):
        journal.hear(UNANSWERED, ABSTENTION)
    journal.hear(SQUAWK, ABSTENTION)
    journal.hear(BERTH, answer)

    assert [(asked.question, asked.times) for asked in journal.unanswered()] == [(UNANSWERED, 3), (SQUAWK, 1)]
    journal.hear(UNANSWERED, replace(answer, generation="000002-b"))
    assert [asked.question for asked in journal.unanswered()] == [SQUAWK]


def test_what_another_generation_says_is_a_change_once(journal: Journal, answer: Reply) -> None:
    journal.hear(BERTH, ABSTENTION)
    journal.hear(SQUAWK, ABSTENTION)
    later = replace(answer, generation="000002-b")
    stale = {asked.question: asked for asked in journal.stale("000002-b")}
    assert stale.keys() == {BERTH, SQUAWK}

    for _ in range(2):  # as two processes that ask again at the same time
        journal.asked_again(stale[BERTH], later)
        journal.asked_again(stale[SQUAWK], replace(ABSTENTION, generation="000002-b"))

    (change,) = journal.changes(9)
    assert (change.question, change.earlier, change.later) == (BERTH, "000001-a", "000002-b")
    assert (change.before, change.after) == (Outcome(), Outcome.of(answer))
    assert journal.stale("000002-b") == []
    assert [(asked.question, asked.times) for asked in journal.unanswered()] == [(SQUAWK, 1)]


def test_what_was_judged_is_asked_again_as_well(journal: Journal, answer: Reply) -> None:
    journal.say(BERTH, answer, helpful=True)
    journal.say(UNANSWERED, ABSTENTION, helpful=False)

    assert [(asked.question, asked.times) for asked in journal.unanswered()] == [(UNANSWERED, 0)]
    (judged,) = [asked for asked in journal.stale("000002-b") if asked.question == BERTH]
    journal.asked_again(judged, replace(ABSTENTION, generation="000002-b"))
    (change,) = journal.changes(9)
    assert (change.before, change.after) == (Outcome.of(answer), Outcome())
    journal.hear(BERTH, answer)
    journal.say(BERTH, answer, helpful=True)
    assert {asked.question: asked.times for asked in journal.stale("000003-c")} == {BERTH: 1, UNANSWERED: 0}


def test_builds_and_prunes_leave_it_alone(built: Library) -> None:
    journal = Journal(built.settings.index)
    journal.say(BERTH, built.engine().ask(BERTH).reply, helpful=True)
    for number in range(4):
        built.write("new.md", f"# New {number}\n\nA text.\n")
        built.build()
    built.store.prune(1)

    assert [feedback.question for feedback in journal.feedback()] == [BERTH]


def test_forgetting_leaves_nothing(journal: Journal, answer: Reply) -> None:
    journal.say(BERTH, answer, helpful=True)
    journal.forget()

    assert list(journal.path.parent.iterdir()) == []
    journal.forget()
    journal.say(BERTH, answer, helpful=False)
    assert [feedback.helpful for feedback in journal.feedback()] == [False]


SAY_AND_TELL = """
import sys
from pathlib import Path
from qa.journal import Journal
from qa.types import Abstention
reply = Abstention(question="q", reason="r", confidence=0.1, missing=(), passages=(), generation="000001-a")
journal = Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    journal.say(f"{sys.argv[2]} {number}", reply, helpful=True)
    sys.stdout.write(f"{number}\\n"); sys.stdout.flush()
"""


def saying(folder: Path, name: str, count: int) -> "subprocess.Popen[str]":
    """Another process that says so much, and tells of each when it has been acknowledged."""
    environment = {**os.environ, "PYTHONPATH": str(Path(qa.__file__).parents[1])}
    command = [sys.executable, "-c", SAY_AND_TELL, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_many_threads_and_processes_lose_nothing(journal: Journal, answer: Reply) -> None:
    def many(name: str) -> None:
        for number in range(15):
            journal.say(f"{name} {number}", answer, helpful=True)

    threads = [Thread(target=many, args=(f"thread {number}",)) for number in range(3)]
    processes = [saying(journal.path.parent, name, 15) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [process.communicate(timeout=60)[0].split() for process in processes]

    assert told == [[str(number) for number in range(15)]] * 2
    assert len(journal.feedback()) == 3 * 15 + 2 * 15


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """A process is killed in the midst of writing; all that it had told of is there, and the file can be written."""
    process = saying(tmp_path, "question", 100_000)
    assert process.stdout
    told = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.read().splitlines(keepends=True)
    process.stdout.close()
    process.wait()
    acknowledged = {f"question {line.strip()}" for line in told if line.endswith("\n")}

    journal = Journal(tmp_path)
    assert {feedback.question for feedback in journal.feedback()} >= acknowledged
    journal.say("afterwards", ABSTENTION, helpful=True)
    assert journal.feedback()[0].question == "afterwards"


def test_every_commit_is_synced(journal: Journal, answer: Reply) -> None:
    journal.say(BERTH, answer, helpful=True)
    with journal._opened() as database:
        assert database.execute("PRAGMA synchronous").fetchone() == (3,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_file_that_cannot_be_used_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, " * 100)
    with pytest.raises(JournalUnavailable, match="not a database"):
        Journal(tmp_path).feedback()
    with pytest.raises(JournalUnavailable):
        Journal(tmp_path / "nowhere").say("q", ABSTENTION, helpful=True)


def test_a_file_of_another_version_is_refused(journal: Journal) -> None:
    journal.hear("q", ABSTENTION)
    database = sqlite3.connect(journal.path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(JournalUnavailable, match="format is 99"):
        journal.unanswered()
