"""The tools about tasks, on a server that offers them."""

from collections.abc import AsyncGenerator

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import NIGHT_SCHOOL, Behaviors, Fault, Sandbox

pytestmark = pytest.mark.anyio

CHECKOUT = 80_400_301
WEB_SHOP = 201_500_302


def serve_all_toolsets(sandbox: Sandbox, clock: Clock) -> MCPServer[None]:
    server: MCPServer[None] = serve(sandbox, clock, toolsets="all")
    return server


@pytest.fixture
async def host(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Host]:
    async with Client(serve_all_toolsets(sandbox, clock)) as client:
        yield Host(client)


async def test_create_task_resolves_the_project_name(host: Host, sandbox: Sandbox) -> None:
    result = await host.call("create_task", project="web shop", name="Search", estimated_seconds=7200)

    assert result["task"] == {
        "id": result["task"]["id"],
        "name": "Search",
        "project_id": WEB_SHOP,
        "active": True,
        "estimated_seconds": 7200,
        "tracked_seconds": 0,
    }
    assert sandbox.state.tasks[result["task"]["id"]]["name"] == "Search"


async def test_list_tasks_sorts_by_name_and_filters_by_project_and_status(host: Host) -> None:
    all_tasks = await host.call("list_tasks", status="both")
    assert [task["name"] for task in all_tasks["tasks"]] == [
        "Checkout",
        "Cover",
        "Entwürfe",
        "Opening hours",
        "Product photos",
    ]
    shop = await host.call("list_tasks", project=WEB_SHOP)
    assert [task["name"] for task in shop["tasks"]] == ["Checkout", "Opening hours"]
    assert (await host.call("list_tasks", status="archived"))["tasks"][0]["name"] == "Product photos"
    assert shop["tasks"][0]["tracked_seconds"] == 5400


async def test_edit_task_renames_and_completes(host: Host, sandbox: Sandbox) -> None:
    result = await host.call("edit_task", task=CHECKOUT, name="Till", active=False)

    assert (result["task"]["name"], result["task"]["active"]) == ("Till", False)
    assert sandbox.state.tasks[CHECKOUT]["active"] is False
    assert (await host.fail("edit_task", task=CHECKOUT))["code"] == "invalid_arguments"
    assert (await host.fail("edit_task", task=7, name="x"))["code"] == "not_found"


async def test_delete_task_clears_it_from_time_entries(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP, task_id=CHECKOUT)
    before = await host.call("list_time_entries")
    result = await host.call("delete_task", task=CHECKOUT)
    after = await host.call("list_time_entries")

    assert result["deleted_task_id"] == CHECKOUT
    assert (result["deleted"]["name"], result["deleted"]["estimated_seconds"]) == ("Checkout", 36_000)
    assert (before["groups"][0]["task"], "task" in after["groups"][0]) == ("Checkout", False)
    assert (await host.fail("delete_task", task=CHECKOUT))["code"] == "not_found"


async def test_create_time_entries_resolves_the_task_name(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    result = await host.create_entry(start="2025-10-14T09:00", duration=3600, task="checkout")

    assert (result["task"], result["project"]) == ("Checkout", "Web shop")
    mismatch = {"start": "2025-10-14T11:00", "duration": 60, "task": "Cover", "project": "Web shop"}
    assert "“Cover” (80400304) belongs to project 201500304" in (await host.fail_to_create_entry(**mismatch))["message"]
    summary = await host.call("summarize_time", task="Checkout", group_by=["task"])
    (group,) = summary["groups"]
    assert (group["by"], group["seconds"], group["entries"]) == ({"task": "Checkout"}, 3600, 1)


@pytest.mark.parametrize("status", [402, 403])
async def test_list_tasks_on_the_free_plan_is_plan_required(clock: Clock, status: int) -> None:
    sandbox = Sandbox(clock=clock, behaviors=Behaviors(tasks_on_free_status=status))  # pyright: ignore[reportArgumentType] - both are in the type
    async with Client(serve_all_toolsets(sandbox, clock)) as client:
        error = await Host(client).fail("list_tasks", workspace=NIGHT_SCHOOL)

    assert (error["code"], "paid" in error["message"]) == ("plan_required", True)


async def test_create_task_lost_response_is_reconciled(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("lost after") if call.method == "POST" else None
    result = await host.call("create_task", project="Web shop", name="Search")

    assert [row["id"] for row in sandbox.state.tasks.values() if row["name"] == "Search"] == [result["task"]["id"]]
