"""The bars that show how far a build is."""

import io

from qa.progress import ProgressBar


def lines(*told: tuple[str, int, int]) -> list[str]:
    """What stands in each line in the end."""
    stream = io.StringIO()
    with ProgressBar(stream) as progress:
        for one in told:
            progress(*one)
    return [line.rsplit("\r", 1)[-1].strip() for line in stream.getvalue().split("\n") if line.strip()]


def test_each_stage_has_a_bar_of_its_own() -> None:
    reading, writing = lines(
        ("reading", 0, 3), ("reading", 1, 3), ("reading", 3, 3), ("writing", 0, 2), ("writing", 1, 2)
    )
    assert reading.startswith("reading: 100%")
    assert " 3/3 " in reading
    assert writing.startswith("writing:  50%")


def test_a_stage_without_anything_to_do_leaves_the_one_before_it_as_it_was() -> None:
    """As where all vectors are known: it had set the bar of the stage before back to nothing."""
    (reading,) = lines(("reading", 0, 3), ("reading", 3, 3), ("embedding", 0, 0))
    assert reading.startswith("reading: 100%")
