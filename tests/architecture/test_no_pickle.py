"""Nothing that a file could run is loaded: no pickle, no code of a model, no shell; read from the source."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "qa"
FORBIDDEN = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
ERRORS = {"UnpicklingError"}
"""May be imported: what a library raises when it is given one."""
CALLS = {"eval", "exec", "compile", "__import__"}
FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_nothing_is_loaded_that_could_run(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [alias.name for alias in node.names]
            names = [*named, getattr(node, "module", None) or ""]
            assert set(named) <= ERRORS or not {name.partition(".")[0] for name in names} & FORBIDDEN
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            assert called not in CALLS
            for keyword in node.keywords:
                value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                assert (keyword.arg, value) not in {
                    ("shell", True),
                    ("trust_remote_code", True),
                    ("allow_pickle", True),
                }
