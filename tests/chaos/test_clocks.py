"""Runs in which the clock of the processes is ahead of Toggl's, or behind it, and is set now and then."""

from pathlib import Path

import pytest

from tests.chaos.arena import Storage, open_arena
from tests.chaos.clients import CLIENTS
from tests.chaos.entries import ENTRIES
from tests.chaos.resource import Resource
from tests.chaos.scale import SEED, scaled
from tests.chaos.steps import StepRun

pytestmark = pytest.mark.anyio

MINUTES, HOURS = 300.0, 36_000.0
SKEWS = {
    "hours ahead": [HOURS],
    "minutes behind": [-MINUTES],
    "hours behind": [-HOURS],
    "set by minutes": [0.0, MINUTES, -MINUTES],
    "set by hours": [0.0, HOURS, -HOURS, 3600.0],
}
STEPS = {"in memory": scaled(120, 10_000), "in a file": scaled(40, 10_000)}


@pytest.mark.parametrize("storage", ["in memory", "in a file"])
@pytest.mark.parametrize("resource", [CLIENTS, ENTRIES], ids=str)
@pytest.mark.parametrize("skews", SKEWS.values(), ids=SKEWS)
async def test_changes_by_a_wrong_clock_are_never_duplicated_lost_or_misreported(
    tmp_path: Path, storage: Storage, resource: Resource, skews: list[float]
) -> None:
    async with open_arena(SEED, storage, tmp_path, resource=resource, skews=skews) as arena:
        run = StepRun(arena)
        await run.advance(STEPS[storage])

    assert run.violations == []


@pytest.mark.parametrize("resource", [CLIENTS, ENTRIES], ids=str)
@pytest.mark.parametrize("seconds_apart", [MINUTES, -MINUTES, HOURS, -HOURS])
@pytest.mark.parametrize("skews", [SKEWS["hours ahead"], SKEWS["set by minutes"]], ids=["wrong", "set"])
async def test_changes_by_clocks_that_differ_are_never_duplicated_lost_or_misreported(
    tmp_path: Path, resource: Resource, seconds_apart: float, skews: list[float]
) -> None:
    async with open_arena(
        SEED, "in a file", tmp_path, resource=resource, skews=skews, seconds_apart=seconds_apart
    ) as arena:
        run = StepRun(arena)
        await run.advance(STEPS["in a file"])

    assert run.violations == []
