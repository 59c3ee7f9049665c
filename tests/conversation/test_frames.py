"""A question put anew with another question phrase."""

import pytest

from qa.conversation.frames import Frame
from qa.conversation.phrases import noun_phrase


@pytest.mark.parametrize(
    ("question", "answer", "wh", "expected"),
    [
        ("Did India join?", "", "why", "why did India join?"),
        ("When did India join?", "2016", "why", "why did India join?"),
        ("In which year did India join?", "2016", "why", "why did India join?"),
        ("What did India sign in 2016?", "LEMOA", "why", "why did India sign LEMOA in 2016?"),
        ("What did India sign?", "", "why", "why did India sign?"),
        ("Which pacts has India signed?", "LEMOA and BECA", "why", "why has India signed LEMOA and BECA?"),
        ("Whom did India meet with?", "", "why", ""),
        ("Who leads the Quad?", "", "why", ""),
        ("Who leads the Quad?", "Japan", "why", "why is it that Japan leads the Quad?"),
        ("Which country leads the Quad?", "Japan", "since when", "since when is it that Japan leads the Quad?"),
        ("Who was elected president?", "Ann Lee", "when", "when was Ann Lee elected president?"),
        ("Who has led the Quad?", "Ann Lee and Bo Li", "when", "when have Ann Lee and Bo Li led the Quad?"),
        ("What is the capital of Japan?", "Tokyo", "why", "why is Tokyo the capital of Japan?"),
        ("What is LEMOA?", "a pact", "why", ""),
        ("Can I return it?", "", "why not", "why can I not return it?"),
        ("Did the United States agree?", "", "why not", "why did the United States not agree?"),
        ("When did India join?", "", "why not", ""),
    ],
)
def test_asked_with(question: str, answer: str, wh: str, expected: str) -> None:
    frame = Frame.of(question)

    assert frame is not None
    assert frame.asked_with(wh, noun_phrase(answer)) == expected


@pytest.mark.parametrize("text", ["", "hello", "printer paper sizes", "Tell me more about the Quad"])
def test_what_is_no_question_has_no_frame(text: str) -> None:
    assert Frame.of(text) is None
