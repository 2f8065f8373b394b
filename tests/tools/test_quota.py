"""The hour's requests: known to every process, kept for changes at the end, and never sent too fast."""

from typing import Literal

import pytest
from anyio import create_task_group
from mcp import Client
from mcp.types import CallToolResult

from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry
from tests.tools.host import Host, serve
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.models.quota import BURST
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Fault, Sandbox

pytestmark = pytest.mark.anyio


async def spend_quota_except(sandbox: Sandbox, host: Host, remaining: int) -> None:
    """Use up an hour but for what is to be left, as another program with the same token would, and learn of it."""
    sandbox.quota.spend(NIGHT_SCHOOL, remaining=remaining + 2)
    await host.call("edit_client", workspace=NIGHT_SCHOOL, client=64890401, notes="The last before that")


@pytest.mark.promise("kept")
async def test_quota_reserve_keeps_the_last_three_requests_for_changes(host: Host, sandbox: Sandbox) -> None:
    await host.call("list_clients", workspace=NIGHT_SCHOOL)
    await spend_quota_except(sandbox, host, remaining=3)
    sandbox.calls.clear()

    fresh = await host.fail("list_clients", workspace=NIGHT_SCHOOL, refresh=True)
    created = await host.call("create_client", workspace=NIGHT_SCHOOL, name="Still possible")

    assert fresh["code"] == "quota_spent"
    assert "kept for changes" in fresh["message"]
    assert [call.method for call in sandbox.calls] == ["POST"]
    assert created["quota"]["remaining"] == 2
    check_figures("kept", requests=created["quota"]["remaining"] + 1)


async def test_quota_reserve_serves_an_expired_snapshot_stale(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("list_clients", workspace=NIGHT_SCHOOL)
    clock.now += 3700
    await spend_quota_except(sandbox, host, remaining=3)
    sandbox.calls.clear()

    stale = await host.call("list_clients", workspace=NIGHT_SCHOOL)

    assert (stale["source"], stale["age_seconds"]) == ("stale", 3700)
    assert sandbox.calls == []


async def test_quota_reserve_reconciles_a_lost_create_client(host: Host, sandbox: Sandbox) -> None:
    await host.call("list_clients", workspace=NIGHT_SCHOOL)
    await spend_quota_except(sandbox, host, remaining=2)
    faults = iter([Fault("lost after")])
    sandbox.fault = lambda call: next(faults, None) if call.method == "POST" else None

    created = await host.call("create_client", workspace=NIGHT_SCHOOL, name="Found again")

    assert created["client"]["name"] == "Found again"
    assert created["quota"]["remaining"] == 0


async def test_quota_spent_is_shared_by_processes(sandbox: Sandbox, clock: Clock) -> None:
    store = MemoryStore(clock=clock)
    async with (
        Client(serve(sandbox, clock, store=store)) as first_client,
        Client(serve(sandbox, clock, store=store)) as second_client,
    ):
        sandbox.quota.spend(HARBOUR_STUDIO)
        first = await Host(first_client).fail("list_clients")
        calls = len(sandbox.calls)
        second = await Host(second_client).fail("list_clients")

    assert (first["code"], second["code"]) == ("quota_spent", "quota_spent")
    assert len(sandbox.calls) == calls


async def test_quota_bucket_of_a_workspace_is_its_organization(host: Host) -> None:
    await host.call("list_clients")
    account = await host.call("get_account")

    assert [item["bucket"] for item in account["quotas"]] == ["organization:3901001", "user"]
    assert account["workspaces"][0]["organization_id"] == 3901001


async def test_list_time_entries_result_has_its_requests_and_the_bucket_of_the_scarcest_quota(
    host: Host, sandbox: Sandbox
) -> None:
    day = {"start": "2025-10-14", "end": "2025-10-14"}
    await host.call("get_account")
    sandbox.state.entries = {}
    project = sandbox.state.add_project(HARBOUR_STUDIO, "New")
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=project["id"])
    results = [await host.call("get_timer"), *[await host.call("list_time_entries", **day) for _ in range(2)]]

    # The second reads the entry from the cache, and from Toggl what its project is called.
    assert [(result["source"], result["requests"]) for result in results] == [("toggl", 1), ("mixed", 1), ("cache", 0)]
    assert [result.get("quota", {}).get("bucket") for result in results] == ["user", "organization:3901001", None]


@pytest.mark.parametrize("total", [30, 600])
async def test_quota_of_the_user_is_what_toggl_reports(
    host: Host, sandbox: Sandbox, clock: Clock, total: Literal[30, 600]
) -> None:
    sandbox.behaviors = Behaviors(user_requests_per_hour=total)

    remaining = [(await host.call("get_timer", refresh=True))["quota"]["remaining"] for _ in range(28)]
    more = [await host.raw("get_timer", refresh=True) for _ in range(4)]
    await host.call("start_timer", description="Charged to the workspace")
    clock.now += 3600
    next_hour = await host.call("get_timer", refresh=True)

    assert remaining == list(range(total - 2, total - 30, -1))  # The account was the first request.
    assert [result.is_error for result in more] == ([False, True, True, True] if total == 30 else [False] * 4)
    assert 402 not in sandbox.answers
    assert next_hour["quota"]["remaining"] == total - 2  # The account is read again, for its time zone.


async def test_quota_spent_before_get_account_stays_spent(host: Host, sandbox: Sandbox) -> None:
    sandbox.quota.spend(HARBOUR_STUDIO)
    await host.fail("list_clients")
    await host.call("get_account")
    sandbox.calls.clear()

    error = await host.fail("list_clients")

    assert error["code"] == "quota_spent"
    assert sandbox.calls == []


@pytest.mark.promise("pace")
async def test_rate_limit_paces_create_client_without_a_429(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    began = clock.now
    for number in range(40):
        await host.call("create_client", name=f"Client {number}")

    assert 429 not in sandbox.answers
    assert clock.now - began == pytest.approx(len(sandbox.calls) - BURST)
    check_figures("pace", creates=40, refused=sandbox.answers.count(429))


async def test_rate_limit_beyond_the_queue_fails_at_once_without_a_429(host: Host, sandbox: Sandbox) -> None:
    results: list[CallToolResult] = []

    async def create(number: int) -> None:
        results.append(await host.raw("create_client", name=f"At once {number}"))

    await host.call("list_clients")
    async with create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(create, number)

    errors = [result for result in results if result.is_error]
    created = [row for row in sandbox.state.clients.values() if row["name"].startswith("At once")]
    assert len(created) == len(results) - len(errors)
    assert [result.content for result in errors if "held back" not in repr(result.content)] == []
    assert 429 not in sandbox.answers
    assert (await host.call("list_clients", refresh=True))["source"] == "toggl"
