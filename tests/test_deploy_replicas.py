"""What is shipped for several machines fits this repository: flags, settings, probes and names that refer to others.

No cluster is started here: the manifests are read and compared with the command line, the settings and the addresses.
"""

import configparser
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from library import Library
from qa import cli, cli_depot
from qa.configuration import ENVIRONMENT_PREFIX, load_settings
from qa.service.server import FINISH_SECONDS, LINGER_SECONDS
from qa.service.workers import STOP_SECONDS
from qa.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
MANIFESTS: dict[str, dict[str, Any]] = {
    one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
}
POD: dict[str, Any] = MANIFESTS["Deployment"]["spec"]["template"]
FIRST, SIDECAR = POD["spec"]["initContainers"]
(SERVICE,) = POD["spec"]["containers"]
EVERY = (FIRST, SIDECAR, SERVICE)
UNITS = {"quoth-replica@.service": cli.serve, "quoth-push.service": cli_depot.push}


def command_of(container: dict[str, Any]) -> Any:
    """The command line of a container, as `qa` reads it."""
    return cli._parser().parse_args(container["args"])


def unit(name: str) -> configparser.ConfigParser:
    """A systemd unit; names keep their capitals."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the library's manual says
    parser.read(DEPLOY / name, encoding="utf-8")
    return parser


def test_the_manifests_are_all_there() -> None:
    assert set(MANIFESTS) == {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
    assert {one["metadata"]["name"] for one in MANIFESTS.values()} == {"quoth"}


def test_one_pulls_before_one_goes_on_pulling_and_one_answers() -> None:
    assert [command_of(one).command for one in EVERY] == [cli_depot.pull, cli_depot.pull, cli.serve]
    assert (command_of(FIRST).every, command_of(SIDECAR).every) == (None, 10)
    assert command_of(FIRST).url == command_of(SIDECAR).url
    assert command_of(SERVICE).no_build, "what answers neither builds nor knows the depot"
    assert SIDECAR["restartPolicy"] == "Always"
    assert "restartPolicy" not in FIRST
    assert "envFrom" not in SERVICE
    assert len({one["image"] for one in EVERY}) == 1


def test_what_answers_cannot_write_the_index() -> None:
    mounts = [{mount["name"]: mount for mount in one["volumeMounts"]} for one in EVERY]
    assert [one["index"].get("readOnly", False) for one in mounts] == [False, False, True]
    volumes = {volume["name"] for volume in POD["spec"]["volumes"]}
    assert {name for one in mounts for name in one} == volumes
    for one in EVERY:
        paths = {mount["name"]: mount["mountPath"] for mount in one["volumeMounts"]}
        assert settings_of(one).index == Path(paths["index"])
    assert settings_of(SERVICE).token_file == Path(mounts[2]["tokens"]["mountPath"]) / "tokens"


def settings_of(container: dict[str, Any]) -> Settings:
    """The settings that its variables make."""
    variables = {entry["name"]: entry["value"] for entry in container["env"]}
    assert all(isinstance(value, str) for value in variables.values())
    return load_settings(environment={key: value for key, value in variables.items() if key.startswith("QA_")})


def test_the_service_takes_no_documents_and_asks_for_tokens() -> None:
    settings = settings_of(SERVICE)
    assert not settings.changes_allowed()
    assert settings.has_tokens()
    (port,) = SERVICE["ports"]
    assert (port["name"], port["containerPort"]) == ("http", settings.port)
    assert MANIFESTS["Service"]["spec"]["ports"][0]["targetPort"] == "http"


def test_the_probes_are_answered(built: Library) -> None:
    with built.client() as client:
        for probe, path in (("startupProbe", "/readyz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")):
            get = SERVICE[probe]["httpGet"]
            assert (get["path"], get["port"]) == (path, "http")
            headers = {header["name"]: header["value"] for header in get["httpHeaders"]}
            assert client.get(get["path"], headers=headers).status_code == 200


def test_it_has_the_time_to_end_in_order() -> None:
    (_, slept) = SERVICE["lifecycle"]["preStop"]["exec"]["command"]
    needs = int(slept) + LINGER_SECONDS + FINISH_SECONDS
    assert POD["spec"]["terminationGracePeriodSeconds"] > needs


def test_nothing_runs_with_more_rights_than_it_needs() -> None:
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert POD["spec"]["automountServiceAccountToken"] is False
    for one in EVERY:
        context = one["securityContext"]
        assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {"cpu", "memory"} <= set(one["resources"]["requests"])
        assert "memory" in one["resources"]["limits"]


def test_labels_and_numbers_fit_together() -> None:
    deployment, labels = MANIFESTS["Deployment"]["spec"], POD["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels == MANIFESTS["Service"]["spec"]["selector"]
    assert MANIFESTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert MANIFESTS["PodDisruptionBudget"]["spec"]["minAvailable"] < deployment["replicas"]
    scaled = MANIFESTS["HorizontalPodAutoscaler"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == MANIFESTS["Deployment"]["metadata"]["name"]
    assert scaled["minReplicas"] == deployment["replicas"] <= scaled["maxReplicas"]
    assert scaled["metrics"][0]["containerResource"]["container"] == SERVICE["name"]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_what_it_should(name: str) -> None:
    service = unit(name)["Service"]
    words = shlex.split(service["ExecStart"])
    assert Path(words[0]).name == "qa"
    assert cli._parser().parse_args(words[1:]).command is UNITS[name]
    variables = [word.partition("=")[0] for word in service["Environment"].split()]
    assert {one.removeprefix(ENVIRONMENT_PREFIX).lower() for one in variables} <= set(Settings.model_fields)
    assert (service["User"], service["NoNewPrivileges"], service["ProtectSystem"]) == ("quoth", "true", "strict")
    if UNITS[name] is cli.serve:
        assert int(service["TimeoutStopSec"]) > max(LINGER_SECONDS + FINISH_SECONDS, STOP_SECONDS)


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_gives_little_away(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine")
    path = tmp_path / name.replace("@", "@8001")
    shutil.copy(DEPLOY / name, path)
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=35", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr


def test_the_proxy_is_one_that_haproxy_reads(tmp_path: Path) -> None:
    haproxy = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if haproxy is None:
        pytest.skip("HAProxy is not installed (apt-get install haproxy)")
    command = [haproxy, "-c", "-f", str(DEPLOY / "haproxy.cfg")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr


def test_the_light_set_up_keeps_what_it_is_told_to() -> None:
    if shutil.which("make") is None:
        pytest.skip("there is no make on this machine")

    def packages(*arguments: str) -> set[str]:
        ran = subprocess.run(
            ["make", "--silent", "light-lock", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        )
        return {line.partition("==")[0] for line in ran.stdout.splitlines() if line and line[0] not in " #"}

    assert packages("KEPT=fsspec") - packages() == {"fsspec"}
    assert packages() < packages("KEPT=fsspec")
