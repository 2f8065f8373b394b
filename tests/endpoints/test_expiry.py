"""For how long what is cached counts as fresh."""

from datetime import timedelta

import pytest

from tests.endpoints.conftest import MakeClients
from tests.endpoints.support import AROHA, names
from tests.sandbox.clock import Clock
from toggl_mcp.cache.store import ExpireAfter
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

DAY = 86_400


@pytest.mark.parametrize(
    ("expire_after", "age", "requests"),
    [
        (None, 10 * 365 * DAY, 1),
        (60, 59, 1),
        (60, 60, 2),
        (timedelta(days=2), 2 * DAY - 1, 1),
        (timedelta(days=2), 2 * DAY, 2),
        (0.5, 0, 1),
        (0.5, 1, 2),
        (0, 0, 2),
        (0, 1, 2),
    ],
    ids=str,
)
async def test_expire_after_sets_how_long_a_snapshot_is_fresh(
    make_clients: MakeClients, sandbox: Sandbox, clock: Clock, expire_after: ExpireAfter, age: int, requests: int
) -> None:
    clients = make_clients(expire_after)
    await clients.collect()
    clock.now += age
    assert len(await clients.collect()) == 6
    assert len(sandbox.calls) == requests


async def test_expire_after_defaults_to_one_hour(clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock) -> None:
    await clients.collect()
    clock.now += 3599
    await clients.collect()
    assert len(sandbox.calls) == 1
    clock.now += 1
    await clients.collect()
    assert len(sandbox.calls) == 2


async def test_expire_after_zero_still_finds_everything(
    make_clients: MakeClients, sandbox: Sandbox, clock: Clock
) -> None:
    clients = make_clients(0)
    new = await clients.add(ClientBody(name="Lighthouse"))
    assert await clients.get(new.id) == new
    sandbox.state.rename_client(new.id, "Beacon")
    clock.now += 1
    assert names(await clients.collect(ClientBody(name="beacon"))) == ["Beacon"]
    assert await clients.load_cache() == []


async def test_expire_after_none_still_refreshes(make_clients: MakeClients, sandbox: Sandbox) -> None:
    clients = make_clients(None)
    await clients.collect()
    sandbox.state.remove_client(AROHA)
    assert await clients.get(AROHA) is not None
    assert await clients.get(AROHA, refresh=True) is None
    assert len(await clients.load_cache()) == 7


async def test_write_through_does_not_renew_an_expired_snapshot(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    clock.now += 3599
    await clients.edit(AROHA, ClientBody(notes="New"))
    clock.now += 1
    await clients.collect()
    assert [call.method for call in sandbox.calls] == ["GET", "GET", "PUT", "GET"]


@pytest.mark.parametrize(("back", "requests"), [(60, 1), (61, 2), (86_400, 2)])
async def test_snapshot_from_the_future_is_fresh_within_clock_lead(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock, back: int, requests: int
) -> None:
    await clients.collect()
    clock.now -= back
    assert len(await clients.collect()) == 6
    assert await clients.get(AROHA) is not None
    assert len(sandbox.calls) == requests


async def test_clock_set_back_hides_no_change(clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock) -> None:
    await clients.collect()
    clock.now -= 7200
    sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
    assert names(await clients.collect())[0] == "Aroha Bakehouse"
    new = await clients.add(ClientBody(name="Lighthouse"))
    assert await clients.get(new.id) == new
    assert len(sandbox.calls) == 3


@pytest.mark.parametrize("back", [1, 60, 300])
async def test_refresh_after_the_clock_was_set_back_is_read_from_toggl_and_stored(
    make_clients: MakeClients, sandbox: Sandbox, clock: Clock, back: int
) -> None:
    clients = make_clients(timedelta(days=1))
    await clients.collect()
    clock.now -= back
    sandbox.state.rename_client(AROHA, "Aroha Bakehouse")
    clock.now += back / 2
    assert names(await clients.collect(refresh=True))[0] == "Aroha Bakehouse"
    assert names(await clients.collect())[0] == "Aroha Bakehouse"
    clock.now += back
    assert names(await clients.collect())[0] == "Aroha Bakehouse"
    assert len(sandbox.calls) == 2
