"""The last collection is served, as stale, while Toggl cannot be reached."""

import pytest

from tests.endpoints.conftest import MakeClients
from tests.endpoints.support import ACTIVE, AROHA, MISSING, fault_id, names
from tests.sandbox.clock import Clock
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import Forbidden, QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

DAY = 86_400
HOUR = 3600
REASONS: list[tuple[Fault, type[TogglError]]] = [
    (Fault("refused"), Unreachable),
    (Fault("lost before"), Unreachable),
    (Fault("500 before"), Unreachable),
    (Fault("garbage before"), Unreachable),
    (Fault("empty"), Unreachable),
    (Fault("402"), QuotaSpent),
    (Fault("429"), RateLimited),
    (Fault("429", retry_after=60), RateLimited),
]


@pytest.mark.parametrize(("fault", "error"), REASONS, ids=fault_id)
async def test_stale_snapshot_is_served_with_source_stale(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock, fault: Fault, error: type[TogglError]
) -> None:
    began = clock.now
    await in_memory.collect()
    clock.now += 7200
    sandbox.fault = lambda _: fault
    assert names(await in_memory.collect()) == ACTIVE
    lookup = await in_memory.find(AROHA)
    assert (lookup.item and lookup.item.name, lookup.source) == ("Aroha Bakery", "stale")
    assert lookup.as_of.timestamp() == began
    assert (await in_memory.read()).source == "stale"
    assert (await in_memory.find_by_name("aroha bakery"))[1].source == "stale"
    with pytest.raises(error):
        await in_memory.read(refresh=True)


@pytest.mark.parametrize(("fault", "error"), REASONS, ids=fault_id)
async def test_refresh_never_returns_stale(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault, error: type[TogglError]
) -> None:
    await in_memory.collect()
    sandbox.fault = lambda _: fault
    with pytest.raises(error):
        await in_memory.get(AROHA, refresh=True)
    with pytest.raises(error):
        await in_memory.collect(refresh=True)
    with pytest.raises(error):
        await in_memory.find_by_name("Aroha Bakery", refresh=True)
    with pytest.raises(error):
        await in_memory.page(ClientBody(), limit=1, refresh=True)


async def test_stale_snapshot_is_served_for_a_day_after_expiry(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    began = clock.now
    await clients.collect()
    sandbox.fault = lambda _: Fault("refused")
    clock.now = began + HOUR + DAY - 100
    assert names(await clients.collect()) == ACTIVE
    clock.now = began + HOUR + DAY
    with pytest.raises(Unreachable):
        await clients.collect()
    with pytest.raises(Unreachable):
        await clients.get(AROHA)


async def test_stale_snapshot_never_reports_missing(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    sandbox.fault = lambda _: Fault("refused")
    for age in (61, 3600):
        clock.now += age
        with pytest.raises(Unreachable):
            await clients.get(MISSING)
        with pytest.raises(Unreachable):
            await clients.find_by_name("Nobody")


async def test_stale_snapshot_of_short_ttl_never_reports_missing(
    make_clients: MakeClients, sandbox: Sandbox, clock: Clock
) -> None:
    clients = make_clients(10)
    await clients.collect()
    clock.now += 20
    sandbox.fault = lambda _: Fault("refused")
    assert (await clients.find(AROHA)).source == "stale"
    with pytest.raises(Unreachable):
        await clients.get(MISSING)
    with pytest.raises(Unreachable):
        await clients.find_by_name("Nobody")


async def test_re_raise_disables_stale_if_error(strict: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock) -> None:
    await strict.collect()
    clock.now += 3600
    sandbox.fault = lambda _: Fault("refused")
    with pytest.raises(Unreachable):
        await strict.collect()
    with pytest.raises(Unreachable):
        await strict.get(AROHA)


async def test_stale_snapshot_is_served_with_expire_after_zero(
    make_clients: MakeClients, sandbox: Sandbox, clock: Clock
) -> None:
    clients = make_clients(0)
    await clients.collect()
    clock.now += 1
    sandbox.fault = lambda _: Fault("refused")
    assert (await clients.read()).source == "stale"


async def test_stale_snapshot_is_not_served_if_forbidden(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    clock.now += 3600
    sandbox.state.workspaces.clear()
    with pytest.raises(Forbidden):
        await clients.collect()


async def test_stale_snapshot_is_served_without_requests_until_quota_resets(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    sandbox.quota.spend(HARBOUR_STUDIO)
    clock.now += 3600
    sandbox.quota.spend(HARBOUR_STUDIO)
    for _ in range(5):
        assert (await clients.read()).source == "stale"
    assert len(sandbox.calls) == 2
    with pytest.raises(QuotaSpent) as error:
        await clients.edit(AROHA, ClientBody(notes="New"))
    assert (error.value.resets_in_seconds, len(sandbox.calls)) == (3600, 2)
    clock.now += 3600
    assert (await clients.read()).source == "toggl"
