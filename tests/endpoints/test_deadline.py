"""What is said when the caller's time is over: always what is known, never a bare time-out."""

from collections.abc import Awaitable, Callable, Mapping

import anyio
import pytest
import stamina

from tests.endpoints.loop import JUMPING
from tests.endpoints.support import (
    AROHA,
    AUTH,
    NORTHWIND,
    Gate,
    cached_fields,
    fault_every,
    fault_in_turn,
    list_methods,
    toggl_fields,
)
from tests.sandbox.clock import Clock
from toggl_mcp.api import AsyncClient
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import OutcomeUnknown, RateLimited, Unreachable
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.models.quota import BURST
from toggl_mcp.sandbox import HARBOUR_STUDIO, Fault, Sandbox

pytestmark = pytest.mark.anyio

Change = Callable[[AsyncClientEndpoint], Awaitable[object]]

SECONDS = 20
CHANGES: dict[str, tuple[str, Change]] = {
    "add": ("POST", lambda clients: clients.add(ClientBody(name="Lighthouse"))),
    "edit": ("PUT", lambda clients: clients.edit(AROHA, ClientBody(name="Aroha Bakehouse"))),
    "delete": ("DELETE", lambda clients: clients.delete(AROHA)),
    "archive": ("POST", lambda clients: clients.archive(AROHA)),
    "restore": ("POST", lambda clients: clients.restore(NORTHWIND)),
}


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


@pytest.mark.parametrize("verb", CHANGES)
async def test_deadline_unanswered_change_is_outcome_unknown_and_invalidates(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, verb: str
) -> None:
    await in_memory.collect()
    # An edit reads first, and a read that gets no answer changes nothing.
    sandbox.fault = lambda call: None if (verb, call.method) == ("edit", "GET") else Gate().fault
    with anyio.fail_after(SECONDS), pytest.raises(OutcomeUnknown):
        await CHANGES[verb][1](in_memory)
    assert await in_memory.load_cache() == []


@pytest.mark.parametrize("verb", ["add", "archive", "restore"])
async def test_deadline_leaves_time_to_reconcile_a_change(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, verb: str
) -> None:
    await in_memory.collect()
    sandbox.fault = fault_every("POST", Gate().fault)
    before = toggl_fields(sandbox)
    with anyio.fail_after(SECONDS):
        await CHANGES[verb][1](in_memory)
    assert cached_fields(await in_memory.load_cache()) == toggl_fields(sandbox) != before


