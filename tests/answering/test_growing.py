"""What a candidate grows into, on small Markdown documents parsed for real."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import PlainLexicalIndex
from qa.answering import growing
from qa.answering.growing import MAX_LIST_ITEMS, Grown, grow, same_list
from qa.chunking import ChunkPolicy, chunk_document
from qa.parsing.markdown import MarkdownParser
from qa.ports import LexicalEntry
from qa.text.forms import Form
from qa.text.terms import QuestionTerms
from qa.types import Block, BlockKind, Candidate, ParsedDocument, Passage, Source, Span
from strategies import count_words, document_of, documents, passage_of

HARBOUR = """# Harbour

## Boats

Gulls nest on the roof. To register a boat, follow these steps:

1. Fill in the form.
2. Show the hull.
   - Old boats need a survey.
3. Pay the fee.

The keeper waits.

## Members of the council

- The mayor
- The captain

## Challenges at sea

- **Weather:**
  - Fog hides the pier.
  - Ice closes the gate.
- **Money:**
  - Fees are low.

## Signals

The red lamp was hard to see. Therefore, a green one was put up. It was bright.

Ships carry red, green and white lamps.

| Flag | Meaning |
| ---- | ------- |
| Red  | Stop    |
| Blue | Go      |
"""
STEPS = """To register a boat, follow these steps:

