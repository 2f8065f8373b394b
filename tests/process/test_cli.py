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
def listening(sandbox: Sandbox) -> Generator[str]:
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
    with listening(sandbox) as url:
        yield sandbox, url


@pytest.fixture
def collecting() -> Generator[None]:
    """Collect garbage again after the command, which ends with its process else."""
    yield
    gc.enable()


def test_the_demo_shows_every_tool_a_refusal_a_stale_answer_and_its_cost() -> None:
    shown = run("demo", TOGGL_WORKSPACE_ID="not a number")

    assert shown.returncode == 0, shown.stderr
    for part in ("delete_client", "must not be blank", "duplicate_name", '"source": "stale"', "quota_spent"):
        assert part in shown.stdout
    assert shown.stdout.rstrip().endswith("It cost 14 Toggl requests; the free plan allows 30 an hour.")
    assert shown.stderr == ""


def test_check_says_line_by_line_that_all_is_well(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = toggl
    sandbox.calls.clear()

    said = run("check", TOGGL_API_TOKEN=f" {TOKEN}\n", TOGGL_API_URL=url, TOGGL_MCP_CACHE=str(tmp_path / "c.sqlite"))

    assert said.returncode == 0, said.stdout
    lines = said.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", topic] for topic in ("tools", "network", "token", "workspace", "cache")
    ]
    assert len(sandbox.calls) == 1
    assert TOKEN not in said.stdout + said.stderr


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
async def test_check_says_what_is_wrong_and_the_next_step(
    toggl: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], topic: str, step: str
) -> None:
    for name in {*os.environ} - {*environment()}:
        monkeypatch.delenv(name)
    for name, value in ({"TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": "memory"} | settings).items():
        monkeypatch.setenv(name, value)
    said: list[str] = []

    assert not await check(Settings(), said.append)

    wrong = [line for line in said if line.startswith("FAIL")]
    assert [line.split()[1] for line in wrong] == [topic]
    assert step in wrong[0]


def test_a_check_that_fails_ends_with_status_1() -> None:
    said = run("check", TOGGL_MCP_CACHE="memory")

    assert said.returncode == 1
    assert "FAIL token" in " ".join(said.stdout.split())


def test_settings_that_cannot_be_used_are_named_in_one_line_each() -> None:
    said = run("check", TOGGL_WORKSPACE_ID="abc", TOGGL_MCP_CACHE_TTL="-1")

    assert said.returncode == 2
    assert [line.split()[1] for line in said.stderr.splitlines()] == ["TOGGL_WORKSPACE_ID:", "TOGGL_MCP_CACHE_TTL:"]


@pytest.mark.parametrize("flag", ["--toolsets", "--tools", "--exclude-tools"])
@pytest.mark.usefixtures("collecting")
def test_a_tool_that_does_not_exist_is_named_with_those_that_do(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", flag, "start_clock"]) == 2
    assert capsys.readouterr().err.startswith(
        f"toggl-mcp: {flag.removeprefix('--')}: there is no 'start_clock'; choose from "
    )


def test_a_second_process_finds_what_the_first_has_cached(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = toggl
    sandbox.calls.clear()
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": str(tmp_path / "deep" / "c.sqlite")}

    answers = [_listed(settings) for _ in range(2)]

    assert len(sandbox.calls) == 2
    assert [answer["source"] for answer in answers] == ["toggl", "cache"]
    assert (tmp_path / "deep" / "c.sqlite").stat().st_mode & 0o777 == 0o600


def test_an_unwritable_cache_is_said_once_and_the_server_goes_on(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(in_the_way / "c.sqlite")}
    with Process(**settings) as server:
        server.initialize()
        answers = [server.ask("tools/call", CALL)["result"]["structuredContent"]["source"] for _ in range(3)]
        server.close_input()
        _, log = server.end()

    assert answers == ["toggl", "cache", "cache"]
    assert log.count("\n") == 1
    assert "TOGGL_MCP_CACHE" in log


def test_a_damaged_cache_is_set_aside_and_the_server_goes_on(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    cache = tmp_path / "c.sqlite"
    cache.write_bytes(b"SQLite format 3\0 but not really" * 100)
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(cache)}

    answer = _listed(settings)

    assert answer["source"] == "toggl"
    with sqlite3.connect(cache) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [([], {"TOGGL_MCP_READ_ONLY": "true"}), (["--read-only"], {"TOGGL_MCP_READ_ONLY": "false"})],
)
def test_read_only_comes_from_a_flag_or_the_environment(arguments: list[str], settings: dict[str, str]) -> None:
    with Process("--sandbox", *arguments, **settings) as server:
        server.initialize()
        tools = [tool["name"] for tool in server.ask("tools/list")["result"]["tools"]]

    assert tools[:3] == ["get_timer", "list_time_entries", "summarize_time"]
    assert tools[3:] == ["get_client", "list_clients", "get_project", "list_projects", "list_tags", "get_account"]


def test_empty_and_unexpanded_settings_count_as_unset() -> None:
    unset = {
        "TOGGL_API_TOKEN": "${user_config.api_token}",
        "TOGGL_WORKSPACE_ID": "",
        "TOGGL_MCP_CACHE_TTL": "${user_config.cache_ttl}",
        "TOGGL_MCP_READ_ONLY": " ",
        "TOGGL_MCP_LOG_LEVEL": "${LEVEL}",
    }
    with Process(**unset) as server:
        server.initialize()
        answer = server.ask("tools/call", CALL)["result"]

    assert answer["isError"] is True
    assert "no_token" in answer["content"][0]["text"]


def _listed(settings: dict[str, str]) -> dict[str, object]:
    with Process(**settings) as server:
        server.initialize()
        return server.ask("tools/call", CALL)["result"]["structuredContent"]
