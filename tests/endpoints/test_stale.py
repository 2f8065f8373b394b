"""When the last snapshot stands in because Toggl cannot be asked."""

import pytest

from tests.endpoints.conftest import Made
from tests.endpoints.support import ACTIVE, AROHA, MISSING, named, names
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


@pytest.mark.parametrize(("fault", "error"), REASONS, ids=named)
async def test_the_last_snapshot_stands_in_and_says_so(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock, fault: Fault, error: type[TogglError]
) -> None:
    began = clock.now
    await in_memory.collect()
    clock.now += 7200
    sandbox.fault = lambda _: fault
    assert names(await in_memory.collect()) == ACTIVE
    found = await in_memory.find(AROHA)
    assert (found.item and found.item.name, found.source) == ("Aroha Bakery", "stale")
    assert found.as_of.timestamp() == began
    assert (await in_memory.read()).source == "stale"
    assert (await in_memory.find_by_name("aroha bakery"))[1].source == "stale"
    with pytest.raises(error):
        await in_memory.read(refresh=True)


@pytest.mark.parametrize(("fault", "error"), REASONS, ids=named)
async def test_a_refresh_never_answers_with_what_is_old(
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


async def test_a_snapshot_stands_in_for_a_day_past_its_freshness_and_no_longer(
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


async def test_what_is_old_never_denies(clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock) -> None:
    await clients.collect()
    sandbox.fault = lambda _: Fault("refused")
    for age in (61, 3600):
        clock.now += age
        with pytest.raises(Unreachable):
            await clients.get(MISSING)
        with pytest.raises(Unreachable):
            await clients.find_by_name("Nobody")


async def test_what_is_old_never_denies_however_young_it_is(made: Made, sandbox: Sandbox, clock: Clock) -> None:
    clients = made(10)
    await clients.collect()
    clock.now += 20
    sandbox.fault = lambda _: Fault("refused")
    assert (await clients.find(AROHA)).source == "stale"
    with pytest.raises(Unreachable):
        await clients.get(MISSING)
    with pytest.raises(Unreachable):
        await clients.find_by_name("Nobody")


async def test_nothing_stands_in_where_errors_are_to_be_raised(
    strict: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await strict.collect()
    clock.now += 3600
    sandbox.fault = lambda _: Fault("refused")
    with pytest.raises(Unreachable):
        await strict.collect()
    with pytest.raises(Unreachable):
        await strict.get(AROHA)


async def test_a_snapshot_that_is_never_fresh_may_stand_in_too(made: Made, sandbox: Sandbox, clock: Clock) -> None:
    clients = made(0)
    await clients.collect()
    clock.now += 1
    sandbox.fault = lambda _: Fault("refused")
    assert (await clients.read()).source == "stale"


async def test_a_workspace_that_is_no_longer_open_shows_nothing_old(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    clock.now += 3600
    sandbox.state.workspaces.clear()
    with pytest.raises(Forbidden):
        await clients.collect()


async def test_a_spent_quota_is_not_asked_again_before_it_resets(
    clients: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await clients.collect()
    sandbox.quota.spend(HARBOUR_STUDIO)
    clock.now += 3600
    sandbox.quota.spend(HARBOUR_STUDIO)
    for _ in range(5):
        assert (await clients.read()).source == "stale"
    assert len(sandbox.calls) == 2
    with pytest.raises(QuotaSpent) as spent:
        await clients.edit(AROHA, ClientBody(notes="New"))
    assert (spent.value.resets_in_seconds, len(sandbox.calls)) == (3600, 2)
    clock.now += 3600
    assert (await clients.read()).source == "toggl"
