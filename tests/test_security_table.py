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
