"""Queries of the cache alone."""

from datetime import UTC, date, datetime

import pytest

from tests.endpoints.support import AROHA, GULL, cached_fields, names, toggl_fields
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import InvalidArguments, NoCache
from toggl_mcp.models.query import Comparison, Query
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio


async def test_load_cache_is_empty_before_a_read(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    assert await clients.load_cache() == []
    assert await clients.query(Query("id", AROHA)) == []
    assert sandbox.calls == []
    await clients.collect()
    assert cached_fields(await clients.load_cache()) == toggl_fields(sandbox)
    assert len(sandbox.calls) == 1


async def test_load_cache_omits_an_expired_snapshot(clients: AsyncClientEndpoint, clock: Clock) -> None:
    await clients.collect()
    clock.now += 3599
    assert len(await clients.load_cache()) == 8
    assert len(await clients.query()) == 8
    clock.now += 1
    assert await clients.load_cache() == []
    assert await clients.query() == []


async def test_query_combines_conditions(clients: AsyncClientEndpoint) -> None:
    await clients.collect()
    assert names(await clients.query(Query("name", "Café Miró"))) == ["Café Miró"]
    assert names(await clients.query(Query("id", [AROHA, GULL]), Query("notes", None))) == ["Blue Gull Charters"]
    assert names(await clients.query(Query("archived", value=True))) == ["Dockside Light & Power", "Northwind Theatre"]
    assert await clients.query(Query("archived", value=True), Query("id", AROHA)) == []


async def test_query_compares_datetime_with_date(clients: AsyncClientEndpoint, clock: Clock) -> None:
    await clients.collect()
    today = datetime.fromtimestamp(clock.now, UTC).date()
    recent = await clients.query(
        Query("updated_at", date(today.year, today.month, today.day - 3), Comparison.GREATER_THAN_OR_EQUAL)
    )
    assert names(recent) == ["Aroha Bakery", "株式会社みなと"]


async def test_query_unknown_field_is_refused_with_known_fields(clients: AsyncClientEndpoint) -> None:
    await clients.collect()
    with pytest.raises(InvalidArguments, match="no field 'wid'; use one of id, workspace_id, name"):
        await clients.query(Query("wid", 1))


async def test_query_without_cache_raises_no_cache(uncached: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    with pytest.raises(NoCache, match=r"AsyncClientEndpoint has no cache; make it with cache="):
        await uncached.load_cache()
    with pytest.raises(NoCache):
        await uncached.query(Query("id", AROHA))
    assert sandbox.calls == []
