"""Codes are one word however they are punctuated, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text import codes as module
from qa.text.codes import codes, names_like_stop_words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The F-35 flies.", {"F-35": "f35"}),
        ("F–35 and F‑35", {"F–35": "f35", "F‑35": "f35"}),
        ("2+2 is not 22", {"2+2": "2x2"}),
        ("ISO 27001:2022", {"27001:2022": "27001x2022"}),
        ("COVID-19 in G-20 states", {"COVID-19": "covid19", "G-20": "g20"}),
        ("1,200 of 12,345,678", {"1,200": "1200", "12,345,678": "12345678"}),
        ("version v1.2.3, at 10:30", {"v1.2.3": "v1x2x3", "10:30": "10x30"}),
        ("the U.S. and the U.S.A.", {"U.S.": "us", "U.S.A.": "usa"}),
        ("re-use, long-term and/or e-mail", {}),
        ("12,34 or 1,2000 and a, b", {}),
        ("F35 and 2018", {}),
        ("ends with a year 2018. Then", {}),
        ("Größe Ä-5", {"Ä-5": "ä5"}),
        ("", {}),
    ],
)
def test_codes(text: str, found: dict[str, str]) -> None:
    assert codes(text) == found


@given(st.text("aF5²_-–.,+:/ \n\u2009", max_size=30))
def test_the_short_cut_finds_what_the_pattern_finds(text: str) -> None:
    assert list(module._tokens(text)) == module._TOKEN.findall(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Does the US trust the WHO?", {"us", "who"}),
        ("WHO ARE WE", set()),
        ("who are we, I ask", set()),
        ("The F35, NOT this AND that", set()),
    ],
)
def test_names_like_stop_words(text: str, found: set[str]) -> None:
    assert names_like_stop_words(text) == found
