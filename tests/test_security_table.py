"""docs/security.md keeps its word: every id is there, and every test that it names."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TABLE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
_ROW = re.compile(r"^\| ([A-Z][0-9]+)?[^|]*\|[^|]*\|[^|]*\| (.*) \|$", re.M)
_NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")
NAMED = sorted({found for row in _ROW.finditer(TABLE) for found in _NAMED.findall(row.group(2))})
IDS = {match.group(1) for match in _ROW.finditer(TABLE)} - {None}


def test_every_id_has_a_row() -> None:
    assert {f"W{number}" for number in range(1, 21)} | {f"T{number}" for number in range(1, 6)} | {"P1", "C1"} <= IDS


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_is_there(path: str, name: str) -> None:
    source = (ROOT / "tests" / path).read_text(encoding="utf-8")
    assert re.search(rf"^(async )?def {name or 'test_'}", source, re.M)


@pytest.mark.parametrize(
    ("prefix", "last", "path"), [("p", 15, "test_parsing_attacks.py"), ("c", 7, "test_corpus_attacks.py")]
)
def test_the_ids_that_share_a_row_have_a_test_each(prefix: str, last: int, path: str) -> None:
    source = (ROOT / "tests" / "attacks" / path).read_text(encoding="utf-8")
    named = set(re.findall(rf"_{prefix}(\d+)(?=_)", source))
    assert {str(number) for number in range(1, last + 1)} <= named


LEVEL_1 = {
    "V1": "2.1 2.2 2.3 2.4 2.5 3.1 3.2 5.1", "V2": "1.1 2.1 2.2 3.1", "V3": "2.1 2.2 3.1 4.1 4.2 5.1 5.2 5.3",
    "V4": "1.1 4.1", "V5": "2.1 2.2 3.1 3.2", "V6": "1.1 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 3.1 3.2 4.1 4.2",
    "V7": "2.1 2.2 2.3 2.4 4.1 4.2", "V8": "1.1 2.1 2.2 3.1", "V9": "1.1 1.2 1.3 2.1", "V11": "3.1 3.2 4.1",
    "V12": "1.1 2.1 2.2", "V13": "4.1", "V14": "2.1 3.1", "V15": "1.1 2.1 3.1",
}  # fmt: skip
"""The requirements of level 1; those of chapter 10 (OAuth servers) share a row."""


def test_the_standard_s_first_level_is_gone_through_whole() -> None:
    asvs = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (V[\d.–V]+) \|[^|]+\| (met|no|n/a|operator) \| ([^|]+) \|$", asvs, re.M)

    asked = [f"{chapter}.{number}" for chapter, numbers in LEVEL_1.items() for number in numbers.split()]
    assert len(asked) + 5 == 70
    assert sorted(one for one, _, _ in rows) == sorted([*asked, "V10.4.1–V10.4.5"])
    for _, _, shown in rows:
        for path in re.findall(r"`((?:service|architecture|index)/test_\w+\.py)`", shown):
            assert (ROOT / "tests" / path).is_file()
        for attack in re.findall(r"\b([WTPC]\d+)\b", shown):
            assert attack in IDS or attack[0] in "PC"
