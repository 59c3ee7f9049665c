"""What passages cover of a question: by hand, and against the plain way, with sets of words."""

from collections.abc import Iterable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.coverage import coverages, packed

Wording = tuple[Sequence[str], Sequence[Sequence[str]]]
TERM = st.sampled_from(["heron", "reed", "ton", "4200", "f35", "étang", "日本", "nest"])
UNIT = st.lists(TERM, max_size=6)
WORDING = st.tuples(UNIT, st.lists(UNIT, min_size=1, max_size=5))


def plain(weights: Mapping[str, float], wording: Wording) -> tuple[float, float]:
    """By sets of words."""
    above, units = wording

    def share(held: Iterable[str]) -> float:
        return sum(weight for term, weight in weights.items() if term in set(held)) / sum(weights.values())

    return share([*above, *(term for unit in units for term in unit)]), max(share([*above, *unit]) for unit in units)


def test_by_hand() -> None:
    first = packed(["bird"], [["heron", "reed"], [], ["nest"]])
    second = packed([], [["heron"]])
    # Of the first passage a heading and the third unit together hold 1 + 4 of 8, all of it 1 + 2 + 4.
    assert coverages({"bird": 1, "heron": 2, "nest": 4, "tide": 1}, [first, second]) == [(7 / 8, 5 / 8), (2 / 8, 2 / 8)]


def test_the_numbers_are_those_that_indexes_hold() -> None:
    # CRC-32 of "heron" and "nest"; the lowest byte first, zero after each unit.
    assert packed(["heron"], [["nest"], []]) == bytes.fromhex("a94b827c 00000000 f7c9dbe7 00000000 00000000")


@given(st.dictionaries(TERM, st.floats(0.01, 20), min_size=1), st.lists(WORDING, max_size=6))
def test_as_sets_of_words_say(weights: dict[str, float], wordings: list[Wording]) -> None:
    found = coverages(weights, [packed(*wording) for wording in wordings])
    assert found == [pytest.approx(plain(weights, wording), abs=1e-12) for wording in wordings]


@given(st.dictionaries(TERM, st.floats(0.01, 20), min_size=1), st.lists(WORDING, min_size=1, max_size=6))
def test_none_depends_on_those_beside_it(weights: dict[str, float], wordings: list[Wording]) -> None:
    kept = [packed(*wording) for wording in wordings]
    assert coverages(weights, kept) == [coverages(weights, [one])[0] for one in kept]


def test_a_question_without_terms_is_covered_by_nothing() -> None:
    assert coverages({}, [packed(["heron"], [["heron"]])]) == [(0.0, 0.0)]
    assert coverages({"heron": 0.0}, [packed(["heron"], [["heron"]])]) == [(0.0, 0.0)]
    assert coverages({"heron": 1.0}, []) == []


def test_a_term_whose_number_would_be_the_end_of_a_unit_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.text.coverage.crc32", {b"heron": 0, b"nest": 7}.__getitem__)
    assert coverages({"heron": 1.0}, [packed([], [["heron"], []]), packed([], [["nest"]])]) == [(1.0, 1.0), (0.0, 0.0)]
