"""Imports point down only, heavy libraries stay at home, and citations have one maker; read from the source itself."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import LATE

SOURCE = Path(__file__).resolve().parents[2] / "src" / "qa"
MODULES = {".".join(("qa", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__"): path
           for path in sorted(SOURCE.rglob("*.py"))}  # fmt: skip

LAYERS = (
    {"types", "errors"},
    {"ports"},
    {"text", "boxes", "settings", "local_models", "onnx_models", "sandbox"},
    {"anchoring", "configuration"},
    {"parsing", "chunking", "embedding", "index", "retrieval", "reading", "calibration", "answering", "observe",
     "progress", "serving", "spelling", "conversation", "journal",
     "asking"},
    {"engine"},
    {"evaluation", "bundle", "depot", "together"},
    {"wiring"},
    {"live", "opening"},
    {"service", "cluster"},
    {"doctor"},
    {"cli_arguments", "cli_collections"},
    {"cli_bundle", "cli_depot", "cli_doctor", "cli_eval", "cli_index", "cli_mcp", "cli_verify"},
    {"cli"},  # starts the service and prints its schemas
    {"__main__"},
)  # fmt: skip
LAYER = {room: number for number, rooms in enumerate(LAYERS, start=1) for room in rooms}

PARSERS = {"qa.parsing.plain", "qa.parsing.markdown", "qa.parsing.pdf.parser", "qa.parsing.html", "qa.parsing.docx",
           "qa.parsing.pptx", "qa.parsing.xlsx", "qa.parsing.delimited", "qa.parsing.epub",
           "qa.parsing.mail", "qa.parsing.rst"}  # fmt: skip
FORMATS = "qa.parsing.formats"
ADAPTERS = {"qa.embedding.packaged", "qa.embedding.sentence_transformer", "qa.embedding.remembering",
            "qa.embedding.static", "qa.index.dense", "qa.index.lexical", "qa.index.milvus", "qa.index.remote",
            "qa.reading.sentence", "qa.reading.span",
            "qa.reading.onnx_network", "qa.reading.transformers_network", FORMATS} | PARSERS  # fmt: skip
HOMES = {
    "faiss": {"qa.index.comparing", "qa.index.lists"},
    "tantivy": {"qa.index.lexical"},
    "torch": {"qa.local_models"},
    "sentence_transformers": {"qa.embedding.sentence_transformer"},
    "transformers": {"qa.local_models", "qa.reading.transformers_network"},
    "huggingface_hub": {"qa.local_models"},
    "markdown_it": {"qa.parsing.markdown"},
    "pypdfium2": {"qa.parsing.pdf.glyphs", "qa.parsing.pdf.picture"},
    "lxml": {"qa.parsing.html", "qa.parsing.page", "qa.parsing.archive"},
    "numpy": {
        "qa.ports",
        "qa.cluster.spreading",
        "qa.embedding.packaged",
        "qa.embedding.remembering",
        "qa.embedding.static",
        "qa.index.vectors",
        "qa.anchoring.fingerprint",
        "qa.index.codes",
        "qa.index.comparing",
        "qa.index.dense",
        "qa.index.duplicates",
        "qa.index.joined",
        "qa.index.snapshot",
        "qa.index.wording",
        "qa.index.lists",
        "qa.index.milvus",
        "qa.index.pending",
        "qa.index.remote",
        "qa.text.coverage",
        "qa.reading.decode",
        "qa.reading.windows",
        "qa.reading.span_model",
        "qa.reading.onnx_network",
        "qa.reading.transformers_network",
    },
    "charset_normalizer": {"qa.parsing.legacy"},
    "watchfiles": {"qa.live.hints"},
    "rapidfuzz": {"qa.index.vocabulary"},
    "onnxruntime": {"qa.onnx_models"},
    "tokenizers": {"qa.onnx_models"},
    "fsspec": {"qa.depot.place"},
    "pymilvus": {"qa.index.milvus"},
    "ray": {"qa.cluster.ray_nodes"},
    "packaging": {"qa.doctor.machine"},
    "tqdm": {"qa.progress"},
    "pydantic": {"qa.configuration", "qa.settings", "qa.service"},
    "fastapi": {"qa.service"},
    "starlette": {"qa.service"},
    "jinja2": {"qa.service"},
    "uvicorn": {"qa.service"},
    "h11": {"qa.service.deadlines"},
    "prometheus_client": {"qa.service.metrics"},
}


def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Every module that a module imports, at its top or inside a function."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


INTERNAL = [(module, target) for module in MODULES for target in imports(module) if target in MODULES]


def test_the_source_is_there() -> None:
    assert len(MODULES) > 30
    assert {room(module) for module in MODULES} - {""} <= set(LAYER), "a new room needs a layer"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_point_down_only(module: str) -> None:
    here = room(module)
    for target in (target for source, target in INTERNAL if source == module):
        there = room(target)
        if module == "qa":  # what it names for type checkers only is imported late; test_light_imports looks
            assert LAYER[there] == 1 or target in LATE.values(), f"the package imports {target}"
        elif there == "":
            assert LAYER[here] >= LAYER["service"], f"{module} imports the package"
        elif here != there:
            assert LAYER[there] < LAYER[here], f"{module} imports {target}"


def test_only_the_wiring_imports_adapters() -> None:
    """Within their own room adapters may know one another."""
    importing = {(module, target) for module, target in INTERNAL if target in ADAPTERS}
    assert {module for module, target in importing if room(module) != room(target)} == {"qa.wiring"}
    assert {target for module, target in importing if module == "qa.wiring"} == ADAPTERS - PARSERS
    assert {target for module, target in importing if module == FORMATS} == PARSERS


@pytest.mark.parametrize("module", sorted(MODULES))
def test_libraries_stay_at_home(module: str) -> None:
    for name in {target.partition(".")[0] for target in imports(module)} - {"qa"} - sys.stdlib_module_names:
        assert name in HOMES, f"{module} imports {name}, which has no home"
        homes = HOMES[name]
        assert module in homes or f"qa.{room(module)}" in homes, f"{module} imports {name}"


def test_the_lowest_layer_needs_the_standard_library_only() -> None:
    for module in ("qa", "qa.types", "qa.errors"):
        for target in set(imports(module)) - set(LATE.values() if module == "qa" else ()):
            assert target.partition(".")[0] in {"qa", *sys.stdlib_module_names}


def callers(name: str) -> set[str]:
    return {
        module
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and name == (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None))
    }


def test_only_cite_makes_citations() -> None:
    assert callers("Citation") == {"qa.answering.citing"}
    makers = [
        function.name
        for function in ast.walk(tree("qa.answering.citing"))
        if isinstance(function, ast.FunctionDef)
        and any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "Citation" for n in ast.walk(function))
    ]
    assert makers == ["cite"]


def test_nothing_runs_at_import() -> None:
    """Modules hold definitions; no engine, client or file is opened by importing them."""
    allowed = (
        ast.Import,
        ast.ImportFrom,
        ast.FunctionDef,
        ast.AsyncFunctionDef,
        ast.ClassDef,
        ast.Assign,
        ast.AnnAssign,
    )
    for module in MODULES:
        for node in tree(module).body:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            typing = isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
            entry = module == "qa.__main__" and isinstance(node, ast.Expr)
            assert isinstance(node, allowed) or docstring or typing or entry, f"{module}:{node.lineno}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_modules_are_short_and_say_why_they_exist(module: str) -> None:
    assert len(MODULES[module].read_text(encoding="utf-8").splitlines()) <= 300
    assert ast.get_docstring(tree(module))
