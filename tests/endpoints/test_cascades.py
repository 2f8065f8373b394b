"""What a change of a project or a tag does to cached time entries while other processes change them."""

import pytest

from tests.cache.support import write_row
from tests.endpoints.support import AUTH, fault_every
from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Snapshot
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import OutcomeUnknown
from toggl_mcp.models.projects import ProjectBody
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

WEB_SHOP, STUDIO_UPKEEP = 201_500_302, 201_500_307


class InterleavingStore(MemoryStore):
    """A store in which another process writes an entry just after the entries were read."""

    entry: TimeEntry | None = None

    async def read(self, key: Key) -> Snapshot | None:
        snapshot = await super().read(key)
        entry, self.entry = (self.entry, None) if key.kind == "time_entry" else (None, self.entry)
        if entry is not None:
            await write_row(self, key, entry.id, entry.model_dump_json(exclude_none=True))
        return snapshot


async def test_delete_project_drops_the_cached_entries_if_one_was_moved_meanwhile(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.state.entries = {}
    clock.now = at("2025-10-14T18:00")
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", project_id=WEB_SHOP)
    store = InterleavingStore(clock=clock)
    toggl = Toggl(AUTH, store, client=connection)
    entry = (await toggl.entry_cache.read()).collection.items[row["id"]]
    store.entry = entry.model_copy(update={"project_id": STUDIO_UPKEEP})

    await toggl.projects(HARBOUR_STUDIO).delete(WEB_SHOP)

    assert store.entry is None
    assert await toggl.entry_cache.any_age_or_none() is None


async def test_edit_project_unconfirmed_keeps_the_cached_entries(
    connection: AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    toggl = Toggl(AUTH, MemoryStore(clock=clock), client=connection)
    entries = (await toggl.entry_cache.read()).collection.items
    sandbox.fault = fault_every("PUT", Fault("500 before"))

    with pytest.raises(OutcomeUnknown):
        await toggl.projects(HARBOUR_STUDIO).edit(WEB_SHOP, ProjectBody(name="Shop"))

    cached = await toggl.entry_cache.any_age_or_none()
    assert cached is not None
    assert cached.items.keys() == entries.keys()
