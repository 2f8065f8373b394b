"""Of the processes that share a cache, one requests a list; the others wait for as long as it lives."""

from collections.abc import Mapping
from functools import partial

import anyio
import pytest

from tests.endpoints.loop import JUMPING
from tests.endpoints.support import ACTIVE, AUTH, fault_in_turn, list_methods, names
from toggl_mcp.api import AsyncClient, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.keys import derive_scope
from toggl_mcp.endpoints.core.lease import (
    LEASE_SECONDS,
    MAX_ARRIVAL_SECONDS,
    MIN_HOLD_SECONDS,
    POLL_SECONDS,
    RENEWAL_SECONDS,
    SharedLock,
)
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.clock import SystemClock
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox
from toggl_mcp.tools.support.failures import MAX_CALL_SECONDS

pytestmark = pytest.mark.anyio

START = 1_760_000_000.0


class LoopClock(SystemClock):
    """The clock of the event loop, which jumps to when somebody has something to do."""

    def __call__(self) -> float:
        return START + anyio.current_time()


class SlowStore(MemoryStore):
    """Tells for how long a lease is held some time after it has acquired it, as a store does that runs in a thread."""

    async def acquire_lease(self, key: Key, seconds: float, *, held_until: float | None = None) -> float | None:
        new_end = await super().acquire_lease(key, seconds, held_until=held_until)
        await LoopClock().sleep(2 * POLL_SECONDS)
        return new_end


class ChangingStore(MemoryStore):
    """A store where another process has a change on its way, and never settles it."""

    async def list_pending(self, key: Key) -> list[str]:  # noqa: ARG002 - of every collection
        return ["change"]


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


def open_processes(connection: AsyncClient) -> list[AsyncClientEndpoint]:
    store = MemoryStore(clock=LoopClock())
    return [AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection) for _ in range(3)]


async def test_collect_clients_answered_after_three_leases_costs_one_request() -> None:
    sandbox, results = Sandbox(clock=LoopClock()), list[list[str]]()
    sandbox.fault = fault_in_turn("GET", Fault("slow", until=partial(LoopClock().sleep, 3 * LEASE_SECONDS)))

    async def collect(clients: AsyncClientEndpoint) -> None:
        results.append(names(await clients.collect()))

    async with connect_in_process(sandbox) as connection, anyio.create_task_group() as tasks:
        for clients in open_processes(connection):
            tasks.start_soon(collect, clients)
    assert list_methods(sandbox) == ["GET"]
    assert results == [ACTIVE] * 3


async def test_collect_clients_after_a_killed_process_waits_for_one_lease() -> None:
    sandbox = Sandbox(clock=LoopClock())
    async with connect_in_process(sandbox) as connection:
        clients, *_ = open_processes(connection)
        assert clients.cache is not None
        key = Key(derive_scope(AUTH, connection), "client", HARBOUR_STUDIO)
        assert await clients.cache.acquire_lease(key, LEASE_SECONDS)
        started_at = anyio.current_time()
        assert names(await clients.collect()) == ACTIVE
    assert anyio.current_time() - started_at == pytest.approx(LEASE_SECONDS, abs=2 * POLL_SECONDS)


async def test_collect_clients_answered_while_the_lease_is_renewed_leaves_none() -> None:
    sandbox, store = Sandbox(clock=LoopClock()), SlowStore(clock=LoopClock())
    answer_at = partial(LoopClock().sleep, RENEWAL_SECONDS + POLL_SECONDS)
    sandbox.fault = fault_in_turn("GET", Fault("slow", until=answer_at))
    async with connect_in_process(sandbox) as connection:
        clients = AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
        assert names(await clients.collect()) == ACTIVE
        assert await store.acquire_lease(Key(derive_scope(AUTH, connection), "client", HARBOUR_STUDIO), LEASE_SECONDS)


async def test_hold_shared_lock_in_little_time_waits_for_half_of_it() -> None:
    store, key = MemoryStore(clock=LoopClock()), Key("scope", "creation", 0)
    with anyio.fail_after(MIN_HOLD_SECONDS / 2):
        async with SharedLock(store, key, "creates").hold():
            started_at = anyio.current_time()
            with pytest.raises(Unreachable, match="nothing was changed"):
                async with SharedLock(store, key, "creates").hold():
                    pass
    assert anyio.current_time() - started_at == pytest.approx(MIN_HOLD_SECONDS / 4, abs=2 * POLL_SECONDS)


async def test_hold_shared_lock_waits_for_the_change_of_another_process_until_it_must_have_come() -> None:
    started_at = anyio.current_time()
    async with SharedLock(ChangingStore(clock=LoopClock()), Key("scope", "creation", 0), "creates").hold():
        assert anyio.current_time() - started_at == pytest.approx(MAX_ARRIVAL_SECONDS, abs=2 * POLL_SECONDS)


def test_a_pending_change_is_waited_for_as_long_as_its_call_takes() -> None:
    assert MAX_ARRIVAL_SECONDS >= MAX_CALL_SECONDS


async def test_hold_shared_lock_again_after_a_change_of_another_process_must_have_come_waits_no_longer() -> None:
    lock = SharedLock(ChangingStore(clock=LoopClock()), Key("scope", "creation", 0), "creates")
    started_at = anyio.current_time()
    with anyio.fail_after(MAX_ARRIVAL_SECONDS), pytest.raises(Unreachable, match="nothing was changed"):
        async with lock.hold():
            pass
    with anyio.fail_after(MAX_ARRIVAL_SECONDS + 1):
        async with lock.hold():
            assert anyio.current_time() - started_at == pytest.approx(MAX_ARRIVAL_SECONDS, abs=2 * POLL_SECONDS)
