"""That the Dockerfile, compose.yaml and deploy/ fit together, and name only settings that there are."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from toggl_mcp.http.limits import REQUEST_SECONDS
from toggl_mcp.http.serve import STOP_SECONDS
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.settings import variable_name

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: Any = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
KUBERNETES: Any = {item["kind"]: item for item in yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text())}
POD = KUBERNETES["Deployment"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", "deploy/kubernetes.yaml"])
def test_settings_that_a_file_names_exist(file: str) -> None:
    variables = {variable_name(name, HttpSettings) for name in HttpSettings.model_fields}

    assert set(re.findall(r"\bTOGGL_\w+", (ROOT / file).read_text("utf-8"))) <= variables


def test_image_has_the_extras_of_the_project_and_no_root() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (names,) = re.findall(r'"\.\[(.+)\]"', DOCKERFILE)

    assert set(names.split(",")) == set(extras)
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert "TOKEN" not in DOCKERFILE
    assert "/health" in DOCKERFILE


def test_compose_has_three_restricted_replicas_and_a_store_that_forgets_nothing_silently() -> None:
    services = COMPOSE["services"]
    upstream = re.findall(r"server (\w+):8000", (ROOT / "deploy" / "nginx.conf").read_text("utf-8"))

    assert upstream == [name for name in services if name.startswith("replica")]
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in services.values())
    assert "noeviction" in services["valkey"]["command"]
    assert "ports" not in services["valkey"]


def test_stops_wait_for_calls_in_progress() -> None:
    grace = {
        "compose": int(COMPOSE["x-replica"]["stop_grace_period"].removesuffix("s")),
        "kubernetes": POD["terminationGracePeriodSeconds"] - 5,  # preStop
    }

    assert all(seconds > STOP_SECONDS for seconds in grace.values())


def test_nginx_waits_for_the_longest_call() -> None:
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s", (ROOT / "deploy" / "nginx.conf").read_text("utf-8"))

    assert int(seconds) > REQUEST_SECONDS


def test_kubernetes_pod_is_restricted_and_probed() -> None:
    (container,) = POD["containers"]

    assert POD["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"
    assert KUBERNETES["Service"]["spec"]["selector"] == {"app": "toggl-mcp"}
