"""Which form of answer a question asks for; a short answer unless the words say otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.forms import Form, expected_form

QUESTIONS = {
    Form.SHORT: [
        "What is the capital of Norway?",
        "What is the name of the pier?",
        "What was the first lighthouse?",
        "What is the fee?",
        "What is the phone number?",
        "What does a berth cost?",
        "What does SOSA stand for?",
        "Who raises the flag?",
        "Where do storks nest?",
        "When did the pier open?",
        "How many towns take part?",
        "How much does a berth cost?",
        "How long is the pier?",
        "How old is the keeper?",
        "How is the pier called?",
        "Which ship sank?",
        "What ship sank?",
        "Which class of boats may enter?",
        "In which year did it open?",
        "In which countries' waters is it?",
        "What caused the fire?",
        "What makes the lamp green?",
        "What is used for the lamp?",
        "What is John's profession?",
        "Is it red or green?",
        "What two ships sank?",
        "gulls",
        "",
    ],
    Form.DEFINITION: [
        "What is a berth?",
        "What is photosynthesis?",
        "what is iCET",
        "What's a 2+2 meeting?",
        "What is the Quad?",
        "What are enzymes?",
        "What does mooring mean?",
        "What do you mean by mooring?",
        "What is meant by a two-state solution?",
        "What is the meaning of mooring?",
        "Define mooring.",
        "Please explain the tide.",
    ],
    Form.REASON: [
        "Why is the lantern green?",
        "why?",
        "What is the reason for the green lantern?",
        "For what reason was it closed?",
        "How come the gate is shut?",
        "In winter, why does the gate close early?",
    ],
    Form.MANNER: [
        "How do I register a boat?",
        "How does the lock work?",
        "How can a permit be renewed?",
        "How to tie a knot",
        "How is a permit renewed?",
        "Tell me how boats are lifted.",
        "What is the procedure for renewing a permit?",
        "What are the steps to register a boat?",
    ],
    Form.DECISION: [
        "Is the pier open on Sundays?",
        "Are dogs allowed?",
        "Does the keeper live in the tower?",
        "Can boats with engines enter the basin?",
        "Has the harbour a crane?",
        "Isn't the gate closed at night?",
        "Must I show a passport?",
    ],
    Form.LIST: [
        "Which countries hold meetings with India?",
        "Which documents are needed?",
        "Which emerging technologies did the ministers name?",
        "What documents do I need?",
        "What other fees are there?",
        "What are the opening hours?",
        "What are the requirements for a permit?",
        "What are the types of berth tickets?",
        "Who are the members of the council?",
        "Who are India's 2+2 partners?",
        "Name the members of the council.",
        "List all fees.",
        "Give me a list of the fees.",
        "In which harbours are dogs allowed?",
    ],
}


@pytest.mark.parametrize(
    ("form", "question"), [(form, question) for form, questions in QUESTIONS.items() for question in questions]
)
def test_the_form_that_a_question_asks_for(form: Form, question: str) -> None:
    assert expected_form(question) is form


def test_every_form_is_tried() -> None:
    assert QUESTIONS.keys() == set(Form)


@given(st.text(max_size=80))
def test_every_text_has_a_form(text: str) -> None:
    assert expected_form(text) in Form
