"""Which rows of a page are rows of a table: those with wide gaps under one another."""

from collections.abc import Sequence

from qa.parsing.pdf.rows import CELL_GAP, SEGMENT_GAP, Row


def table_rows(rows: Sequence[Row]) -> set[int]:
    """Indices of rows in runs of at least two that have gaps under one another, wide ones in some of them."""
    found: set[int] = set()
    pairs = [
        (index, _meeting(rows[index], rows[index + 1]))
        for index in range(len(rows) - 1)
        if rows[index].bottom - rows[index + 1].bottom < 3 * max(rows[index].size, rows[index + 1].size)
    ]
    for index, meeting in pairs:
        if meeting and _is_tabular(rows[index]) and _is_tabular(rows[index + 1]):
            found.update((index, index + 1))
    for index, meeting in (*pairs, *reversed(pairs)):
        either = found & {index, index + 1}
        if either and meeting >= min(2, len(rows[min(either)].fine) - 1):
            found.update((index, index + 1))
    return found


def _is_tabular(row: Row) -> bool:
    """Whether the wide gaps of a row set cells apart; justified lines can have one by chance."""
    gaps = [right - left for left, right in row.gaps]
    words = row.text.split()
    even = max(gaps, default=0.0) < min(2 * min(gaps, default=0.0), 1.6 * row.size)
    if even and sum(any(map(str.isdigit, word)) for word in words) < 0.3 * len(words):
        return False  # a line of prose that is stretched to the width of its column
    return len(row.cells) >= 3 or bool(row.wider(1.5 * SEGMENT_GAP))


def _meeting(upper: Row, lower: Row) -> int:
    """How many gaps between cells are under another."""
    above = upper.wider(CELL_GAP)
    return sum(
        any(min(right, other_right) - max(left, other_left) > 0.3 * lower.size for other_left, other_right in above)
        for left, right in lower.wider(CELL_GAP)
    )
