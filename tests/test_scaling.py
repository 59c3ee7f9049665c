"""The cost model: its arithmetic by hand-made figures, and the pages that show its tables."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.scaling_model import (
    BUILD_CPU_S_PER_VECTOR,
    BUSY,
    CORES,
    ERRAND_CPU_S,
    HOME_CPU_S_PER_VECTOR,
    LISTS_CPU_S,
    REPLICAS,
    SPREAD,
    Line,
    Model,
    build_table,
    check_table,
    drawing,
    load,
    machine_table,
    model_of,
    replica_table,
    size_table,
    spread_table,
)

ROOT = Path(__file__).resolve().parents[1]
FOUND = load(ROOT / "benchmarks")


def size(chunks: int, **figures: float) -> dict[str, Any]:
    """A measured size: 3 vectors and 5,000 bytes a chunk, 100 MB and 1,000 bytes a chunk of memory."""
    return {
        "chunks": chunks,
        "vectors": 3 * chunks,
        "bytes": {"vectors": 4_000 * chunks, "texts": 1_000 * chunks},
        "opening CPU s": chunks / 1e5,
        "search CPU ms": 10 + chunks / 1e3,
        "answer, search known, CPU ms": 710 + chunks / 1e3,
        "own MB": 100 + chunks / 1e3,
        **figures,
    }


MODEL = model_of({"sizes": [size(1_000), size(10_000), size(100_000)]})


def test_a_line_goes_through_its_points() -> None:
    line = Line.through((1.0, 5.0), (3.0, 9.0))
    assert (line.start, line.each, line.at(10)) == (3.0, 2.0, 23.0)
    assert Line.through((1.0, 5.0), (3.0, 3.0)).at(1_000) == 4.0, "what shrinks by chance is constant"


def test_the_model_says_what_was_put_in() -> None:
    assert MODEL.question(1e6) == pytest.approx(0.7 + 0.01 + 1.0)
    assert MODEL.cores(1e6, 10) == 25  # 17.1 s of CPU a second, at 70 % of the cores: 24.4
    assert MODEL.disk.at(1e6) == pytest.approx(5e9)
    assert MODEL.memory(1e6) == pytest.approx(8 * 1.1e9 + 5e9)
    assert MODEL.machines(1e6, 10) == (2, 64)
    assert MODEL.machines(1e7, 1) == (1, 256)  # 8 processes of 10.1 GB and 50 GB of files
    assert MODEL.machines(1e9, 1) is None
    assert (BUSY, CORES) == (0.7, 16)


def test_kinds_and_builds_follow_the_vectors() -> None:
    assert [MODEL.kind(chunks) for chunks in (6_000, 7_000, 250_000, 251_000)] == [
        "exact",
        "codes",
        "codes",
        "codes in lists",
    ]
    assert MODEL.lists(250_000) == 0.0
    assert MODEL.lists(4e6 / 3) == pytest.approx(LISTS_CPU_S * 8)
    encoding = 3e5 * BUILD_CPU_S_PER_VECTOR / 16 / 3600
    assert MODEL.build_hours(1e5) == pytest.approx(encoding)


def test_nodes_share_the_reading_and_encoding_and_nothing_else() -> None:
    each = 3e5 * (BUILD_CPU_S_PER_VECTOR - HOME_CPU_S_PER_VECTOR) / 16
    home = 3e5 * HOME_CPU_S_PER_VECTOR + (1e5 / 25 + 1e5 / 64) * ERRAND_CPU_S
    assert MODEL.spread_hours(1e5, 1) * 3600 == pytest.approx(each + home)
    assert MODEL.spread_hours(1e5, 8) * 3600 == pytest.approx(each / 8 + home)
    assert MODEL.spread_hours(1e6, 10**9) * 3600 == pytest.approx(10 * home + MODEL.lists(1e6), rel=1e-4)


def test_what_does_not_grow_is_the_median_of_all_sizes() -> None:
    odd = size(10_000, **{"answer, search known, CPU ms": 5_000.0})
    assert Model.of(size(1_000), size(100_000), [size(1_000), odd, size(100_000)]).reading == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("page", "table"),
    [
        ("docs/scaling.md", size_table(model_of(FOUND))),
        ("docs/scaling.md", machine_table(model_of(FOUND))),
        ("docs/scaling.md", build_table(model_of(FOUND))),
        ("benchmarks/scaling.md", check_table(FOUND)),
        *(("benchmarks/scaling.md", replica_table(FOUND[key])) for key in REPLICAS),
        ("benchmarks/scaling.md", spread_table(FOUND[SPREAD])),
        ("benchmarks/scaling.svg", drawing(model_of(FOUND))),
    ],
    ids=["sizes", "machines", "builds", "check", "replicas", "replicas on sixteen cores", "spread builds", "drawing"],
)
def test_the_pages_show_what_the_model_says(page: str, table: str) -> None:
    assert table in (ROOT / page).read_text(encoding="utf-8")


def test_what_the_page_says_is_foretold_is_foretold_so_well() -> None:
    rows = {line.split("|")[1].strip(): float(line.split("|")[-2]) for line in check_table(FOUND).splitlines()[2:]}
    for name in ("the index on a disk, MB", "opening it, CPU s"):
        assert 0.9 <= rows[name] <= 1.1
    for name in ("memory of a process for itself, MB", "a question, CPU ms"):
        assert 1 - 1 / 8 <= rows[name] <= 1 + 1 / 8
