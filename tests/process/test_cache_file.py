"""The cache's file under the served process: shared, not to be written to, damaged, or another program's."""

import sqlite3
from pathlib import Path

import pytest

from tests.process.server import LIST_CLIENTS, Process, run
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = pytest.mark.usefixtures("pause_coverage")


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
        sources = [_request_clients(server)["source"] for _ in range(3)]
        server.close_input()
        _, log = server.wait()

    assert sources == ["toggl", "cache", "cache"]
    assert log.count("\n") == 1
    assert "TOGGL_MCP_CACHE" in log


def test_serve_damaged_cache_is_replaced_and_server_continues(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    cache = tmp_path / "c.sqlite"
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(cache)}
    _list_clients(settings)
    header, size = cache.read_bytes()[:100], cache.stat().st_size
    cache.write_bytes(header + b"\xff" * (size - len(header)))

    result = _list_clients(settings)

    assert result["source"] == "toggl"
    assert cache.with_name("c.sqlite.broken").read_bytes()[:100] == header
    with sqlite3.connect(cache) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.mark.parametrize("arguments", [["serve"], ["check"]])
def test_cache_at_a_foreign_file_leaves_it_and_says_so(
    toggl: tuple[Sandbox, str], tmp_path: Path, arguments: list[str]
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Milk, bread")
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(notes)}
    if arguments == ["check"]:
        result = run(*arguments, **settings)
        report = result.stdout
        assert result.returncode == 1
    else:
        with Process(*arguments, **settings) as server:
            server.initialize()
            sources = [_request_clients(server)["source"] for _ in range(2)]
            server.close_input()
            _, report = server.wait()
        assert sources == ["toggl", "cache"]

    assert "not this program's" in report
    assert "memory" in report
    assert [file.read_text() for file in tmp_path.iterdir()] == ["Milk, bread"]


def _list_clients(settings: dict[str, str]) -> dict[str, object]:
    with Process(**settings) as server:
        server.initialize()
        return _request_clients(server)


def _request_clients(server: Process) -> dict[str, object]:
    return server.request("tools/call", LIST_CLIENTS)["result"]["structuredContent"]
