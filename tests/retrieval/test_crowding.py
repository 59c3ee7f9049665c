"""Copies and one-sidedness step back; nothing is lost, and what says something new keeps its order."""

import re
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.retrieval.crowding import uncrowded
from qa.types import Passage, Span
from strategies import passage_of


@dataclass(frozen=True)
class Item:
    """A found passage, called by a name."""

    name: str
    passage: Passage


def item(name: str, *sentences: str, path: str = "", headings: tuple[str, ...] = ()) -> Item:
    spans, start = [], 0
    for sentence in sentences:
        spans.append(Span(start, start + len(sentence)))
        start += len(sentence) + 1
    passage = passage_of(" ".join(sentences), path=path or f"{name}.txt", sentences=spans, headings=headings)
    return Item(name, passage)


def names(found: list[Item], limit: int) -> str:
    return "".join(one.name for one in uncrowded(found, limit))


ONE, TWO, SIX = "One is “one”.", "Two is two.", "Six is six."


def test_a_passage_that_says_nothing_new_steps_back() -> None:
    found = [item("a", ONE, TWO), item("b", ONE, TWO), item("c", TWO, ONE), item("d", TWO, SIX), item("e", SIX)]
    assert names(found, 5) == "adbce"  # the cap of one document plays no part
    assert names(found, 2) == "ad"


def test_quotation_marks_case_and_spaces_make_no_new_sentence_but_values_do() -> None:
    found = [item("a", ONE), item("b", 'ONE is  "one".'), item("c", "One is “1”."), item("d", "One is “-1”.")]
    assert names(found, 4) == "acdb"


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_is_read_as_every_other_text(text: str) -> None:
    # “é” in it leads another way.
    for sentence in (text, f"{text}é"):
        said = item("a", f"One {sentence}")
        again = item("b", "ONE \n'" + re.sub(r"[^\w%$+.,-]", ' " ', sentence) + "'")
        new = item("c", f"Two {sentence}")
        assert names([said, again, new], 3) == "acb"


@pytest.mark.parametrize("other", ["", "é"])
def test_signs_that_carry_a_value_make_a_new_sentence(other: str) -> None:
    plain, signs = item("a", f"It was 5 6{other}"), "_%$+.,-"
    found = [plain, *(item(sign, f"It was 5 {sign}6{other}") for sign in signs), item("b", f"It was 5 (6{other}")]
    assert names(found, 9) == f"a{signs}b"
    assert [one.name for one in uncrowded([plain, found[-1], found[1]], 2)] == ["a", signs[0]]


def test_the_same_words_under_another_heading_say_something_else() -> None:
    found = [item("a", ONE, headings=("Winter",)), item("b", ONE, headings=("Summer",)), item("c", ONE)]
    assert names([*found, item("d", TWO)], 4) == "abcd"
    assert names([*found, item("d", ONE), item("e", TWO)], 4) == "abce"


def test_the_same_cells_under_another_head_say_something_else() -> None:
    def table(name: str, *heads: str) -> Item:
        one = item(name, ONE, TWO)
        return replace(one, passage=replace(one.passage, headers=heads))

    found = [table("a", "Year", "Sum"), table("b", "YEAR", "Sum"), table("c", "Year", "Year"), item("d", ONE, TWO)]
    assert names([*found, item("e", SIX)], 5) == "acdeb"


def test_one_document_takes_all_but_one_of_eight_places_while_others_have_something_to_say() -> None:
    stuffed = [item(name, f"{name} says so.", path="stuffed.txt") for name in "abcdefgh"]
    assert names([*stuffed, item("x", ONE), item("y", TWO), item("z", SIX)], 8) == "abcdefgx"
    assert names([*stuffed[:6], item("x", ONE)], 8) == "abcdefx"
    assert names(stuffed, 8) == "abcdefgh"
    assert names([*stuffed, item("x", ONE)], 1) == "a"


@given(st.lists(st.tuples(st.sampled_from([ONE, TWO, SIX]), st.sampled_from("pqr")), max_size=12), st.integers(1, 14))
def test_nothing_is_lost_and_the_best_stays_first(parts: list[tuple[str, str]], limit: int) -> None:
    found = [item(str(number), text, path=path) for number, (text, path) in enumerate(parts)]
    chosen = uncrowded(found, limit)
    assert len(chosen) == min(limit, len(found)) == len({one.name for one in chosen})
    assert chosen[:1] == found[:1]
    assert {one.name for one in uncrowded(found, len(found))} == {one.name for one in found}
