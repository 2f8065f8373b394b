"""The log of a process, in both formats."""

import json

import pytest

from tests.process.server import Process


def read_log(*arguments: str) -> list[str]:
    """Return what a server logs while a tag is created."""
    with Process("--sandbox", *arguments) as server:
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


@pytest.mark.parametrize(("flags", "count"), [((), 0), (("--audit",), 1)])
def test_audit_line_is_written_whatever_the_level_is(flags: tuple[str, ...], count: int) -> None:
    lines = read_log("--log-level", "ERROR", *flags)

    assert len([line for line in lines if line.startswith("INFO toggl_mcp.audit: tool=create_tag ")]) == count
