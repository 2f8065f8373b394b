"""Two processes and a person in the web app, one step at a time, while 3 of 10 requests go wrong."""

from pathlib import Path

import pytest

from tests.chaos.arena import Storage, open_arena
from tests.chaos.clients import CLIENTS
from tests.chaos.entries import ENTRIES
from tests.chaos.projects import PROJECTS
from tests.chaos.resource import Resource
from tests.chaos.scale import LARGE, SEED, scaled
from tests.chaos.steps import StepRun
from tests.figures import write_figures

pytestmark = pytest.mark.anyio

SEEDS = {"in memory": scaled(SEED, 1), "in a file": 2}
STEPS = {"in memory": scaled(400, 10_000), "in a file": scaled(250, 10_000)}


@pytest.mark.promise("doubt")
@pytest.mark.promise("nothing-changed")
@pytest.mark.promise("everywhere")
@pytest.mark.promise("once")
@pytest.mark.parametrize("storage", ["in memory", "in a file"])
@pytest.mark.parametrize("resource", [CLIENTS, PROJECTS, ENTRIES], ids=str)
async def test_changes_under_faults_are_never_duplicated_lost_or_misreported(
    tmp_path: Path, storage: Storage, resource: Resource
) -> None:
    async with open_arena(SEEDS[storage], storage, tmp_path, resource=resource) as arena:
        run = StepRun(arena)
        await run.advance(STEPS[storage])

    assert run.violations == []
    assert run.creations > STEPS[storage] // 10
    assert arena.faults.fault_count > STEPS[storage] // 10
    assert run.unknown_creations > 0
    if LARGE:
        case, violations = f"{resource}, {storage}", len(run.violations)
        write_figures("once", case, creates=run.creations, duplicated=violations)
        write_figures("everywhere", case, steps=run.steps, violations=violations)
        write_figures("nothing-changed", case, steps=run.steps, violations=violations)
        write_figures(
            "doubt",
            case,
            creates=run.creations,
            unknown_creates=run.unknown_creations,
            unknown=run.unknown_changes,
            stale_reads=violations,
        )
