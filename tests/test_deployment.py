"""That the Dockerfile, compose.yaml and deploy/ fit together and work, and name only settings that there are."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
import redis
import yaml
from cryptography.fernet import Fernet
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from redis.exceptions import NoPermissionError

from tests.cache.redis.server import PROGRAMS, Server, require_program
from tests.http.replicas import NGINX, start_nginx, start_replicas
from tests.process.server import serve_sandbox
from tests.tools.host import Host
from toggl_mcp.http.connection import HEADER_SECONDS
from toggl_mcp.http.drain import DRAIN_SECONDS
from toggl_mcp.http.limits import BODY_SECONDS, REQUEST_SECONDS
from toggl_mcp.http.serve import KEEP_ALIVE_SECONDS, STOP_SECONDS
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.sandbox import TOKEN, Sandbox
from toggl_mcp.settings import variable_name

pytestmark = pytest.mark.usefixtures("pause_coverage")

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
NGINX_TEXT = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
COMPOSE: Any = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: Any = COMPOSE["services"]
KUBERNETES: Any = {item["kind"]: item for item in yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text())}
POD = KUBERNETES["Deployment"]["spec"]["template"]["spec"]
URL = "https://toggl.example/mcp"
FILES = ["Dockerfile", "compose.yaml", "deploy/kubernetes.yaml", "deploy/secrets.sh", "docs/deployment.md"]


@pytest.mark.parametrize("file", FILES)
def test_settings_that_a_file_names_exist(file: str) -> None:
    variables = {variable_name(name, HttpSettings) for name in HttpSettings.model_fields}

    assert set(re.findall(r"\bTOGGL_\w+", (ROOT / file).read_text("utf-8"))) <= variables


def test_image_has_the_extras_of_the_project_and_no_root() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    (names,) = re.findall(r'"\.\[(.+)\]"', DOCKERFILE)

    assert set(names.split(",")) == set(extras)
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert re.search("TOKEN|PASSWORD|SECRET", DOCKERFILE) is None


@pytest.mark.parametrize(
    "image", [SERVICES["replica1"]["image"], POD["containers"][0]["image"]], ids=["compose", "kubernetes"]
)
def test_image_has_this_version(image: str) -> None:
    assert image == f"toggl-mcp:{version('toggl-mcp-server')}"


@pytest.mark.parametrize("name", SERVICES)
def test_compose_restricts_every_service(name: str) -> None:
    service = SERVICES[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert not {"privileged", "cap_add"} & service.keys()
    assert "user" in service or service["image"].startswith("toggl-mcp")  # Whose image has one.


def test_compose_lets_nginx_alone_be_reached_and_the_store_reach_nothing() -> None:
    replicas = [name for name in SERVICES if name.startswith("replica")]

    assert re.findall(r"server (\w+):8000", NGINX_TEXT) == replicas
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert SERVICES["valkey"]["networks"] == ["store"]
    assert SERVICES["nginx"]["networks"] == ["front"]
    assert COMPOSE["networks"]["store"]["internal"]


def test_stops_wait_for_load_balancers_and_calls_in_progress() -> None:
    grace_seconds = [
        int(SERVICES["replica1"]["stop_grace_period"].removesuffix("s")),
        POD["terminationGracePeriodSeconds"],
    ]

    assert all(seconds > DRAIN_SECONDS + STOP_SECONDS for seconds in grace_seconds)


def test_nginx_waits_for_the_longest_call_and_no_longer_for_a_request_than_the_server() -> None:
    seconds = {name: int(value) for name, value in re.findall(r"^ +(\w+_timeout) (\d+)s;", NGINX_TEXT, re.MULTILINE)}

    assert seconds["proxy_read_timeout"] > REQUEST_SECONDS
    assert seconds["client_header_timeout"] <= HEADER_SECONDS
    assert seconds["client_body_timeout"] <= BODY_SECONDS


def test_nginx_closes_connections_to_replicas_before_these_do() -> None:
    upstream = re.sub("#.*", "", NGINX_TEXT[NGINX_TEXT.index("upstream ") : NGINX_TEXT.index("server {")])
    (seconds,) = re.findall(r"keepalive_timeout (\d+)s", upstream) or ["60"]  # nginx's own.

    assert "keepalive " not in upstream or int(seconds) < KEEP_ALIVE_SECONDS


def test_kubernetes_leaves_a_pod_before_its_socket_closes() -> None:
    probe = POD["containers"][0]["readinessProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] < DRAIN_SECONDS


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
    assert KUBERNETES["Deployment"]["spec"]["replicas"] == 3
    assert (
        KUBERNETES["Service"]["spec"]["selector"] == POD["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]
    )


def test_kubernetes_takes_secrets_from_secrets_only() -> None:
    values = {item["name"]: item.get("value") for item in POD["containers"][0]["env"]}
    secret = [name for name, value in values.items() if value is None]

    assert sorted(secret) == ["TOGGL_MCP_CACHE", "TOGGL_MCP_HTTP_SECRET_KEYS"]
    assert "Secret" not in KUBERNETES


def write_secrets(folder: Path) -> dict[str, str]:
    """Run deploy/secrets.sh in a folder, and return the settings of the replicas."""
    script = shutil.copy(ROOT / "deploy" / "secrets.sh", folder)
    subprocess.run([script, URL], check=True)  # noqa: S603 - our own script
    lines = (folder / "secrets" / "server.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_secrets_are_written_once_and_are_its_users_alone(tmp_path: Path) -> None:
    settings = write_secrets(tmp_path)
    private = [tmp_path / "secrets" / name for name in (".", "server.env", "valkey-operator")]
    repeated = subprocess.run([tmp_path / "secrets.sh", URL], stderr=subprocess.PIPE, check=False)  # noqa: S603 - our own script
    users = (tmp_path / "secrets" / "valkey" / "users.acl").read_text()

    Fernet(settings["TOGGL_MCP_HTTP_SECRET_KEYS"])
    HttpSettings.model_validate({"public_url": URL, "cache": settings["TOGGL_MCP_CACHE"]})
    assert [path.stat().st_mode & 0o077 for path in private] == [0, 0, 0]
    assert find_password(settings) not in users
    assert repeated.returncode != 0
    assert b"exists" in repeated.stderr


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """The settings of the replicas, as deploy/secrets.sh writes them."""
    return write_secrets(tmp_path)


@pytest.fixture
def valkey(tmp_path: Path, settings: dict[str, str]) -> Generator[Server]:
    """The store of compose.yaml, on a port of this machine; Redis where Valkey is not installed."""
    program = PROGRAMS[-1]
    require_program(program)
    assert settings
    command = [
        word.replace("/etc/valkey", str(tmp_path / "secrets" / "valkey")) for word in SERVICES["valkey"]["command"]
    ]
    server = Server(program, tmp_path, command[1:]).start()
    try:
        yield server
    finally:
        server.stop()


def execute(server: Server, user: str, password: str, *command: str) -> object:
    """Execute a command as a user, and return its reply."""
    with redis.Redis(port=server.port, username=user, password=password, socket_timeout=5) as client:
        run = cast("Callable[..., object]", client.execute_command)  # pyright: ignore[reportUnknownMemberType] - redis-py's
        return run(*command)


def find_password(settings: Mapping[str, str]) -> str:
    """Return the password in the URL of the cache."""
    return settings["TOGGL_MCP_CACHE"].split(":")[2].partition("@")[0]


@pytest.mark.process
@pytest.mark.parametrize("command", ["SET other 1", "FLUSHALL", "CONFIG GET *", "KEYS *"])
def test_store_refuses_its_user_what_the_server_does_not_need(
    valkey: Server, settings: dict[str, str], command: str
) -> None:
    with pytest.raises(NoPermissionError):
        execute(valkey, "toggl-mcp", find_password(settings), *command.split())


@pytest.mark.process
def test_store_refuses_whoever_has_no_password_all_but_ping(valkey: Server) -> None:
    assert valkey.execute("PING")
    with pytest.raises(NoPermissionError):
        valkey.execute("GET", "toggl-mcp:1")


@pytest.mark.process
def test_stores_password_is_changed_without_a_restart(valkey: Server, settings: dict[str, str], tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    (script,) = re.findall(r"^```sh\n(new=.+?)^docker.+?^```$", page, re.MULTILINE | re.DOTALL)
    subprocess.run(["sh", "-ec", f"{script}printf %s $new > new"], cwd=tmp_path, check=True)  # noqa: S603, S607 - our own documentation
    operator = (tmp_path / "secrets" / "valkey-operator").read_text().strip()
    execute(valkey, "operator", operator, "ACL", "LOAD")

    for password in (find_password(settings), (tmp_path / "new").read_text()):
        assert execute(valkey, "toggl-mcp", password, "GET", "toggl-mcp:1") is None


@pytest.mark.anyio
@pytest.mark.process
@pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx")
async def test_create_tag_through_the_reference_deployment_is_listed_by_every_replica_and_stores_no_token(
    valkey: Server, settings: dict[str, str], tmp_path: Path
) -> None:
    sandbox = Sandbox()
    async with run_deployment(sandbox, valkey, settings, tmp_path) as host:
        await host.call("create_tag", name="Lighthouse")
        totals = [(await host.call("list_tags", name="Lighthouse"))["total"] for _ in range(3)]
        await host.call("get_account")
    user = ("toggl-mcp", find_password(settings))
    _, keys = cast("tuple[int, list[bytes]]", execute(valkey, *user, "SCAN", "0", "COUNT", "1000"))
    reads = {b"string": "GET", b"hash": "HGETALL"}
    types = {key: cast("bytes", execute(valkey, *user, "TYPE", key.decode())) for key in keys}
    content = repr([(key, execute(valkey, *user, reads[kind], key.decode())) for key, kind in types.items()])

    assert totals == [1, 1, 1]
    assert "Lighthouse" in content
    assert TOKEN not in content


@asynccontextmanager
async def run_deployment(
    sandbox: Sandbox, valkey: Server, settings: Mapping[str, str], folder: Path
) -> AsyncGenerator[Host]:
    """Yield a host of nginx, three replicas and the store, with the sandbox as their Toggl."""
    cache = settings["TOGGL_MCP_CACHE"].replace("valkey:6379", f"127.0.0.1:{valkey.port}")
    headers = {"Host": "toggl.example", "Authorization": f"Bearer {TOKEN}"}
    with (
        serve_sandbox(sandbox) as toggl,
        start_replicas(3, **{**settings, "TOGGL_MCP_CACHE": cache, "TOGGL_API_URL": toggl}) as replicas,
        start_nginx(folder, replicas) as url,
    ):
        async with (
            httpx2.AsyncClient(headers=headers) as web,
            Client(streamable_http_client(f"{url}/mcp", http_client=web)) as client,
        ):
            yield Host(client)


def test_hosts_are_given_json_with_the_address_and_a_token_that_is_not_in_it() -> None:
    page = (ROOT / "docs" / "deployment.md").read_text("utf-8")
    blocks = [json.loads(block) for block in re.findall(r"^```json\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)]
    servers = [(block.get("mcpServers") or block["servers"])["toggl"] for block in blocks]

    assert [server["url"] for server in servers] == [URL] * 3
    assert all(re.fullmatch(r"Bearer \$\{[\w:]+\}", server["headers"]["Authorization"]) for server in servers)
