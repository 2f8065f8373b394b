"""A process that is killed at any step of a change leaves no cache behind that differs from Toggl."""

import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.chaos.kills import Killed, Lifetime, create_plan, run_process
from tests.endpoints.support import AROHA, NORTHWIND
from tests.figures import check_figures
from tests.sandbox.clock import Clock
from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.endpoints.core.endpoint import CachedEndpoint
from toggl_mcp.endpoints.core.lease import LEASE_SECONDS
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.base import WorkspaceResource
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.projects import ProjectBody
from toggl_mcp.models.tags import Tag, TagBody
from toggl_mcp.models.tasks import TaskBody
from toggl_mcp.models.time_entries import TimeEntry, TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio

Change = Callable[[Toggl], Awaitable[object]]
W = HARBOUR_STUDIO
T = TypeVar("T", bound=WorkspaceResource)
UNSYNCED_FIELDS = {"updated_at", "actual_seconds"}
"""What Toggl counts by itself when something else is changed; project_status reads it again."""


async def view(toggl: Toggl) -> dict[str, dict[int, dict[str, Any]]]:
    """Return every collection of an account, without a forced refresh."""
    kinds = {
        "clients": toggl.clients,
        "projects": toggl.projects,
        "tags": toggl.tags,
        "tasks": toggl.tasks,
        "entries": toggl.time_entries,
    }
    views: dict[str, dict[int, dict[str, Any]]] = {}
    for name, endpoint in kinds.items():
        items = (await endpoint(W).read()).collection.items
        views[name] = {key: item.model_dump(exclude=UNSYNCED_FIELDS) for key, item in items.items()}
        for row in views[name].values():
            row.update(
                {"duration": max(row["duration"], -1)} if "duration" in row else {}
            )  # Any negative one: it runs.
    return views


async def pick(endpoint: CachedEndpoint[T], matches: Callable[[T], bool] = lambda _: True) -> T:
    """Return the first item that matches, as the cache has it."""
    return next(item for item in (await endpoint.read()).collection.items.values() if matches(item))


async def start_timer(toggl: Toggl) -> object:
    return await toggl.time_entries(W).start(TimeEntryBody(description="Lighthouse"))


async def edit_many(toggl: Toggl) -> object:
    entries = (await toggl.time_entries(W).read()).collection.items.values()
    ids = [entry.id for entry in entries if entry.workspace_id == W and not entry.running][:3]
    return await toggl.time_entries(W).bulk_edit(ids, TimeEntryBody(description="Lighthouse"))


async def add_entry(toggl: Toggl) -> object:
    body = TimeEntryBody(description="Lighthouse", start=toggl.now_utc() - timedelta(hours=30), duration=3600)
    return await toggl.time_entries(W).add(body)


def is_editable(entry: TimeEntry) -> bool:
    return entry.workspace_id == W and not entry.running


async def edit_project(toggl: Toggl) -> object:
    project = await pick(toggl.projects(W), lambda item: item.active)
    return await toggl.projects(W).edit(project, ProjectBody(name="Lighthouse"))


async def delete_project(toggl: Toggl) -> object:
    entry = await pick(toggl.time_entries(W), lambda item: is_editable(item) and item.project_id is not None)
    return await toggl.projects(W).delete(entry.project_id or 0)


async def delete_task(toggl: Toggl) -> object:
    entry = await pick(toggl.time_entries(W), lambda item: is_editable(item) and item.task_id is not None)
    return await toggl.tasks(W).delete(entry.task_id or 0)


async def with_tag(toggl: Toggl, change: Callable[[Tag], Awaitable[object]]) -> object:
    entry = await pick(toggl.time_entries(W), lambda item: is_editable(item) and item.tags != [])
    return await change(await pick(toggl.tags(W), lambda tag: tag.name in entry.tags))


async def edit_entry(toggl: Toggl) -> object:
    entry = await pick(toggl.time_entries(W), is_editable)
    return await toggl.time_entries(W).edit(entry, TimeEntryBody(description="Lighthouse"))


async def delete_entry(toggl: Toggl) -> object:
    return await toggl.time_entries(W).delete(await pick(toggl.time_entries(W), is_editable))


async def edit_task(toggl: Toggl) -> object:
    return await toggl.tasks(W).edit(await pick(toggl.tasks(W)), TaskBody(name="Lighthouse"))


async def add_task(toggl: Toggl) -> object:
    return await toggl.tasks(W).add(
        (await pick(toggl.projects(W), lambda item: item.active)).id, TaskBody(name="Lighthouse")
    )


