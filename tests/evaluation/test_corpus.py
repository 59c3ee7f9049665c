"""Temporary corpora, and paragraphs found again in what a parser makes of them."""

from pathlib import Path

import pytest

from evaluation.sets import ATTIC, HARBOUR, LIGHTS, write_squad
from qa.errors import EvaluationError
from qa.evaluation.corpus import laid_out, located
from qa.evaluation.question_sets import load_question_set
from qa.types import Source, Span
from qa.wiring import make_parsers


def parsed(content: str) -> str:
    """The canonical text that the product makes of a file."""
    source = Source(path="a.txt", media_type="text/plain", size=0, sha256="")
    return make_parsers().for_path("a.txt").parse(source, content.encode()).text


def letters(text: str) -> str:
    """Letters and digits alone."""
    return "".join(c for c in text if c.isalnum())


def test_paragraphs_are_found_with_the_punctuation_at_their_ends() -> None:
    text = f"Harbour\n\n“{HARBOUR}”\n\n{LIGHTS}"

    assert [span.of(text) if span else None for span in located(text, [HARBOUR, LIGHTS])] == [f"“{HARBOUR}”", LIGHTS]


def test_a_paragraph_that_comes_twice_is_two() -> None:
    text = f"{HARBOUR}\n\n{LIGHTS}\n\n{HARBOUR}"

    first, second, third = located(text, [HARBOUR, LIGHTS, HARBOUR])
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.start < second.start < third.start
    assert first.of(text) == third.of(text)


def test_what_is_not_there_is_none_and_the_next_is_found() -> None:
    assert located(HARBOUR, [LIGHTS, "…", HARBOUR])[:2] == [None, None]
    assert located(HARBOUR, [LIGHTS, "…", HARBOUR])[2] is not None


@pytest.mark.parametrize(
    "paragraph",
    [
        "A *bold* and a **very bold** word, with a line\nbroken in the middle of it.",
        "- The first item begins with a dash and goes on for a while.",
        "1. Numbered, it is.",
        "lower case begins it, as if torn off.",
        "Short title",
        "Café in Zoe\u0301's 東京 house costs 5\u00a0€.",
        "One thing.\n\nAnother thing after a blank line.",
    ],
)
def test_paragraphs_are_found_in_whatever_the_parser_makes_of_them(paragraph: str) -> None:
    text = parsed(f"# Title\n\nBefore it, and\n\n{paragraph}\n\n{LIGHTS}\n")
    _, span, after = located(text, ["Before it, and", paragraph, LIGHTS])

    assert span is not None
    assert letters(span.of(text)) == letters(paragraph).removeprefix("1")
    assert after is not None
    assert after.of(text) == LIGHTS


def test_an_article_is_found_though_its_list_markers_are_gone() -> None:
    paragraph = "\n".join(
        f"{number}. Rule {number} says that boats of kind {number * 7} wait." for number in range(1, 30)
    )
    article = f"2. {HARBOUR}\n\n{paragraph}\n\n{LIGHTS}"

    text = parsed(f"# Title\n\n{article}\n\n{ATTIC}\n")
    first, second = located(text, [article, ATTIC])

    assert first is not None
    assert first.of(text).startswith(HARBOUR)
    assert first.of(text).endswith(LIGHTS)
    assert second is not None
    assert second.of(text) == ATTIC


def test_another_paragraph_with_the_same_head_is_not_taken_for_it() -> None:
    head = "The rules of the harbour were written down by its first keeper"

    assert located(
        f"{head} in 1802.", [f"1. {head} and by nobody else, in a year that no ledger of the town names."]
    ) == [None]


def test_a_shorter_paragraph_with_the_same_head_and_tail_is_not_taken_for_it() -> None:
    head = "The rules of the harbour were written down by its first keeper"
    tail = "and they hang to this day on the wall of the customs house."
    longer = f"1. {head} with the help of a clerk who spent a winter on it, {tail}"

    assert located(f"{head}, {tail}", [longer]) == [None]
    assert located(longer.removeprefix("1. "), [longer]) == [Span(0, len(longer) - 3)]


def test_a_temporary_corpus_goes_and_a_kept_one_stays(tmp_path: Path) -> None:
    question_set = load_question_set(write_squad(tmp_path))
    with laid_out(question_set, None) as place:
        files = {path.name: path.read_text(encoding="utf-8") for path in place.corpus.iterdir()}
        gone = place
    assert files == {document.path: document.content for document in question_set.documents}
    assert files["0002-Attics.txt"] == f"# Attics\n\n{ATTIC}\n"
    assert not gone.corpus.parent.exists()

    for _ in range(2):
        with laid_out(question_set, tmp_path / "kept") as place:
            pass
    assert [path.name for path in sorted(place.corpus.iterdir())] == sorted(files)
    assert place.corpus.parent.parent == tmp_path / "kept"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")

    with (
        pytest.raises(EvaluationError, match="cannot be written"),
        laid_out(load_question_set(write_squad(tmp_path)), tmp_path / "file"),
    ):
        pass
