"""Splitting loses nothing, and sentences end where a reader of English or Chinese would say they do."""

import re
import time

import pytest
from hypothesis import given

from qa.text.sentences import sentence_spans, split_sentences
from strategies import texts


@given(texts())
def test_the_parts_joined_are_the_text(text: str) -> None:
    parts = split_sentences(text)
    assert "".join(parts) == text
    assert all(parts)


@given(texts())
def test_spans_hold_every_character_but_white_space(text: str) -> None:
    spans = sentence_spans(text)
    held = [position for span in spans for position in range(span.start, span.end)]
    assert held == sorted(set(held))
    assert {position for position, char in enumerate(text) if not char.isspace()} <= set(held)
    assert all(span.of(text) == span.of(text).strip() for span in spans)


# Sentences are set apart by "|", which stands for the white space between them where there is any.
CASES = [
    "Mr. Smith met Dr. Jones. |They spoke.",
    "Prof. Ada and Gen. Lee agreed. |Then they left.",
    "See Fig. 3 and No. 5. |The rest follows.",
    "Tea vs. Coffee was the theme. |Tea won.",
    "St. John's is a town. |Go there.",
    "Some, e.g. Finns, i.e. people of the north, ski. |Others do not.",
    "A note follows.¹² |The text goes on.",
    "J. R. R. Tolkien wrote it. |He died in 1973.",
    "It was A. Einstein. |He won.",
    "It holds vitamin C. |The rest is water.",
    "The U.S. Navy sailed. |It won.",
    "He lives in the U.S. |He works there.",
    "U.K. Government lawyers acted. |They lost.",
    "At 5 p.m. |He left.",
    "At 5 p.m. Monday it began. |At 6 it ended.",
    "The meeting at 10 a.m. was short. |It ended.",
    "Apples, pears, etc. |The end.",
    "Apple Inc. Chairman Levinson spoke. |All listened.",
    "It ended in Jan. |The rest is history.",
    "Jan. 5 was cold. |Then it grew warm.",
    "He got a Ph.D. |In 1999 he left.",
    "It cost 3.14 dollars. |That is little.",
    "Version 2.0.1 is out. |Get it.",
    "It fell in 2018. |Later it rose.",
    "Ask Hello.World or a.b/c.html now. |Then wait.",
    "He said “Stop.” |Then he left.",
    '"Why?" he asked. |She left.',
    '"Why?" |He left.',
    "(It was so.) |Then it came.",
    "He left [1]. |She stayed.",
    "She called “Come!” and went. |Nobody came.",
    "Wait… |What? |Yes! |Really?! |Oh.",
    "So it went ... on and on. |Then it stopped.",
    "¿Qué? |¡Sí! |Bien.",
    "First line.\n|Second line.",
    "1. First do this. |Then do that.",
    "3. Go.\n|4. Stop.",
    "これは文です。|次の文です。",
    "「はい。」|と言った。|終わり",
    "他说：“你好！”|然后走了。|再见。",
    "今天 3.5 度。 |很冷！",
    "他说“好。”|她走了．|第３．５页。|完",
    "यह घाट है। |वह जला था॥ |अंत",
    "هل وصل؟ |نعم۔ |انتهى",
    "no end",
    "It is a work of art. |The museum bought it.",
    "The answer is no. |We leave.",
]


@pytest.mark.parametrize("marked", CASES)
def test_sentences_end_where_they_end(marked: str) -> None:
    text = marked.replace("|", "")
    parts = [part.strip() for part in marked.split("|")]
    assert [span.of(text) for span in sentence_spans(text)] == parts
    assert split_sentences(text) == re.findall(r"[^|]+", marked)


@pytest.mark.parametrize("text", ["", " ", "\r\n\t", "\u2003"])
def test_white_space_has_no_sentence(text: str) -> None:
    assert sentence_spans(text) == []
    assert "".join(split_sentences(text)) == text


def test_splitting_twice_changes_nothing() -> None:
    for marked in CASES:
        for part in split_sentences(marked.replace("|", "")):
            assert split_sentences(part) == [part]


@pytest.mark.parametrize("text", ["It is so. " * 100_000, "." * 20_000 + "x"], ids=["one paragraph", "dots"])
def test_the_time_grows_with_the_length_only(text: str) -> None:
    start = time.process_time()
    split_sentences(text)
    assert time.process_time() - start < 3