CHANGES: dict[str, Change] = {
    "create_client": lambda toggl: toggl.clients(W).add(ClientBody(name="Lighthouse")),
    "edit_client": lambda toggl: toggl.clients(W).edit(AROHA, ClientBody(name="Lighthouse")),
    "delete_client": lambda toggl: toggl.clients(W).delete(AROHA),
    "archive_client": lambda toggl: toggl.clients(W).archive(AROHA),
    "restore_client": lambda toggl: toggl.clients(W).restore(NORTHWIND),
    "create_project": lambda toggl: toggl.projects(W).add(ProjectBody(name="Lighthouse")),
    "edit_project": edit_project,
    "delete_project": delete_project,
    "create_tag": lambda toggl: toggl.tags(W).add(TagBody(name="Lighthouse")),
    "edit_tag": lambda toggl: with_tag(toggl, lambda tag: toggl.tags(W).edit(tag, TagBody(name="Lighthouse"))),
    "delete_tag": lambda toggl: with_tag(toggl, toggl.tags(W).delete),
    "create_task": add_task,
    "edit_task": edit_task,
    "delete_task": delete_task,
    "create_time_entries": add_entry,
    "start_timer": start_timer,
    "stop_timer": lambda toggl: toggl.time_entries(W).stop_current(),
    "edit_time_entry": edit_entry,
    "edit_time_entries": edit_many,
    "delete_time_entry": delete_entry,
}
MAX_STEPS = 60
"""More steps than any change has after its first request."""


async def fill_cache(place: Path | RedisAddress, clock: Clock) -> None:
    """Read every collection of the sample world into a cache."""
    async with run_process(Sandbox(clock=clock), place, clock) as process:
        await view(process)


async def differs_after_kill(place: Path | RedisAddress, clock: Clock, change: Change, lifetime: Lifetime) -> bool:
    """Return whether a new process reads otherwise than Toggl has it, after a change on a full cache was killed."""
    sandbox = Sandbox(clock=clock)
    async with run_process(sandbox, place, clock, lifetime) as killed:
        with suppress(Killed):
            await change(killed)
    async with run_process(sandbox, place, clock) as after, run_process(sandbox, None, clock) as cold:
        return await view(after) != await view(cold)


async def count_kills(
    folder: Path, clock: Clock, change: Change, address: RedisAddress | None = None
) -> tuple[int, int]:
    """Kill a change at each of its steps; return the number of kills, and of those that left an untrue cache."""
    stale_reads, full = 0, folder / "full"
    await fill_cache(full / "cache.sqlite", clock)
    for steps in range(MAX_STEPS):
        lifetime, trial = Lifetime(steps), folder / str(steps)
        shutil.copytree(full, trial)
        place = trial / "cache.sqlite"
        if address is not None:
            place = replace(address, prefix=f"{address.prefix}{trial}:")
            await fill_cache(place, clock)
        stale_reads += await differs_after_kill(place, clock, change, lifetime)
        if not lifetime.is_over:
            return steps, stale_reads
    return MAX_STEPS, stale_reads


@pytest.mark.promise("crash")
@pytest.mark.parametrize("verb", CHANGES)
async def test_change_killed_at_any_step_leaves_no_cache_that_differs_from_toggl(
    clock: Clock, tmp_path: Path, verb: str
) -> None:
    kills, stale_reads = await count_kills(tmp_path, clock, CHANGES[verb])

    assert 0 < kills < MAX_STEPS
    check_figures("crash", verb, kills=kills, changes=1, stale_reads=stale_reads)


@pytest.mark.parametrize("verb", ["create_client", "delete_project", "create_time_entries", "edit_time_entries"])
async def test_change_on_a_server_killed_at_any_step_leaves_no_cache_that_differs_from_toggl(
    clock: Clock, tmp_path: Path, address: RedisAddress, verb: str
) -> None:
    kills, stale_reads = await count_kills(tmp_path, clock, CHANGES[verb], address)

    assert 0 < kills < MAX_STEPS
    assert stale_reads == 0


async def repeat_killed_plan(folder: Path, clock: Clock, lifetime: Lifetime) -> tuple[list[str], list[str]]:
    """Kill a plan; return what the same plan does in a new process, and the descriptions that Toggl has after it."""
    sandbox, path = Sandbox(clock=clock), folder / "cache.sqlite"
    start = datetime.fromtimestamp(clock.now, UTC) - timedelta(hours=30)
    entries = [
        {
            "start": (start + timedelta(hours=number)).isoformat(),
            "duration": "1h",
            "description": f"Lighthouse {number}",
            "tags": ["design"],
        }
        for number in range(3)
    ]
    sandbox.state.entries = {}
    async with run_process(sandbox, path, clock) as before:
        await view(before)
    async with run_process(sandbox, path, clock, lifetime) as killed:
        with suppress(Killed):
            await create_plan(killed, entries)
    clock.now += LEASE_SECONDS  # Until then, the killed process passes for one that goes on.
    async with run_process(sandbox, path, clock) as after:
        statuses = await create_plan(after, entries)
    return statuses, sorted(row["description"] for row in sandbox.state.entries.values())


async def test_create_time_entries_killed_at_any_step_and_repeated_makes_each_entry_once(
    clock: Clock, tmp_path: Path
) -> None:
    outcomes: set[tuple[str, ...]] = set()
    for steps in range(MAX_STEPS):
        lifetime = Lifetime(steps)
        statuses, descriptions = await repeat_killed_plan(tmp_path / str(steps), clock, lifetime)
        assert descriptions == ["Lighthouse 0", "Lighthouse 1", "Lighthouse 2"], steps
        outcomes.add(tuple(statuses))
        if not lifetime.is_over:
            break

    assert outcomes == {tuple(["already_there"] * count + ["created"] * (3 - count)) for count in range(4)}
