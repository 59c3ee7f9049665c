"""Hostile PDF files end in a refusal, in the right text, or in the death of the child process, never in a hang."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pdf_hostile
import qa


@pytest.mark.parametrize("case", sorted(pdf_hostile.CASES))
def test_hostile_files_end(case: str) -> None:
    paths = (Path(qa.__file__).parents[1], Path(pdf_hostile.__file__).parent)
    child = subprocess.run(
        [sys.executable, pdf_hostile.__file__, case],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
    )
    if child.returncode == 0:
        assert child.stdout.startswith(("refused: page.pdf ", "refused: out of memory", "read: word"))
    else:
        assert child.returncode < 0 or "MemoryError" in child.stderr, child.stderr[-2000:]
