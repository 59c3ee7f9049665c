"""A short list item that ends in a colon is the name of a section."""

import pytest

from qa.parsing.labels import LABEL_LEVEL, label_name


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ("Maritime security:", "Maritime security"),
        ("  Trade :  ", "Trade"),
        ("贸易：", "贸易"),
        ("one two three four five six seven eight:", "one two three four five six seven eight"),
        ("2+2 (2018):", "2+2 (2018)"),
        ("Phase 1: results:", "Phase 1: results"),
        ("one two three four five six seven eight nine:", None),
        ("Maritime security", None),
        ("Security: ships", None),
        ("Really?:", None),
        ("So it ended.:", None),
        (":", None),
        (" : ", None),
        ("", None),
    ],
)
def test_label_names(item: str, name: str | None) -> None:
    assert label_name(item) == name


def test_labels_stand_below_all_heading_levels() -> None:
    assert LABEL_LEVEL > 6
