"""What is shipped for running Quoth fits this repository: paths, names of settings, figures, and the usual precautions.

No image is built here, as that needs an engine and a network: `deploy/build-image.sh` does, and checks its size.
"""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from library import Library
from qa import cli
from qa.configuration import ENVIRONMENT_PREFIX
from qa.service.holdings import Collection
from qa.service.metrics import Metrics
from qa.service.server import FINISH_SECONDS, LINGER_SECONDS
from qa.service.workers import STOP_SECONDS
from qa.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
DOCKERFILE = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
LINES = [line.split(" ", 1) for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]


def arguments(instruction: str) -> list[str]:
    """What follows an instruction of the Dockerfile, wherever it stands."""
    return [rest for name, rest in LINES if name == instruction]


def unit() -> configparser.ConfigParser:
    """The systemd unit; names keep their capitals."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the library's manual says
    parser.read(DEPLOY / "quoth.service", encoding="utf-8")
    return parser


def test_the_image_stands_on_a_version_that_is_pinned() -> None:
    (argument,) = arguments("ARG")
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-[a-z]+", argument)
    assert all(line.startswith("${PYTHON}") for line in arguments("FROM"))
    assert not arguments("ADD")
    assert not re.search(r"curl|wget|latest|--trusted-host|sudo", DOCKERFILE)


def test_the_image_is_made_of_files_that_are_there_and_let_through() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in lines if line.startswith("!")}
    taken = [line.split()[:-1] for line in arguments("COPY") if "--from" not in line]
    copied = {name.removeprefix("./") for names in taken for name in names}

    assert "*" in lines
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)
    assert {line.split()[1] for line in arguments("COPY") if "--from" in line} == {"/opt/venv", "/opt/quoth"}
    assert "/opt/venv/.installed" in arguments("RUN")[1]


def test_the_image_runs_as_nobody_in_particular_and_can_be_asked_how_it_is() -> None:
    assert arguments("USER") == ["10001:10001"]
    names = [name for name, _ in LINES]
    assert names.index("USER") > max(number for number, name in enumerate(names) if name == "RUN")
    (check,) = arguments("HEALTHCHECK")
    assert "/livez" in check
    assert arguments("ENTRYPOINT") == ['["qa"]']
    assert arguments("STOPSIGNAL") == ["SIGTERM"]
    assert set(re.findall(r"QA_([A-Z_]+)=", DOCKERFILE)) <= {name.upper() for name in Settings.model_fields}


def test_the_unit_starts_the_service_and_leaves_it_its_time() -> None:
    service = unit()["Service"]
    command = shlex.split(service["ExecStart"])
    assert cli._parser().parse_args(command[1:]).command is cli.serve
    assert Path(command[0]).name == "qa"
    assert int(service["TimeoutStopSec"]) > max(LINGER_SECONDS + FINISH_SECONDS, STOP_SECONDS)
    settings = [word.partition("=")[0] for word in service["Environment"].split()]
    assert {name.removeprefix(ENVIRONMENT_PREFIX).lower() for name in settings} <= set(Settings.model_fields)
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("quoth", "true", "strict")


def test_the_unit_gives_little_away() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=35"]
    ran = subprocess.run(
        [*command, str(DEPLOY / "quoth.service")], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr


def counted(environment: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """What `deploy/image_size.py` says of an environment."""
    command = [sys.executable, str(DEPLOY / "image_size.py"), str(environment)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **variables}
    )


def test_the_size_of_the_image_is_counted_and_held_to_its_limit(tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    (environment / "lib" / "__pycache__").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_bytes(b"x" * 1_000_000)
    (environment / "lib" / "large.so").write_bytes(b"x" * 2_000_000)
    (environment / "lib" / "again.so").hardlink_to(environment / "lib" / "large.so")
    (environment / "lib" / "__pycache__" / "large.pyc").write_bytes(b"x" * 3_000_000)
    (environment / "lib64").symlink_to("lib")

    well = counted(environment)
    sizes = {name: float(size) for size, name in re.findall(r"([\d.]+) MB {2}(\w+)", well.stdout)}
    own = sum(
        path.stat().st_size
        for name in ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE", "src", "web")
        for path in [ROOT / name, *(ROOT / name).rglob("*")]
        if path.is_file() and "__pycache__" not in path.parts
    )
    assert well.returncode == 0, well.stderr
    assert sizes["environment"] == 6.0
    assert sizes["Quoth"] == pytest.approx(own / 1e6, abs=0.06)
    assert sizes["in"] == pytest.approx(150 + 6.0 + own / 1e6, abs=0.06)
    assert "800 MB are allowed" in well.stdout
    assert counted(environment, MOST_MEGABYTES="100").returncode == 1
    missing = counted(tmp_path / "none")
    assert (missing.returncode, "make .venv-light" in missing.stderr) == (2, True)


def test_the_image_keeps_the_rules_that_a_linter_of_dockerfiles_has() -> None:
    """Of hadolint's: nothing left of apt, absolute folders, forms that signals reach, one command each."""
    for run in arguments("RUN"):
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "--yes" in run
            assert run.startswith("apt-get update && ")
            assert run.endswith("rm -rf /var/lib/apt/lists/*")
        assert not re.search(
            r"(^|[\s;|])(cd|su|sudo|ssh|chmod -R 777|apt|apt-get upgrade)\s", run.replace("apt-get", "apt_get")
        )
        assert "|" not in run.replace("||", ""), "a pipe hides that its first part failed"
        assert "pip install" not in run, "what is installed comes from the lock, by its sums"
    assert all(folder.startswith("/") for folder in arguments("WORKDIR"))
    assert all(form.startswith("[") for name in ("ENTRYPOINT", "CMD", "VOLUME") for form in arguments(name))
    assert all(len(arguments(name)) == 1 for name in ("ENTRYPOINT", "CMD", "HEALTHCHECK", "USER", "STOPSIGNAL"))
    assert not {name for name, _ in LINES} & {"MAINTAINER", "ADD", "ONBUILD", "SHELL"}
    assert all(re.fullmatch(r"\d+", port) and int(port) > 1023 for port in arguments("EXPOSE"))
    assert not re.search(r"(?i)(token|secret|password|key)=", DOCKERFILE), "nothing secret is baked in"
    stages = [line.split(" AS ")[1] for line in arguments("FROM") if " AS " in line]
    assert [line.split()[0] for line in arguments("COPY") if "--from" in line] == [
        f"--from={name}" for name in stages * 2
    ]


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_one_that_a_shell_reads(path: Path) -> None:
    subprocess.run(["sh", "-n", str(path)], check=True, timeout=60)
    assert path.read_text().startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111


