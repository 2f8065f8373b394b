"""How long is waited before a request is sent again."""

from collections.abc import Mapping
from itertools import pairwise

import anyio
import pytest
import stamina

from tests.endpoints.loop import JUMPING
from tests.endpoints.support import fault_id
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import TogglError
from toggl_mcp.sandbox import Call, Fault, Sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


async def pauses(clients: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault) -> list[float]:
    """Return the pauses between the tries of one request."""
    tries: list[float] = []

    def meet(_: Call) -> Fault:
        tries.append(anyio.current_time())
        return fault

    sandbox.fault = meet
    with stamina.set_testing(testing=False), pytest.raises(TogglError):
        await clients.collect(refresh=True)
    return [after - before for before, after in pairwise(tries)]


@pytest.mark.parametrize("fault", [Fault("refused"), Fault("lost before"), Fault("500 before")], ids=fault_id)
async def test_retry_delays_grow_with_jitter(in_memory: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault) -> None:
    delays = [await pauses(in_memory, sandbox, fault) for _ in range(5)]
    for first, second, third in delays:
        assert 0.5 <= first <= 1.5
        assert 1.0 <= second <= 2.0
        assert 2.0 <= third <= 3.0
    assert len({tuple(tries) for tries in delays}) == 5


async def test_retry_delay_follows_retry_after(in_memory: AsyncClientEndpoint, sandbox: Sandbox) -> None:
    assert await pauses(in_memory, sandbox, Fault("429", retry_after=7)) == pytest.approx([7, 7, 7])
    assert await pauses(in_memory, sandbox, Fault("429", retry_after=0)) == pytest.approx([0, 0, 0])
    assert await pauses(in_memory, sandbox, Fault("429", retry_after=11)) == []


async def test_retry_delay_without_retry_after_allows_one_retry(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    delays = [await pauses(in_memory, sandbox, Fault("429")) for _ in range(5)]
    assert [len(tries) for tries in delays] == [1] * 5
    assert all(2 <= pause <= 5 for (pause,) in delays)
    assert len({pause for (pause,) in delays}) == 5
