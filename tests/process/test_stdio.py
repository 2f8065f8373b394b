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

from tests.process.server import MODERN, SECONDS, Process, environment
from tests.tools.driving import ERAS, Era, Host
from tests.tools.test_surface import NAMES

Ids = dict[str, int]


@pytest.fixture(scope="module")
def opened() -> Generator[Process]:
    """A server of the legacy era, for tests after which it goes on; its log is as long as can be."""
    with Process("--sandbox", "--log-level", "DEBUG") as server:
        server.initialize()
        yield server


@pytest.mark.anyio
async def test_every_tool_answers_over_a_real_process() -> None:
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
        for tool, arguments in rest(client, project, tag, entries):
            await host.call(tool, **arguments)
        missing = await host.fail("get_client", **client)

    created = {"create_client", "create_project", "create_tag", "create_time_entry", "start_timer"}
    called = created | {tool for tool, _ in rest(client, project, tag, entries)}
    assert tools == NAMES
    assert called == set(NAMES)
    assert missing["code"] == "not_found"


def rest(client: Ids, project: Ids, tag: Ids, entries: dict[str, list[int]]) -> list[tuple[str, dict[str, Any]]]:
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
def test_a_probe_does_not_choose_the_era() -> None:
    with Process("--sandbox") as server:
        probed = server.ask("server/discover", {"_meta": MODERN})
        opened = server.initialize()
        listed = server.ask("tools/list")

    assert probed["result"]["supportedVersions"] == ["2026-07-28"]
    assert opened["result"]["protocolVersion"] == "2025-11-25"
    assert [tool["name"] for tool in listed["result"]["tools"]] == NAMES


def test_a_probe_is_answered_as_the_sdk_would_answer_it() -> None:
    with Process("--sandbox") as server:
        probed = server.ask("server/discover", {"_meta": MODERN})
        listed = server.ask("tools/list", {"_meta": MODERN})
        discovered = server.ask("server/discover", {"_meta": MODERN})

    assert len(listed["result"]["tools"]) == len(NAMES)
    assert probed["result"] == discovered["result"]


def test_a_probe_for_an_unknown_version_names_those_that_are_served() -> None:
    meta = {**MODERN, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    with Process("--sandbox") as server:
        refused = server.ask("server/discover", {"_meta": meta})
        opened = server.initialize()

    assert refused["error"]["code"] == -32022
    assert refused["error"]["data"] == {"supported": ["2026-07-28"], "requested": "2099-01-01"}
    assert "result" in opened


@pytest.mark.parametrize("line", [b"{", b"hello", b"[]", b'{"jsonrpc":"2.0"}', b"\xff\xfe", b'"\\ud800"'])
def test_a_malformed_line_is_answered_and_the_server_goes_on(opened: Process, line: bytes) -> None:
    opened.line(line)
    refused = opened.read()
    listed = opened.ask("tools/list")

    assert (refused["id"], refused["error"]["code"]) == (None, -32700)
    assert "result" in listed


@pytest.mark.parametrize("meta", ["x", {"io.modelcontextprotocol/protocolVersion": {}}])
def test_a_probe_whose_meta_is_no_meta_is_refused_and_the_server_goes_on(meta: object) -> None:
    with Process("--sandbox") as server:
        refused = server.ask("server/discover", {"_meta": meta})
        opened = server.initialize()

    assert "error" in refused
    assert "error" in opened or "result" in opened


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_after_its_clean_up(number: signal.Signals) -> None:
    with Process("--sandbox", "--log-level", "INFO") as server:
        server.initialize()
        server.ask("tools/call", {"name": "list_clients", "arguments": {}})
        server.process.send_signal(number)
        status, log = server.end()

    assert status == 128 + number
    assert "Closed." in log
    assert "Traceback" not in log


def test_a_signal_before_the_first_message_ends_the_process_too() -> None:
    with Process("--sandbox", "--log-level", "INFO") as server:
        server.ask("server/discover", {"_meta": MODERN})
        server.process.terminate()
        status, log = server.end()

    assert status == 128 + signal.SIGTERM
    assert "Traceback" not in log


def test_the_end_of_input_ends_the_process_after_its_clean_up() -> None:
    with Process("--sandbox", "--log-level", "INFO") as server:
        server.initialize()
        server.ask("tools/call", {"name": "list_clients", "arguments": {}})
        server.close_input()
        status, log = server.end()

    assert status == 0
    assert "Closed." in log


def test_a_start_loads_nothing_that_only_a_call_needs() -> None:
    build = "import toggl_mcp.stdio, toggl_mcp.server as s; s.build_server(s.Settings())"
    loaded = "import sys; print({'httpx', 'sqlite3', 'stamina', 'redis', 'toggl_mcp.sandbox'} & set(sys.modules))"
    unmeasured = {name: value for name, value in environment().items() if not name.startswith("COVERAGE_")}
    found = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"{build}; {loaded}"],
        env=unmeasured,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )

    assert found.stdout.strip() == "set()"


def test_standard_output_carries_messages_only(opened: Process) -> None:
    answer = opened.ask("tools/call", {"name": "get_account", "arguments": {}})

    assert json.loads(answer["result"]["content"][0]["text"]) == answer["result"]["structuredContent"]
