"""What a read costs when it is repeated: nothing, as far as everything that it reads is cached."""

from collections.abc import Mapping
from typing import Any

import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import Sandbox
from toggl_mcp.toolsets import TOOLSETS

pytestmark = pytest.mark.anyio

AROHA, WEB_SHOP = 64_890_301, 201_500_302
OLD_MONTH = {"period": "2025-02"}
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
    "prepare_statement": [{"client": "Aroha Bakery", "period": "last_month"}],
    "project_status": [{"project": WEB_SHOP}, {"project": "Web shop"}, {"client": "Aroha Bakery"}],
    "review_time": [{"period": "last_week"}],
    "summarize_time": [
        {"period": "this_month", "group_by": ["project", "day"]},
        OLD_MONTH,
        {"period": "last_week", "user": "all", "group_by": ["user"]},
        {"period": "last_week", "amounts": True},
    ],
}
"""Every tool that reads, with the ways in which it reads something else."""


def test_warm_reads_table_has_every_tool_that_reads() -> None:
    assert sorted(READS) == sorted(spec.name for specs in TOOLSETS.values() for spec in specs if spec.is_read_only)


@pytest.mark.parametrize(
    ("tool", "arguments"), [(tool, arguments) for tool, variants in READS.items() for arguments in variants], ids=str
)
async def test_read_tool_repeated_sends_no_request(
    sandbox: Sandbox, clock: Clock, tool: str, arguments: dict[str, Any]
) -> None:
    async with Client(serve(sandbox, clock, toolsets="all")) as client:
        host = Host(client)
        await host.call(tool, **arguments)
        cold_count = len(sandbox.calls)
        await host.call(tool, **arguments)

    assert [call.path for call in sandbox.calls[cold_count:]] == []
