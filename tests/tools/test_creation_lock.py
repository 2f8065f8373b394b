"""A call that waits for another one which creates time entries, as long as its own time allows."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import anyio
import pytest
from mcp import Client

from tests.endpoints.loop import JUMPING
from tests.sandbox.clock import Clock
from tests.sandbox.diary import timers
from tests.tools.host import Host, serve
from tests.tools.test_many_rows import PacedClock
from toggl_mcp.sandbox import Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

PLAN = [{"start": f"2025-10-14T{hour:02}:00", "duration": "30m"} for hour in range(9, 13)]


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


@pytest.fixture
def clock() -> Clock:
    return PacedClock()


async def test_start_timer_while_another_call_creates_for_a_minute_says_that_nothing_was_changed(
    sandbox: Sandbox, clock: Clock
) -> None:
    is_sent = anyio.Event()

    def delay(call: Call) -> Fault | None:
        if call.method != "POST":
            return None
        is_sent.set()
        return Fault("slow before", until=partial(clock.sleep, 15))

    sandbox.fault = delay
    errors: list[dict[str, Any]] = []
    async with Client(serve(sandbox, clock)) as client, anyio.create_task_group() as group:
        host = Host(client)
        group.start_soon(partial(host.call, "create_time_entries", entries=PLAN))
        await is_sent.wait()
        errors.append(await host.fail("start_timer", description="Cart"))

    (error,) = errors
    assert (error["code"], error["retry"]) == ("unreachable", "later")
    assert "nothing was changed" in error["message"]
    assert timers(sandbox) == []
