"""Importing the package, and asking it for help, loads no heavy library; the public names are few and sorted."""

import subprocess
import sys
from pathlib import Path

import pytest

import qa

HEAVY = {
    "faiss", "tantivy", "torch", "sentence_transformers", "transformers", "fastapi", "starlette", "pydantic", "jinja2",
    "numpy", "uvicorn", "tqdm", "markdown_it", "huggingface_hub",
    "pypdfium2", "pypdfium2_raw", "lxml", "fsspec", "pymilvus", "ray",
}  # fmt: skip
HELP = (
    "import runpy, sys; sys.argv = ['qa', {arguments}]\n"
    "try: runpy.run_module('qa', run_name='__main__')\nexcept SystemExit: pass"
)


@pytest.mark.parametrize(
    "program",
    ["import qa", HELP.format(arguments="'--help'"), HELP.format(arguments="'--version'"),
     HELP.format(arguments="'ask', '--help'"), HELP.format(arguments="'no-such-command'")],
    ids=["import", "help", "version", "help of a command", "wrong usage"],
)  # fmt: skip
def test_no_heavy_library_is_loaded(program: str, tmp_path: Path) -> None:
    program += "\nimport sys; sys.stdout.write('\\nLOADED ' + ' '.join(sys.modules))"
    source = Path(qa.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(source)}, cwd=tmp_path, check=True, capture_output=True,
        text=True, timeout=30,
    )  # fmt: skip
    loaded = {name.partition(".")[0] for name in done.stdout.rpartition("LOADED ")[2].split()}
    assert "qa" in loaded
    assert loaded & HEAVY == set()


def test_the_module_prints_its_help() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qa", "--help"], check=True, capture_output=True, text=True, timeout=30
    )
    assert "usage: qa" in done.stdout
    assert done.stderr == ""


def test_the_public_names_are_few_sorted_and_there() -> None:
    assert sorted(qa.__all__) == qa.__all__
    assert len(qa.__all__) == len(set(qa.__all__)) <= 15
    assert all(hasattr(qa, name) for name in qa.__all__)
