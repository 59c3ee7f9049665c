"""Has schemathesis make requests out of the API's description and send them to a service, and judge every response.

All of its checks and phases, the stateful one included; `tests/schemathesis.toml` says which refusals are right.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from browser.conftest import serving
from library import FILES, Library
from pdf_maker import Page, pdf
from qa.service.pictures import PagePictures
from qa.wiring import make_editor, make_sandbox

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PRINTED = pdf(Page().text(72, 700, "The lamp is lit by nine and put out at dawn."))


class Tried(NamedTuple):
    """What came of it: how many requests were sent, how many were judged wrong, and what schemathesis printed."""

    cases: int
    failed: int
    said: str


def tried(folder: Path, *, each: int, seed: int, seconds: int) -> Tried:
    """Up to `each` requests of a kind for every operation, to a library in a new folder; takes `seconds` at most."""
    library = Library.at(folder / "library", {**FILES, "lamp.pdf": PRINTED})
    library.build()
    pictures = PagePictures(library.settings.corpus, make_sandbox(library.settings))
    client = library.client(pictures=pictures, editor=make_editor(library.settings), recording=True)
    report = folder / "report.json"
    with serving(client.app) as address:
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", "--no-color",
             f"--seed={seed}", f"--max-examples={each}", "--generation-database=none", "--continue-on-failure",
             "--report=json", f"--report-json-path={report}", f"{address}/openapi.json"],
            capture_output=True, text=True, timeout=seconds, check=False, cwd=folder,
        )  # fmt: skip
    cases = json.loads(report.read_text(encoding="utf-8"))["test_cases"]
    return Tried(cases["generated"], cases["with_failures"] + cases["errored"], done.stdout + done.stderr)
