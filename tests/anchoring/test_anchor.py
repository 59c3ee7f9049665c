"""Words are found again in a text that was edited at random; the truth is known, as every sentence has an identity."""

import hashlib
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.anchoring import anchor as module
from qa.anchoring.anchor import LEAST_TELLING, MAX_PLACES, Anchor, Found, find, gap
from qa.anchoring.fingerprint import fingerprint
from qa.anchoring.seal import Seal
from qa.text.selectors import CONTEXT
from qa.types import Span

SENTENCES = st.sampled_from(
    [
        "Yes.",
        "It costs twelve crowns.",
        "The heron 🙂 waits in the shallow water.",
        "Zoe\u0301 raises the red pennant at noon, and nobody in the harbour knows why she does.",
        "aaaa",
        "aa",
    ]
)
GAPS = st.sampled_from([" ", "\n\n", "\n"])


@dataclass(frozen=True)
class Sentence:
    """A sentence that is told from its equals by `name`; the gap stands after it."""

    name: int
    words: str
    gap: str


def joined(sentences: list[Sentence]) -> str:
    return "".join(sentence.words + sentence.gap for sentence in sentences)


def place_of(sentences: list[Sentence], name: int) -> Span | None:
    starts = accumulate((len(each.words + each.gap) for each in sentences), initial=0)
    for start, sentence in zip(starts, sentences, strict=False):
        if sentence.name == name:
            return Span(start, start + len(sentence.words))
    return None


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[Sentence], int, list[Sentence]]:
    """Sentences, the name of the one that is quoted, and the same after some edits; an edited one gets a new name."""
    pairs = draw(st.lists(st.tuples(SENTENCES, GAPS), min_size=1, max_size=9))
    before = [Sentence(name, words, gap) for name, (words, gap) in enumerate(pairs)]
    after = list(before)
    for name in range(100, 100 + draw(st.integers(0, 5))):
        place = draw(st.integers(0, max(0, len(after) - 1)))
        edit = draw(st.sampled_from(["insert", "delete", "change", "swap"]))
        if edit == "insert":
            after.insert(place, Sentence(name, draw(SENTENCES), draw(GAPS)))
        elif after and edit == "delete":
            del after[place]
        elif after and edit == "change":
            after[place] = Sentence(name, after[place].words[:-1] + draw(st.sampled_from("?!")), after[place].gap)
        elif after:
            other = draw(st.integers(0, len(after) - 1))
            after[place], after[other] = after[other], after[place]
    return before, draw(st.integers(0, len(before) - 1)), after


def anchors(text: str, span: Span) -> dict[str, Anchor]:
    """What may be known of a quotation: its seal, its words with what stood around them, or both."""
    seal = Seal.of(text, span, text_sha256=hashlib.sha256(text.encode()).hexdigest())
    words: dict[str, Any] = {
        "exact": span.of(text),
        "prefix": text[max(0, span.start - CONTEXT) : span.start],
        "suffix": text[span.end : span.end + CONTEXT],
    }
    return {
        "seal": Anchor(span=span, seal=Seal.read(str(seal))),
        "words": Anchor(span=span, **words),
        "both": Anchor(span=span, seal=seal, **words),
    }


def around(text: str, span: Span) -> tuple[str, str]:
    return text[max(0, span.start - CONTEXT) : span.start], text[span.end : span.end + CONTEXT]


@given(edited())
def test_a_place_that_is_found_is_the_true_one_or_cannot_be_told_from_it(
    texts: tuple[list[Sentence], int, list[Sentence]],
) -> None:
    before, name, after = texts
    old, text = joined(before), joined(after)
    then, truth = place_of(before, name), place_of(after, name)
    assert then is not None
    words = then.of(old)
    places = [start for start in range(len(text)) if text.startswith(words, start)]
    alone_then = sum(old.startswith(words, start) for start in range(len(old))) == 1

    there = around(old, then)
    sides = [around(text, Span(start, start + len(words))) for start in places]
    fitting = [prefix.endswith(there[0]) and suffix.startswith(there[1]) for prefix, suffix in sides]

    for kind, anchor in anchors(old, then).items():
        found = find(text, anchor)
        assert found.places == len(places)
        if found.span is not None:
            assert found.span.of(text) == words
            assert sum(fitting) < 2, "of several that fit none is chosen"
            only = len(places) == 1 and (alone_then or (kind == "words" and len(words) >= LEAST_TELLING))
            assert found.span == truth or fitting[places.index(found.span.start)] or only
        if truth is not None and alone_then and len(places) == 1 and kind != "words":
            assert found.span == truth, "words that stood and stand there once are always found"
        if truth is not None and all(there) and sum(fitting) == 1 and fitting[places.index(truth.start)]:
            assert found.span == truth, "so are words that alone have those around them"


