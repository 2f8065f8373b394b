"""The command: demo, check, settings, and flags."""

import gc
import os
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.process.server import Process, environment, run
from toggl_mcp.check import check
from toggl_mcp.cli import main
from toggl_mcp.sandbox import NIGHT_SCHOOL, TOKEN, Sandbox
from toggl_mcp.settings import Settings

CALL: dict[str, object] = {"name": "list_clients", "arguments": {}}


@contextmanager
def serve_sandbox(sandbox: Sandbox) -> Generator[str]:
    """Serve the sandbox on a port of this machine, and give its address."""
    server = uvicorn.Server(uvicorn.Config(sandbox, port=0, log_level="error", ws="none", lifespan="off"))
    socket = server.config.bind_socket()
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/api/v9"
    finally:
        server.should_exit = True
        thread.join()
        socket.close()


@pytest.fixture(scope="module")
def toggl() -> Generator[tuple[Sandbox, str]]:
    sandbox = Sandbox()
    with serve_sandbox(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def gc_enabled() -> Generator[None]:
    """Collect garbage again after the command, which ends with its process else."""
    yield
    gc.enable()


def test_demo_shows_every_tool_refusal_stale_result_and_cost() -> None:
    result = run("demo", TOGGL_WORKSPACE_ID="not a number")

    assert result.returncode == 0, result.stderr
    for part in ("delete_client", "must not be blank", "duplicate_name", '"source": "stale"', "quota_spent"):
        assert part in result.stdout
    assert result.stdout.rstrip().endswith("It cost 14 Toggl requests; the free plan allows 30 an hour.")
    assert result.stderr == ""


def test_check_success_prints_a_line_per_topic(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = toggl
    sandbox.calls.clear()

    result = run("check", TOGGL_API_TOKEN=f" {TOKEN}\n", TOGGL_API_URL=url, TOGGL_MCP_CACHE=str(tmp_path / "c.sqlite"))

    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", topic] for topic in ("tools", "network", "token", "workspace", "cache")
    ]
    assert len(sandbox.calls) == 1
    assert TOKEN not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("settings", "topic", "step"),
    [
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_MCP_TOOLS": "start_clock"}, "tools", "start_timer"),
        ({}, "token", "https://track.toggl.com/profile"),
        ({"TOGGL_API_TOKEN": "toggl_sk_1"}, "token", "Focus"),
        ({"TOGGL_API_TOKEN": "f" * 32}, "token", "TOGGL_API_TOKEN"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_WORKSPACE_ID": "5"}, "workspace", str(NIGHT_SCHOOL)),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": "http://127.0.0.1:9/api/v9"}, "network", "network"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": "http://example.com/api/v9"}, "network", "https"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_MCP_CACHE": "/dev/null/cache.sqlite"}, "cache", "TOGGL_MCP_CACHE"),
    ],
)
@pytest.mark.anyio
async def test_check_failure_names_topic_and_next_step(
    toggl: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], topic: str, step: str
) -> None:
    for name in {*os.environ} - {*environment()}:
        monkeypatch.delenv(name)
    for name, value in ({"TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": "memory"} | settings).items():
        monkeypatch.setenv(name, value)
    lines: list[str] = []

    assert not await check(Settings(), lines.append)

    failures = [line for line in lines if line.startswith("FAIL")]
    assert [line.split()[1] for line in failures] == [topic]
    assert step in failures[0]


def test_check_failure_exits_with_status_1() -> None:
    result = run("check", TOGGL_MCP_CACHE="memory")

    assert result.returncode == 1
    assert "FAIL token" in " ".join(result.stdout.split())


def test_settings_invalid_are_named_one_per_line() -> None:
    result = run("check", TOGGL_WORKSPACE_ID="abc", TOGGL_MCP_CACHE_TTL="-1")

    assert result.returncode == 2
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["TOGGL_WORKSPACE_ID:", "TOGGL_MCP_CACHE_TTL:"]


@pytest.mark.parametrize("flag", ["--toolsets", "--tools", "--exclude-tools"])
@pytest.mark.usefixtures("gc_enabled")
def test_serve_unknown_tool_is_refused_with_known_names(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", flag, "start_clock"]) == 2
    assert capsys.readouterr().err.startswith(
        f"toggl-mcp: {flag.removeprefix('--')}: there is no 'start_clock'; choose from "
    )


def test_serve_second_process_reads_the_shared_cache(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = toggl
    sandbox.calls.clear()
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": str(tmp_path / "deep" / "c.sqlite")}

    results = [_list_clients(settings) for _ in range(2)]

    assert len(sandbox.calls) == 2
    assert [result["source"] for result in results] == ["toggl", "cache"]
    assert (tmp_path / "deep" / "c.sqlite").stat().st_mode & 0o777 == 0o600


def test_serve_unwritable_cache_is_logged_once_and_server_continues(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(file / "c.sqlite")}
    with Process(**settings) as server:
        server.initialize()
        sources = [server.request("tools/call", CALL)["result"]["structuredContent"]["source"] for _ in range(3)]
        server.close_input()
        _, log = server.wait()

    assert sources == ["toggl", "cache", "cache"]
    assert log.count("\n") == 1
    assert "TOGGL_MCP_CACHE" in log


def test_serve_damaged_cache_is_replaced_and_server_continues(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    cache = tmp_path / "c.sqlite"
    cache.write_bytes(b"SQLite format 3\0 but not really" * 100)
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(cache)}

    result = _list_clients(settings)

    assert result["source"] == "toggl"
    with sqlite3.connect(cache) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [([], {"TOGGL_MCP_READ_ONLY": "true"}), (["--read-only"], {"TOGGL_MCP_READ_ONLY": "false"})],
)
def test_serve_read_only_from_flag_or_environment(arguments: list[str], settings: dict[str, str]) -> None:
    with Process("--sandbox", *arguments, **settings) as server:
        server.initialize()
        tools = [tool["name"] for tool in server.request("tools/list")["result"]["tools"]]

    assert tools[:3] == ["get_timer", "list_time_entries", "summarize_time"]
    assert tools[3:] == ["get_client", "list_clients", "get_project", "list_projects", "list_tags", "get_account"]


def test_settings_empty_or_unexpanded_count_as_unset() -> None:
    unset = {
        "TOGGL_API_TOKEN": "${user_config.api_token}",
        "TOGGL_WORKSPACE_ID": "",
        "TOGGL_MCP_CACHE_TTL": "${user_config.cache_ttl}",
        "TOGGL_MCP_READ_ONLY": " ",
        "TOGGL_MCP_LOG_LEVEL": "${LEVEL}",
    }
    with Process(**unset) as server:
        server.initialize()
        result = server.request("tools/call", CALL)["result"]

    assert result["isError"] is True
    assert "no_token" in result["content"][0]["text"]


def _list_clients(settings: dict[str, str]) -> dict[str, object]:
    with Process(**settings) as server:
        server.initialize()
        return server.request("tools/call", CALL)["result"]["structuredContent"]
