"""How the builder process tells what it does. The process itself is tested with the service that starts it."""

from collections.abc import Iterator

from qa.live.child import now_and_then
from qa.live.messages import progress_line


def test_a_stage_is_told_when_it_begins_when_it_ends_and_ten_times_a_second_between() -> None:
    times: Iterator[float] = iter([5.0, 5.01, 5.09, 5.125, 5.2, 5.25, 5.3, 5.31, 5.32])
    told: list[str] = []
    progress = now_and_then(told.append, lambda: next(times))
    for done in range(7):
        progress("reading", done, 6)
    progress("writing", 0, 2)
    progress("writing", 1, 2)
    expected = [("reading", 0, 6), ("reading", 3, 6), ("reading", 5, 6), ("reading", 6, 6), ("writing", 0, 2)]
    assert told == [progress_line(*line) for line in expected]