def test_the_proxy_lets_through_what_quoth_does() -> None:
    proxy = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", proxy)
    assert int(megabytes) > Settings.model_validate({}).max_document_megabytes
    assert proxy.count("{") == proxy.count("}")
    assert "X-Forwarded-For $remote_addr" in proxy, "what a client claims of itself is not passed on"


def test_every_figure_is_explained_and_no_other(library: Library) -> None:
    library.build()
    metrics = Metrics()
    metrics.request("GET", "/ask", 200, 0.1)
    metrics.stage("read", 1.0)
    metrics.replied(answered=True, confidence=1.0)
    text = metrics.exposition([Collection.of(library.engine(), library.settings.corpus)]).decode()
    told = {family.name for family in text_string_to_metric_families(text)} - {"quoth_info", "quoth"}
    rows = re.findall(r"^\| (`quoth_.*?) \|", OPERATIONS, re.M)
    explained = {name.removesuffix("_total") for row in rows for name in re.findall(r"quoth_\w+", row)}
    assert {name for name in told if not name.endswith("_created")} == explained


def test_the_settings_in_the_manual_are_settings() -> None:
    named = set(re.findall(r"\bQA_([A-Z_]+)", OPERATIONS))
    assert named <= {name.upper() for name in Settings.model_fields}
