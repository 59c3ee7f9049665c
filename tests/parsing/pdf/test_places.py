"""The compact form of the places gives back every source, whatever the order of the glyphs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.parsing.pdf.glyphs import MAX_PAGE_CHARACTERS
from qa.parsing.pdf.places import pack, unpack
from qa.parsing.pdf.text import NOWHERE, place_of, source_of
from qa.types import Span

SOURCES = st.lists(
    st.one_of(
        st.just([NOWHERE]),
        st.tuples(st.integers(1, 3), st.integers(0, MAX_PAGE_CHARACTERS), st.integers(1, 6)).map(
            lambda run: [source_of(run[0], run[1] + step) for step in range(run[2])]
        ),
    ),
    min_size=1,
).map(lambda runs: [source for run in runs for source in run])


def placed(sources: list[int], offset: int) -> tuple[int, int] | None:
    """Page and glyph of a character: its own, or for a gap the one glyph that is left out between its neighbours."""
    if sources[offset] != NOWHERE:
        return place_of(sources[offset])
    around = [place_of(source) for source in sources[max(0, offset - 1) : offset + 2] if source != NOWHERE]
    if len(around) < 2 or around[1] != (around[0][0], around[0][1] + 2):
        return None
    return around[0][0], around[0][1] + 1


@given(SOURCES, st.data())
def test_every_painted_character_of_a_span_comes_back_in_order(sources: list[int], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sources) - 1))
    end = data.draw(st.integers(start + 1, len(sources)))
    places = [placed(sources, offset) for offset in range(start, end)]
    assert unpack(pack(sources), Span(start, end)) == [place for place in places if place is not None]


def test_a_space_that_has_a_glyph_belongs_to_its_line() -> None:
    sources = [source_of(1, 4), NOWHERE, source_of(1, 6), NOWHERE, source_of(1, 9)]
    assert unpack(pack(sources), Span(0, 5)) == [(1, 4), (1, 5), (1, 6), (1, 9)]
    assert len(pack([source_of(1, number) for number in range(10_000)])) < 40


def test_a_span_past_the_end_is_refused() -> None:
    with pytest.raises(ValueError, match="runs past the end of a text of 2"):
        unpack(pack([NOWHERE, NOWHERE]), Span(1, 3))
