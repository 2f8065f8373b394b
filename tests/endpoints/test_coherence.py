"""What is cached agrees with Toggl, whoever asks and changes at the same time."""

import anyio
import pytest

from tests.endpoints.support import ACTIVE, AROHA, AUTH, GULL, Gate, as_known, asked, at_toggl, each, in_turn, names
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import TogglError, Unreachable
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio


class Ticking(Clock):
    """A clock that is a little later each time somebody looks."""

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


async def test_one_cold_question_from_many_callers_costs_one_request(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    found: list[list[str]] = []

    async def ask() -> None:
        found.append(names(await clients.collect()))

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert found == [ACTIVE] * 20
    assert asked(sandbox) == ["GET"]


async def test_endpoints_that_share_a_store_share_its_questions_and_its_answers(
    store: Store, connection: AsyncClient, sandbox: Sandbox
) -> None:
    endpoints = [AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for _ in range(4)]
    async with anyio.create_task_group() as tasks:
        for endpoint in endpoints:
            for client_id in (AROHA, GULL):
                tasks.start_soon(endpoint.get, client_id)
    assert asked(sandbox) == ["GET"]
    await endpoints[0].edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    await endpoints[1].delete(GULL)
    for endpoint in endpoints:
        assert as_known(await endpoint.load_cache()) == at_toggl(sandbox)
    assert asked(sandbox) == ["GET", "PUT", "DELETE"]


async def test_refreshes_that_wait_behind_one_another_share_what_was_asked_after_they_came() -> None:
    clock = Ticking()
    sandbox = Sandbox(clock=clock)
    gate = Gate()
    sandbox.fault = in_turn("GET", gate.fault)
    async with connect_in_process(sandbox) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=clock), client=connection)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(clients.collect)
            await gate.reached.wait()
            for _ in range(20):
                tasks.start_soon(refreshed, clients)
            await anyio.wait_all_tasks_blocked()
            sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
            gate.open.set()
    assert len(sandbox.calls) == 2


async def test_a_caller_who_gives_up_leaves_the_question_to_the_others(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    found: list[list[str]] = []
    gate = Gate()
    sandbox.fault = in_turn("GET", gate.fault)

    async def ask() -> None:
        found.append(names(await clients.collect()))

    async with anyio.create_task_group() as others, anyio.create_task_group() as first:
        first.start_soon(ask)
        await gate.reached.wait()
        others.start_soon(ask)
        others.start_soon(ask)
        await gate.reached.wait()
        first.cancel_scope.cancel()
    assert found == [ACTIVE, ACTIVE]
    assert asked(sandbox) == ["GET", "GET"]


async def test_callers_behind_a_failure_share_it(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    failures: list[TogglError] = []
    sandbox.fault = each("GET", Fault("500 before"))

    async def ask() -> None:
        with pytest.raises(Unreachable) as failed:
            await clients.collect()
        failures.append(failed.value)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert len(failures) == 20
    assert len(sandbox.calls) == 4
    sandbox.fault = None
    assert names(await clients.collect()) == ACTIVE


async def test_a_change_during_a_refresh_is_not_lost(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    gate = Gate()
    sandbox.fault = in_turn("GET", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refreshed, clients)
        await gate.reached.wait()
        await clients.add(ClientBody(name="Lighthouse"))
        await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
        await clients.delete(GULL)
        gate.open.set()
    assert names(await clients.collect(ClientBody(name="light"))) == ["Lighthouse"]
    assert await clients.get(GULL) is None
    assert as_known(await clients.load_cache()) == at_toggl(sandbox)
    assert asked(sandbox) == ["GET", "GET", "POST", "PUT", "DELETE"]


async def test_a_change_during_the_first_question_makes_the_next_caller_ask_again(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    gate = Gate()
    sandbox.fault = in_turn("GET", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(clients.collect)
        await gate.reached.wait()
        await clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
        gate.open.set()
    assert names(await clients.collect())[0] == "Aroha Bakehouse"
    assert asked(sandbox) == ["GET", "PUT", "GET"]


async def test_changes_at_the_same_time_are_all_known(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.collect()
    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(clients.add, ClientBody(name=f"Client {number}"))
        tasks.start_soon(clients.edit, AROHA, ClientBody(name="Aroha Bakehouse"))
        tasks.start_soon(clients.delete, GULL)
    assert len(at_toggl(sandbox)) == 17
    assert as_known(await clients.load_cache()) == at_toggl(sandbox)
    assert asked(sandbox).count("GET") == 1


async def test_a_refresh_that_another_one_overtook_gives_its_caller_what_it_saw(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    gate = Gate()
    seen: list[list[str]] = []
    sandbox.fault = in_turn("GET", gate.fault)

    async def ask() -> None:
        seen.append(names(await clients.collect()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await gate.reached.wait()
        await clients.delete(AROHA)
        gate.open.set()
    assert seen == [ACTIVE]
    assert names(await clients.collect()) == ACTIVE[1:]


async def test_an_answer_that_cannot_be_read_leaves_what_is_known(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.collect()
    sandbox.fault = each("GET", Fault("garbage before", body="[7]"))
    with pytest.raises(Unreachable, match="cannot read"):
        await clients.collect(refresh=True)
    assert names(await clients.collect()) == ACTIVE


async def refreshed(clients: AsyncClientEndpoint) -> None:
    await clients.collect(refresh=True)


async def test_deletion_keeps_a_list_that_was_read_anew_meanwhile(
    store: Store, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    one, other = (AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for _ in range(2))
    await one.collect()
    gate = Gate()
    sandbox.fault = in_turn("DELETE", gate.fault)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.delete, AROHA)
        await gate.reached.wait()
        clock.now += 1
        await other.collect(refresh=True)
        gate.open.set()
    assert as_known(await one.load_cache()) == at_toggl(sandbox)
    assert asked(sandbox) == ["GET", "DELETE", "GET"]
