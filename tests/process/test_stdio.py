"""The server as hosts run it: a process, its standard streams, and signals."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any, cast

import anyio
import anyio.to_thread
import pytest
from mcp import Client, StdioServerParameters

from tests.figures import check_figures
from tests.process.server import MODERN, SECONDS, Process, environment, serve_sandbox
from tests.tools.host import ERAS, Era, Host
from tests.tools.test_tools_list import NAMES
from toggl_mcp.sandbox import TOKEN, Fault, Sandbox
from toggl_mcp.stdio import MAX_LINE_VALUES

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
        client = {"client": (await host.call("create_client", name="Lighthouse"))["client"]["id"]}
        project = {
            "project": (await host.call("create_project", name="Lamp", client=client["client"]))["project"]["id"]
        }
        tag = {"tag": (await host.call("create_tag", name="by night"))["tag"]["id"]}
        entry = await host.create_entry(start="yesterday 3am", duration="30m", on_overlap="allow")
        await host.call("split_time_entry", entry=entry["id"], at="yesterday 03:10")
        entries = {"ids": [(await host.call("start_timer", project="Lamp"))["entry"]["id"]]}
        for tool, arguments in calls_after_creation(client, project, tag, entries):
            await host.call(tool, **arguments)
        missing = await host.fail("get_client", **client)

    created = {
        "create_client",
        "create_project",
        "create_tag",
        "create_time_entries",
        "start_timer",
        "split_time_entry",
    }
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
        ("edit_client", {**client, "archived": True}),
        ("edit_client", {**client, "archived": False}),
        ("get_project", project),
        ("list_projects", {"client": "lighthouse", "status": "both"}),
        ("edit_project", {**project, "active": True}),
        ("project_status", project),
        ("list_tasks", project),
        ("list_tags", {"name": "night"}),
        ("edit_tag", {**tag, "name": "by day"}),
        ("get_timer", {}),
        ("stop_timer", {}),
        ("list_time_entries", {"limit": 2}),
        ("edit_time_entries", {**entries, "description": "Trimmed the wick"}),
        ("summarize_time", {"period": "this_week", "group_by": ["client", "day"]}),
        ("review_time", {"period": "this_week", "expected": 8}),
        ("prepare_statement", {"client": "lighthouse", "period": "this_week"}),
        ("delete_time_entries", entries),
        ("delete_tag", tag),
        ("delete_project", project),
        ("delete_client", client),
        ("undo", {"dry_run": True}),
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


@pytest.mark.parametrize(
    ("fields", "request_id"),
    [
        (rb'"id":7,"params":{"name":"create_client","arguments":{"name":"\ud83d"}}', 7),
        (b'"id":"seven","params":[1]', "seven"),
        (b'"id":1.5,"params":{}', 1.5),
        (b'"id":null', None),
        (b'"id":1e400', None),
        (b'"id":NaN', None),
        (b'"id":[7]', None),
        (rb'"id":"\ud83d"', "\ud83d"),
    ],
)
def test_invalid_request_is_refused_under_its_id(
    legacy_server: Process, fields: bytes, request_id: float | str | None
) -> None:
    legacy_server.send_line(b'{"jsonrpc":"2.0","method":"tools/call",%s}' % fields)
    refusal = legacy_server.read()

    assert (refusal["id"], refusal["error"]["code"]) == (request_id, -32600)


def test_number_without_an_end_is_no_name(legacy_server: Process) -> None:
    legacy_server.send_line(
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"create_client","arguments":{"name":1e400}}}'
    )
    (part,) = legacy_server.read()["result"]["content"]

    assert json.loads(part["text"])["message"].startswith("name: ")


@pytest.mark.parametrize("method", ["tools/call", "prompts/get"])
@pytest.mark.parametrize("name", [[], {}, ["x"], 1, None])
def test_name_that_is_no_text_is_refused(legacy_server: Process, method: str, name: object) -> None:
    refusal = legacy_server.request(method, {"name": name, "arguments": {}})

    assert refusal["error"]["code"] == -32602


def test_batch_is_refused_under_the_id_of_each_request(legacy_server: Process) -> None:
    legacy_server.send_line(b'[{"jsonrpc":"2.0","id":8,"method":"ping"},{"jsonrpc":"2.0","id":9,"method":"ping"}]')

    assert [legacy_server.read()["id"] for _ in range(2)] == [8, 9]


@pytest.mark.parametrize(
    "noise", [b"", b"\r", b" \t\x00", b"\xef\xbb\xbf", b'{"jsonrpc":"2.0","method":"notifications/none"}']
)
def test_noise_between_messages_gets_no_answer(legacy_server: Process, noise: bytes) -> None:
    legacy_server.send_line(noise)

    assert "result" in legacy_server.request("tools/list")


def test_byte_order_mark_before_a_message_is_ignored(legacy_server: Process) -> None:
    legacy_server.send_line(b'\xef\xbb\xbf{"jsonrpc":"2.0","id":"marked","method":"ping"}\r')

    assert legacy_server.read() == {"jsonrpc": "2.0", "id": "marked", "result": {}}


@pytest.mark.parametrize("line", [b"x" * (9 << 20), b'{"a":' * 100_000, b"[" * 100_000])
def test_endless_or_deep_line_is_refused_and_server_continues(legacy_server: Process, line: bytes) -> None:
    legacy_server.send_line(line)
    refusal = legacy_server.read()

    assert (refusal["id"], refusal["error"]["code"]) == (None, -32700)
    assert "result" in legacy_server.request("tools/list")


def test_call_with_more_commas_in_its_texts_than_values_may_be_is_carried_out(legacy_server: Process) -> None:
    text = 'Say "hello", ' + "," * (MAX_LINE_VALUES // 50)
    entries = [{"start": "2026-01-05T09:00", "duration": 60, "description": text} for _ in range(50)]
    arguments = {"entries": entries, "on_overlap": "allow", "dry_run": True}
    answer = legacy_server.request("tools/call", {"name": "create_time_entries", "arguments": arguments})

    assert answer["result"]["isError"] is False, answer


def test_client_that_does_not_read_is_read_no_further() -> None:
    requests = b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"tools/list"}\n' % number for number in range(1000))
    with Process("--sandbox") as server:
        server.initialize()
        stdin = cast("IO[bytes]", server.process.stdin).fileno()
        os.set_blocking(stdin, False)
        written = 0
        while written < 4000 * len(requests) and select.select([], [stdin], [], 3)[1]:
            written += os.write(stdin, requests[written % len(requests) :])
        os.set_blocking(stdin, True)
        answers = [server.read() for _ in range(64)]

    # What is neither answered nor in a pipe is in the memory of the server.
    assert written < 500_000
    assert all("result" in answer for answer in answers)


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


def test_end_of_input_after_the_last_request_answers_all_of_them() -> None:
    calls = [{"name": "create_client", "arguments": {"name": f"Client {number}"}} for number in range(3)]
    with Process("--sandbox") as server:
        server.initialize()
        for number, call in enumerate(calls):
            request = {"jsonrpc": "2.0", "id": f"call {number}", "method": "tools/call", "params": call}
            server.send_line(json.dumps(request).encode().rstrip(b"\n"))
        server.close_input()
        answers = {message["id"]: message["result"]["isError"] for message in (server.read() for _ in calls)}
        status, _ = server.wait()

    assert answers == {"call 0": False, "call 1": False, "call 2": False}
    assert status == 0


END = ["end of input", signal.SIGTERM, signal.SIGHUP, signal.SIGINT]


@pytest.mark.parametrize(("end", "is_slow"), [*((end, False) for end in END), *((end, True) for end in END[:2])])
def test_end_with_a_change_in_flight_reports_it_done_or_unknown(
    tmp_path: Path, end: str | signal.Signals, *, is_slow: bool
) -> None:
    """A change that Toggl confirms in time is reported as done; else the cache does not go on without it."""
    received, release = threading.Event(), threading.Event()

    async def wait() -> None:
        received.set()
        await anyio.to_thread.run_sync(release.wait, SECONDS)

    sandbox = Sandbox(fault=lambda call: Fault("slow", until=wait) if call.method == "POST" else None)
    with serve_sandbox(sandbox) as url:
        settings = {"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": url, "TOGGL_MCP_CACHE": str(tmp_path / "c.sqlite")}
        with Process(**settings) as server:
            server.initialize()
            server.send_line(json.dumps(CREATION).encode())
            assert received.wait(SECONDS)
            if isinstance(end, signal.Signals):
                server.process.send_signal(end)
            else:
                server.close_input()
            if not is_slow:
                release.set()
            answer = server.read()
            status, log = server.wait()
        release.set()
        sandbox.fault = None
        with Process(**settings) as second:
            second.initialize()
            clients = second.request("tools/call", {"name": "list_clients", "arguments": {"name": "Lighthouse"}})

    assert answer["id"] == "creation"
    if is_slow:
        assert "outcome_unknown" in answer["error"]["message"]
    else:
        assert answer["result"]["structuredContent"]["client"]["name"] == "Lighthouse"
    assert status == (128 + end if isinstance(end, signal.Signals) else 0)
    assert "Traceback" not in log
    assert clients["result"]["structuredContent"]["total"] == 1


CREATION: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": "creation",
    "method": "tools/call",
    "params": {"name": "create_client", "arguments": {"name": "Lighthouse"}},
}


def test_client_that_is_gone_ends_the_process_without_a_traceback() -> None:
    with Process("--sandbox") as server:
        server.initialize()
        cast("IO[bytes]", server.process.stdout).close()
        server.send_line(b'{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
        _, log = server.wait()

    assert "Traceback" not in log


def test_start_imports_no_module_that_only_calls_or_replicas_need() -> None:
    build = "import toggl_mcp.stdio, toggl_mcp.server as s; s.build_server(s.Settings())"
    for_calls = {"httpx", "sqlite3", "stamina", "toggl_mcp.sandbox", "toggl_mcp.features"}
    for_replicas = {"redis", "toggl_mcp.cache.redis.store", "jwt", "opentelemetry.sdk", "toggl_mcp.http"}
    loaded = f"import sys; print({for_calls | for_replicas} & set(sys.modules))"
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
