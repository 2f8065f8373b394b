"""Many at once on one thing each, many at once on the same things, and callers that are cut off."""

from pathlib import Path

import anyio
import pytest

from tests.chaos.arena import Arena, Kept, opened
from tests.chaos.clients import CLIENTS
from tests.chaos.concurrency import Between, Crowd
from tests.chaos.entries import ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import scaled
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import Call, Fault

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kept", ["in memory", "in a file"])]

ROUNDS = {"in memory": scaled(40, 1500), "in a file": scaled(8, 300)}
AROHA = 64_890_301

each_resource = pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)


@each_resource
async def test_many_at_once_get_what_they_were_told(tmp_path: Path, kept: Kept, resource: Resource) -> None:
    async with opened(2, kept, tmp_path, Between, of=resource) as arena:
        crowd = Crowd(arena)
        await crowd.go(ROUNDS[kept])

    assert crowd.violations == []


@each_resource
async def test_many_at_once_on_the_same_things_leave_no_cache_behind_toggl(
    tmp_path: Path, kept: Kept, resource: Resource
) -> None:
    async with opened(3, kept, tmp_path, Between, of=resource) as arena:
        crowd = Crowd(arena, contended=True)
        await crowd.go(ROUNDS[kept])

    assert crowd.violations == []


@pytest.mark.promise("cut-off")
@each_resource
@pytest.mark.parametrize("by_asyncio", [False, True], ids=["by anyio", "by asyncio"])
async def test_callers_that_are_cut_off_leave_nothing_untrue_claimed_or_open(
    tmp_path: Path, kept: Kept, resource: Resource, *, by_asyncio: bool
) -> None:
    async with opened(4, kept, tmp_path, Between, of=resource) as arena:
        crowd = Crowd(arena)
        await crowd.cut_off(ROUNDS[kept], by_asyncio=by_asyncio)

    assert crowd.violations == []
    assert crowd.cut > ROUNDS[kept] // 2


def held(arena: Arena, until: anyio.Event) -> None:
    """Hold back the answer to the next change, which is carried out."""
    faults = iter([Fault("slow", until=until.wait)])

    def fault(call: Call) -> Fault | None:
        return next(faults, None) if call.method == "PUT" else None

    arena.sandbox.fault = fault


async def test_of_two_changes_whose_answers_cross_the_later_one_is_shown(tmp_path: Path, kept: Kept) -> None:
    async with opened(5, kept, tmp_path) as arena:
        one, other = arena.processes
        answered = anyio.Event()
        held(arena, answered)
        await one.clients.read()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.clients.edit, AROHA, ClientBody(name="First"))
            await anyio.wait_all_tasks_blocked()
            await other.clients.edit(AROHA, ClientBody(name="Second"))
            answered.set()
        arena.trouble.on = False
        shown = [await process.clients.get(AROHA) for process in arena.processes]

    assert [client and client.name for client in shown] == ["Second", "Second"]


async def test_an_answer_that_was_overtaken_by_a_reading_does_not_hide_what_that_has_shown(
    tmp_path: Path, kept: Kept
) -> None:
    async with opened(6, kept, tmp_path) as arena:
        one, other = arena.processes
        answered = anyio.Event()
        held(arena, answered)
        await one.clients.read()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(one.clients.edit, AROHA, ClientBody(name="First"))
            await anyio.wait_all_tasks_blocked()
            arena.sandbox.state.rename_client(AROHA, "By hand")
            await other.clients.read(refresh=True)
            answered.set()
        shown = [await process.clients.get(AROHA) for process in arena.processes]

    assert [client and client.name for client in shown] == ["By hand", "By hand"]
