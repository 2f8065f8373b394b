"""Whether what is kept of time entries is what Toggl has, after changes and by clocks that differ."""

from datetime import UTC, datetime

import pytest

from tests.endpoints.support import AUTH
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.store import Store
from toggl_mcp.endpoints.tracker import AsyncTrackerEndpoint
from toggl_mcp.models.time_entry import TrackerBody
from toggl_mcp.sandbox import HARBOUR_STUDIO

pytestmark = pytest.mark.anyio


@pytest.fixture
def tracker(store: Store, connection: AsyncClient) -> AsyncTrackerEndpoint:
    return AsyncTrackerEndpoint(HARBOUR_STUDIO, AUTH, store, client=connection)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


async def test_a_timer_that_was_started_is_the_only_one_that_is_known_to_run(
    tracker: AsyncTrackerEndpoint, clock: Clock
) -> None:
    former = await tracker.current()
    new = await tracker.add(TrackerBody(description="New", start=moment(clock.now)))

    entries = (await tracker.read()).collection.items
    assert former is not None
    assert [entry.id for entry in entries.values() if entry.running] == [new.id]
    assert not entries[former.id].running