@given(edited())
def test_a_seal_finds_what_the_words_find(texts: tuple[list[Sentence], int, list[Sentence]]) -> None:
    before, name, after = texts
    then = place_of(before, name)
    assert then is not None
    found = anchors(joined(before), then)

    assert find(joined(after), found["seal"]) == find(joined(after), found["both"])


OLD = (
    "Fees are as follows for all of the boats. Yes. They are paid at once. Lights are out by ten at night. Yes. Really."
)
FIRST, SECOND = Span(42, 46), Span(102, 106)


def test_equal_words_are_told_apart_by_what_stands_around_them() -> None:
    assert [OLD[span.start : span.end] for span in (FIRST, SECOND)] == ["Yes.", "Yes."]
    new = "New. " + OLD
    for anchor in anchors(OLD, SECOND).values():
        assert find(new, anchor) == Found(SECOND.shift(5), 2)


def test_the_twin_of_a_deleted_sentence_is_not_taken_for_it() -> None:
    new = OLD[:42] + OLD[47:]
    assert new.count("Yes.") == 1
    for anchor in anchors(OLD, FIRST).values():
        assert find(new, anchor) == Found(None, 1)


def test_equal_places_that_nothing_tells_apart_are_not_chosen_from() -> None:
    new = OLD + "\n" + OLD
    for anchor in anchors(OLD, FIRST).values():
        assert find(new, anchor) == Found(None, 4)


def test_long_words_without_surroundings_must_stand_there_once() -> None:
    words = "The berth by the northern pier costs twelve crowns a day."
    alone = Anchor(exact=words)

    assert len(words) >= LEAST_TELLING
    assert find(f"New. {words} More.", alone) == Found(Span(5, 5 + len(words)), 1)
    assert find(f"{words} {words}", alone) == Found(None, 2)
    assert find("Yes. It is.", Anchor(exact="Yes.")) == Found(None, 1)
    assert find("", alone) == Found(None, 0)


def test_only_letters_count_not_their_likeness() -> None:
    anchor = Anchor(exact="Zoe\u0301 raises the red pennant at noon.")
    assert find("Zo\u00e9 raises the red pennant at noon.", anchor) == Found(None, 0)


def test_words_that_were_taken_out_leave_a_gap() -> None:
    anchor = Anchor(exact="Gone.", prefix="stood before. ", suffix="\n\nAfter that")

    assert gap("What stood before.\n\nAfter that.", anchor)
    assert not gap("What stood before. Changed.\n\nAfter that.", anchor)
    assert not gap("What stood before. After that. It stood before.", anchor), "twice is not sure"
    assert not gap("Something else.", anchor)
    assert not gap("What stood before.", Anchor(exact="x", prefix="stood before."))


@pytest.mark.parametrize("size", [3, 40, 5_000])
def test_hostile_repeats_are_not_told_apart_and_cost_little(size: int) -> None:
    old = "a" * 60_000
    then = Span(30_000, 30_000 + size)
    new = "a" * 59_000
    for anchor in anchors(old, then).values():
        assert find(new, anchor) == Found(None, MAX_PLACES + 1)


def test_a_seal_looks_at_a_few_false_places_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text made to have the right fingerprint everywhere cannot make it hash without end."""
    looked: list[str] = []
    proves = Seal.proves

    def counting(seal: Seal, words: str) -> bool:
        looked.append(words)
        return proves(seal, words)

    monkeypatch.setattr(Seal, "proves", counting)
    monkeypatch.setattr(module, "fingerprinted", lambda text, length, wanted: iter(range(len(text) - length)))
    seal = Seal.of("x" * 100, Span(40, 50), text_sha256="00" * 32)

    assert find("y" * 10_000, Anchor(span=Span(40, 50), seal=seal)) == Found(None, 0)
    assert len(looked) == module.MAX_FALSE


def test_a_stretch_longer_than_a_request_is_only_looked_at_where_it_stood() -> None:
    old = "".join(f"{number} " for number in range(9_000))
    long = Span(0, module.MAX_SEALED + 1)
    seal = Seal.of(old, long, text_sha256="00" * 32)

    assert find(old + "more", Anchor(span=long, seal=seal)).span == long
    assert find("x" + old, Anchor(span=long, seal=seal)).span is None
    assert fingerprint(long.of(old)) == seal.fingerprint


def test_an_anchor_without_words_needs_seal_and_place() -> None:
    with pytest.raises(ValueError, match="needs the words"):
        Anchor(span=Span(0, 1))
    with pytest.raises(ValueError, match="needs the words"):
        Anchor(seal=Seal.of_words("x", text_sha256=""))
