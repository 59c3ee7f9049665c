"""The packed places give back the rectangle of every painted character, and those of one line put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.boxes import MOST_TOGETHER, SCALE, PageSize, Painted, Rectangle, boxes_of, check_places, pack
from qa.types import PageBoxes, Span

PAGES = [PageSize(1, 612 * SCALE, 792 * SCALE), PageSize(2, 792 * SCALE, 612 * SCALE), PageSize(9, 10, 20)]
EDGE = st.integers(-20_000, 20_000)
RECTANGLES = st.tuples(EDGE, EDGE, st.integers(1, 9000), st.integers(1, 9000)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)
PAINTED = st.lists(st.one_of(st.none(), st.tuples(st.sampled_from(PAGES), RECTANGLES)), min_size=1, max_size=30)


def flat(found: tuple[PageBoxes, ...]) -> list[tuple[int, tuple[float, ...]]]:
    return [(page.page, tuple(box)) for page in found for box in page.boxes]


@given(PAINTED)
def test_every_single_character_comes_back_with_its_page(characters: list[Painted | None]) -> None:
    places = pack(characters)
    for offset, painted in enumerate(characters):
        found = boxes_of(places, Span(offset, offset + 1))
        if painted is None:
            assert found == ()
            continue
        size, rectangle = painted
        assert flat(found) == [(size.page, tuple(edge / SCALE for edge in rectangle))]
        assert (found[0].width, found[0].height) == (size.width / SCALE, size.height / SCALE)


@given(PAINTED, st.data())
def test_a_span_covers_all_of_its_characters_and_nothing_else(
    characters: list[Painted | None], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(characters) - 1))
    end = data.draw(st.integers(start + 1, len(characters)))
    inside = [painted for painted in characters[start:end] if painted]
    found = flat(boxes_of(pack(characters), Span(start, end)))
    for size, (left, bottom, right, top) in inside:
        edges = [edge / SCALE for edge in (left, bottom, right, top)]
        assert any(
            page == size.page
            and box[0] <= edges[0]
            and box[1] <= edges[1]
            and box[2] >= edges[2]
            and box[3] >= edges[3]
            for page, box in found
        )
    for page, box in found:  # every edge of every box is one of its characters'
        for axis in range(4):
            assert box[axis] in {rectangle[axis] / SCALE for size, rectangle in inside if size.page == page}


def line(left: int, bottom: int, letters: int, page: PageSize = PAGES[0]) -> list[Painted | None]:
    """Characters of 5 by 10 points side by side."""
    return [(page, _scaled(left + 5 * place, bottom, left + 5 * place + 5, bottom + 10)) for place in range(letters)]


def _scaled(left: int, bottom: int, right: int, top: int) -> Rectangle:
    return left * SCALE, bottom * SCALE, right * SCALE, top * SCALE


def test_lines_are_told_apart_and_spaces_are_bridged() -> None:
    first, second = line(100, 700, 4), line(100, 688, 3)
    places = pack([*first, None, *line(125, 700, 2), None, *second, *line(300, 688, 1)])
    assert flat(boxes_of(places, Span(0, 12))) == [
        (1, (100, 700, 135, 710)),
        (1, (100, 688, 115, 698)),
        (1, (300, 688, 305, 698)),  # the next column
    ]
    assert flat(boxes_of(places, Span(1, 3))) == [(1, (105, 700, 115, 710))]


def test_a_line_that_runs_up_the_page_is_one_box() -> None:
    upward: list[Painted | None] = [(PAGES[0], _scaled(50, 100 + 5 * place, 60, 105 + 5 * place)) for place in range(6)]
    assert flat(boxes_of(pack(upward), Span(0, 6))) == [(1, (50, 100, 60, 130))]


def test_a_raised_digit_stays_on_its_line() -> None:
    digit: list[Painted | None] = [(PAGES[0], _scaled(120, 704, 123, 712))]
    places = pack([*line(100, 700, 4), *digit, *line(123, 700, 4)])
    assert flat(boxes_of(places, Span(0, 9))) == [(1, (100, 700, 143, 712))]


def test_a_span_over_two_pages_names_both() -> None:
    places = pack([*line(10, 20, 2), *line(10, 500, 2, PAGES[1])])
    assert [(page.page, page.width, page.height) for page in boxes_of(places, Span(0, 4))] == [
        (1, 612, 792),
        (2, 792, 612),
    ]


def test_without_places_there_are_no_boxes_and_past_the_end_is_an_error() -> None:
    assert boxes_of(b"", Span(0, 5)) == ()
    with pytest.raises(ValueError, match="runs past the end of a text of 2"):
        boxes_of(pack([None, None]), Span(1, 3))


def test_a_page_without_end_is_packed_in_stretches_and_has_one_box_a_line() -> None:
    characters = line(0, 700, 100) * (MOST_TOGETHER // 50)
    places = pack(characters)
    check_places(places, len(characters))
    edge = MOST_TOGETHER // 100 * 100
    assert flat(boxes_of(places, Span(edge, edge + 100))) == [(1, (0, 700, 500, 710))]
    assert flat(boxes_of(places, Span(len(characters) - 2, len(characters)))) == [(1, (490, 700, 500, 710))]


def test_a_book_of_even_lines_costs_under_a_tenth_of_its_text() -> None:
    characters = [found for number in range(2000) for found in line(72, 700 - number % 50 * 12, 80)]
    assert len(pack(characters)) < len(characters) / 10
