"""A reply as plain text: each quotation is where it is said to be, and nothing is said but places and numbers."""

from library import BERTH, PENNANT, UNANSWERED
from qa.engine import Engine
from qa.text.telling import tell
from qa.types import Answer


def test_an_answer_is_its_words_and_its_quotations(engine: Engine) -> None:
    reply = engine.ask(PENNANT).reply
    assert isinstance(reply, Answer)

    told = tell(reply, url=lambda citation: f"https://x/{citation.document_id}")

    assert [span.of(told.text) for span in told.quotes] == [citation.quote for citation in reply.citations]
    first = reply.citations[0]
    place = f"Signals 😀 — letters/café signals.txt, characters {first.span.start}–{first.span.end}"
    assert told.text.startswith(f"{reply.text}\n\n[1] “{first.quote}”\n{place}\nhttps://x/{first.document_id}")


def test_lines_can_be_indented(engine: Engine) -> None:
    reply = engine.ask(BERTH).reply
    assert isinstance(reply, Answer)

    lines = tell(reply, indent="    ").text.splitlines()

    assert [line for line in lines if line.startswith("[")] == [
        f"[{number}] “{citation.quote}”" for number, citation in enumerate(reply.citations, start=1)
    ]
    assert all(
        line.startswith("    Harbour rules")
        for line in lines[lines.index(f"[1] “{reply.citations[0].quote}”") + 1 :: 2]
    )


def test_an_abstention_says_why(engine: Engine) -> None:
    reply = engine.ask(UNANSWERED).reply
    assert not isinstance(reply, Answer)

    told = tell(reply)

    assert (told.text, told.quotes) == (f"Not in these documents. {reply.reason}", ())
