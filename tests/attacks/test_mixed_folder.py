"""A thousand mixed files with fifty broken ones: 950 are indexed, 50 are listed with their reasons."""

import tempfile
from pathlib import Path

from docx_maker import docx, p
from fuzz import SEEDS, mutated
from ingest import GOOD, ingest
from pdf_maker import Page, pdf
from shelf import Shelf
from xlsx_maker import xlsx

FILES, BROKEN = 1000, 50
PER_FORMAT = 2000
"""Mutated files of each format in one build; `make torture` has the long size."""


def good(number: int) -> tuple[str, bytes]:
    """A small file in one of six formats, with its number in its words."""
    words = f"Lamp {number} hangs at the end of the pier."
    kinds = {
        ".txt": words.encode(),
        ".md": f"# Lamp\n\n{words}\n".encode(),
        ".html": f"<h1>Lamp</h1><p>{words}</p>".encode(),
        ".docx": docx(p(words)),
        ".pdf": pdf(Page().text(72, 700, words)),
        ".csv": f"Name,Words\nLamp,{words}\n".encode(),
    }
    suffix = list(kinds)[number % len(kinds)]
    return f"{number}{suffix}", kinds[suffix]


def broken(number: int) -> tuple[str, bytes]:
    """A file that cannot be read, in one of six ways."""
    whole = docx(p("words"))
    ways = {
        ".txt": b"caf\xe9",
        ".docx": whole[: len(whole) // 2],
        ".pdf": b"%PDF-1.4\nnothing",
        ".html": b"<div>" * 3000,
        ".xlsx": xlsx({"One": [["a"]]})[:100],
        ".md": b"\0\0",
    }
    suffix = list(ways)[number % len(ways)]
    return f"broken{number}{suffix}", ways[suffix]


def test_of_a_thousand_files_fifty_are_listed_as_broken_with_reasons(tmp_path: Path) -> None:
    files = dict(good(n) for n in range(FILES - BROKEN - len(GOOD)))
    spoilt = dict(broken(n) for n in range(BROKEN))

    done = ingest(Shelf(tmp_path), {**files, **spoilt}, readers=2)

    skipped = {path for path, record in done.records.items() if record.reason}
    assert skipped == set(spoilt)
    assert len(done.texts) == FILES - BROKEN
    assert all(path in str(done.reason(path)) for path in spoilt)
    assert all(f"Lamp {path.partition('.')[0]} hangs" in done.texts[path] for path in files)


def test_mutated_files_of_every_format_are_indexed_or_skipped_with_a_reason() -> None:
    files = {f"{suffix[1:]}/{n}{suffix}": mutated(suffix, n) for suffix in SEEDS for n in range(PER_FORMAT)}

    with tempfile.TemporaryDirectory() as folder:  # pytest would keep these files for the next three runs
        done = ingest(Shelf(Path(folder)), files, readers=2)

    assert set(done.records) == {*files, *GOOD}
    assert all(done.texts[path] for path in files if done.reason(path) is None)
    for suffix in SEEDS:
        reasons = [done.reason(path) for path in files if path.endswith(suffix)]
        assert PER_FORMAT // 10 < reasons.count(None) < PER_FORMAT, f"mutants of {suffix} go both ways"
