"""What `toggl-mcp check` costs, and that it takes nobody's word for what Toggl would say."""

import sys
from collections.abc import Generator
from pathlib import Path
from threading import Event

import anyio
import anyio.to_thread
import pytest
from pydantic import SecretStr

from tests.cache.redis.server import PROGRAMS, Server, make_address, require_program
from tests.process.server import serve_sandbox
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.check import check
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox
from toggl_mcp.settings import Settings
from toggl_mcp.shell import Shell

pytestmark = pytest.mark.anyio
BASH = Shell("bash", {})


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> Generator[Settings]:
    with serve_sandbox(sandbox) as url:
        yield Settings(token=SecretStr(TOKEN), api_url=url, cache=tmp_path / "cache.sqlite")


async def test_check_failed_request_is_not_retried(settings: Settings, sandbox: Sandbox) -> None:
    sandbox.fault = lambda _: Fault("502 before")
    lines: list[str] = []

    assert not await check(settings, lines.append, BASH)
    assert len(sandbox.calls) == 1
    assert [line.split()[1] for line in lines if line.startswith("FAIL")] == ["network"]


async def test_check_response_without_an_end_is_waited_for_so_long(
    settings: Settings, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toggl_mcp.check.MAX_ACCOUNT_SECONDS", 0.5)
    is_over = Event()

    async def wait() -> None:
        await anyio.to_thread.run_sync(is_over.wait)

    sandbox.fault = lambda _: Fault("slow", until=wait)
    lines: list[str] = []

    assert not await check(settings, lines.append, BASH)
    is_over.set()
    assert [line.split()[1] for line in lines if line.startswith("FAIL")] == ["network"]


async def test_check_does_not_read_the_cache(settings: Settings, sandbox: Sandbox) -> None:
    for _ in range(2):
        assert await check(settings, lambda _: None, BASH)

    assert [call.path for call in sandbox.calls] == ["/me"] * 2


@pytest.mark.parametrize(
    ("environment", "platform", "lines"),
    [
        (
            {"SHELL": "/bin/zsh"},
            "darwin",
            ["unset TOGGL_WORKSPACE_ID", "read -rs TOGGL_API_TOKEN && export TOGGL_API_TOKEN"],
        ),
        ({"SHELL": "/usr/bin/fish"}, "linux", ["set -e TOGGL_WORKSPACE_ID", "read -gxs TOGGL_API_TOKEN"]),
        (
            {"SHELL": "/bin/dash"},
            "linux",
            ["unset TOGGL_WORKSPACE_ID", "read -rs TOGGL_API_TOKEN && export TOGGL_API_TOKEN"],
        ),
        (
            {},
            "win32",
            ["Remove-Item Env:TOGGL_WORKSPACE_ID", "$env:TOGGL_API_TOKEN = Read-Host 'TOGGL_API_TOKEN'"],
        ),
    ],
)
async def test_check_repairs_are_lines_of_the_persons_shell(
    environment: dict[str, str], platform: str, lines: list[str]
) -> None:
    settings = Settings.model_validate({"TOGGL_WORKSPACE_ID": "${WORKSPACE}", "TOGGL_MCP_CACHE": "memory"})

    assert await find_repairs(settings, Shell.of(environment, platform)) == lines


@pytest.mark.parametrize(
    ("environment", "lines"),
    [
        (
            {"TOGGL_MCP_TOOLS": "x", "TOGGL_MCP_CACHE": "x"},
            ["set -e TOGGL_MCP_TOOLS", "set -gx TOGGL_MCP_CACHE memory"],
        ),
        ({}, ["Leave out --tools.", "Give --cache memory."]),
    ],
)
async def test_check_repairs_a_variable_or_the_flag_that_overrides_it(
    environment: dict[str, str], lines: list[str]
) -> None:
    settings = Settings(cache=Path("/dev/null/cache.sqlite"), tools="start_clock", token=SecretStr("toggl_sk_1"))
    first, _, last = await find_repairs(settings, Shell("fish", environment))

    assert [first, last] == lines


async def find_repairs(settings: Settings, shell: Shell) -> list[str]:
    """Return the lines that repair, without those that are for a person to read."""
    report: list[str] = []
    await check(settings, report.append, shell)
    repairs = [line.partition("repair     ")[2] for line in "\n".join(report).splitlines() if "  repair  " in line]
    return [line for line in repairs if not line.endswith(":")]


@pytest.fixture
def redis_server(tmp_path: Path) -> Generator[Server]:
    require_program(PROGRAMS[0])
    server = Server(PROGRAMS[0], tmp_path).start()
    yield server
    server.stop()


async def test_check_cache_on_a_server_says_whether_it_can_be_used(settings: Settings, redis_server: Server) -> None:
    settings.cache = make_address(redis_server, password="secret")
    redis_server.execute("CONFIG", "SET", "requirepass", "secret")
    lines: list[str] = []
    assert await check(settings, lines.append, BASH)
    assert lines[-1] == f"ok    cache      127.0.0.1:{redis_server.port}, database 0 can be written."

    redis_server.stop()
    assert not await check(settings, lines.append, BASH)
    assert lines[-1].startswith("FAIL  cache      The server of the cache, 127.0.0.1")
    assert "secret" not in "".join(lines)


async def test_check_cache_on_a_server_without_its_client_says_what_to_install(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("redis", "toggl_mcp.cache.redis.store"))]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("connection", "drafts", "layout", "outage", "tables"):
        monkeypatch.delitem(sys.modules, f"toggl_mcp.cache.redis.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    settings.cache = RedisAddress("localhost")
    lines: list[str] = []

    assert not await check(settings, lines.append, BASH)
    assert "pip install 'toggl-mcp-server[redis]'" in lines[-1]
