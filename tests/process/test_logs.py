"""The log of a process, in both formats."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, cast

import pytest

from tests.process.server import LIST_CLIENTS, SECONDS, FreshProcess, Process
from toggl_mcp.sandbox import TOKEN, Sandbox

pytestmark = pytest.mark.usefixtures("pause_coverage")


def read_log(*arguments: str, **settings: str) -> list[str]:
    """Return what a server logs while a tag is created."""
    with Process("--sandbox", *arguments, **settings) as server:
        server.initialize()
        server.request("tools/call", {"name": "create_tag", "arguments": {"name": "first"}})
        server.close_input()
        return server.wait()[1].splitlines()


def test_log_as_json_has_an_object_a_line() -> None:
    lines = [json.loads(line) for line in read_log("--log-format", "json", "--log-level", "DEBUG", "--audit")]

    audit = [line for line in lines if line["logger"] == "toggl_mcp.audit"]
    assert all(line.keys() >= {"time", "level", "logger", "message"} for line in lines)
    assert [(line["tool"], line["kind"], line["outcome"]) for line in audit] == [("create_tag", "tag", "confirmed")]
    assert len(lines) > len(audit)


def test_log_as_json_has_what_a_start_tells_a_person() -> None:
    (line,) = [json.loads(line) for line in read_log("--log-format", "json", TOGGL_WORKSPACE_ID="${ID}")]

    assert (line["level"], line["logger"]) == ("WARNING", "toggl-mcp")
    assert line["message"].startswith("TOGGL_WORKSPACE_ID holds a placeholder")
    assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta()


def test_log_as_json_is_json_on_a_console_of_any_encoding(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    cache = tmp_path / "Süß.txt"
    cache.write_text("Something else", "utf-8")
    settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(cache)}
    with FreshProcess("--log-format", "json", PYTHONIOENCODING="ascii", **settings) as server:
        server.initialize()
        server.request("tools/call", LIST_CLIENTS)
        server.close_input()
        lines = [json.loads(line) for line in server.wait()[1].splitlines()]

    assert any("Süß.txt" in line["message"] for line in lines)


@pytest.mark.parametrize(
    ("flags", "count"), [(("ERROR",), 0), (("ERROR", "--audit"), 1), (("WARNING",), 0), (("INFO",), 1)]
)
def test_audit_line_is_written_by_level_or_by_setting(flags: tuple[str, ...], count: int) -> None:
    lines = read_log("--log-level", *flags)

    assert len([line for line in lines if line.startswith("INFO toggl_mcp.audit: tool=create_tag ")]) == count


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_change_is_made_though_nobody_reads_the_log(log_format: str) -> None:
    with FreshProcess("--sandbox", "--audit", "--log-format", log_format) as server:
        server.initialize()
        cast("IO[bytes]", server.process.stderr).close()
        results = [
            server.request("tools/call", {"name": "create_tag", "arguments": {"name": name}})["result"]
            for name in ("first", "second")
        ]
        server.close_input()

        assert [result["structuredContent"]["tag"]["name"] for result in results] == ["first", "second"]
        assert server.process.wait(SECONDS) == 0
