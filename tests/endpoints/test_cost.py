"""What a question costs the cache: the same for any number of clients, and nothing twice."""

from collections.abc import Mapping

import pytest

from tests.endpoints.support import AROHA, AUTH, GULL, MISSING, names
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.cache.store import Key, Row, Snapshot
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO

pytestmark = pytest.mark.anyio


class Counting(MemoryStore):
    """A store that counts what it is asked for."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.asked: list[str] = []

    def try_get_row(self, key: Key, row_id: int) -> Row:
        self.asked += ["row"] if key.kind == "client" else []
        return super().try_get_row(key, row_id)

    async def read(self, key: Key) -> Snapshot | None:
        self.asked.append("read")
        return await super().read(key)

    async def replace(self, key: Key, rows: Mapping[int, str], *, expected: int, fetched_at: float) -> bool:
        self.asked.append("replace")
        return await super().replace(key, rows, expected=expected, fetched_at=fetched_at)


@pytest.fixture
def counting(clock: Clock) -> Counting:
    return Counting(clock)


@pytest.fixture
def clients(counting: Counting, connection: AsyncClient) -> AsyncClientEndpoint:
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, counting, client=connection)


@pytest.fixture
def others(counting: Counting, connection: AsyncClient) -> AsyncClientEndpoint:
    """The same clients, as another process would see them."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, counting, client=connection)


async def test_a_known_client_is_one_row(clients: AsyncClientEndpoint, counting: Counting) -> None:
    await clients.collect()
    counting.asked.clear()
    for client_id in (AROHA, GULL, MISSING):
        await clients.get(client_id)
    assert counting.asked == ["row"] * 3


async def test_a_list_that_was_asked_for_here_is_not_read_back(
    clients: AsyncClientEndpoint, counting: Counting
) -> None:
    for _ in range(3):
        await clients.collect()
        await clients.collect(ClientBody(status="archived"))
        await clients.find_by_name("Aroha Bakery")
        await clients.page(ClientBody(), limit=2)
        await clients.load_cache()
    assert counting.asked == ["replace"]


async def test_a_list_that_somebody_else_asked_for_is_read_once(
    clients: AsyncClientEndpoint, others: AsyncClientEndpoint, counting: Counting
) -> None:
    await clients.collect()
    counting.asked.clear()
    for _ in range(3):
        await others.collect()
    assert counting.asked == ["read"]


async def test_a_change_made_here_costs_no_reading_and_one_made_elsewhere_costs_one(
    clients: AsyncClientEndpoint, others: AsyncClientEndpoint, counting: Counting
) -> None:
    await clients.collect()
    await others.collect()
    counting.asked.clear()
    await clients.edit(AROHA, ClientBody(name="Zebra"))
    await clients.delete(GULL)
    await clients.add(ClientBody(name="Beacon"))
    assert names(await clients.collect())[0] == "Beacon"
    assert counting.asked == ["row", "row"]
    counting.asked.clear()
    for _ in range(3):
        assert await others.collect() == await clients.collect()
    assert counting.asked == ["read"]


async def test_a_refresh_reads_nothing_of_what_it_replaces(clients: AsyncClientEndpoint, counting: Counting) -> None:
    await clients.collect()
    counting.asked.clear()
    await clients.get(AROHA, refresh=True)
    await clients.collect(refresh=True)
    assert counting.asked == ["replace", "replace"]
