"""One client by its id."""

import pytest

from tests.endpoints.support import AROHA, DOCKSIDE, ELSEWHERE, GULL, MISSING, asked
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import NotFound
from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox

pytestmark = pytest.mark.anyio


async def test_a_cold_get_finds_the_client_and_every_other_get_costs_nothing(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    found = [await clients.get(client_id) for client_id in (AROHA, GULL, DOCKSIDE, AROHA)]
    assert [client and client.name for client in found] == [
        "Aroha Bakery",
        "Blue Gull Charters",
        "Dockside Light & Power",
        "Aroha Bakery",
    ]
    assert [(call.method, call.query) for call in sandbox.calls] == [("GET", {"status": "both"})]


async def test_a_client_carries_what_toggl_says_of_it(clients: AsyncClientEndpoint) -> None:
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


async def test_a_client_is_accepted_where_its_id_is(clients: AsyncClientEndpoint) -> None:
    client = await clients.get(AROHA)
    assert client is not None
    assert await clients.get(client) == client


async def test_a_refresh_shows_what_was_changed_a_moment_ago(clients: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    await clients.get(AROHA)
    sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
    known = await clients.get(AROHA)
    fresh = await clients.get(AROHA, refresh=True)
    later = await clients.get(AROHA)
    assert [client and client.name for client in (known, fresh, later)] == [
        "Aroha Bakery",
        "Aroha Bakehouse",
        "Aroha Bakehouse",
    ]
    assert len(sandbox.calls) == 2


@pytest.mark.parametrize("client_id", [MISSING, ELSEWHERE])
async def test_what_toggl_does_not_have_is_none(clients: AsyncClientEndpoint, client_id: int) -> None:
    assert await clients.get(client_id) is None
    assert await clients.get(client_id, refresh=True) is None


async def test_what_toggl_does_not_have_is_an_error_on_request(strict: AsyncClientEndpoint) -> None:
    for refresh in (False, True):
        with pytest.raises(NotFound, match=f"no client {MISSING} in workspace {HARBOUR_STUDIO}"):
            await strict.get(MISSING, refresh=refresh)


async def test_a_miss_is_asked_again_once_the_answer_is_a_minute_old(
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


async def test_what_was_deleted_elsewhere_is_gone_after_a_refresh_and_stays_gone(
    clients: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await clients.get(AROHA)
    sandbox.state.remove_client(AROHA)
    assert await clients.get(AROHA, refresh=True) is None
    assert await clients.get(AROHA) is None
    assert asked(sandbox) == ["GET", "GET"]


async def test_an_answer_tells_where_it_comes_from_and_how_old_it_is(
    clients: AsyncClientEndpoint, clock: Clock
) -> None:
    began = clock.now
    cold = await clients.find(AROHA)
    clock.now += 600
    warm = await clients.find(AROHA)
    fresh = await clients.find(AROHA, refresh=True)
    denied = await clients.find(MISSING)
    told = [(found.source, found.as_of.timestamp() - began) for found in (cold, warm, fresh, denied)]
    assert told == [("toggl", 0), ("cache", 0), ("toggl", 600), ("cache", 600)]
    assert denied.item is None