Fill in the form.
Show the hull.
Old boats need a survey.
Pay the fee."""


def parsed(text: str) -> ParsedDocument:
    data = text.encode()
    source = Source(
        path="harbour.md", media_type="text/markdown", size=len(data), sha256=hashlib.sha256(data).hexdigest()
    )
    return MarkdownParser().parse(source, data)


def candidate(document: ParsedDocument, words: str) -> Candidate:
    """The candidate whose span is the first place of some words."""
    start = document.text.index(words)
    chunks = chunk_document(document, count_words, ChunkPolicy(most=64, least=32, overlap=0, child=16))
    chunk = next(chunk for chunk in chunks if chunk.span.contains(Span(start, start + len(words))))
    passage = Passage(chunk=chunk, path="harbour.md", title=document.title, text=chunk.span.of(document.text))
    return Candidate(passage=passage, span=Span(start, start + len(words)), score=1.0, reader="test")


def grown(form: Form, words: str, about: str = "", text: str = HARBOUR) -> Grown:
    """What becomes of some words when the question is about other words."""
    document = parsed(text)
    lexical = PlainLexicalIndex([LexicalEntry("", "", block.span.of(document.text)) for block in document.blocks])
    terms = QuestionTerms.of(about, lexical)
    return grow(form, candidate(document, words), document, lambda head: terms.coverage(lexical.terms(head)))


def quote(form: Form, words: str, about: str = "", text: str = HARBOUR) -> str:
    return grown(form, words, about, text).quote.of(parsed(text).text)


def answer(form: Form, words: str, about: str = "", text: str = HARBOUR) -> str:
    return grown(form, words, about, text).answer.of(parsed(text).text)


@pytest.mark.parametrize("words", ["roof", "To register", "the form", "mayor", "green and white", "Red  | Stop"[:3]])
def test_a_short_answer_stays_the_words_that_were_chosen(words: str) -> None:
    assert answer(Form.SHORT, words, "boat") == words


def test_a_short_answer_that_only_promises_a_list_is_quoted_with_it() -> None:
    text = "Leave is given for the following reasons:\n\n- A birth\n- A funeral\n"
    whole = "Leave is given for the following reasons:\n\nA birth\nA funeral"
    assert quote(Form.SHORT, "the following reasons", text=text) == whole
    assert quote(Form.SHORT, "for the following", text=text) == whole
    assert quote(Form.SHORT, "Leave", text=text) == "Leave is given for the following reasons:"


def test_a_short_answer_is_quoted_in_its_sentence() -> None:
    assert quote(Form.SHORT, "roof") == "Gulls nest on the roof."


@pytest.mark.parametrize("form", [Form.DEFINITION, Form.REASON, Form.MANNER, Form.DECISION])
def test_other_forms_are_the_whole_sentence(form: Form) -> None:
    assert answer(form, "roof") == quote(form, "roof") == "Gulls nest on the roof."


@pytest.mark.parametrize("form", [form for form in Form if form is not Form.SHORT])
def test_a_sentence_that_leads_in_a_list_is_quoted_with_it(form: Form) -> None:
    assert answer(form, "register") == quote(form, "register") == STEPS


@pytest.mark.parametrize("form", [Form.LIST, Form.MANNER])
@pytest.mark.parametrize("item", ["form", "Old boats", "Pay the fee"])
def test_a_step_is_quoted_with_all_others_when_their_head_is_what_is_asked_for(form: Form, item: str) -> None:
    assert quote(form, item, "register a boat") == STEPS


@pytest.mark.parametrize(
    ("form", "about"), [(Form.DECISION, "register boat"), (Form.REASON, "register boat"), (Form.LIST, "hull")]
)
def test_a_step_stands_alone_when_something_else_is_asked_for(form: Form, about: str) -> None:
    assert quote(form, "Show the hull", about) == "Show the hull."


def test_the_items_under_a_heading_are_a_list() -> None:
    found = grown(Form.LIST, "captain", "members of the council")

    assert found.quote.of(parsed(HARBOUR).text) == "The mayor\nThe captain"
    assert found.answer == found.quote
    assert found.left_out == 0


def test_a_list_with_labels_is_quoted_as_far_as_it_is_asked_for() -> None:
    whole = "Weather\n\nFog hides the pier.\nIce closes the gate.\n\nMoney\n\nFees are low."
    assert quote(Form.LIST, "Fog hides", "challenges at sea") == whole
    assert quote(Form.LIST, "Fog hides", "weather") == "Fog hides the pier.\nIce closes the gate."
    assert quote(Form.LIST, "Fog hides", "pier") == "Fog hides the pier."


def test_what_only_the_title_is_about_is_no_list() -> None:
    text = "# Gulls of the harbour\n\n## Rules\n\n- Ring the bell.\n- Shut the gate.\n"
    assert quote(Form.LIST, "Ring", "gulls harbour", text) == "Ring the bell."
    assert quote(Form.LIST, "Ring", "gulls harbour rules", text) == "Ring the bell.\nShut the gate."


def test_an_item_that_holds_more_of_the_question_than_its_head_stands_alone() -> None:
    items = ["Open gates close late.", "Boats come late.", "Ducks wake late."]
    text = "# A\n\n## Open gates\n\n" + "".join(f"- {item}\n" for item in items)
    assert quote(Form.LIST, "close late", "open gates late", text) == "Open gates close late."
    assert quote(Form.LIST, "close late", "open gates", text) == "\n".join(items)


def test_a_deeper_item_before_a_list_is_no_list_around_it() -> None:
    spans = (Span(0, 5), Span(6, 9), Span(10, 13))
    items = [
        Block(kind=BlockKind.LIST_ITEM, span=span, level=level) for span, level in zip(spans, (4, 0, 0), strict=True)
    ]
    document = document_of("inner\none\ntwo", *items)
    passage = passage_of(document.text, sentences=spans)

    found = grow(
        Form.LIST, Candidate(passage=passage, span=spans[1], score=1.0, reader="test"), document, lambda _: 0.5
    )

    assert found.quote == Span(6, 13)


def test_a_table_is_a_list_of_its_rows() -> None:
    assert quote(Form.LIST, "Stop", "signals") == "Flag | Meaning\nRed | Stop\nBlue | Go"
    assert quote(Form.LIST, "Stop", "red") == "Red | Stop"


def test_an_enumeration_that_was_cut_becomes_its_sentence_and_a_whole_one_stays() -> None:
    sentence = "Ships carry red, green and white lamps."
    assert answer(Form.LIST, "red, green and white lamps") == "red, green and white lamps"
    for cut in ("red", "green", "white lamps", "red, green"):
        assert answer(Form.LIST, cut, text=f"# A\n\n{sentence}\n") == sentence
    assert answer(Form.SHORT, "red", text=f"# A\n\n{sentence}\n") == "red"


def test_a_sentence_that_refers_back_is_quoted_with_the_one_before() -> None:
    both = "The red lamp was hard to see. Therefore, a green one was put up."
    assert quote(Form.REASON, "green one") == both
    assert quote(Form.REASON, "hard to see") == both
    assert quote(Form.REASON, "bright") == "It was bright."
    assert quote(Form.DECISION, "green one") == "Therefore, a green one was put up."


def test_a_long_list_is_cut_and_what_is_left_out_is_counted() -> None:
    text = "# Fees\n\nThe fees are:\n\n" + "".join(f"- fee {number}\n" for number in range(MAX_LIST_ITEMS + 5))
    found = grown(Form.LIST, "fees are", "fees", text)

    assert found.left_out == 5
    assert found.quote.of(parsed(text).text).count("\n") == MAX_LIST_ITEMS + 1
    assert found.quote.of(parsed(text).text).endswith(f"fee {MAX_LIST_ITEMS - 1}")


def test_a_list_of_long_items_is_cut_between_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "MAX_LIST_CHARACTERS", 60)
    text = "# Fees\n\nThe fees are:\n\n" + "".join(f"- a fee of {number} crowns\n" for number in range(4))

    found = grown(Form.LIST, "fees are", "fees", text)

    assert found.left_out == 2
    assert found.quote.of(parsed(text).text).endswith("a fee of 1 crowns")


def test_an_item_that_the_cut_would_leave_out_is_quoted_alone() -> None:
    text = "# Fees\n\n" + "".join(f"- item {number}\n" for number in range(MAX_LIST_ITEMS + 5))
    last = f"item {MAX_LIST_ITEMS + 4}"

    assert quote(Form.LIST, last, "fees", text) == last
    assert grown(Form.LIST, last, "fees", text).left_out == 0


def test_a_single_item_is_no_list() -> None:
    assert quote(Form.LIST, "mayor", "members", "# A\n\n## Members\n\n- The mayor sits.\n") == "The mayor sits."


def test_same_list_tells_neighbours_from_strangers() -> None:
    document = parsed(HARBOUR)

    def place(words: str) -> Span:
        start = document.text.index(words)
        return Span(start, start + len(words))

    assert same_list([place("The captain"), place("The mayor")], document)
    assert same_list([place("Red"), place("Blue")], document)
    assert not same_list([place("The captain"), place("Fog hides")], document)
    assert not same_list([place("Gulls nest"), place("Gulls nest")], document)


@given(documents(), st.sampled_from(Form), st.data())
def test_whatever_grows_is_a_slice_around_the_answer(document: ParsedDocument, form: Form, data: st.DataObject) -> None:
    chunks = chunk_document(document, count_words, ChunkPolicy(most=24, least=12, overlap=4, child=8))
    chunk = data.draw(st.sampled_from(chunks))
    unit = data.draw(st.sampled_from(chunk.sentences))
    start = data.draw(st.integers(unit.start, unit.end - 1))
    span = Span(start, data.draw(st.integers(start + 1, unit.end)))
    passage = Passage(chunk=chunk, path="a", title=document.title, text=chunk.span.of(document.text))
    share = data.draw(st.floats(0, 1))

    found = grow(
        form,
        Candidate(passage=passage, span=span, score=1.0, reader="test"),
        document,
        lambda head: share if head else 0.0,
    )

    assert found.quote.end <= len(document.text)
    assert found.quote.contains(found.answer)
    assert found.quote.contains(unit)
    assert found.answer.contains(span)
    assert found.left_out >= 0
