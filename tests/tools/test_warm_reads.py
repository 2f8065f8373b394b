"""What a read costs: at first two requests a workspace, and nothing while all that it reads is cached."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Sandbox
from toggl_mcp.toolsets import all_tools

pytestmark = pytest.mark.anyio

AROHA, WEB_SHOP = 64_890_301, 201_500_302
OLD_MONTH = {"period": "2025-02"}
OLD_YEARS = [{"period": "2023"}, {"period": "2024"}]
READS: Mapping[str, list[dict[str, Any]]] = {
    "get_account": [{}],
    "get_client": [{"client": AROHA}, {"client": "Aroha Bakery"}],
    "get_project": [{"project": WEB_SHOP}, {"project": "Web shop"}],
    "get_team_activity": [{}, {"week": "this_week"}],
    "get_timer": [{}],
    "list_clients": [{}, {"name": "a", "status": "both"}],
    "list_projects": [{}, {"client": "Aroha Bakery"}],
    "list_tags": [{}],
    "list_tasks": [{}, {"project": "Web shop"}],
    "list_time_entries": [
        {"period": "this_week"},
        OLD_MONTH,
        {"period": "last_week", "user": "all"},
        {"period": "this_week", "client": "Aroha Bakery", "project": "Web shop", "tag": "design"},
    ],
    "list_users": [{}, {"name": "a"}],
    "prepare_statement": [
        {"client": "Aroha Bakery", "period": "last_month"},
        {"project": "Web shop", "period": "today"},
    ],
    "project_status": [{"project": WEB_SHOP}, {"project": "Web shop"}, {"client": "Aroha Bakery"}],
    "review_time": [{"period": "last_week"}],
    "summarize_time": [
        {"period": "this_month", "group_by": ["project", "day"]},
        OLD_MONTH,
        *OLD_YEARS,
        {"period": "last_week", "user": "all", "group_by": ["user"]},
        {"period": "last_week", "amounts": True},
    ],
}
"""Every tool that reads, with the ways in which it reads something else."""
READ_CASES = [(tool, arguments) for tool, variants in READS.items() for arguments in variants]
MAX_ACCOUNT_REQUESTS = {"/me": 1, "/me/time_entries": 1}
MAX_WORKSPACE_REQUESTS = 2


def test_warm_reads_table_has_every_tool_that_reads() -> None:
    assert sorted(READS) == sorted(spec.name for spec in all_tools() if spec.is_read_only)


@pytest.mark.parametrize(("tool", "arguments"), READ_CASES, ids=str)
async def test_read_tool_cold_sends_at_most_two_requests_a_workspace_besides_those_for_the_account(
    sandbox: Sandbox, clock: Clock, tool: str, arguments: dict[str, Any]
) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        await Host(client).call(tool, **arguments)

    paths = [call.path for call in sandbox.calls]
    workspaces = Counter(match[1] for path in paths if (match := re.search(r"/workspaces?/(\d+)/", path)))
    assert Counter(path for path in paths if path.startswith("/me")) <= Counter(MAX_ACCOUNT_REQUESTS)
    assert max(workspaces.values(), default=0) <= MAX_WORKSPACE_REQUESTS


@pytest.mark.parametrize("tool", ["prepare_statement", "list_time_entries", "summarize_time"])
@pytest.mark.parametrize(
    ("arguments", "may_be_elsewhere"),
    [
        ({"project": WEB_SHOP, "user": "all"}, False),
        ({"project": "Web shop"}, False),
        ({"client": "Café Miró"}, False),
        ({"project": "Web shop", "user": "all"}, True),  # Colleagues may have a private one of that name.
    ],
    ids=str,
)
async def test_read_tool_cold_reads_reports_only_of_workspaces_that_can_have_the_project(
    sandbox: Sandbox, clock: Clock, tool: str, arguments: dict[str, Any], *, may_be_elsewhere: bool
) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        await Host(client).call(tool, period="2025-02", **arguments)

    workspaces = {part for call in sandbox.calls if (part := call.path.partition("/workspace/")[2].partition("/")[0])}
    assert workspaces == {str(HARBOUR_STUDIO), *([str(NIGHT_SCHOOL)] if may_be_elsewhere else [])}


@pytest.mark.parametrize(
    "arguments",
    [{"client": "aroha", "period": "2025-02"}, {"project": "bakery", "period": "last_month", "user": "all"}],
    ids=str,
)
async def test_prepare_statement_of_a_wrong_name_is_refused_before_reports_are_read(
    host: Host, sandbox: Sandbox, arguments: dict[str, str]
) -> None:
    error = await host.fail("prepare_statement", **arguments)

    assert error["code"] == "not_found"
    assert [call.path for call in sandbox.calls if "reports" in call.path] == []


async def test_prepare_statement_after_a_change_of_the_project_reads_no_reports_of_other_workspaces(
    host: Host, sandbox: Sandbox
) -> None:
    await host.call("edit_project", project=WEB_SHOP, name="Shop")
    await host.call("prepare_statement", project="Shop", period="last_month")

    assert [call.path for call in sandbox.calls if f"/workspace/{NIGHT_SCHOOL}/" in call.path] == []


@pytest.mark.parametrize(("tool", "arguments"), READ_CASES, ids=str)
async def test_read_tool_repeated_sends_no_request(
    sandbox: Sandbox, clock: Clock, tool: str, arguments: dict[str, Any]
) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        host = Host(client)
        await host.call(tool, **arguments)
        cold_count = len(sandbox.calls)
        await host.call(tool, **arguments)

    assert [call.path for call in sandbox.calls[cold_count:]] == []
