"""The command line: exit codes, what goes to which stream, and a remedy for everything that can go wrong."""

import json
import sys
from collections.abc import Sequence
from io import BytesIO, TextIOWrapper

import pytest

from commands import Qa, Ran, failed
from fakes import FakeEncoder
from library import BERTH, BERTH_QUOTE, SQUAWK, SQUAWK_QUOTE, Library
from qa import __version__
from qa.cli_index import SOMETHING_SKIPPED
from qa.wiring import make_engine


def asked(qa: Qa, *arguments: str, threshold: str = "0") -> Ran:
    """Index, then ask."""
    assert qa("index").code == SOMETHING_SKIPPED
    return qa("ask", *arguments, QA_ANSWER_THRESHOLD=threshold)


def test_index_reports_the_build_and_keeps_progress_off_standard_output(qa: Qa, library: Library) -> None:
    ran = qa("index")

    assert ran.code == SOMETHING_SKIPPED
    generation = library.store.current()
    assert ran.out.splitlines()[0].endswith(f"published generation {generation}: 3 documents, 5 passages.")
    assert len(ran.out.splitlines()) == 2
    assert "embedding" in ran.err
    assert "embedding" not in ran.out
    skipped = [line for line in ran.err.splitlines() if line.startswith("skipped:")]
    assert [line.split()[1].rstrip(":") for line in skipped] == ["latin.txt", "sheet.xyz"]


def test_index_does_nothing_when_nothing_changed_unless_forced(qa: Qa, library: Library) -> None:
    qa("index")
    first = library.store.current()

    assert "up to date" in qa("index").out
    assert library.store.current() == first
    assert "published" in qa("index", "--force").out
    assert library.store.current() != first


def test_ask_answers_with_the_quotation_and_its_place(qa: Qa) -> None:
    ran = asked(qa, BERTH)

    assert ran.code == 0
    assert f"“{BERTH_QUOTE}”" in ran.out
    assert "Harbour rules › Fees — harbour.md, characters 108–142" in ran.out
    assert ran.err == ""


def test_a_whole_quotation_is_not_printed_twice(qa: Qa) -> None:
    assert asked(qa, f"Is it so: {BERTH}").out.count(BERTH_QUOTE) == 1


def test_a_list_is_printed_line_by_line_with_what_is_left_out(qa: Qa, library: Library) -> None:
    items = "".join(f"- Fee {number}\n" for number in range(14))
    library.write("club.md", f"# Club\n\nThe fees of the club are:\n\n{items}")

    ran = asked(qa, "What are the fees of the club?")

    assert ran.out.startswith("[1] “The fees of the club are:\n    \n    Fee 0\n    Fee 1\n")
    assert "    Fee 11”\n    … and 2 more items in the document.\n    Club — club.md, characters " in ran.out


def test_a_contradiction_is_said_before_both_quotations(qa: Qa, library: Library) -> None:
    for name, year in (("a.txt", 1902), ("b.txt", 1905)):
        library.write(name, f"The northern pier was opened in {year}.\n")

    ran = asked(qa, "When was the northern pier opened?")

    first, second = "The northern pier was opened in 1902.", "The northern pier was opened in 1905."
    assert ran.out.startswith(
        f"The documents give different figures: “{first}” [1] and “{second}” [2].\n\n[1] “{first}”"
    )
    assert f"[2] “{second}”" in ran.out


def test_an_abstention_is_exit_code_3(qa: Qa) -> None:
    ran = asked(qa, BERTH, threshold="1")

    assert ran.code == 3
    assert ran.out.startswith("Not in these documents. ")
    assert "Nearest passages (not an answer)" in ran.out
    assert BERTH_QUOTE in ran.out


@pytest.mark.parametrize(("threshold", "code"), [("0", 0), ("1", 3)])
def test_json_is_what_the_api_answers(qa: Qa, library: Library, threshold: str, code: int) -> None:
    ran = asked(qa, BERTH, "--json", "--top-k", "2", threshold=threshold)

    settings = library.settings.model_copy(update={"answer_threshold": float(threshold)})
    client = library.client(make_engine(settings, FakeEncoder()))
    expected = client.post("/ask", json={"question": BERTH, "top_k": 2}).json()
    printed = json.loads(ran.out)
    assert ran.code == code
    assert printed.pop("timings_ms").keys() == expected.pop("timings_ms").keys()
    assert printed == expected
    assert printed["answered"] is (code == 0)


WHERE = "Where does the parrot live?"


def test_follow_ups_are_asked_as_one_conversation(qa: Qa) -> None:
    ran = asked(qa, WHERE, "--then", "what does it say?", "--then", BERTH)

    assert ran.code == 0
    first, second, third = ran.out.split("\n> ")
    assert first.startswith(f"> {WHERE}\n")
    assert second.startswith(f"what does it say?\nAsked as: {SQUAWK}\n")
    assert SQUAWK_QUOTE in second
    assert third.startswith(f"{BERTH}\n")
    assert "Asked as" not in first + third
    assert ran.err == ""


def test_the_last_follow_up_decides_the_exit_code_and_is_what_json_shows(qa: Qa) -> None:
    assert asked(qa, BERTH, "--then", "what does it say?", threshold="1").code == 3
    ran = qa("ask", WHERE, "--then", "what does it say?", "--json", QA_ANSWER_THRESHOLD="0")

    printed = json.loads(ran.out)
    assert ran.code == 0
    assert (printed["question"], printed["asked"], printed["rewritten"]) == ("what does it say?", SQUAWK, True)


