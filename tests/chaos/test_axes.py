"""The steps, with one more thing that goes wrong in each run."""

from pathlib import Path

import pytest

from tests.chaos.arena import open_arena
from tests.chaos.clients import CLIENTS
from tests.chaos.entries import ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import scaled
from tests.chaos.steps import StepRun

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)]

STEPS = scaled(400, 10_000)


async def test_changes_whose_repeat_is_rejected_are_never_misreported(tmp_path: Path, resource: Resource) -> None:
    async with open_arena(3, "in memory", tmp_path, resource=resource) as arena:
        arena.faults.rejects_repeats = True
        run = StepRun(arena)
        await run.advance(STEPS)

    assert run.violations == []
    assert run.unknown_changes > 0
