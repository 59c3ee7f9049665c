"""The log: one line an event that nobody can forge, and never the text of a question."""

import json
import logging
from typing import Literal

import pytest

from library import BERTH, UNANSWERED, Library
from qa.observe import LOGGER, OTHERS, LogObserver, configure_logging
from qa.ports import LexicalIndex
from qa.types import Candidate, RankedPassage

Form = Literal["text", "json", "off"]
FORGED = "2030-01-01 00:00:00,000 error forged"
BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was logged, by every line break that a reader of logs may know; nothing goes to standard output."""
    written = capsys.readouterr()
    assert written.out == ""
    return written.err.splitlines()


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_reply_is_one_line(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(form)
    LogObserver().replied(answered=True, confidence=0.123456)
    LogObserver().stage("read", 12.0)

    (line,) = lines(capsys)

    assert "replied" in line
    assert "0.123" in line
    assert "0.1234" not in line


def test_json_lines_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    LogObserver().replied(answered=False, confidence=0.25)

    (line,) = lines(capsys)

    entry = json.loads(line)
    assert {"time", "level", "event", "answered", "confidence"} <= entry.keys()
    assert (entry["level"], entry["event"], entry["answered"], entry["confidence"]) == ("info", "replied", False, 0.25)


def assert_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """One line was logged, and it is not the forged one."""
    (line,) = lines(capsys)
    assert not line.startswith(FORGED)


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_break_in_a_message_forges_no_line(
    form: Form, line_break: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form)
    logging.getLogger(LOGGER).error("request failed: %s", f"name{line_break}{FORGED}")

    assert_one_line(capsys)


@pytest.mark.parametrize("line_break", BREAKS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_line_break_in_a_value_forges_no_line(
    form: Form, line_break: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging(form)
    logging.getLogger(LOGGER).warning("stage", extra={"data": {"stage": f"read{line_break}{FORGED}"}})

    assert_one_line(capsys)


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_message_of_an_exception_forges_no_line(form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(form)
    logging.getLogger(LOGGER).error("unexpected error", exc_info=ValueError(f"bad name\n{FORGED}"))

    written = lines(capsys)

    assert "ValueError" in "".join(written)
    assert not [line for line in written if line.startswith(FORGED)]


@pytest.mark.parametrize("name", OTHERS)
def test_what_others_log_is_of_the_same_form_and_only_of_errors(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    logging.getLogger(name).warning("Expected boundary character %r", "\n")
    logging.getLogger(name).error("Fatal error\nin a callback")

    (line,) = lines(capsys)
    assert json.loads(line)["event"] == "Fatal error\nin a callback"


def test_off_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("off")
    LogObserver().replied(answered=True, confidence=1.0)
    logging.getLogger(LOGGER).error("anything")

    assert lines(capsys) == []


def test_configuring_again_does_not_log_twice(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("text")
    configure_logging("json")
    LogObserver().replied(answered=True, confidence=1.0)

    assert len(lines(capsys)) == 1


class FailingReader:
    """A reader whose failure says nothing of the question."""

    def read(self, question: str, passages: list[RankedPassage], lexical: LexicalIndex) -> list[Candidate]:
        raise RuntimeError("a bug")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_text_of_a_question_is_never_logged(built: Library, form: Form, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(form)
    logging.getLogger(LOGGER).setLevel(logging.DEBUG)
    working = built.client(built.engine(observer=LogObserver()))
    failing = built.client(built.engine(reader=FailingReader(), observer=LogObserver()))  # type: ignore[arg-type]  # no Reader
    for question in (BERTH, UNANSWERED, "xylophone", "xylophone" * 300, "xylophone \ud800"):
        body = json.dumps({"question": question})
        for client in (working, failing):
            client.post("/ask", content=body, headers={"content-type": "application/json"})
    working.get("/", params={"q": "xylophone?"})
    built.spoil()
    built.client().post("/ask", json={"question": "xylophone"})

    written = "\n".join(lines(capsys)).lower()

    assert "replied" in written
    assert "runtimeerror" in written
    assert "not as it was built" in written
    for word in ("xylophone", "berth", "zebras"):
        assert word not in written
