"""The server as hosts run it: a process, its standard streams, and signals."""

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from tests.figures import check_figures
from tests.process.server import MODERN, SECONDS, Process, environment
from tests.tools.host import ERAS, Era, Host
from tests.tools.test_tools_list import NAMES

Ids = dict[str, int]


@pytest.fixture(scope="module")
def legacy_server() -> Generator[Process]:
    """A server of the legacy era, for tests after which it goes on; its log is as long as can be."""
    with Process("--sandbox", "--log-level", "DEBUG") as server:
        server.initialize()
        yield server


@pytest.mark.anyio
async def test_tools_call_every_tool_succeeds_over_stdio() -> None:
    async with anyio.create_task_group() as tasks:  # Each server paces its requests, so they wait at the same time.
        for era in ERAS:
            tasks.start_soon(call_every_tool, era)


async def call_every_tool(era: Era) -> None:
    server = StdioServerParameters(command=sys.executable, args=["-m", "toggl_mcp", "--sandbox"], env=environment())
    async with Client(server, mode=era) as connected:
        host = Host(connected)
        tools = [tool.name for tool in (await connected.list_tools()).tools]
        client = {"client_id": (await host.call("create_client", name="Lighthouse"))["client"]["id"]}
        project = {
            "project_id": (await host.call("create_project", name="Lamp", client=client["client_id"]))["project"]["id"]
        }
        tag = {"tag_id": (await host.call("create_tag", name="by night"))["tag"]["id"]}
        await host.call("create_time_entry", start="2026-01-05T09:00", duration=60, allow_overlap=True)
        entries = {"ids": [(await host.call("start_timer", project="Lamp"))["entry"]["id"]]}
        for tool, arguments in calls_after_creation(client, project, tag, entries):
            await host.call(tool, **arguments)
        missing = await host.fail("get_client", **client)

    created = {"create_client", "create_project", "create_tag", "create_time_entry", "start_timer"}
    called = created | {tool for tool, _ in calls_after_creation(client, project, tag, entries)}
    assert tools == NAMES
    assert called == set(NAMES)
    assert missing["code"] == "not_found"


def calls_after_creation(
    client: Ids, project: Ids, tag: Ids, entries: dict[str, list[int]]
) -> list[tuple[str, dict[str, Any]]]:
    """Return a call of every tool that does not create, in an order in which each succeeds."""
    return [
        ("get_client", client),
        ("list_clients", {"limit": 2}),
        ("edit_client", {**client, "notes": "By the sea"}),
        ("archive_client", client),
        ("restore_client", client),
        ("get_project", project),
        ("list_projects", {"client": "lighthouse", "status": "both"}),
        ("edit_project", {**project, "active": True}),
        ("list_tags", {"name": "night"}),
        ("edit_tag", {**tag, "name": "by day"}),
        ("get_timer", {}),
        ("stop_timer", {}),
        ("list_time_entries", {"limit": 2}),
        ("edit_time_entries", {**entries, "description": "Trimmed the wick"}),
        ("summarize_time", {"period": "this_week", "group_by": ["client", "day"]}),
        ("delete_time_entries", entries),
        ("delete_tag", tag),
        ("delete_project", project),
        ("delete_client", client),
        ("get_account", {}),
    ]


@pytest.mark.promise("eras")
def test_discover_does_not_select_the_era() -> None:
    with Process("--sandbox") as server:
        discovery = server.request("server/discover", {"_meta": MODERN})
        initialized = server.initialize()
        tools = server.request("tools/list")

    assert discovery["result"]["supportedVersions"] == ["2026-07-28"]
    assert initialized["result"]["protocolVersion"] == "2025-11-25"
    assert [tool["name"] for tool in tools["result"]["tools"]] == NAMES
    check_figures(
        "eras",
        older=initialized["result"]["protocolVersion"],
        newer=", ".join(discovery["result"]["supportedVersions"]),
    )


def test_discover_as_first_message_returns_the_result_of_the_sdk() -> None:
    with Process("--sandbox") as server:
        discovery = server.request("server/discover", {"_meta": MODERN})
        tools = server.request("tools/list", {"_meta": MODERN})
        second_discovery = server.request("server/discover", {"_meta": MODERN})

    assert len(tools["result"]["tools"]) == len(NAMES)
    assert discovery["result"] == second_discovery["result"]


def test_discover_unknown_version_is_refused_with_supported_versions() -> None:
    meta = {**MODERN, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    with Process("--sandbox") as server:
        refusal = server.request("server/discover", {"_meta": meta})
        initialized = server.initialize()

    assert refusal["error"]["code"] == -32022
    assert refusal["error"]["data"] == {"supported": ["2026-07-28"], "requested": "2099-01-01"}
    assert "result" in initialized


@pytest.mark.parametrize("line", [b"{", b"hello", b"[]", b'{"jsonrpc":"2.0"}', b"\xff\xfe", b'"\\ud800"'])
def test_malformed_line_returns_parse_error_and_server_continues(legacy_server: Process, line: bytes) -> None:
    legacy_server.send_line(line)
    refusal = legacy_server.read()
    tools = legacy_server.request("tools/list")

    assert (refusal["id"], refusal["error"]["code"]) == (None, -32700)
    assert "result" in tools


@pytest.mark.parametrize("meta", ["x", {"io.modelcontextprotocol/protocolVersion": {}}])
def test_discover_invalid_meta_is_refused_and_server_continues(meta: object) -> None:
    with Process("--sandbox") as server:
        refusal = server.request("server/discover", {"_meta": meta})
        initialized = server.initialize()

    assert "error" in refusal
    assert "error" in initialized or "result" in initialized


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_process_after_clean_up(number: signal.Signals) -> None:
    with Process("--sandbox", "--log-level", "INFO") as server:
        server.initialize()
        server.request("tools/call", {"name": "list_clients", "arguments": {}})
        server.process.send_signal(number)
        status, log = server.wait()

    assert status == 128 + number
    assert "Closed." in log
    assert "Traceback" not in log


def test_signal_before_initialize_ends_the_process() -> None:
    with Process("--sandbox", "--log-level", "INFO") as server:
        server.request("server/discover", {"_meta": MODERN})
        server.process.terminate()
        status, log = server.wait()

    assert status == 128 + signal.SIGTERM
    assert "Traceback" not in log


def test_end_of_input_ends_the_process_after_clean_up() -> None:
    with Process("--sandbox", "--log-level", "INFO") as server:
        server.initialize()
        server.request("tools/call", {"name": "list_clients", "arguments": {}})
        server.close_input()
        status, log = server.wait()

    assert status == 0
    assert "Closed." in log


def test_start_imports_no_module_that_only_calls_need() -> None:
    build = "import toggl_mcp.stdio, toggl_mcp.server as s; s.build_server(s.Settings())"
    loaded = "import sys; print({'httpx', 'sqlite3', 'stamina', 'redis', 'toggl_mcp.sandbox'} & set(sys.modules))"
    unmeasured = {name: value for name, value in environment().items() if not name.startswith("COVERAGE_")}
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"{build}; {loaded}"],
        env=unmeasured,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )

    assert result.stdout.strip() == "set()"


def test_stdout_holds_messages_only(legacy_server: Process) -> None:
    message = legacy_server.request("tools/call", {"name": "get_account", "arguments": {}})

    assert json.loads(message["result"]["content"][0]["text"]) == message["result"]["structuredContent"]
