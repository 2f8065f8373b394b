"""What Toggl has confirmed is true, even while another process holds the cache."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cache.support import lock_file
from tests.endpoints.support import AROHA, AUTH, NORTHWIND, cached_fields, fault_in_turn, toggl_fields, with_action
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.sqlite.store import SqliteStore
from toggl_mcp.cache.store import Key
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.endpoints.core.keys import derive_scope
from toggl_mcp.endpoints.projects import AsyncProjectEndpoint
from toggl_mcp.endpoints.time_entries import AsyncTimeEntryEndpoint
from toggl_mcp.errors import CacheBusy, QuotaSpent
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.time_entries import TimeEntryBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

Change = Callable[[AsyncClientEndpoint], Coroutine[object, object, object]]

CHANGES: dict[str, tuple[str, Change]] = {
    "add": ("POST", lambda clients: clients.add(ClientBody(name="Lighthouse"))),
    "edit": ("PUT", lambda clients: clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))),
    "delete": ("DELETE", lambda clients: clients.delete(AROHA)),
    "archive": ("POST", lambda clients: clients.archive(AROHA)),
    "restore": ("POST", lambda clients: clients.restore(NORTHWIND)),
}


class Holder:
    """Another process that holds the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._locks = ExitStack()

    def hold(self) -> None:
        self._locks.enter_context(lock_file(self._path))

    def hold_for_itself(self) -> None:
        """Let nobody read the file either."""
        self._locks.enter_context(lock_file(self._path, "EXCLUSIVE"))

    def let_go(self) -> None:
        self._locks.close()


@pytest.fixture
async def impatient(path: Path, clock: Clock, connection: AsyncClient) -> AsyncGenerator[AsyncClientEndpoint]:
    """Clients in a file that is waited for only briefly."""
    store = SqliteStore(path, clock=clock, busy_timeout=0.02)
    yield AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)
    await store.aclose()


@pytest.mark.parametrize("verb", CHANGES)
async def test_busy_cache_confirmed_change_succeeds(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await impatient.collect()
    before, holder = toggl_fields(sandbox), Holder(path)
    sandbox.fault = fault_in_turn(method, with_action(Fault("slow"), holder.hold))
    try:
        await change(impatient)
    finally:
        holder.let_go()
    assert toggl_fields(sandbox) != before


@pytest.mark.parametrize("verb", CHANGES)
async def test_busy_cache_unwritten_change_is_not_served_stale(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox, verb: str
) -> None:
    method, change = CHANGES[verb]
    await impatient.collect()
    holder = Holder(path)
    sandbox.fault = fault_in_turn(method, with_action(Fault("slow"), holder.hold))
    try:
        await change(impatient)
    except CacheBusy:
        pass
    finally:
        holder.let_go()
    assert cached_fields((await impatient.read()).collection.items.values()) == toggl_fields(sandbox)


async def test_busy_cache_get_client_after_unwritten_edit_returns_the_edit(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await impatient.collect()
    holder = Holder(path)
    sandbox.fault = fault_in_turn("PUT", with_action(Fault("slow"), holder.hold))
    try:
        client = await impatient.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    finally:
        holder.let_go()
    assert impatient.try_get(AROHA) is None
    assert await impatient.get(AROHA) == client


@pytest.mark.parametrize("verb", ["delete", "archive"])
async def test_busy_cache_unwritten_change_invalidates_the_projects(
    impatient: AsyncClientEndpoint, path: Path, connection: AsyncClient, sandbox: Sandbox, verb: str
) -> None:
    assert impatient.cache is not None
    method, change = CHANGES[verb]
    projects = AsyncProjectEndpoint(HARBOUR_STUDIO, AUTH, impatient.cache, client=connection)
    await projects.read()
    holder = Holder(path)
    sandbox.fault = fault_in_turn(method, with_action(Fault("slow"), holder.hold))
    try:
        await change(impatient)
    finally:
        holder.let_go()
    cached = {project.id: (project.client_id, project.active) for project in await projects.load_cache()}
    assert cached.items() <= {(row["id"], (row["client_id"], row["active"])) for row in sandbox.state.projects.values()}


async def test_busy_cache_unreadable_after_the_start_of_a_timer_settles_it_with_the_next_step(
    impatient: AsyncClientEndpoint, path: Path, connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    assert impatient.cache is not None
    entries = AsyncTimeEntryEndpoint(HARBOUR_STUDIO, AUTH, impatient.cache, client=connection)
    await entries.read()
    sandbox.fault = fault_in_turn("POST", with_action(Fault("slow"), (holder := Holder(path)).hold_for_itself))
    try:
        await entries.start(TimeEntryBody(description="Lighthouse"))
    finally:
        holder.let_go()
    await impatient.collect()

    other_store = SqliteStore(path, clock=clock)
    assert not await other_store.list_pending(Key(derive_scope(AUTH, connection), "time_entry", 0))
    assert await other_store.read(Key(derive_scope(AUTH, connection), "time_entry", 0)) is None
    await other_store.aclose()


async def test_busy_cache_change_without_rate_slot_is_not_sent(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await impatient.collect()
    holder = Holder(path)
    holder.hold()
    try:
        with pytest.raises(CacheBusy, match="Another process"):
            await impatient.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    finally:
        holder.let_go()
    assert [call.method for call in sandbox.calls] == ["GET"]
    assert cached_fields(await impatient.load_cache()) == toggl_fields(sandbox)


async def test_busy_cache_reads_succeed_while_another_process_writes(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await impatient.collect()
    holder = Holder(path)
    holder.hold()
    try:
        assert await impatient.get(AROHA) is not None
        assert len(await impatient.collect()) == 6
    finally:
        holder.let_go()
    assert len(sandbox.calls) == 1


async def test_busy_cache_quota_spent_is_raised_though_not_stored(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await impatient.collect()
    holder = Holder(path)
    sandbox.fault = fault_in_turn("PUT", with_action(Fault("402"), holder.hold))
    try:
        with pytest.raises(QuotaSpent):
            await impatient.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    finally:
        holder.let_go()


async def test_busy_cache_fetched_list_is_returned_though_not_stored(
    impatient: AsyncClientEndpoint, path: Path, sandbox: Sandbox
) -> None:
    await impatient.collect()
    holder = Holder(path)
    sandbox.fault = fault_in_turn("GET", with_action(Fault("slow"), holder.hold))
    sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
    try:
        read = await impatient.read(refresh=True)
    finally:
        holder.let_go()
    assert cached_fields(read.collection.items.values()) == toggl_fields(sandbox)
