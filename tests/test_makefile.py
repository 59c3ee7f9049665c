"""`make clean` leaves nothing of an index that a service has used, but for what users said."""

import shutil
import subprocess
from pathlib import Path

import pytest

from library import Library
from qa.journal import FILE as JOURNAL
from qa.live.shared import LOCK, REQUEST, STATE

MAKEFILE = Path(__file__).resolve().parents[1] / "Makefile"


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_clean_removes_the_index_and_keeps_the_journal(tmp_path: Path) -> None:
    library = Library.at(tmp_path)
    library.build()
    index = library.settings.index
    assert index == tmp_path / "index"
    for name in (LOCK, STATE, REQUEST, ".stamps.json.new", "embedded.part", ".gitkeep", JOURNAL, f"{JOURNAL}-wal"):
        (index / name).write_text("{}")
    (index / "damaged" / "000001").mkdir(parents=True)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(MAKEFILE, tmp_path)

    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)  # the one in the path

    assert {path.name for path in index.iterdir()} == {".gitkeep", JOURNAL, f"{JOURNAL}-wal"}
    assert {path.name for path in tmp_path.iterdir()} == {"Makefile", "index", "corpus"}
