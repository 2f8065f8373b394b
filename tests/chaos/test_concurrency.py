"""Concurrent callers on one item each, on the same items, and cancelled callers."""

from pathlib import Path

import anyio
import pytest

from tests.chaos.arena import Arena, Storage, open_arena
from tests.chaos.clients import CLIENTS
from tests.chaos.concurrency import CancellingProxy, ConcurrentRun
from tests.chaos.entries import ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import LARGE, scaled
from tests.figures import write_figures
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import Call, Fault

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("storage", ["in memory", "in a file"])]

ROUNDS = {"in memory": scaled(40, 1500), "in a file": scaled(8, 300)}
AROHA = 64_890_301

each_resource = pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)


@each_resource
async def test_concurrent_callers_get_true_confirmations(tmp_path: Path, storage: Storage, resource: Resource) -> None:
    async with open_arena(2, storage, tmp_path, CancellingProxy, resource=resource) as arena:
        run = ConcurrentRun(arena)
        await run.advance(ROUNDS[storage])

    assert run.violations == []


@each_resource
async def test_concurrent_callers_of_same_items_leave_no_outdated_cache(
    tmp_path: Path, storage: Storage, resource: Resource
) -> None:
    async with open_arena(3, storage, tmp_path, CancellingProxy, resource=resource) as arena:
        run = ConcurrentRun(arena, contended=True)
        await run.advance(ROUNDS[storage])

    assert run.violations == []


@pytest.mark.promise("cut-off")
@each_resource
@pytest.mark.parametrize("by_asyncio", [False, True], ids=["by anyio", "by asyncio"])
async def test_cancelled_callers_leave_no_outdated_cache_lease_or_transaction(
    tmp_path: Path, storage: Storage, resource: Resource, *, by_asyncio: bool
) -> None:
    async with open_arena(4, storage, tmp_path, CancellingProxy, resource=resource) as arena:
        run = ConcurrentRun(arena)
        await run.run_cancelled(ROUNDS[storage], by_asyncio=by_asyncio)

    assert run.violations == []
    assert run.cancelled_count > ROUNDS[storage] // 2
    if LARGE:
        case = f"{resource}, {storage}, {'asyncio' if by_asyncio else 'anyio'}"
        write_figures("cut-off", case, cancelled=run.cancelled_count, violations=len(run.violations))


def hold_back(arena: Arena, method: str, until: anyio.Event) -> None:
    """Hold back the response to the next request of a method, which is carried out."""
    faults = iter([Fault("slow", until=until.wait)])

    def fault(call: Call) -> Fault | None:
        return next(faults, None) if call.method == method else None

    arena.sandbox.fault = fault


async def test_edit_client_crossing_responses_leave_the_later_edit_cached(tmp_path: Path, storage: Storage) -> None:
    async with open_arena(5, storage, tmp_path) as arena:
        first, second = arena.processes
        released = anyio.Event()
        hold_back(arena, "PUT", released)
        await first.clients.read()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.clients.edit, AROHA, ClientBody(name="First"))
            await anyio.wait_all_tasks_blocked()
            await second.clients.edit(AROHA, ClientBody(name="Second"))
            released.set()
        arena.faults.enabled = False
        clients = [await process.clients.get(AROHA) for process in arena.processes]

    assert [client and client.name for client in clients] == ["Second", "Second"]


async def test_edit_client_late_response_does_not_overwrite_a_newer_read(tmp_path: Path, storage: Storage) -> None:
    async with open_arena(6, storage, tmp_path) as arena:
        first, second = arena.processes
        released = anyio.Event()
        hold_back(arena, "PUT", released)
        await first.clients.read()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.clients.edit, AROHA, ClientBody(name="First"))
            await anyio.wait_all_tasks_blocked()
            arena.sandbox.state.rename_client(AROHA, "By hand")
            await second.clients.read(refresh=True)
            released.set()
        clients = [await process.clients.get(AROHA) for process in arena.processes]

    assert [client and client.name for client in clients] == ["By hand", "By hand"]


async def test_delete_time_entry_late_response_does_not_hide_what_a_bulk_edit_restored(
    tmp_path: Path, storage: Storage
) -> None:
    async with open_arena(7, storage, tmp_path, resource=ENTRIES) as arena:
        first, second = arena.processes
        released = anyio.Event()
        hold_back(arena, "DELETE", released)
        await first.entries.read()
        entry_id = max(arena.at_toggl())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.entries.delete, entry_id)
            await anyio.wait_all_tasks_blocked()
            await second.entries.bulk_edit([entry_id], TimeEntryBody(description="Still here"))
            released.set()
        entries = [await process.entries.get(entry_id) for process in arena.processes]

    assert [entry and entry.description for entry in entries] == ["Still here", "Still here"]
