"""The tools as hosts list them: a contract, so each is also a file to compare with."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from mcp import Client
from mcp.types import SERVER_INFO_META_KEY, Tool

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.sandbox import Sandbox

pytestmark = [pytest.mark.anyio, each_era]

SNAPSHOTS = Path(__file__).parent / "snapshots"
NAMES = [
    "start_timer",
    "stop_timer",
    "get_timer",
    "create_time_entries",
    "list_time_entries",
    "edit_time_entries",
    "split_time_entry",
    "delete_time_entries",
    "summarize_time",
    "review_time",
    "prepare_statement",
    "create_client",
    "get_client",
    "list_clients",
    "edit_client",
    "delete_client",
    "create_project",
    "get_project",
    "list_projects",
    "edit_project",
    "delete_project",
    "project_status",
    "list_tasks",
    "create_tag",
    "list_tags",
    "edit_tag",
    "delete_tag",
    "undo",
    "get_account",
]
PLAIN = {
    "additionalProperties",
    "description",
    "enum",
    "items",
    "maxItems",
    "maximum",
    "minItems",
    "minimum",
    "properties",
    "required",
    "type",
}
"""The keywords that OpenAI's strict mode and Gemini take."""
BOUNDS = {"maxItems", "maximum", "minimum"}


async def fetch_tools(host: Host) -> list[Tool]:
    return (await host.client.list_tools()).tools


def dump_tool(tool: Tool) -> dict[str, Any]:
    return tool.model_dump(by_alias=True, mode="json", exclude_none=True)


def subschemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it."""
    yield schema
    values = schema.get("additionalProperties")
    for part in [*schema.get("properties", {}).values(), schema.get("items"), values]:
        if isinstance(part, dict):
            yield from subschemas(cast("dict[str, Any]", part))


async def test_tools_list_has_a_fixed_order(host: Host) -> None:
    assert [tool.name for tool in await fetch_tools(host)] == NAMES


async def test_tools_list_matches_the_snapshots(host: Host) -> None:
    snapshots = {path.stem: json.loads(path.read_text("utf-8")) for path in SNAPSHOTS.glob("*.json")}

    assert {tool.name: dump_tool(tool) for tool in await fetch_tools(host)} == snapshots


async def test_tools_list_has_titles_descriptions_and_annotations(host: Host) -> None:
    for tool in await fetch_tools(host):
        annotations = tool.annotations
        assert tool.title
        assert tool.description
        assert annotations is not None
        assert None not in (
            annotations.read_only_hint,
            annotations.destructive_hint,
            annotations.idempotent_hint,
            annotations.open_world_hint,
        )
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", tool.name)
        assert len(tool.name) <= 40


async def test_tools_list_input_schemas_are_plain_closed_and_described(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with Client(serve(sandbox, clock, toolsets="all"), mode=era) as client:
        tools = await fetch_tools(Host(client))

    assert len(tools) > len(NAMES)
    for tool in tools:
        schema = tool.input_schema
        assert schema["type"] == "object"
        for part in subschemas(schema):
            assert part.keys() <= PLAIN, tool.name
            assert isinstance(part["type"], str)
            assert part["type"] != "object" or part["additionalProperties"] is False
        for name, part in schema["properties"].items():
            assert part["description"]
            bounded = part["type"] in ("boolean", "object", "string") or name.endswith("_id") or part.keys() & BOUNDS
            assert bounded, (tool.name, name)


async def test_tools_list_output_schemas_are_plain(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with Client(serve(sandbox, clock, toolsets="all"), mode=era) as client:
        for tool in await fetch_tools(Host(client)):
            assert tool.output_schema is not None
            assert tool.output_schema["type"] == "object"
            for part in subschemas(tool.output_schema):
                assert part.keys() <= PLAIN, tool.name
                assert isinstance(part["type"], str)


def count_tokens(data: object) -> float:
    return len(json.dumps(data, separators=(",", ":"))) / 4


@pytest.mark.promise("cheap")
async def test_tools_list_costs_at_most_11000_tokens(host: Host) -> None:
    tools = [dump_tool(tool) for tool in await fetch_tools(host)]
    costs = [count_tokens(tool) for tool in tools]
    # Most hosts leave these out of what a model sees.
    visible = [{name: tool[name] for name in ("name", "title", "description", "inputSchema")} for tool in tools]

    assert max(costs) <= 900
    assert sum(costs) <= 11_000
    assert sum(costs) / len(costs) <= 400
    assert sum(map(count_tokens, visible)) <= 6500
    check_figures("cheap", tokens=math.ceil(sum(costs)), tools=len(costs))


async def test_tools_list_read_only_omits_tools_that_write(sandbox: Sandbox, clock: Clock, era: Era) -> None:
    async with Client(serve(sandbox, clock, read_only=True), mode=era) as client:
        host = Host(client)
        tools = await fetch_tools(host)
        account = await host.call("get_account")
        result = await host.raw("delete_client", client=64890301)

    assert [tool.name for tool in tools] == [
        "get_timer",
        "list_time_entries",
        "summarize_time",
        "review_time",
        "prepare_statement",
        "get_client",
        "list_clients",
        "get_project",
        "list_projects",
        "project_status",
        "list_tasks",
        "list_tags",
        "get_account",
    ]
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
    assert account["access"] == "read"
    assert result.is_error
    assert not any(call.method != "GET" for call in sandbox.calls)


async def test_server_info_has_name_title_and_version(host: Host) -> None:
    info = host.client.server_info
    assert info is not None
    assert (info.name, info.title) == ("toggl-track", "Toggl Track")
    assert re.fullmatch(r"\d+\.\d+\.\d+", info.version)


async def test_call_tool_result_names_the_server_and_repeats_no_icon(host: Host, era: Era) -> None:
    info = host.client.server_info
    result = await host.raw("get_timer")
    assert info is not None
    assert info.icons
    stamp = {SERVER_INFO_META_KEY: {"name": info.name, "version": info.version}}
    assert result.meta == (None if era == "legacy" else stamp)