def test_search_shows_passages_best_first(qa: Qa, library: Library) -> None:
    qa("index")
    ran = qa("search", "green lantern northern pier", "--top-k", "2")
    listed = json.loads(qa("search", "green lantern northern pier", "--top-k", "2", "--json").out)

    assert ran.code == 0
    assert ran.out.startswith("1. Harbour rules › Lights — harbour.md, characters ")
    assert "The green lantern marks the northern pier." in ran.out
    client = library.client(make_engine(library.settings, FakeEncoder()))
    assert (
        listed == client.post("/search", json={"query": "green lantern northern pier", "top_k": 2}).json()["passages"]
    )


def test_version(qa: Qa, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        qa("--version")

    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"quoth {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["ask"],
        ["ask", "a", "b"],
        ["ask", "a", "--top-k", "0"],
        ["ask", "a", "--top-k", "51"],
        ["ask", "a", "--top-k", "x"],
        ["serve", "--port", "x"],
        ["index", "--nonsense"],
    ],
)
def test_wrong_usage_is_exit_code_2(qa: Qa, capsys: pytest.CaptureFixture[str], arguments: Sequence[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        qa(*arguments)

    assert stopped.value.code == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert "usage: qa" in written.err


def test_a_missing_index_names_the_command_that_builds_it(qa: Qa) -> None:
    failed(qa("ask", BERTH), 1, "no index in index", "qa index")
    failed(qa("ask", BERTH, "--json"), 1, "qa index")
    failed(qa("search", BERTH), 1, "qa index")
    failed(qa("serve", "--no-build", "--port", "0"), 1, "qa index")


def test_a_missing_corpus_is_named(qa: Qa, library: Library) -> None:
    failed(qa("index", "--corpus", "elsewhere"), 1, "elsewhere", "--corpus")
    assert not (library.settings.index / "CURRENT").exists()


def test_an_empty_corpus_leaves_the_last_index_in_place(qa: Qa, library: Library) -> None:
    qa("index")
    before = library.store.current()
    (library.settings.corpus.parent / "empty").mkdir()

    failed(qa("index", "--corpus", "empty"), 1, "no documents in empty", "qa index")
    assert library.store.current() == before


def test_a_corpus_without_a_readable_file_says_why(qa: Qa, library: Library) -> None:
    other = library.settings.corpus.parent / "other"
    other.mkdir()
    (other / "a.xyz").write_text("x")

    ran = qa("index", "--corpus", "other")

    assert ran.code == 1
    assert "None of the 1 files" in ran.err
    assert "a.xyz" in ran.err


def test_an_unknown_variable_is_named(qa: Qa) -> None:
    failed(qa("index", QA_COROUTINE="1"), 2, "coroutine", "QA_COROUTINE", "README.md")


@pytest.mark.parametrize(
    ("name", "value"), [("QA_PORT", "70000"), ("QA_TOP_K", "many"), ("QA_ANSWER_THRESHOLD", "1.5"), ("QA_LOG", "loud")]
)
def test_an_impossible_value_is_named(qa: Qa, name: str, value: str) -> None:
    failed(qa("index", **{name: value}), 2, name.removeprefix("QA_").lower(), "README.md")


def test_a_settings_file_is_read_and_a_missing_one_is_named(qa: Qa, library: Library) -> None:
    folder = library.settings.corpus.parent
    (folder / "mine.toml").write_text('index = "own"\n')

    assert qa("--config", "mine.toml", "index").code == SOMETHING_SKIPPED
    assert (folder / "own" / "CURRENT").is_file()
    failed(qa("--config", "none.toml", "index"), 2, "none.toml")
    (folder / "bad.toml").write_text("index = \n")
    failed(qa("--config", "bad.toml", "index"), 2, "bad.toml", "TOML")


def test_a_busy_index_is_said_so(qa: Qa, library: Library) -> None:
    with library.store.lock():
        failed(qa("index"), 1, "Another process", "Wait")
    assert qa("index").code == SOMETHING_SKIPPED


@pytest.mark.parametrize(
    ("question", "words"), [("", "empty"), ("  ", "empty"), ("a" * 2001, "2,001"), ("\udcff", "surrogate")]
)
def test_a_question_that_cannot_be_asked(qa: Qa, question: str, words: str) -> None:
    failed(asked(qa, question), 1, words)


def test_a_damaged_index_is_refused(qa: Qa, library: Library) -> None:
    qa("index")
    library.spoil()

    failed(qa("ask", BERTH), 1, "not as it was built", "qa index")
    assert qa("index").code == SOMETHING_SKIPPED
    assert asked(qa, BERTH).code == 0


def test_a_terminal_that_knows_only_ascii_is_no_error(qa: Qa, monkeypatch: pytest.MonkeyPatch) -> None:
    qa("index")
    terminal = BytesIO()
    monkeypatch.setattr(sys, "stdout", TextIOWrapper(terminal, encoding="ascii", write_through=True))

    assert qa("ask", BERTH, QA_ANSWER_THRESHOLD="0").code == 0
    assert BERTH_QUOTE.encode() in terminal.getvalue()
