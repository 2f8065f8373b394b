"""One client by its id."""

import pytest

from tests.endpoints.support import AROHA, DOCKSIDE, FOREIGN_CLIENT, GULL, MISSING, list_methods
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import NotFound
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio


async def test_get_client_cached_costs_no_request(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    results = [await clients.get(client_id) for client_id in (AROHA, GULL, DOCKSIDE, AROHA)]
    assert [client and client.name for client in results] == [
        "Aroha Bakery",
        "Blue Gull Charters",
        "Dockside Light & Power",
        "Aroha Bakery",
    ]
    assert [(call.method, call.query) for call in sandbox.calls] == [("GET", {"status": "both"})]


async def test_get_client_returns_all_fields(clients: AsyncClientEndpoint) -> None:
    for refresh in (True, False):
        client = await clients.get(AROHA, refresh=refresh)
        assert client is not None
        assert client.model_dump(mode="json") == {
            "id": AROHA,
            "workspace_id": HARBOUR_STUDIO,
            "name": "Aroha Bakery",
            "archived": False,
            "notes": "Invoices on the first Monday of the month.",
            "external_reference": "CRM-1001",
            "updated_at": "2025-10-06T08:53:20Z",
        }


async def test_get_client_accepts_client_in_place_of_id(clients: AsyncClientEndpoint) -> None:
    client = await clients.get(AROHA)
    assert client is not None
    assert await clients.get(client) == client


async def test_get_client_refresh_shows_recent_changes(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.get(AROHA)
    sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
    cached = await clients.get(AROHA)
    fresh = await clients.get(AROHA, refresh=True)
    later = await clients.get(AROHA)
    assert [client and client.name for client in (cached, fresh, later)] == [
        "Aroha Bakery",
        "Aroha Bakehouse",
        "Aroha Bakehouse",
    ]
    assert len(sandbox.calls) == 2


@pytest.mark.parametrize("client_id", [MISSING, FOREIGN_CLIENT])
async def test_get_client_missing_returns_none(clients: AsyncClientEndpoint, client_id: int) -> None:
    assert await clients.get(client_id) is None
    assert await clients.get(client_id, refresh=True) is None


async def test_get_client_missing_raises_if_re_raise(strict: AsyncClientEndpoint) -> None:
    for refresh in (False, True):
        with pytest.raises(NotFound, match=f"no client {MISSING} in workspace {HARBOUR_STUDIO}"):
            await strict.get(MISSING, refresh=refresh)


async def test_get_client_missing_is_fetched_again_after_negative_ttl(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    assert await clients.get(MISSING) is None
    row = sandbox.state.add_client(HARBOUR_STUDIO, "Just added")
    clock.now += 59
    assert await clients.get(row["id"]) is None
    assert len(sandbox.calls) == 1
    clock.now += 1
    assert await clients.get(row["id"]) is not None
    assert len(sandbox.calls) == 2


async def test_get_client_deleted_at_toggl_is_none_after_refresh(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.get(AROHA)
    sandbox.state.remove_client(AROHA)
    assert await clients.get(AROHA, refresh=True) is None
    assert await clients.get(AROHA) is None
    assert list_methods(sandbox) == ["GET", "GET"]


async def test_find_client_returns_source_and_as_of(clients: AsyncClientEndpoint, clock: Clock) -> None:
    began = clock.now
    cold = await clients.find(AROHA)
    clock.now += 600
    warm = await clients.find(AROHA)
    fresh = await clients.find(AROHA, refresh=True)
    denied = await clients.find(MISSING)
    expected = [(lookup.source, lookup.as_of.timestamp() - began) for lookup in (cold, warm, fresh, denied)]
    assert expected == [("toggl", 0), ("cache", 0), ("toggl", 600), ("cache", 600)]
    assert denied.item is None
