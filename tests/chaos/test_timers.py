"""Timers that a person starts and stops between the requests of start_timer and stop_timer."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.arena import Storage, open_arena
from tests.chaos.entries import ENTRIES
from tests.chaos.scale import scaled
from tests.chaos.timers import TimerRun

pytestmark = pytest.mark.anyio

SEEDS = {"in memory": 8, "in a file": 7}
STEPS = {"in memory": scaled(100, 1000), "in a file": scaled(20, 1000)}


@pytest.mark.parametrize("storage", ["in memory", "in a file"])
@pytest.mark.parametrize(
    ("start_stops_others", "share"),
    [
        pytest.param(True, 0, id="toggl stops"),
        pytest.param(True, 0.2, id="toggl stops, with faults"),
        pytest.param(False, 0, id="toggl stops none"),
    ],
)
async def test_start_and_stop_never_stop_a_timer_that_the_person_started_later(
    tmp_path: Path, storage: Storage, share: float, *, start_stops_others: bool
) -> None:
    async with open_arena(SEEDS[storage], storage, tmp_path, resource=ENTRIES) as arena:
        arena.faults.share = share
        arena.sandbox.behaviors = replace(arena.sandbox.behaviors, start_stops_others=start_stops_others)
        run = TimerRun(arena)
        await run.advance(STEPS[storage])

    assert run.violations == []
    assert run.later_count > STEPS[storage] // 4