async def test_deadline_unanswered_read_is_unreachable(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.fault = fault_every("GET", Gate().fault)
    for _ in range(2):
        with anyio.fail_after(SECONDS), pytest.raises(Unreachable):
            await in_memory.collect()
    sandbox.fault = None
    assert len(await in_memory.collect()) == 6


async def test_deadline_unanswered_read_returns_stale(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    await in_memory.collect()
    clock.now += 3600
    sandbox.fault = fault_every("GET", Gate().fault)
    with anyio.fail_after(SECONDS):
        assert (await in_memory.read()).source == "stale"


@pytest.mark.parametrize(
    ("first", "error"), [("refused", Unreachable), ("lost before", OutcomeUnknown), ("lost after", OutcomeUnknown)]
)
async def test_deadline_between_two_tries_ends_the_call(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, first: str, error: type[Exception]
) -> None:
    await in_memory.collect()
    kinds = {"refused": Fault("refused"), "lost before": Fault("lost before"), "lost after": Fault("lost after")}
    sandbox.fault = fault_every("PUT", kinds[first])
    with stamina.set_testing(testing=False), anyio.fail_after(0.4), pytest.raises(error):
        await in_memory.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    assert list_methods(sandbox).count("PUT") == (first != "refused")


@pytest.mark.parametrize(("retry_after", "expected_seconds"), [(7, 7), (None, 60)])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_deadline_during_retry_after_is_rate_limited(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, method: str, retry_after: int | None, expected_seconds: int
) -> None:
    sandbox.fault = fault_every(method, Fault("429", retry_after=retry_after))
    with stamina.set_testing(testing=False), anyio.fail_after(1), pytest.raises(RateLimited) as error:
        await (in_memory.collect() if method == "GET" else CHANGES["edit"][1](in_memory))
    assert error.value.retry_after_seconds == expected_seconds
    assert list_methods(sandbox)[-1] == method


async def test_deadline_after_retry_after_is_unreachable(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.fault = fault_in_turn("GET", Fault("429", retry_after=1), Gate().fault)
    with anyio.fail_after(SECONDS), pytest.raises(Unreachable):
        await in_memory.collect()


async def test_deadline_during_retry_after_of_lost_change_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    sandbox.fault = fault_in_turn("PUT", Fault("lost after"), Fault("429", retry_after=7))
    with stamina.set_testing(testing=False), anyio.fail_after(4), pytest.raises(OutcomeUnknown):
        await CHANGES["edit"][1](in_memory)
    assert list_methods(sandbox) == ["GET", "PUT", "PUT"]


class FrozenClock(Clock):
    """A clock by which no pause ever ends."""

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        await anyio.sleep_forever()


@pytest.fixture
def impatient(connection: AsyncClient) -> AsyncClientEndpoint:
    """Clients whose first request after a burst would wait for its slot for ever."""
    return AsyncClientEndpoint(HARBOUR_STUDIO, AUTH, MemoryStore(clock=FrozenClock()), client=connection)


async def test_deadline_before_rate_slot_is_not_sent(impatient: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    for _ in range(BURST):
        await impatient.collect(refresh=True)
    with anyio.fail_after(SECONDS), pytest.raises(Unreachable, match="nothing was changed"):
        await impatient.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    assert list_methods(sandbox) == ["GET"] * BURST
    assert cached_fields(await impatient.load_cache()) == toggl_fields(sandbox)


@pytest.mark.parametrize("fault", [Fault("lost before"), Fault("lost after")], ids=lambda fault: fault.kind)
async def test_deadline_before_rate_slot_of_second_try_is_outcome_unknown(
    impatient: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault
) -> None:
    for _ in range(BURST - 2):
        await impatient.collect(refresh=True)
    sandbox.fault = fault_in_turn("PUT", fault)
    with anyio.fail_after(SECONDS), pytest.raises(OutcomeUnknown):
        await impatient.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    assert await impatient.load_cache() == []


async def test_deadline_before_next_rate_slot_is_rate_limited_without_reserving(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, clock: Clock
) -> None:
    for _ in range(BURST):
        await in_memory.collect(refresh=True)
    for _ in range(3):
        with anyio.fail_after(0.5), pytest.raises(RateLimited, match="nothing was sent") as error:
            await in_memory.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
        assert error.value.retry_after_seconds == 1
    assert list_methods(sandbox) == ["GET"] * BURST
    clock.now += 2
    with anyio.fail_after(0.5):
        assert await in_memory.edit(AROHA, ClientBody(name="Aroha Bakehouse")) is not None


async def test_deadline_before_next_rate_slot_of_second_try_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    for _ in range(BURST - 2):
        await in_memory.collect(refresh=True)
    sandbox.fault = fault_in_turn("PUT", Fault("lost after"))
    with anyio.fail_after(0.5), pytest.raises(OutcomeUnknown):
        await in_memory.edit(AROHA, ClientBody(name="Aroha Bakehouse"))
    assert await in_memory.load_cache() == []


async def test_deadline_ends_the_call_before_it_expires(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    sandbox.fault = fault_every("GET", Gate().fault)
    began = anyio.current_time()
    with anyio.move_on_after(SECONDS) as scope, pytest.raises(Unreachable):
        await in_memory.collect()
    assert SECONDS * 0.9 < anyio.current_time() - began < SECONDS
    assert not scope.cancelled_caught
