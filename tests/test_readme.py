"""The README and its neighbours stay true: commands parse, links lead somewhere, examples and packages are real.

The table of settings has its own test in `test_settings.py`.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from qa import cli, cli_eval, cli_index
from qa.anchoring.seal import Seal
from qa.doctor.examine import CHECKS, SETTINGS
from qa.engine import Engine
from qa.evaluation.measures import known
from qa.service.app import create_app
from qa.service.holdings import Collection
from qa.service.links import source_url
from qa.service.schemas import AskResponse
from qa.types import ParsedDocument, Source, Span
from qa.wiring import make_parsers

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = (
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs/asvs.md",
    "docs/operations.md",
    "docs/performance.md",
    "docs/security.md",
    "docs/architecture.md",
    "docs/evaluation.md",
    "docs/scaling.md",
    "docs/third-party.md",
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_SHELLS = {"sh", "console"}
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ENDPOINT = re.compile(r"^\| `(GET|POST|PUT|DELETE) (/[^`]*)` \|", re.M)
_EXIT_CODE = re.compile(r"^\| `(\d+)` \|", re.M)
_PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.M)
_PACKAGE = re.compile(r"^\| \**([a-z0-9-]+)\** \| (\d\S*) \|", re.M)


def commands() -> Iterator[str]:
    """Every `qa …` command of the README, in its blocks of shell commands and between back quotes."""
    for language, block in _FENCE.findall(README):
        if language in _SHELLS:
            for line in block.splitlines():
                yield from re.findall(r"^(?:\$ )?(?:\.venv/bin/)?(qa .*)", line)
    yield from re.findall(r"`(?:\.venv/bin/)?(qa [^`\n]*)`", _FENCE.sub("", README))


def links(page: str) -> list[str]:
    """What a page links to, addresses on the web left out."""
    text = _FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))
    return [target for target in _LINK.findall(text) if "://" not in target]


def parsed(path: str) -> ParsedDocument:
    """A document of the shipped corpus."""
    data = (ROOT / "corpus" / path).read_bytes()
    source = Source(path=path, media_type="text/markdown", size=len(data), sha256=hashlib.sha256(data).hexdigest())
    return make_parsers().for_path(path).parse(source, data)


def pinned(*locks: str) -> dict[str, str]:
    """The packages of some lock files with their versions."""
    return dict(pin for lock in locks for pin in _PINNED.findall((ROOT / lock).read_text(encoding="utf-8")))


def test_the_readme_shows_every_command() -> None:
    assert {shlex.split(command)[1] for command in commands()} == {
        "index",
        "ask",
        "search",
        "serve",
        "mcp",
        "eval",
        "verify",
        "push",
        "pull",
        "bundle",
        "doctor",
    }


@pytest.mark.parametrize("command", sorted(set(commands())))
def test_a_command_parses(command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    if len(words) == 1:  # only named, as in "the next `qa index`"
        with pytest.raises(SystemExit, match=r"^0$"):
            cli.main([*words, "--help"])
    else:
        assert callable(cli._parser().parse_args(words).command)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page: str) -> None:
    folder = (ROOT / page).parent
    assert [target for target in links(page) if not (folder / target.partition("#")[0]).exists()] == []


def test_the_readme_shows_the_figure_and_all_screenshots() -> None:
    shown = {path for path in links("README.md") if path.endswith((".png", ".svg"))}
    images = (*(ROOT / "docs" / "screenshots").iterdir(), ROOT / "docs" / "how-it-works.svg")

    assert shown == {path.relative_to(ROOT).as_posix() for path in images}


def test_the_table_of_endpoints_is_the_api() -> None:
    collection = Collection.of(cast("Engine", object()), ROOT / "corpus")
    app = create_app([collection], web=ROOT / "web", hosts=["127.0.0.1"])
    described = {(method.upper(), path) for path, item in app.openapi()["paths"].items() for method in item}

    assert set(_ENDPOINT.findall(README)) == described


def test_the_table_of_exit_codes_is_complete() -> None:
    codes = sorted({cli.ANSWERED, cli.ERROR, cli.USAGE, cli.ABSTAINED, cli_eval.MISSED, cli_index.SOMETHING_SKIPPED})

    assert [int(code) for code in _EXIT_CODE.findall(README)] == codes


def test_the_table_of_the_doctor_s_checks_is_complete() -> None:
    table = README.partition("| Check | What it finds |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| ([a-z][a-z ]*) \|", table, re.M) == [SETTINGS, *(check.name for check in CHECKS)]


def test_every_figure_of_an_evaluation_is_defined() -> None:
    """Each is named in one row of a table."""
    rows = re.findall(r"^\| (`[a-z].*?) \|", (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8"), re.M)
    defined = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]

    assert sorted(defined) == sorted(known())


def test_the_citation_shown_is_in_the_shipped_corpus() -> None:
    (answer,) = [block for _, block in _FENCE.findall(README) if '"citations": [' in block]
    cited = dict(re.findall(r'^            "(\w+)": "?(.*?)"?,?$', answer, re.M))
    document = parsed(cited["path"])
    start, end = int(cited["start"]), int(cited["end"])

    assert document.text[start:end] == cited["quote"]
    assert (document.id, document.title) == (cited["document_id"], cited["title"])
    assert (document.text_sha256, document.source.sha256) == (cited["text_sha256"], cited["source_sha256"])
    seal = Seal.of(document.text, Span(start, end), text_sha256=document.text_sha256)
    assert cited["url"] == source_url(document.id, Span(start, end), str(seal))


def test_the_reply_shown_is_the_one_that_is_given(real_engine: Engine) -> None:
    """But for what differs between machines: times, the name of the generation, last digits of the confidence."""
    (answer,) = [block for _, block in _FENCE.findall(README) if '"citations": [' in block]
    shown = json.loads(answer[answer.index("\n{") :].replace("[…]", "[]"))
    given = AskResponse.of(real_engine.ask(shown["question"])).model_dump(mode="json")
    (cited,), (quoted,) = shown.pop("citations"), given["citations"]
    (printed,) = re.findall(r"^Confidence (\S+)$", README, re.M)

    assert (shown.pop("confidence"), float(printed)) == pytest.approx((given["confidence"],) * 2, abs=0.01)
    assert shown.pop("timings_ms").keys() == given["timings_ms"].keys()
    assert shown.pop("generation")[:7] == given["generation"][:7]
    assert shown.pop("passages") == []
    assert shown == {name: given[name] for name in shown}
    assert cited == {name: quoted[name] for name in cited}


def test_the_lines_of_the_command_line_shown_are_in_the_shipped_corpus() -> None:
    (quote, title, section, path, start, end) = re.findall(
        r"^\[1\] “(.*)”\n    (.*) › (.*) — (.*), characters (\d+)–(\d+)$", README, re.M
    )[0]
    document = parsed(path)
    block = document.block_at(int(start))

    assert document.text[int(start) : int(end)] == quote
    assert block is not None
    assert (document.title, block.headings) == (title, (section,))


def test_the_check_of_a_citation_is_five_lines_of_standard_python() -> None:
    program, *others = [block for language, block in _FENCE.findall(README) if language == "python"]
    for one in (program, *others):
        compile(one, "README.md", "exec")

    assert len(program.splitlines()) == 5
    assert program.startswith("import hashlib, json, urllib.request\n")


def test_every_pinned_package_is_listed_with_its_version() -> None:
    listed = dict(_PACKAGE.findall((ROOT / "docs" / "third-party.md").read_text(encoding="utf-8")))
    asked = re.findall(r'^    "([a-z0-9-]+)[=<>]', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)

    assert pinned("requirements.lock", "requirements-dev.lock", "requirements-extras.lock").items() <= listed.items()
    assert set(asked) <= set(listed)
    assert f"torch=={listed['torch']}" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")

    assert len(text.encode()) == 11_358
    assert "Version 2.0, January 2004" in text
    assert "APPENDIX: How to apply the Apache License to your work." in text
