"""Resources: what tools return, by an address; what they cost, and what they say where there is nothing to read."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import ReadResourceResult, TextResourceContents

from tests.cache.support import lock_file
from tests.chaos.faults import TickingClock
from tests.chaos.tokens import TOKENS, Accounts
from tests.endpoints.support import Gate, fault_every, fault_in_turn
from tests.http.support import serve as serve_http
from tests.resources.costs import COSTS
from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.sandbox import Fault, Sandbox
from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings

pytestmark = pytest.mark.anyio

VOLATILE = {"as_of", "age_seconds", "requests", "quota", "quotas", "source"}
"""What tells of the call, and not of what was read."""
URIS = [
    *("toggl://account", "toggl://day/today", "toggl://day/2025-10-08", "toggl://week/this_week"),
    *("toggl://week/2025-W40", "toggl://project/Web%20shop", "toggl://changes"),
]
LISTED = ["toggl://account", "toggl://day/today", "toggl://week/this_week", "toggl://changes"]
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "toggl://account": ("get_account", {}),
    "toggl://day/2025-10-08": ("list_time_entries", {"period": "2025-10-08", "limit": 200}),
    "toggl://day/yesterday": ("list_time_entries", {"period": "yesterday", "limit": 200}),
    "toggl://week/2025-W40": ("summarize_time", {"period": "2025-W40", "group_by": ["project", "day"], "limit": 200}),
    "toggl://week/2025-10-08": ("summarize_time", {"period": "this week", "group_by": ["project", "day"]}),
    "toggl://project/Web%20shop": ("project_status", {"project": "Web shop"}),
    "toggl://project/201500302": ("project_status", {"project": "Web shop"}),
}


async def read(client: Client, uri: str) -> dict[str, Any]:
    return json.loads(get_text(await client.read_resource(uri)))


def get_text(result: ReadResourceResult) -> str:
    (content,) = result.contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    return content.text


@each_era
async def test_resources_list_has_titles_annotations_and_icons(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with Client(serve(sandbox, clock), mode=era) as client:
        resources = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates

    assert [item.uri for item in resources] == [
        "toggl://account",
        "toggl://day/today",
        "toggl://week/this_week",
        "toggl://changes",
    ]
    assert [item.uri_template for item in templates] == [
        "toggl://day/{date}",
        "toggl://week/{date}",
        "toggl://project/{id}",
    ]
    for item in (*resources, *templates):
        assert item.title
        assert item.description
        assert item.mime_type == "application/json"
        assert item.annotations is not None
        assert item.annotations.audience == ["user", "assistant"]
        assert item.annotations.priority is not None
        assert item.icons is not None
        assert len(item.icons[0].src) < 500
    assert sandbox.calls == []


async def test_resources_list_has_sizes_and_times_of_what_was_read_and_is_the_same(
    sandbox: Sandbox, clock: Clock
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        bodies = {uri: get_text(await client.read_resource(uri)) for uri in (*LISTED, "toggl://day/2025-10-08")}
        before = await list_sizes(client)
        clock.now += 60
        await Host(client).call("start_timer", description="Bread")
        count = len(sandbox.calls)
        changed = await list_sizes(client)
        clock.now += 20
        body = get_text(await client.read_resource("toggl://day/today"))
        after = await list_sizes(client)

    assert len(sandbox.calls) == count
    as_of = json.loads(bodies["toggl://day/today"])["as_of"].replace("Z", "+00:00")
    assert {uri: before[uri] for uri in LISTED} == {
        uri: (len(bodies[uri].encode()), None if "changes" in uri else as_of) for uri in LISTED
    }
    assert {uri: changed[uri] for uri in LISTED} == dict.fromkeys(LISTED, (None, None)) | {
        "toggl://account": before["toggl://account"]
    }
    assert after["toggl://day/today"] == (len(body.encode()), "2025-10-09T08:54:20+00:00")


async def test_resources_list_of_what_was_read_amid_a_change_and_after_it_has_two_times(
    sandbox: Sandbox, clock: Clock
) -> None:
    gate, times = Gate(), list[str | None]()
    sandbox.fault = fault_in_turn("POST", gate.fault)
    entries = [{"start": f"2025-10-09T{hour}:00", "duration": "1h"} for hour in (10, 11)]

    async def read_time(client: Client) -> None:
        await client.read_resource("toggl://day/today")
        times.append((await list_sizes(client))["toggl://day/today"][1])

    async with Client(serve(sandbox, clock)) as client:
        await Host(client).call("list_time_entries", period="today")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "create_time_entries", {"entries": entries, "on_overlap": "allow"})
            await gate.reached.wait()
            await read_time(client)
            clock.now += 10
            gate.open.set()
        await read_time(client)

    first, second = times
    assert first is not None
    assert second is not None
    assert first < second


async def test_resources_list_has_sizes_of_the_callers_account_alone() -> None:
    clock = TickingClock()
    async with serve_http(Accounts(clock, TOKENS), clock, bring_your_own_token=True, token=None) as web:
        async with web.connect(TOKENS[0]) as host:
            await host.client.read_resource("toggl://account")
            first = await list_sizes(host.client)
        async with web.connect(TOKENS[1]) as host:
            second = await list_sizes(host.client)

    assert first["toggl://account"] != (None, None)
    assert second == dict.fromkeys(LISTED, (None, None))


async def test_resources_list_while_the_cache_is_busy_lacks_sizes(
    sandbox: Sandbox, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "cache" / "cache.sqlite"
    store = SqliteStore(path, clock=clock, busy_timeout=0.02)
    async with Client(serve(sandbox, clock, store=store)) as client:
        await client.read_resource("toggl://day/today")
        with lock_file(path, "EXCLUSIVE"):
            assert await list_sizes(client) == dict.fromkeys(LISTED, (None, None))
    await store.aclose()


async def list_sizes(client: Client) -> dict[str, tuple[int | None, str | None]]:
    """Return the size of each listed resource, and when it was modified."""
    resources = (await client.list_resources()).resources
    return {item.uri: (item.size, item.annotations and item.annotations.last_modified) for item in resources}


@pytest.mark.parametrize("uri", URIS)
async def test_resources_read_costs_requests_once(sandbox: Sandbox, clock: Clock, uri: str) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await client.read_resource(uri)
        cold_count = len(sandbox.calls)
        await client.read_resource(uri)

    name = uri.removeprefix("toggl://").partition("/")[0]
    assert (cold_count, len(sandbox.calls) - cold_count) == COSTS[name]


@each_era
async def test_resources_read_returns_what_the_tool_returns(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with Client(serve(sandbox, clock), mode=era) as client:
        for uri, (tool, arguments) in CALLS.items():
            body = await read(client, uri)
            result = await Host(client).call(tool, **arguments)

            assert body.keys() == result.keys() | (body.keys() & VOLATILE), uri
            assert {key: body[key] for key in body.keys() - VOLATILE} == {
                key: result[key] for key in result.keys() - VOLATILE
            }, uri


async def test_resources_read_changes_returns_the_last_changes(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        host = Host(client)
        created = await host.call("create_client", name="Lighthouse")
        count = len(sandbox.calls)
        (change,) = (await read(client, "toggl://changes"))["changes"]

        assert len(sandbox.calls) == count
        assert change["change_id"] == created["change_id"]
        assert change["steps"] == [f"add client {created['client']['id']} “Lighthouse”"]
        assert (await host.call("undo", dry_run=True))["changes"] == [change]


@pytest.mark.parametrize(
    ("uri", "code", "text"),
    [
        ("toggl://day/2025-02-30", "invalid_arguments", "give a day that exists"),
        ("toggl://day/03%2F04%2F2025", "invalid_arguments", "two readings, 2025-03-04 and 2025-04-03"),
        ("toggl://day/last%20week", "invalid_arguments", "is not one day. Write 2026-11-24"),
        ("toggl://week/2025-11", "invalid_arguments", "is not one week. Write 2026-W47"),
        ("toggl://week/soon", "invalid_arguments", "is not a period; write today"),
        ("toggl://project/Web%20shopp", "not_found", "Near: “Web shop” (201500302)"),
        ("toggl://project/nowhere", "not_found", "No name is near it. list_projects(refresh: true) reads Toggl again."),
        ("toggl://week/9999-W52", "invalid_arguments", "outside the years that Toggl takes"),
        ("toggl://project/", "invalid_arguments", "project: should have at least 1 character"),
        ("toggl://project/a%0Ab", "invalid_arguments", "project: has to be one line"),
        ("toggl://project/%E2%80%AEx", "invalid_arguments", "project: holds U+202E"),
        ("toggl://days/today", "not_found", "Resources: toggl://account, toggl://day/{date}"),
    ],
)
async def test_resources_read_of_nothing_says_what_to_read(
    sandbox: Sandbox, clock: Clock, uri: str, code: str, text: str
) -> None:
    async with Client(serve(sandbox, clock)) as client:
        with pytest.raises(MCPError, match=r"\w") as failure:
            await client.read_resource(uri)

    assert failure.value.code == -32602
    assert text in failure.value.message
    assert failure.value.data["uri"] == uri
    assert failure.value.data["code"] == code


async def test_resources_read_in_an_outage_says_to_read_it_later(sandbox: Sandbox, clock: Clock) -> None:
    sandbox.fault = fault_every("GET", Fault("refused"))
    async with Client(serve(sandbox, clock)) as client:
        with pytest.raises(MCPError, match="again") as failure:
            await client.read_resource("toggl://account")

    assert failure.value.code == -32603
    assert failure.value.data["retry"] == "later"


async def test_resources_read_without_a_token_says_where_to_get_one() -> None:
    async with Client(build_server(Settings.model_construct())) as client:
        assert (await client.list_resources()).resources
        with pytest.raises(MCPError, match=r"Copy yours from the end of https://track\.toggl\.com/profile"):
            await client.read_resource("toggl://account")


async def test_resources_read_hides_what_no_reader_can_see(sandbox: Sandbox, clock: Clock) -> None:
    async with Client(serve(sandbox, clock)) as client:
        await Host(client).call("start_timer", description="Bread")
        row = next(row for row in sandbox.state.entries.values() if row["description"] == "Bread")
        row["description"] = "Bread\u202eegaugnal"
        clock.now += 121
        row["at"] = row["at"].replace("2025", "2026")
        text = get_text(await client.read_resource("toggl://day/today"))

    assert "Bread" in text
    assert "\u202e" not in text
