"""What a question's words expect, and whether a sentence has it."""

import pytest

from qa.reading.expectation import Kind, expected_kind, has_kind


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When was it founded?", Kind.TIME),
        ("In which year did it end?", Kind.TIME),
        ("What date is it?", Kind.TIME),
        ("WHEN?", Kind.TIME),
        ("How many towns take part?", Kind.NUMBER),
        ("How long is the pier?", Kind.NUMBER),
        ("What is the total number of boats?", Kind.NUMBER),
        ("What percentage is paid?", Kind.NUMBER),
        ("Who raises the flag?", Kind.NAME),
        ("Where do storks nest?", Kind.NAME),
        ("Which countries hold meetings?", Kind.NAME),
        ("What is a berth?", Kind.ANY),
        ("Why do storks nest?", Kind.ANY),
        ("How does it work?", Kind.ANY),
        ("Whenever wholesale", Kind.ANY),
        ("", Kind.ANY),
    ],
)
def test_the_kind_that_a_question_expects(question: str, kind: Kind) -> None:
    assert expected_kind(question) is kind


@pytest.mark.parametrize(
    ("text", "kind", "has"),
    [
        ("It began in 2018.", Kind.TIME, True),
        ("It began on 5 May.", Kind.TIME, True),
        ("It began in the 19th century.", Kind.TIME, True),
        ("It opens at 9:30.", Kind.TIME, True),
        ("It takes 3 weeks.", Kind.TIME, True),
        ("It began early.", Kind.TIME, False),
        ("It has 2018 rooms and 31 doors.", Kind.NUMBER, True),
        ("Twelve towns take part.", Kind.NUMBER, True),
        ("Someone takes part.", Kind.NUMBER, False),
        ("They often meet.", Kind.NUMBER, False),
        ("The keeper is Zoë.", Kind.NAME, True),
        ("Nobody knows.", Kind.NAME, False),
        ("", Kind.NAME, False),
        ("", Kind.ANY, True),
        ("anything", Kind.ANY, True),
    ],
)
def test_whether_a_text_has_something_of_a_kind(text: str, kind: Kind, has: bool) -> None:  # noqa: FBT001  # a table of cases
    assert has_kind(text, kind) is has
