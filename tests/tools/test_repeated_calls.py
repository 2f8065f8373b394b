"""Calls that are repeated while their first try goes on, as by a host that waits for less long than Toggl takes."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, timers
from tests.tools.host import Host, serve
from tests.tools.undo_rows import live_entries
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.endpoints.core.lease import LEASE_SECONDS
from toggl_mcp.sandbox import Call, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

PLAN = [{"start": "2025-10-14T09:00", "duration": "30m", "description": "Work"}]


class SlowPost:
    """Lets one request that creates wait, before or after it is carried out, until it may go on."""

    def __init__(self, kind: Kind, position: int = 0) -> None:
        self.kind: Kind = kind
        self.is_sent, self.may_go_on = anyio.Event(), anyio.Event()
        self._remaining = position + 1

    def __call__(self, call: Call) -> Fault | None:
        self._remaining -= call.method == "POST"
        is_slow = call.method == "POST" and self._remaining == 0
        return Fault(self.kind, until=self._wait) if is_slow else None

    async def _wait(self) -> None:
        self.is_sent.set()
        await self.may_go_on.wait()


@pytest.fixture
def entry_id(sandbox: Sandbox) -> int:
    row = add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T12:00", "Cart")
    return int(row["id"])


@pytest.fixture(params=["one process", "two processes"])
async def hosts(
    request: pytest.FixtureRequest, sandbox: Sandbox, clock: Clock, tmp_path: Path, entry_id: int
) -> AsyncGenerator[tuple[Host, Host]]:
    """Two hosts of one server, or of two that share a cache; each knows the day before it changes it."""
    servers = [serve(sandbox, clock, store=SqliteStore(tmp_path / "cache.sqlite", clock=clock)) for _ in range(2)]
    async with Client(servers[0]) as client, Client(servers[1]) as other_client:
        hosts = Host(client), Host(client if request.param == "one process" else other_client)
        for host in hosts:
            rows = (await host.call("list_time_entries", period="2025-10-13..2025-10-14"))["entries"]
            assert [row["id"] for row in rows] == [entry_id]
        yield hosts


async def call_twice(hosts: tuple[Host, Host], slow_post: SlowPost, tool: str, **arguments: object) -> list[Any]:
    """Return the results of a call and of its repeat, which begins after the first has sent a request that creates."""
    results: list[Any] = []

    async def call(host: Host) -> None:
        results.append(await host.call(tool, **arguments))

    async with anyio.create_task_group() as group:
        group.start_soon(call, hosts[0])
        await slow_post.is_sent.wait()
        group.start_soon(call, hosts[1])
        await anyio.wait_all_tasks_blocked()
        slow_post.may_go_on.set()
    return results


@pytest.mark.parametrize("kind", ["slow before", "slow"])
async def test_create_time_entries_repeated_while_the_first_call_waits_for_toggl_creates_once(
    hosts: tuple[Host, Host], sandbox: Sandbox, kind: Kind
) -> None:
    sandbox.fault = slow_post = SlowPost(kind)
    results = await call_twice(hosts, slow_post, "create_time_entries", entries=PLAN)

    assert [result["entries"][0]["status"] for result in results] == ["created", "already_there"]
    assert len(list_changes(sandbox)) == 1


@pytest.mark.parametrize("kind", ["slow before", "slow"])
@pytest.mark.parametrize("arguments", [{}, {"start": "17:00"}], ids=["now", "with a start"])
async def test_start_timer_repeated_while_the_first_call_waits_for_toggl_starts_one(
    hosts: tuple[Host, Host], sandbox: Sandbox, kind: Kind, arguments: dict[str, object]
) -> None:
    sandbox.fault = slow_post = SlowPost(kind)
    first, repeat = await call_twice(hosts, slow_post, "start_timer", description="Cart", tags=["design"], **arguments)

    assert first["entry"] == repeat["entry"]
    assert repeat["warnings"] == ["This timer was running already; nothing was changed."]
    assert len(list_changes(sandbox)) == 1


async def test_start_timer_repeated_after_the_time_limit_of_a_host_starts_another(
    hosts: tuple[Host, Host], sandbox: Sandbox, clock: Clock
) -> None:
    first = await hosts[0].call("start_timer", description="Cart")
    clock.now += 121
    second = await hosts[1].call("start_timer", description="Cart")

    assert second["stopped_entry"]["id"] == first["entry"]["id"]
    assert len(list_changes(sandbox)) == 2


async def test_start_timer_after_the_person_stopped_the_same_one_starts_another(
    hosts: tuple[Host, Host], sandbox: Sandbox, clock: Clock
) -> None:
    first = await hosts[0].call("start_timer", description="Cart")
    clock.now += 30
    sandbox.state.entries[first["entry"]["id"]] |= {"stop": "2025-10-14T05:00:20+00:00", "duration": 20}
    second = await hosts[1].call("start_timer", description="Cart")

    assert second["entry"]["id"] != first["entry"]["id"]
    assert timers(sandbox) == ["Cart"]


@pytest.mark.parametrize(
    "correction", [{"start": "17:59"}, {"billable": True}, {"tags": ["design"]}], ids=["start", "billable", "tags"]
)
async def test_start_timer_repeated_with_another_value_starts_another(
    hosts: tuple[Host, Host], correction: dict[str, object]
) -> None:
    arguments = {"description": "Cart", "start": "17:58", "allow_overlap": True}
    first = await hosts[0].call("start_timer", **arguments)
    second = await hosts[1].call("start_timer", **arguments | correction)

    assert second["entry"]["id"] != first["entry"]["id"]
    assert "warnings" not in second


async def test_start_timer_repeated_with_a_start_before_now_starts_one(
    hosts: tuple[Host, Host], sandbox: Sandbox, clock: Clock
) -> None:
    first = await hosts[0].call("start_timer", description="Cart", start="-25m")
    clock.now += 60
    repeat = await hosts[1].call("start_timer", description="Cart", start="-25m")

    assert repeat["entry"]["id"] == first["entry"]["id"]
    assert len(list_changes(sandbox)) == 1


async def test_start_timer_like_the_last_repeated_after_it_stopped_another_timer_starts_one(
    hosts: tuple[Host, Host], sandbox: Sandbox, clock: Clock
) -> None:
    """Of the repeat, the last entry is another one: that of the timer that the first call has stopped."""
    await hosts[0].call("start_timer", description="Call", start="17:00")
    first = await hosts[0].call("start_timer", like="last")
    clock.now += 60
    repeat = await hosts[1].call("start_timer", like="last")

    assert first["entry"]["description"] == "Cart"
    assert repeat["entry"]["id"] == first["entry"]["id"]
    assert timers(sandbox) == ["Cart"]


async def test_start_timer_repeated_while_the_quota_is_spent_returns_the_running_one(
    hosts: tuple[Host, Host], sandbox: Sandbox
) -> None:
    first = await hosts[0].call("start_timer", description="Cart")
    while not (await hosts[0].raw("get_timer", refresh=True)).is_error:
        pass
    repeat = await hosts[1].call("start_timer", description="Cart")

    assert repeat["entry"]["id"] == first["entry"]["id"]
    assert repeat["warnings"] == ["This timer ran already when Toggl was last read; nothing was changed."]
    assert len(list_changes(sandbox)) == 1


@pytest.mark.parametrize("kind", ["slow before", "slow"])
async def test_split_time_entry_repeated_while_the_first_call_waits_for_toggl_makes_two_halves(
    hosts: tuple[Host, Host], sandbox: Sandbox, entry_id: int, kind: Kind
) -> None:
    sandbox.fault = slow_post = SlowPost(kind)
    first, repeat = await call_twice(hosts, slow_post, "split_time_entry", entry=entry_id, at="11:00")

    assert first["entries"] == repeat["entries"]
    assert repeat["warnings"] == ["Both halves were there already; nothing was changed."]
    assert len(list_changes(sandbox)) == 2


@pytest.mark.parametrize("second", [{}, {"second": {"description": "Call"}}], ids=["same work", "other work"])
async def test_split_time_entry_of_the_last_repeated_returns_both_halves(
    hosts: tuple[Host, Host], sandbox: Sandbox, second: dict[str, object]
) -> None:
    """Of the repeat, the last entry is the later half."""
    first = await hosts[0].call("split_time_entry", entry="last", at="11:00", **second)
    repeat = await hosts[1].call("split_time_entry", entry="last", at="11:00", **second)

    assert repeat["entries"] == first["entries"]
    assert repeat["warnings"] == ["Both halves were there already; nothing was changed."]
    assert len(list_changes(sandbox)) == 2


async def test_split_time_entry_repeated_with_another_value_of_the_later_half_fails(
    hosts: tuple[Host, Host], entry_id: int
) -> None:
    await hosts[0].call("split_time_entry", entry=entry_id, at="11:00")
    error = await hosts[1].fail("split_time_entry", entry=entry_id, at="11:00", second={"billable": True})

    assert error["message"].startswith("at: must be within the entry")


@pytest.mark.parametrize("kind", ["slow before", "slow"])
async def test_undo_repeated_while_the_first_call_waits_for_toggl_creates_a_deleted_entry_once(
    hosts: tuple[Host, Host], sandbox: Sandbox, entry_id: int, kind: Kind
) -> None:
    sandbox.behaviors = replace(sandbox.behaviors, undelete_by_patch="ignored")
    await hosts[0].call("delete_time_entries", ids=[entry_id])
    sandbox.fault = slow_post = SlowPost(kind)
    results = await call_twice(hosts, slow_post, "undo")

    assert [result["rows"][0]["effect"] for result in results] == ["recreate", "recreate"]
    assert len({result["rows"][0]["new_id"] for result in results}) == 1
    assert [row["description"] for row in live_entries(sandbox).values()] == ["Cart"]


async def test_create_time_entries_dry_run_does_not_wait_for_a_call_that_creates(
    hosts: tuple[Host, Host], sandbox: Sandbox
) -> None:
    previews: list[Any] = []
    sandbox.fault = slow_post = SlowPost("slow before")
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: hosts[0].call("create_time_entries", entries=PLAN))
        await slow_post.is_sent.wait()
        previews.append(await hosts[1].call("create_time_entries", entries=PLAN, dry_run=True))
        slow_post.may_go_on.set()

    assert [preview["entries"][0]["status"] for preview in previews] == ["planned"]


@pytest.mark.parametrize("hosts", ["two processes"], indirect=True)
async def test_create_time_entries_while_another_process_has_a_queue_is_not_the_last(
    hosts: tuple[Host, Host], sandbox: Sandbox
) -> None:
    """The lock changes hands between processes, although one of them always has somebody who waits."""
    sandbox.fault = slow_post = SlowPost("slow before")
    order: list[Host] = []

    async def create(host: Host, start: int) -> None:
        times = {"start": f"2025-10-14T09:{start:02}", "duration": "1m"}
        await host.call("create_time_entries", entries=[times])
        order.append(host)

    async with anyio.create_task_group() as group:
        for start in range(10):
            group.start_soon(create, hosts[0], start)
        await slow_post.is_sent.wait()
        group.start_soon(create, hosts[1], 10)
        await anyio.wait_all_tasks_blocked()
        slow_post.may_go_on.set()

    assert order.index(hosts[1]) < 5


@pytest.mark.parametrize("hosts", ["two processes"], indirect=True)
@pytest.mark.parametrize("kind", ["slow before", "slow"])
@pytest.mark.parametrize("seconds", [LEASE_SECONDS + 1, 3600, -3600])
async def test_create_time_entries_repeated_after_the_lock_lapsed_creates_each_once(
    hosts: tuple[Host, Host], sandbox: Sandbox, clock: Clock, kind: Kind, seconds: float
) -> None:
    """A process that stands still, or whose clock is set, loses the lock in the middle of its plan."""
    plan = [{"start": f"2025-10-14T{hour:02}:00", "duration": "30m"} for hour in range(9, 13)]
    sandbox.fault = slow_post = SlowPost(kind, position=1)
    results: list[Any] = []

    async def call(host: Host) -> None:
        results.append(await host.call("create_time_entries", entries=plan))

    async with anyio.create_task_group() as group:
        group.start_soon(call, hosts[0])
        await slow_post.is_sent.wait()
        clock.now += seconds
        group.start_soon(call, hosts[1])
        await anyio.wait_all_tasks_blocked()
        slow_post.may_go_on.set()

    starts = [row["start"] for row in live_entries(sandbox).values() if row["duration"] == 1800]
    assert len(starts) == len(set(starts)) == len(plan)
    statuses = {entry["status"] for result in results for entry in result["entries"]}
    assert statuses <= {"created", "already_there", "not_sent"}
