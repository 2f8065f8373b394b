"""The steps, with one more thing that goes wrong in each run."""

from pathlib import Path

import pytest

from tests.cache.support import limit_file_size
from tests.chaos import invariants
from tests.chaos.arena import open_arena
from tests.chaos.clients import CLIENTS
from tests.chaos.entries import ENTRIES
from tests.chaos.operations import Operation, Outcome, Process
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import scaled
from tests.chaos.steps import StepRun

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)]

STEPS = scaled(200, 10_000)


async def test_changes_whose_repeat_is_rejected_are_never_misreported(tmp_path: Path, resource: Resource) -> None:
    async with open_arena(3, "in memory", tmp_path, resource=resource) as arena:
        arena.faults.rejects_repeats = True
        run = StepRun(arena)
        await run.advance(STEPS)

    # A lookup that is refused, too, leaves more outcomes unknown than the other runs have.
    assert [text for text in run.violations if invariants.TOO_MANY_UNKNOWN not in text] == []
    assert run.unknown_changes > 0


class FullDiskRun(StepRun):
    """Steps in some of which the cache file cannot grow; the process that performs one ends after it."""

    full_count = 0

    async def _perform(self, process: Process, operation: Operation) -> Outcome:
        path, chance = self.arena.path, self.arena.chance
        if path is None or not path.exists() or chance.random() < 0.7:
            return await super()._perform(process, operation)
        self.full_count += 1
        with limit_file_size(chance.choice([4096, 16384, path.stat().st_size])):
            outcome = await super()._perform(process, operation)
        await self.arena.stores[self.arena.processes.index(process)].aclose()
        return outcome


async def test_changes_on_a_full_disk_leave_nothing_outdated(tmp_path: Path, resource: Resource) -> None:
    async with open_arena(4, "in a file", tmp_path, resource=resource) as arena:
        run = FullDiskRun(arena)
        await run.advance(STEPS)

    assert run.violations == []
    assert run.full_count > STEPS // 10
